//! The results of checks.

use std::fmt;

use super::Exchange;

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comparison {
    /// The operation's id, such as `getReports`.
    pub operation: &'static str,
    /// Distinguishes the requests of an operation, such as `unknown id`.
    pub request: &'static str,
    /// What was compared.
    pub aspect: Aspect,
    /// The field, header or parameter, such as `value[].reportId`; empty if the check is about the whole message.
    pub place: String,
    /// What the spec says.
    pub expected: String,
    /// What was received: a type or an enum value, but no other value.
    pub found: String,
    /// Whether `found` conforms to `expected`.
    pub conformity: Conformity,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Aspect {
    /// The request: its path, parameters, headers and body.
    Request,
    /// The HTTP status.
    Status,
    /// A header and its type.
    Header,
    /// The media type.
    ContentType,
    /// Whether the body is JSON.
    Json,
    /// The letter case of names: camelCase in responses.
    Spelling,
    /// Required fields, types and formats.
    Schema,
    /// Fields that the spec does not have.
    Fields,
    /// Values of enumerations.
    Words,
    /// The number of elements.
    Count,
    /// Links to further pages.
    Paging,
    /// An assumption of the spec.
    Assumption,
}

impl Aspect {
    /// Returns the name, such as `content-type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Status => "status",
            Self::Header => "header",
            Self::ContentType => "content-type",
            Self::Json => "json",
            Self::Spelling => "spelling",
            Self::Schema => "schema",
            Self::Fields => "fields",
            Self::Words => "words",
            Self::Count => "count",
            Self::Paging => "paging",
            Self::Assumption => "assumption",
        }
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a message compares with the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Conformity {
    /// The message is as the spec says.
    AsDocumented,
    /// The message contradicts the spec.
    Differs,
    /// The spec does not mention it, and does not exclude it: an unknown field, a new word, a link to a further page.
    Undocumented,
    /// The messages do not contain it, so it could not be checked.
    NotSeen,
}

impl Conformity {
    /// Returns the name, such as `as-documented`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AsDocumented => "as-documented",
            Self::Differs => "differs",
            Self::Undocumented => "undocumented",
            Self::NotSeen => "not-seen",
        }
    }

    /// Returns `false` if the message contradicts the spec.
    pub fn is_conformant(self) -> bool {
        self != Self::Differs
    }
}

impl fmt::Display for Conformity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The comparisons of one exchange.
pub(super) struct Comparisons<'a> {
    pub exchange: &'a Exchange,
    pub list: Vec<Comparison>,
}

impl Comparisons<'_> {
    /// Adds a comparison, unless one with the same aspect and place exists.
    pub fn add(
        &mut self,
        aspect: Aspect,
        place: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
        conformity: Conformity,
    ) {
        let place = place.into();
        if self.list.iter().any(|known| known.aspect == aspect && known.place == place) {
            return;
        }
        self.list.push(Comparison {
            operation: self.exchange.operation.id,
            request: self.exchange.request,
            aspect,
            place,
            expected: expected.into(),
            found: found.into(),
            conformity,
        });
    }

    /// Adds that an aspect is as documented, unless it already has a comparison.
    pub fn settle(&mut self, aspect: Aspect, expected: &str) {
        if self.list.iter().all(|known| known.aspect != aspect) {
            self.add(aspect, "", expected, expected, Conformity::AsDocumented);
        }
    }
}
