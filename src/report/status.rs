//! The status of a report and of an execution: open enumerations.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text;

/// Defines an enumeration that stores unknown values.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$word_doc])* $word,)+
            /// A value that the spec does not define, as received.
            Other(String),
        }

        impl $name {
            /// The values that the spec defines.
            pub const KNOWN: &[Self] = &[$(Self::$word),+];

            /// Returns the value as the service spells it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$word => stringify!($word),)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            /// Ignores letter case.
            fn from(word: &str) -> Self {
                match word {
                    $(stringify!($word) => Self::$word,)+
                    _ => {
                        let known = Self::KNOWN.iter().find(|known| known.as_str().eq_ignore_ascii_case(word));
                        known.cloned().unwrap_or_else(|| Self::Other(word.to_owned()))
                    }
                }
            }
        }

        impl FromStr for $name {
            type Err = Infallible;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Ok(word.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                text::deserialize(deserializer, |word| word.into())
            }
        }

        text::json_schema!($name, { "type": "string", "anyOf": [{ "enum": [$(stringify!($word)),+] }, {}] });
    };
}

open_enum! {
    /// The status of a report.
    ReportStatus {
        /// The report runs on schedule.
        Active,
        /// The schedule is suspended until the report is resumed.
        Paused,
        /// The report has nothing left to run. One-time reports are inactive from the start; reports whose
        /// recurrences are used up are assumed to be.
        Inactive,
    }
}

open_enum! {
    /// The status of an execution.
    ExecutionStatus {
        /// The execution is not due yet.
        Pending,
        /// The execution is running.
        Running,
        /// The report is paused. This value is documented without an explanation.
        Paused,
        /// The file can be downloaded.
        Completed,
    }
}
