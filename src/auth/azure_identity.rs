//! The token of any credential of the Azure SDK.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use azure_core::credentials::TokenCredential;

use super::{AccessToken, AuthError, EntraError, TokenFuture, TokenRequest, TokenSource, hints};
use crate::transport::causes;

/// Tokens of any [`TokenCredential`] of the Azure SDK: managed identity, workload identity, certificates.
///
/// These credentials keep their tokens and cannot be told that one was refused, so a call that was is not repeated. Set
/// their retries low: with the SDK's own settings a proxy's certificate that is not trusted takes over a minute to fail.
///
/// The tokens of managed and workload identities are an application's alone, which `mpn` probably refuses.
/// **Untested** against a live tenant.
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
#[derive(Clone)]
pub struct AzureIdentity(Arc<dyn TokenCredential>);

impl From<Arc<dyn TokenCredential>> for AzureIdentity {
    fn from(credential: Arc<dyn TokenCredential>) -> Self {
        Self(credential)
    }
}

impl TokenSource for AzureIdentity {
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(async move {
            let token = self.0.get_token(&[request.scope], None).await.map_err(refused)?;
            let ends = SystemTime::from(token.expires_on);
            Ok(AccessToken::new(token.token.secret()).with_expiry(ends))
        })
    }
}

/// The SDK's errors do not always have the codes of Entra in a field, but somewhere in their texts.
fn refused(error: azure_core::Error) -> AuthError {
    let mut texts: Vec<String> = causes(&error).map(std::string::ToString::to_string).collect();
    texts.dedup();
    let text = texts.join(": ");
    let codes = hints::codes_in(&text);
    if codes.is_empty() {
        return AuthError::other(text);
    }
    let hint = hints::of_codes(&codes);
    AuthError::Entra(Box::new(EntraError { codes, description: text, hint, ..EntraError::default() }))
}

impl fmt::Debug for AzureIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AzureIdentity")
    }
}
