//! The id of a report.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::text;

/// The id of a report, a UUID.
///
/// ```
/// use partner_center_insights::ReportId;
///
/// let id: ReportId = "3F0C2A5E-6C1B-4D7F-9A43-0D6A8F2B71C4".parse()?;
/// assert_eq!(id.to_string(), "3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4");
/// # Ok::<(), partner_center_insights::InvalidReportId>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ReportId(Uuid);

impl ReportId {
    /// Returns the UUID.
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for ReportId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl From<&ReportId> for ReportId {
    fn from(id: &ReportId) -> Self {
        *id
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for ReportId {
    type Err = InvalidReportId;

    /// Ignores letter case and surrounding whitespace.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text::trimmed(text);
        let invalid = |_| InvalidReportId { text: text.chars().take(80).collect() };
        Uuid::try_parse(text).map(Self).map_err(invalid)
    }
}

macro_rules! try_from_text {
    ($($text:ty),+) => {$(
        impl TryFrom<$text> for ReportId {
            type Error = InvalidReportId;

            fn try_from(text: $text) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
    )+};
}
try_from_text!(&str, &String, String);

impl<'de> Deserialize<'de> for ReportId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer, str::parse)?.map_err(serde::de::Error::custom)
    }
}

text::json_schema!(ReportId, { "type": "string", "format": "uuid" });

/// The error of parsing a [`ReportId`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidReportId {
    text: String,
}

impl fmt::Display for InvalidReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text } = self;
        write!(f, "invalid report id {text:?}; expected a UUID such as 3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4")
    }
}

impl std::error::Error for InvalidReportId {}
