//! Sources of access tokens.
//!
//! | source | identity | use |
//! | --- | --- | --- |
//! | [`StaticToken`] | the identity of the token | an access token that you already have, for up to an hour |
//! | [`RefreshToken`] | a user, through an application | unattended work (Secure Application Model) |
//! | [`ClientSecret`] | an application | the program `cmp`; `mpn` probably refuses it |
//! | [`DeviceCode`] | a user, through an application | a person at a terminal |
//! | `AzureCli` (feature `azure-cli`) | the account signed in to `az` | a workstation |
//! | `AzureIdentity` (feature `azure-identity`) | any credential of the Azure SDK | managed and workload identity |
//!
//! Implement [`TokenSource`] for anything else. Nothing in this module reads the environment or prints.
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
//!
//! **Untested:** no source has been tested against a live tenant, only against a token endpoint that behaves as
//! documented.
//!
//! # Signing in
//!
//! Partner insights (`mpn`) expect the token of a *user* with the role Executive report viewer, from a multi-factor
//! sign-in to an application (Microsoft calls this
//! [App+User](https://learn.microsoft.com/partner-center/developer/partner-center-authentication)). The commercial
//! marketplace (`cmp`) expects the token of an application with a role in Partner Center. There is no source for a user
//! name and password, although Microsoft's page on Insights shows one: Entra demands a second factor, which that grant
//! cannot provide.
//!
//! In Entra, under *App registrations*, register an application and add the delegated permission `user_impersonation`
//! of Microsoft Partner Center. Allow public client flows for a device code; create a client secret for `cmp`, or so
//! that a stolen refresh token is useless without it. The Azure CLI and an access token from elsewhere need no
//! application. Then, with the CLI:
//!
//! ```sh
//! # Device code: sign in once, at a terminal. Later runs use the stored login, which stays valid if used every 90 days.
//! partner-insights auth login --tenant contoso.onmicrosoft.com --client-id 11111111-2222-3333-4444-555555555555
//!
//! # Refresh token that you already have. The file is rewritten whenever Entra issues a new one.
//! export AZURE_TENANT_ID=contoso.onmicrosoft.com AZURE_CLIENT_ID=11111111-2222-3333-4444-555555555555
//! export AZURE_CLIENT_SECRET=…   # not for a public client
//! partner-insights list --refresh-token-file ~/refresh-token
//!
//! # Client secret: the application alone, with the same three variables.
//! partner-insights list --program cmp --auth client-secret
//!
//! # Azure CLI: the account signed in to it.
//! az login --tenant contoso.onmicrosoft.com --allow-no-subscriptions --scope https://api.partnercenter.microsoft.com/.default
//! partner-insights list --tenant contoso.onmicrosoft.com --auth azure-cli
//!
//! # Access token, valid for about an hour. `--token-file FILE` reads it from a file, or from standard input (-).
//! export PARTNER_CENTER_ACCESS_TOKEN=…
//! partner-insights list
//!
//! # Any of them: show whose token it is, and whether the service accepts it.
//! partner-insights auth check --probe
//! ```
//!
//! Without `--auth` or a file flag, the first configured source is used, in this order: access token, refresh token,
//! stored login, client secret, Azure CLI. If it fails, no other is tried.
//!
//! # Caching
//!
//! The sources here do not cache. [`InsightsClient`](crate::InsightsClient) caches the token of any source:
//!
//! * It requests the next token 5 minutes before expiry, or after half of the lifetime if that is later.
//! * Concurrent callers share one request, and its error.
//! * If the token endpoint cannot be reached, the request is retried by the policy of the client; the error has the kind
//!   of the failure, such as [`Connect`](crate::ErrorKind::Connect), and an [`AuthError`] as its source.
//! * If an early request fails, the old token is used until it expires; the next request follows after 30 s.
//! * If the service rejects a token (401), the call is retried once with a new one, unless the source returns the same
//!   one.

#[cfg(feature = "azure-cli")]
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
pub(crate) mod hints;
pub mod inspect;
mod pasted;
mod refresh_token;
mod secret;
mod source;
mod store;
mod token;

#[cfg(feature = "azure-cli")]
pub use azure_cli::AzureCli;
#[cfg(feature = "azure-identity")]
pub use azure_identity::AzureIdentity;
pub(crate) use cache::{FAILURE_LIFETIME, TokenCache};
pub use client_secret::ClientSecret;
pub use cloud::Cloud;
pub use device_code::{DeviceCode, DevicePrompt};
pub use endpoint::TokenSet;
pub use entra::{Entra, EntraBuilder};
pub use error::{AuthError, CommandFailure, EntraError};
pub use refresh_token::{RefreshToken, Rotation, Saved};
pub use secret::Secret;
pub use source::{StaticToken, TokenFuture, TokenRequest, TokenSource};
pub use store::{StoredLogin, TokenFile};
pub use token::AccessToken;
