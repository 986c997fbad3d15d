//! The advice that people see, code by code.

use partner_center_insights::auth::{ClientSecret, TokenRequest, TokenSource, hints};
use partner_center_insights::{ErrorKind, InsightsClient};

use crate::fake::Server;
use crate::{ACCESS_TOKEN, CLIENT_SECRET, CORRELATION_ID, SCOPE, entra, refusal, shown};

/// A code, what Entra may say, and words of the advice.
const ROWS: &[(u32, &str, &str)] = &[
    (50034, "The user account does not exist in the directory.", "tenant and account belong together"),
    (
        50020,
        "User account from identity provider does not exist in tenant.",
        "tenant and account belong together",
    ),
    (50014, "GuestUserInPendingState.", "tenant and account belong together"),
    (51004, "UserAccountNotInDirectory.", "tenant and account belong together"),
    (
        50076,
        "You must use multi-factor authentication to access.",
        "sign in again interactively with multi-factor",
    ),
    (
        50079,
        "You must enroll in multi-factor authentication.",
        "a user name and a password alone can never do",
    ),
    (50072, "UserStrongAuthEnrollmentRequiredInterrupt.", "sign in again interactively with multi-factor"),
    (50074, "Strong Authentication is required.", "sign in again interactively with multi-factor"),
    (50078, "Presented multi-factor authentication has expired.", "sign-in frequency in Conditional Access"),
    (
        70043,
        "The refresh token has expired due to sign-in frequency checks.",
        "sign-in frequency in Conditional Access",
    ),
    (50126, "Error validating credentials.", "do not use a password here"),
    (50055, "The password is expired.", "change the password in a browser"),
    (50057, "The user account is disabled.", "have an administrator enable the account"),
    (50173, "The provided grant has expired due to it being revoked.", "; sign in again;"),
    (700_082, "The refresh token has expired due to inactivity.", "more often than every 90 days"),
    (70008, "The provided authorization code or refresh token has expired.", "more often than every 90 days"),
    (
        700_007,
        "The grant is not issued for this client.",
        "the client id is the one that the refresh token was issued to",
    ),
    (70000, "The grant is not valid.", "the client id is the one that the refresh token was issued to"),
    (
        700_084,
        "The refresh token was issued to a single page app.",
        "register the redirect address as mobile and desktop",
    ),
    (7_000_215, "Invalid client secret provided.", "give the value of the client secret, not its id"),
    (7_000_222, "The provided client secret keys are expired.", "make a new client secret"),
    (
        7_000_218,
        "The request body must contain 'client_assertion' or 'client_secret'.",
        "or allow public client flows",
    ),
    (700_025, "Client is public so neither should be presented.", "leave the client secret out"),
    (700_016, "Application was not found in the directory.", "check the client id and the tenant"),
    (70001, "The application is not installed.", "enterprise application is enabled for sign-in"),
    (7_000_112, "Application is disabled.", "enterprise application is enabled for sign-in"),
    (700_027, "Client assertion contains an invalid signature.", "upload the certificate's public part"),
    (500_011, "The resource principal was not found in the tenant.", "check that the tenant is a partner's"),
    (
        65001,
        "The user or administrator has not consented.",
        "add the delegated permission user_impersonation",
    ),
    (90094, "Admin consent is required.", "have an administrator consent to it"),
    (650_056, "Misconfigured application.", "add the delegated permission user_impersonation"),
    (650_057, "Invalid resource.", "add the delegated permission user_impersonation"),
    (65002, "Consent must be configured via preauthorization.", "register an application of your own"),
    (
        70011,
        "The provided value for the input parameter 'scope' is not valid.",
        "the scope is https://api.partnercenter",
    ),
    (
        28002,
        "Provided value for the input parameter scope is not valid.",
        "the scope is https://api.partnercenter",
    ),
    (901_002, "The 'resource' request parameter is not supported.", "the scope is https://api.partnercenter"),
    (53003, "Access has been blocked by Conditional Access policies.", "the policy may bar device codes"),
    (53000, "Device is not in required device state.", "a device that your organisation manages"),
    (53001, "Device is not in required device state.", "a device that your organisation manages"),
    (53002, "The app used isn't an approved app.", "a device that your organisation manages"),
    (530_032, "Blocked by security policy.", "in a browser or through the Azure CLI"),
    (530_035, "Access has been blocked by security defaults.", "in a browser or through the Azure CLI"),
    (
        70016,
        "OAuth 2.0 device flow error. Authorization is pending.",
        "enter the code on the page that was named",
    ),
    (70019, "The verification code expired.", "enter the code within its 15 minutes"),
    (90002, "Tenant 'x' not found.", "check the tenant: its id, or a domain"),
    (90038, "The tenant is in another region.", "national clouds have their own"),
    (
        900_432,
        "Confidential client is not supported in cross cloud request.",
        "national clouds have their own",
    ),
    (
        900_382,
        "Confidential client is not supported in cross cloud request.",
        "national clouds have their own",
    ),
    (50196, "The server terminated an operation because of a client request loop.", "stop it and wait"),
];

#[tokio::test]
async fn every_code_brings_its_advice_beside_what_entra_says() {
    let answers = ROWS.iter().map(|(code, text, _)| refusal(400, "invalid_request", *code, text)).collect();
    let server = Server::start(answers).await;
    let source = ClientSecret::new(entra(&server), CLIENT_SECRET);
    for (code, text, advice) in ROWS {
        let line = shown(&source.token(TokenRequest::new(SCOPE)).await.unwrap_err());
        let said = format!("AADSTS{code}: {text}");
        for part in [said.as_str(), advice, CORRELATION_ID, &format!("error?code={code}")] {
            assert!(line.contains(part), "{code}: {part:?} is not in {line}");
        }
    }
}

#[test]
fn the_rows_above_are_the_whole_table() {
    let mut shown: Vec<u32> = ROWS.iter().map(|row| row.0).collect();
    let mut known: Vec<u32> = hints::ENTRA.iter().flat_map(|hint| hint.codes).copied().collect();
    shown.sort_unstable();
    known.sort_unstable();
    assert_eq!(shown, known, "each code has one row, and no code is in two hints");
    assert!(known.len() >= 40);
}

#[test]
fn codes_of_partner_center_have_advice_of_their_own() {
    for (code, advice) in [
        ("900420", "tokens for Microsoft Graph or Azure AD Graph are not accepted"),
        ("900421", "must come from such a sign-in"),
        ("10001", "must come from such a sign-in"),
        ("900329", "use the token of a user"),
    ] {
        let hint = hints::for_partner_center(code).unwrap();
        assert!(hint.advice.contains(advice), "{code}: {}", hint.advice);
    }
    assert_eq!(hints::for_partner_center("2000"), None);
    assert_eq!(hints::for_partner_center("x"), None);
    // Not mixed up with Entra's, which has codes of the same length.
    assert_eq!(hints::for_partner_center("900432"), None);
    assert_eq!(hints::for_entra(900_421), None);
}

#[test]
fn a_scope_of_another_service_is_refused_with_the_right_one() {
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
        assert_eq!(hints::for_audience(scope), None);
    }
}
