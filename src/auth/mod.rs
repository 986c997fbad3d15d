//! Signing in: where access tokens come from.
//!
//! A [`TokenSource`] gives a token when one is needed. These exist:
//!
//! | source | whose token | for |
//! | --- | --- | --- |
//! | [`StaticToken`] | that of whoever made it | an hour of work with a token at hand |
//! | [`RefreshToken`] | a user's, through an application | unattended work (Secure Application Model) |
//! | [`ClientSecret`] | an application's | the program `cmp`; `mpn` probably refuses it |
//! | [`AzureCli`] | of whoever is signed in to `az` | a workstation |
//! | [`DeviceCode`] | a user's, through an application | somebody at a terminal |
//! | `azure_identity` (feature) | any of the Azure SDK | managed and workload identity |
//!
//! Partner insights (`mpn`) want the token of a *user*, made in a multi-factor sign-in, for an application (Microsoft
//! calls it [App+User](https://learn.microsoft.com/partner-center/developer/partner-center-authentication)). There is
//! no source for a user name and a password: Entra answers that grant with a demand for a second factor.
//!
//! **Untested:** nobody has tried any of them against a live tenant yet. They are tested against a token endpoint that
//! answers as Microsoft's pages and other people's reports say.
//!
//! Sources do not cache. [`InsightsClient`](crate::InsightsClient) has one cache before whatever source it is given:
//!
//! * It asks for another token when 5 minutes, or half of the token's life if that is less, are left.
//! * However many callers wait, one request is made, and a failure is told to all of them.
//! * If asking early fails, the old token is used while it lives, and 30 s pass before the next try.
//! * If the service refuses a token (401), another one is asked for once and the call repeated, unless the token was
//!   made for that very call, or the source has no other.
//!
//! Nothing in this module reads the environment or prints.
//!
//! ```no_run
//! use partner_center_insights::InsightsClient;
//! use partner_center_insights::auth::{Entra, RefreshToken, TokenFile};
//!
//! # fn client() -> Result<InsightsClient, Box<dyn std::error::Error>> {
//! let entra = Entra::builder()
//!     .tenant("contoso.onmicrosoft.com")
//!     .client_id("11111111-2222-3333-4444-555555555555")
//!     .build()?;
//! let source = RefreshToken::from_file(entra, TokenFile::new("/run/secrets/refresh-token"));
//! let client = InsightsClient::builder().token_source(source).build()?;
//! # Ok(client)
//! # }
//! ```

mod azure_cli;
#[cfg(feature = "azure-identity")]
mod azure_identity;
mod cache;
mod client_secret;
mod cloud;
mod device_code;
mod endpoint;
mod entra;
mod error;
pub mod hints;
pub mod inspect;
mod refresh_token;
mod store;
mod token;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use azure_cli::AzureCli;
#[cfg(feature = "azure-identity")]
pub use azure_identity::AzureIdentity;
pub(crate) use cache::{CachedToken, TokenCache};
pub use client_secret::ClientSecret;
pub use cloud::Cloud;
pub use device_code::{DeviceCode, DevicePrompt};
pub use endpoint::TokenSet;
pub use entra::{Entra, EntraBuilder};
pub use error::{AuthError, CommandError, CommandFailure, EntraError, TransportError};
pub use refresh_token::{RefreshToken, Rotation, Saved};
pub use store::{StoredLogin, TokenFile};
pub use token::{AccessToken, StaticToken};

/// Gives an access token when one is needed.
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
    /// Gets a token.
    ///
    /// # Errors
    ///
    /// [`AuthError`], which reaches the caller of the operation as the source of an error of kind
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

/// What [`TokenSource::token`] returns.
pub type TokenFuture<'a> = Pin<Box<dyn Future<Output = Result<AccessToken, AuthError>> + Send + 'a>>;

/// What a token is wanted for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TokenRequest<'a> {
    /// The OAuth 2.0 scope, such as `https://api.partnercenter.microsoft.com/.default`.
    pub scope: &'a str,
    /// Whether the service has refused the last token before its end. A source that keeps tokens of its own should not
    /// give the same one again; if it does, the call is not repeated.
    pub force_refresh: bool,
}

impl<'a> TokenRequest<'a> {
    /// A token for this scope.
    pub fn new(scope: &'a str) -> Self {
        Self { scope, force_refresh: false }
    }

    /// Another token than the last one, which the service has refused.
    pub fn force_refresh(self) -> Self {
        Self { force_refresh: true, ..self }
    }
}
