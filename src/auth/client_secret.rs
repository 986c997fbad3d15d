//! The token of an application alone.

use std::fmt;

use secrecy::SecretString;

use super::endpoint::{self, Field};
use super::{Entra, TokenFuture, TokenRequest, TokenSource};

/// Tokens of an application that proves itself with a client secret, without a user
/// ([client credentials grant](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow)).
///
/// This is what the program `cmp` documents. For `mpn` it is **not documented and untested**; the service probably
/// wants a user's token: see [`RefreshToken`](super::RefreshToken).
///
/// ```
/// use partner_center_insights::auth::{ClientSecret, Entra};
/// use partner_center_insights::{InsightsClient, Program};
///
/// # fn client(entra: Entra, secret: String) -> Result<InsightsClient, partner_center_insights::Error> {
/// InsightsClient::builder()
///     .program(Program::Cmp)
///     .token_source(ClientSecret::new(entra, secret))
///     .build()
/// # }
/// ```
pub struct ClientSecret {
    entra: Entra,
    secret: SecretString,
}

impl ClientSecret {
    /// A source for the application that `entra` names. The secret is its *value*, not its id.
    pub fn new(entra: Entra, secret: impl Into<SecretString>) -> Self {
        Self { entra, secret: secret.into() }
    }
}

impl TokenSource for ClientSecret {
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(async move {
            let fields = [
                Field::Plain("grant_type", "client_credentials"),
                Field::Plain("client_id", self.entra.client_id()),
                Field::Secret("client_secret", &self.secret),
                Field::Plain("scope", request.scope),
            ];
            Ok(endpoint::grant(&self.entra, &fields).await?.access_token)
        })
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSecret").field("entra", &self.entra).finish_non_exhaustive()
    }
}
