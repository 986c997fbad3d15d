//! Tokens of an application without a user.

use super::endpoint::{self, Field};
use super::entra::Entra;
use super::secret::Secret;
use super::source::{TokenFuture, TokenRequest, TokenSource};

/// Requests tokens for an application alone, authenticated by a client secret
/// ([client credentials grant](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow)).
///
/// This is the documented grant for the program `cmp`. For `mpn` it is **undocumented and untested**; the service
/// probably expects the token of a user: see [`RefreshToken`](super::RefreshToken).
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
#[derive(Debug)]
pub struct ClientSecret {
    entra: Entra,
    secret: Secret,
}

impl ClientSecret {
    /// Creates a source for the application of `entra`. Pass the *value* of the secret, not its ID.
    /// Whitespace and quotes around it are removed.
    pub fn new(entra: Entra, secret: impl Into<Secret>) -> Self {
        Self { entra, secret: secret.into().unquoted() }
    }
}

impl TokenSource for ClientSecret {
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(async move {
            self.secret.check("client secret")?;
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
