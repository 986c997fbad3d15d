//! A credential of the Azure SDK as a source.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use partner_center_insights::auth::{AuthError, AzureIdentity, TokenRequest, TokenSource};

use crate::{ACCESS_TOKEN, SCOPE, holds_no_secret, shown};

#[derive(Debug)]
struct Credential(Result<Duration, &'static str>);

#[async_trait::async_trait]
impl TokenCredential for Credential {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, [SCOPE]);
        match self.0 {
            Ok(life) => Ok(AccessToken::new(ACCESS_TOKEN, (SystemTime::now() + life).into())),
            Err(text) => {
                let cause = azure_core::Error::with_message(ErrorKind::Credential, text);
                Err(azure_core::Error::with_error(ErrorKind::Credential, cause, "the credential failed"))
            }
        }
    }
}

async fn request(credential: Credential) -> Result<partner_center_insights::auth::AccessToken, AuthError> {
    let credential: Arc<dyn TokenCredential> = Arc::new(credential);
    let source = AzureIdentity::from(credential);
    holds_no_secret(&format!("{source:?}"));
    source.token(TokenRequest::new(SCOPE)).await
}

#[tokio::test]
async fn sdk_token_keeps_its_expiry() {
    let token = request(Credential(Ok(Duration::from_secs(3600)))).await.unwrap();
    assert_eq!(token.expose(), ACCESS_TOKEN);
    let left = token.expires_at().unwrap().duration_since(SystemTime::now()).unwrap();
    assert!(left > Duration::from_secs(3590) && left <= Duration::from_secs(3600), "{left:?}");
}

#[tokio::test]
async fn codes_and_help_are_read_from_sdk_error_text() {
    let error =
        request(Credential(Err("AADSTS7000222: The provided\r\nkeys are expired."))).await.unwrap_err();
    assert_eq!(error.entra().unwrap().codes, [7_000_222]);
    let line = shown(&error);
    assert!(line.contains("AADSTS7000222: The provided keys are expired."), "{line}");
    assert!(error.help().contains("create a new client secret"), "{}", error.help());
}

#[tokio::test]
async fn other_sdk_error_shows_its_causes() {
    let error = request(Credential(Err("no identity endpoint"))).await.unwrap_err();
    assert!(matches!(error, AuthError::Other(_)));
    assert_eq!(shown(&error), "the credential failed: no identity endpoint");
}
