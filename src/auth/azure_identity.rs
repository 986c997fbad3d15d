//! Tokens of any credential of the Azure SDK.

use std::sync::Arc;
use std::time::SystemTime;

use azure_core::credentials::TokenCredential;

use super::error::{AuthError, EntraError};
use super::hints;
use super::source::{TokenFuture, TokenRequest, TokenSource};
use super::token::AccessToken;
use crate::transport::causes;

/// Adapts a [`TokenCredential`] of the Azure SDK: managed identity, workload identity, certificates.
///
/// These credentials have caches of their own that cannot be bypassed, so a call whose token was rejected is not
/// retried. Set their retries low: with the SDK's defaults, an untrusted proxy certificate takes over a minute to fail.
///
/// Managed and workload identities provide tokens of an application alone, which `mpn` probably refuses. **Untested**
/// against a live tenant.
///
/// ```
/// use std::sync::Arc;
///
/// use azure_core::credentials::TokenCredential;
/// use partner_center_insights::InsightsClient;
/// use partner_center_insights::auth::AzureIdentity;
///
/// # fn client(credential: Arc<dyn TokenCredential>) -> Result<InsightsClient, partner_center_insights::Error> {
/// InsightsClient::builder().token_source(AzureIdentity::from(credential)).build()
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AzureIdentity(Arc<dyn TokenCredential>);

impl From<Arc<dyn TokenCredential>> for AzureIdentity {
    fn from(credential: Arc<dyn TokenCredential>) -> Self {
        Self(credential)
    }
}

impl TokenSource for AzureIdentity {
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(async move {
            let token = self.0.get_token(&[request.scope], None).await.map_err(convert)?;
            Ok(AccessToken::new(token.token.secret()).with_expiry(SystemTime::from(token.expires_on)))
        })
    }
}

/// Finds Entra's codes in the text of the error and its causes, because the SDK has no field for them.
fn convert(error: azure_core::Error) -> AuthError {
    let mut texts: Vec<String> = causes(&error).map(ToString::to_string).collect();
    texts.dedup();
    let text = texts.join(": ");
    match hints::codes_in(&text) {
        codes if codes.is_empty() => AuthError::other(text),
        codes => AuthError::Entra(Box::new(EntraError { codes, description: text, ..EntraError::default() })),
    }
}
