//! Times as the service writes them.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::text;

/// A time as the service wrote it.
///
/// The documented format is `yyyy-MM-ddTHH:mm:ssZ`, in UTC. A text without an offset is read as UTC. Formats of HTTP,
/// of mail and of .NET (`1/12/2026 2:00:00 PM`) are accepted too. A text that cannot be parsed is stored unchanged.
///
/// ```
/// use partner_center_insights::Timestamp;
///
/// let documented = Timestamp::from("2026-01-12T14:00:00Z");
/// let published = Timestamp::from("2026-01-12T14:00:00");
/// assert_eq!(documented.to_system_time(), published.to_system_time());
/// assert_eq!(Timestamp::from("soon").to_system_time(), None);
/// assert_eq!(Timestamp::from("soon").as_str(), "soon");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// Returns the text as received.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses the text. Returns `None` if its format is unknown.
    pub fn to_system_time(&self) -> Option<SystemTime> {
        let text = self.0.trim();
        let with_offset = text.parse::<jiff::Timestamp>().ok();
        let instant = with_offset.or_else(|| {
            let civil = text.parse::<jiff::civil::DateTime>().ok()?;
            Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
        });
        instant.map(SystemTime::from).or_else(|| parse_undocumented(text))
    }
}

/// Parses the formats of HTTP and mail, and those that .NET writes for the United States and in older JSON.
fn parse_undocumented(text: &str) -> Option<SystemTime> {
    let mail = || jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp().into());
    let american = || {
        let time = ["%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S"];
        let time = time.into_iter().find_map(|format| jiff::civil::DateTime::strptime(format, text).ok())?;
        Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().into())
    };
    let milliseconds = || {
        let digits = text.strip_prefix("/Date(")?.strip_suffix(")/")?.split(['+', '-']).next()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(digits.parse().ok()?))
    };
    httpdate::parse_http_date(text).ok().or_else(mail).or_else(american).or_else(milliseconds)
}

impl From<SystemTime> for Timestamp {
    /// Formats the time as documented, in whole seconds.
    fn from(time: SystemTime) -> Self {
        let time = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::MAX);
        Self(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

text::json_schema!(Timestamp, { "type": "string" });
