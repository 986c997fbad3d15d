//! Links that grant access by themselves.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text;

/// A link that grants access to a file without a token. It is a secret: `Debug` and `Display` redact it.
///
/// `Serialize` writes the link itself.
#[derive(Clone)]
pub struct SecureLink(SecretString);

impl SecureLink {
    /// Returns the link itself. Send no token with it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&str> for SecureLink {
    fn from(link: &str) -> Self {
        Self(link.into())
    }
}

impl From<String> for SecureLink {
    fn from(link: String) -> Self {
        Self(link.into())
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

impl Serialize for SecureLink {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for SecureLink {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

text::json_schema!(SecureLink, { "type": "string" });
