//! The partner programs of the service.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};

/// A partner program. Each has its own reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Program {
    /// Partner insights (AI Cloud Partner Program, CSP).
    #[default]
    Mpn,
    /// The commercial marketplace.
    Cmp,
}

impl Program {
    /// Every program.
    pub const ALL: &'static [Self] = &[Self::Mpn, Self::Cmp];

    /// Returns the name in the service's URLs, such as `mpn`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mpn => "mpn",
            Self::Cmp => "cmp",
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Program {
    type Err = Error;

    /// Parses a name in any letter case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|program| program.as_str().eq_ignore_ascii_case(text));
        known.copied().ok_or_else(|| {
            Error::new(ErrorKind::InvalidArgument)
                .with_message(format!("unknown program {text:?}; expected mpn or cmp"))
        })
    }
}
