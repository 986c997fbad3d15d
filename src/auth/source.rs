//! The trait of token sources, and the simplest implementation.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::error::AuthError;
use super::token::AccessToken;

/// Returns an access token on demand.
///
/// Sources need not cache; the client does. Implement the trait to bring your own:
///
/// ```
/// use partner_center_insights::auth::{AccessToken, TokenFuture, TokenRequest, TokenSource};
/// use std::time::Duration;
///
/// struct Vault;
///
/// impl TokenSource for Vault {
///     fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
///         Box::pin(async move {
///             let token = format!("made-for-{}", request.scope);
///             Ok(AccessToken::new(token).with_lifetime(Duration::from_secs(3600)))
///         })
///     }
/// }
/// ```
pub trait TokenSource: Send + Sync {
    /// Requests a token.
    ///
    /// # Errors
    ///
    /// [`AuthError`], which becomes the source of an error of the kind that [`AuthError::kind`] returns, such as
    /// [`Credential`](crate::ErrorKind::Credential).
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a>;
}

impl<S: TokenSource + ?Sized> TokenSource for Box<S> {
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        (**self).token(request)
    }
}

impl<S: TokenSource + ?Sized> TokenSource for Arc<S> {
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        (**self).token(request)
    }
}

/// The future that [`TokenSource::token`] returns.
pub type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<AccessToken, AuthError>> + Send + 'a>>;

/// A request for a token.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TokenRequest<'a> {
    /// The OAuth 2.0 scope, such as `https://api.partnercenter.microsoft.com/.default`.
    pub scope: &'a str,
    /// Whether the service rejected the last token before it expired. A source with a cache of its own should not
    /// return the same token again; if it does, the call is not retried.
    pub force_refresh: bool,
}

impl<'a> TokenRequest<'a> {
    /// Creates a request for a token of this scope.
    pub fn new(scope: &'a str) -> Self {
        Self { scope, force_refresh: false }
    }

    /// Requests a token other than the last one.
    pub fn force_refresh(self) -> Self {
        Self { force_refresh: true, ..self }
    }
}

/// A source that always returns the same token. Tokens live for about an hour.
#[derive(Clone, Debug)]
pub struct StaticToken(AccessToken);

impl StaticToken {
    /// Creates a source of this token. Whitespace and quotes around it and a leading `Bearer` are removed.
    pub fn new(token: impl Into<String>) -> Self {
        Self(AccessToken::new(token))
    }

    /// Returns what is wrong with the token, if anything.
    pub(crate) fn problem(&self) -> Option<AuthError> {
        self.0.authorization().err()
    }
}

impl TokenSource for StaticToken {
    fn token<'a>(&'a self, _: TokenRequest<'a>) -> TokenFuture<'a> {
        // A pasted token is checked before it is used or printed.
        Box::pin(async { self.0.authorization().map(|_| self.0.clone()) })
    }
}
