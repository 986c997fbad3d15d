//! Text that must not be shown.

use secrecy::{ExposeSecret, SecretString};

use super::error::AuthError;
use super::pasted::{misread, unquoted};

/// A secret, such as a refresh token. `Debug` redacts it, and it is wiped from memory when it is dropped.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl Secret {
    /// Returns the secret itself.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Removes whitespace and quotes around it.
    pub(super) fn unquoted(self) -> Self {
        match unquoted(self.expose()) {
            bare if bare.len() == self.expose().len() => self,
            bare => bare.into(),
        }
    }

    /// Fails if the text cannot be a secret, such as a variable that was not expanded.
    pub(super) fn check(&self, name: &str) -> Result<(), AuthError> {
        let text = self.expose();
        match misread(text).or(Some("is empty").filter(|_| text.is_empty())) {
            Some(problem) => {
                let message = format!("the {name} {problem}");
                Err(AuthError::configuration(message, "pass the value alone, or sign in again"))
            }
            None => Ok(()),
        }
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}
