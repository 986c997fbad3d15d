//! Warnings about responses that do not match the spec.

use std::fmt;

/// A part of a response that does not match the spec, and was converted or left out.
///
/// A client reports it to [`on_warning`](crate::InsightsClientBuilder::on_warning). It never holds a value of the
/// response except ids.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Warning {
    /// The id of the report, execution, query or dataset that it is about, if that is known.
    pub id: Option<String>,
    /// The path of the field, such as `value[1].recurrenceInterval`.
    pub field: String,
    /// What is wrong, and what was done about it, in one line.
    pub problem: String,
}

impl Warning {
    pub(crate) fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { id: None, field: field.into(), problem: problem.into() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = &self.id {
            write!(f, "{id}: ")?;
        }
        let Self { field, problem, .. } = self;
        write!(f, "{field}: {problem}")
    }
}
