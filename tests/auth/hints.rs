//! The help for Entra's codes, as the caller of a source gets it.

use partner_center_insights::auth::{ClientSecret, TokenRequest, TokenSource};
use partner_center_insights::{ErrorKind, InsightsClient};

use crate::fake::Server;
use crate::{ACCESS_TOKEN, CLIENT_SECRET, CORRELATION_ID, SCOPE, entra, refusal, shown};

#[tokio::test]
async fn common_codes_have_help_and_keep_entras_text() {
    let rows = [
        (50034, "The user account does not exist in the directory.", "tenant and account belong together"),
        (50076, "You must use multi-factor authentication to access.", "with multi-factor authentication"),
        (70043, "The refresh token has expired due to sign-in frequency checks.", "in Conditional Access"),
        (50173, "The provided grant has expired due to it being revoked.", "sign in again"),
        (700_082, "The refresh token has expired due to inactivity.", "more often than every 90 days"),
        (700_007, "The grant is not issued for this client.", "the client ID is the one"),
        (7_000_215, "Invalid client secret provided.", "use the value of the client secret, not its ID"),
        (7_000_218, "The body must contain 'client_secret'.", "or allow public client flows"),
        (700_016, "Application was not found in the directory.", "check the client ID and the tenant"),
        (65001, "The user or administrator has not consented.", "permission user_impersonation"),
        (65002, "Consent must be configured via preauthorization.", "register an application of your own"),
        (70011, "The scope is not valid.", "the scope is https://api.partnercenter.microsoft.com/.default"),
        (53003, "Access has been blocked by Conditional Access policies.", "may block device codes"),
        (90002, "Tenant 'x' not found.", "check the tenant"),
        (900_432, "Cross cloud request.", "national clouds have their own"),
    ];
    let responses = rows.iter().map(|(code, text, _)| refusal(400, "invalid_request", *code, text)).collect();
    let server = Server::start(responses).await;
    let source = ClientSecret::new(entra(&server), CLIENT_SECRET);
    for (code, text, help) in rows {
        let error = source.token(TokenRequest::new(SCOPE)).await.unwrap_err();
        assert!(error.help().contains(help), "{code}: {}", error.help());
        let line = shown(&error);
        assert!(!line.contains(error.help()), "{line}");
        for part in [&format!("AADSTS{code}: {text}"), CORRELATION_ID, &format!("error?code={code}")] {
            assert!(line.contains(part), "{part:?} is not in {line}");
        }
    }
}

#[test]
fn scope_of_another_service_is_rejected() {
    for scope in [
        "https://graph.windows.net/.default",
        "https://graph.windows.net",
        "https://graph.microsoft.com/User.Read",
        "https://api.partner.microsoft.com/.default",
        "https://management.azure.com//.default",
    ] {
        let error = InsightsClient::builder().token(ACCESS_TOKEN).scope(scope).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("https://api.partnercenter.microsoft.com/.default"), "{error}");
    }
    for scope in [SCOPE, "https://api.partnercenter.microsoft.com/user_impersonation", "api://mine/.default"]
    {
        assert!(InsightsClient::builder().token(ACCESS_TOKEN).scope(scope).build().is_ok(), "{scope}");
    }
}
