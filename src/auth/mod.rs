//! Where access tokens come from.
//!
//! A [`TokenSource`] gives the client a token for each request. A string is one that never changes; implement the
//! trait to bring your own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::SystemTime;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// Gives an access token when one is needed.
///
/// Sources need not cache.
pub trait TokenSource: Send + Sync {
    /// Gets a token.
    ///
    /// # Errors
    ///
    /// [`AuthError`], which reaches the caller of the operation as the source of an error of kind
    /// [`Credential`](crate::ErrorKind::Credential).
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a>;
}

/// What [`TokenSource::token`] returns.
pub type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<AccessToken, AuthError>> + Send + 'a>>;

/// What a token is wanted for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TokenRequest<'a> {
    /// The OAuth 2.0 scope, such as `https://api.partnercenter.microsoft.com/.default`.
    pub scope: &'a str,
}

/// An access token. `Debug` does not show it, and it cannot be serialised.
#[derive(Clone)]
pub struct AccessToken {
    value: SecretString,
    expires_at: Option<SystemTime>,
}

impl AccessToken {
    /// A token whose life is not known.
    ///
    /// Blanks around it and a leading `Bearer` are dropped, because both come along when a token is pasted.
    pub fn new(value: impl Into<SecretString>) -> Self {
        let value = value.into();
        let text = value.expose_secret().trim();
        let bare = match text.split_at_checked(7) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer ") => rest.trim_start(),
            _ => text,
        };
        Self { value: SecretString::from(bare), expires_at: None }
    }

    /// The same token with the end of its life.
    pub fn with_expiry(mut self, expires_at: SystemTime) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// When the token ends, if that is known.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        self.value.expose_secret()
    }

    /// The value of an `Authorization` header, marked as sensitive.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, AuthError> {
        let token = self.expose();
        // RFC 6750, section 2.1: a token is one word of visible ASCII.
        if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(AuthError::NotAToken);
        }
        let mut value =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| AuthError::NotAToken)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("value", &"[redacted]")
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

/// Why no token could be had.
#[derive(Debug)]
#[non_exhaustive]
pub enum AuthError {
    /// What was given is empty, or has blanks or line breaks in it.
    NotAToken,
    /// A source of the caller's own failed.
    Other(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAToken => {
                f.write_str("the access token is empty or is not one word; give the token alone")
            }
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AuthError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotAToken => None,
            Self::Other(error) => error.source(),
        }
    }
}

/// A token that never changes.
pub(crate) struct StaticToken(pub(crate) AccessToken);

impl TokenSource for StaticToken {
    fn token<'a>(&'a self, _: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}
