//! Reports and executions: the types that the generated ones are made of, open and forgiving, because the
//! service differs from its own documentation.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

pub use crate::generated::types::{Execution, Report};

impl Report {
    /// Whether the report is suspended and can be resumed.
    pub fn is_paused(&self) -> bool {
        self.report_status == Some(ReportStatus::Paused)
    }

    /// Whether the report runs on schedule.
    pub fn is_active(&self) -> bool {
        self.report_status == Some(ReportStatus::Active)
    }
}

/// The id of a report: a UUID.
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
    /// The id as a UUID.
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for ReportId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for ReportId {
    type Err = InvalidReportId;

    /// Accepts any letter case, and blanks around the id.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        match Uuid::try_parse(text) {
            Ok(uuid) => Ok(Self(uuid)),
            Err(_) => Err(InvalidReportId { text: text.chars().take(80).collect() }),
        }
    }
}

impl TryFrom<&str> for ReportId {
    type Error = InvalidReportId;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for ReportId {
    type Error = InvalidReportId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<&String> for ReportId {
    type Error = InvalidReportId;

    fn try_from(text: &String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<&ReportId> for ReportId {
    fn from(id: &ReportId) -> Self {
        *id
    }
}

impl<'de> Deserialize<'de> for ReportId {
    // Published samples hold ids with blanks around them.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::deserialize(deserializer)?.0.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for ReportId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ReportId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "uuid" })
    }
}

/// The text that was given is not a report id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidReportId {
    text: String,
}

impl fmt::Display for InvalidReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a report id; a report id is a UUID, such as 3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4",
            self.text
        )
    }
}

impl std::error::Error for InvalidReportId {}

impl From<Infallible> for InvalidReportId {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// A text that is read and not kept.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// An enumeration of words that stays open: a word that the contract does not know is kept.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$word_doc])* $word,)+
            /// A word that the contract does not know, as it came.
            Other(String),
        }

        impl $name {
            /// The words that the contract knows.
            pub const KNOWN: &[Self] = &[$(Self::$word),+];

            /// The word as the service writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$word => stringify!($word),)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            /// Knows the words in any letter case.
            fn from(word: &str) -> Self {
                let known = Self::KNOWN.iter().find(|known| known.as_str().eq_ignore_ascii_case(word));
                known.cloned().unwrap_or_else(|| Self::Other(word.to_owned()))
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
                Ok(Text::deserialize(deserializer)?.0.trim().into())
            }
        }

        /// One of the known words, or any other text.
        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let words: Vec<_> = Self::KNOWN.iter().map(Self::as_str).collect();
                schemars::json_schema!({ "type": "string", "anyOf": [{ "enum": words }, {}] })
            }
        }
    };
}

open_enum! {
    /// Whether a report runs on schedule.
    ReportStatus {
        /// It runs on schedule.
        Active,
        /// Its schedule is suspended; resuming starts it again.
        Paused,
        /// It has nothing left to run: one-time reports are inactive from the start, and presumably reports
        /// whose recurrences are used up.
        Inactive,
    }
}

open_enum! {
    /// How far an execution has come.
    ExecutionStatus {
        /// It waits for its time.
        Pending,
        /// It runs.
        Running,
        /// It waits because its report is paused; no page explains the word.
        Paused,
        /// Its file can be downloaded.
        Completed,
    }
}

/// A moment as the service wrote it, and as an instant when it can be read.
///
/// The documented form is `yyyy-MM-ddTHH:mm:ssZ`, in UTC. A text without an offset is taken as UTC; a text that
/// cannot be read is kept and costs nothing else.
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// The text as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The instant, if the text can be read.
    pub fn to_system_time(&self) -> Option<SystemTime> {
        let text = self.0.trim();
        let with_offset = text.parse::<jiff::Timestamp>();
        let instant = with_offset.or_else(|error| {
            let civil = text.parse::<jiff::civil::DateTime>().map_err(|_| error)?;
            Ok::<_, jiff::Error>(civil.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp())
        });
        instant.ok().map(SystemTime::from)
    }
}

impl From<SystemTime> for Timestamp {
    /// The documented form, in whole seconds.
    fn from(instant: SystemTime) -> Self {
        let instant = jiff::Timestamp::try_from(instant).unwrap_or(jiff::Timestamp::MAX);
        Self(instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
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

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// Any text: what cannot be read as an instant is kept.
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }
}

/// A link that gives access to a file by itself. It is kept like a password: `Debug` and `Display` do not show
/// it, and no token may be sent with it.
#[derive(Clone)]
pub struct SecureLink(SecretString);

impl SecureLink {
    /// The link itself.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for SecureLink {
    fn from(link: &str) -> Self {
        Self(SecretString::from(link))
    }
}

impl PartialEq for SecureLink {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl fmt::Debug for SecureLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecureLink([redacted])")
    }
}

impl fmt::Display for SecureLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Writes the link itself, for it is the data that was asked for.
impl Serialize for SecureLink {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for SecureLink {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|link| Self(SecretString::from(link)))
    }
}
