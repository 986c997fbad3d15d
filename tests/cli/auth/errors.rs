//! Errors of signing in: one line with what happened, one with the next step, and exit code 4.

use super::{
    ACCESS_TOKEN, CLIENT_SECRET, CORRELATION_ID, Fixture, REFRESH_TOKEN, TENANT, app, finish, refusal, token,
};

#[tokio::test]
async fn entra_refusal_is_shown_once_with_a_hint() {
    let secret = ("AZURE_CLIENT_SECRET", CLIENT_SECRET);
    let refresh = ("PARTNER_CENTER_REFRESH_TOKEN", REFRESH_TOKEN);
    for (variable, status, error, code, text, help) in [
        (secret, 401, "invalid_client", 7_000_215, "Invalid client secret provided.", "not its ID"),
        (secret, 400, "unauthorized_client", 700_016, "Application was not found.", "check the client ID"),
        (secret, 400, "invalid_request", 9_999_998, "Something new.", "check the tenant"),
        (refresh, 400, "invalid_grant", 65001, "The user has not consented.", "user_impersonation"),
        (refresh, 400, "invalid_grant", 9_999_999, "Something new.", "sign in again"),
    ] {
        let fixture = Fixture::new(vec![refusal(status, error, code, text)]).await;
        for args in [&["list"][..], &["auth", "check"], &["auth", "token"]] {
            let finished = fixture.run(&app(&[variable]), args).await;
            assert_eq!((finished.code, finished.stdout.as_str()), (4, ""), "{}", finished.stderr);
            let (line, hint) = finished.failure();
            assert!(hint.contains(help) && !hint.contains('\n'), "{}", finished.stderr);
            let said = format!("AADSTS{code}: {text}");
            for part in [error, &said, CORRELATION_ID, "correlation", "error?code="] {
                assert_eq!(line.matches(part).count(), 1, "{args:?}: not exactly one {part:?}: {line}");
            }
        }
        assert_eq!((fixture.entra.count(), fixture.api.connections()), (3, 0));
    }
}

/// Environment and arguments with a missing or invalid setting, the start of the error, and a part of the hint.
const MISTAKES: [(&[(&str, &str)], &[&str], &str, &str); 18] = [
    (
        &[],
        &[],
        "no credentials configured",
        "set PARTNER_CENTER_ACCESS_TOKEN, run `partner-insights auth login`",
    ),
    (
        &[("AZURE_TENANT_ID", TENANT)],
        &[],
        "no credentials configured; found the tenant (AZURE_TENANT_ID); missing the client ID (AZURE_CLIENT_ID), \
         and a secret or a stored login",
        "run `partner-insights auth login`",
    ),
    (
        &[("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", "1")],
        &[],
        "no credentials configured; found the tenant (AZURE_TENANT_ID) and the client ID (AZURE_CLIENT_ID); missing \
         a secret or a stored login",
        "set AZURE_CLIENT_SECRET",
    ),
    (
        &[("PARTNER_CENTER_ACCESS_TOKEN", "")],
        &[],
        "no credentials configured; PARTNER_CENTER_ACCESS_TOKEN is empty",
        "set PARTNER_CENTER_ACCESS_TOKEN",
    ),
    (
        &[("PARTNER_CENTER_ACCESS_TOKEN", "")],
        &["--auth", "token"],
        "PARTNER_CENTER_ACCESS_TOKEN is empty",
        "--auth",
    ),
    (&[], &["--auth", "token"], "PARTNER_CENTER_ACCESS_TOKEN is not set", "--auth"),
    (&[], &["--auth", "client-secret"], "AZURE_CLIENT_SECRET is not set", "--auth"),
    (&[], &["--auth", "refresh-token"], "not signed in", "run `partner-insights auth login`"),
    (&[], &["--auth", "azure-cli"], "az not found", "install the Azure CLI"),
    (
        &[],
        &["--token-file", "nowhere"],
        "cannot read the access token from nowhere: No such file or directory (os error 2)",
        "check --token-file (PARTNER_CENTER_ACCESS_TOKEN_FILE)",
    ),
    (
        &[],
        &["--refresh-token-file", "nowhere"],
        "token file not found: nowhere",
        "check --refresh-token-file (PARTNER_CENTER_REFRESH_TOKEN_FILE)",
    ),
    (
        &[],
        &["--refresh-token-file", "root.pem", "--tenant", TENANT, "--client-id", "1"],
        "token file root.pem holds no refresh token",
        "put the refresh token alone into the file",
    ),
    (
        &[("PARTNER_CENTER_ACCESS_TOKEN", "{\"access_token\": \"s3cr3t\"}")],
        &[],
        "PARTNER_CENTER_ACCESS_TOKEN holds no access token",
        "pass the token alone",
    ),
    (
        &[("AZURE_CLIENT_SECRET", CLIENT_SECRET), ("AZURE_CLIENT_ID", "1")],
        &[],
        "missing or invalid tenant: expected a tenant ID (GUID) or a verified domain such as contoso.onmicrosoft.com",
        "--tenant (AZURE_TENANT_ID)",
    ),
    (
        &[("AZURE_CLIENT_SECRET", CLIENT_SECRET), ("AZURE_TENANT_ID", TENANT)],
        &[],
        "missing or invalid client ID: expected the Application (client) ID of the app registration (GUID)",
        "--client-id (AZURE_CLIENT_ID)",
    ),
    (
        &[("AZURE_CLIENT_SECRET", CLIENT_SECRET), ("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", "1")],
        &["--authority", "http://login.example"],
        "invalid authority host: expected https, because secrets are sent to it",
        "--authority (AZURE_AUTHORITY_HOST)",
    ),
    (
        &[("AZURE_CLIENT_SECRET", CLIENT_SECRET), ("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", "1")],
        &["--authority", "https://localhost:1"],
        "https://localhost:1",
        "check the network, the proxy settings and the authority host",
    ),
    (
        &[("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN)],
        &["--scope", "https://graph.microsoft.com/.default"],
        "configuration: Partner Center does not accept tokens for Microsoft Graph (graph.microsoft.com); \
         the scope is https://api.partnercenter.microsoft.com/.default",
        "correct the setting",
    ),
];

#[tokio::test]
async fn missing_or_invalid_setting_is_named_with_a_hint() {
    let fixture = Fixture::new(Vec::new()).await;
    for (environment, args, message, help) in MISTAKES {
        let finished = fixture.run(environment, &[&["auth", "check"], args].concat()).await;
        let (error, hint) = finished.failure();
        assert!(error.starts_with(message) && hint.contains(help), "{message}: {}", finished.stderr);
        let code = match message {
            "https://localhost:1" => 7,
            _ if message.starts_with("configuration") => 2,
            _ => 4,
        };
        assert_eq!((finished.code, finished.stdout.as_str()), (code, ""), "{message}");
    }
    assert_eq!((fixture.entra.connections(), fixture.api.connections()), (0, 0));
}

#[tokio::test]
async fn untrusted_entra_fails_once_with_the_cause() {
    let fixture = Fixture::new(vec![token(ACCESS_TOKEN)]).await;
    let environment = app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET)]);
    let mut command = fixture.command(&environment, &["list"]);
    let finished = finish(command.env_remove("SSL_CERT_FILE")).await.checked();
    assert_eq!(finished.code, 1);
    let (error, hint) = finished.failure();
    assert!(error.contains("UnknownIssuer") && error.contains(&fixture.entra.url()), "{error}");
    assert!(hint.starts_with("trust the authority that signed the certificate"), "{hint}");
    let counts = (fixture.entra.connections(), fixture.entra.count(), fixture.api.connections());
    assert_eq!(counts, (1, 0, 0));
}

#[tokio::test]
async fn secrets_echoed_by_entra_are_redacted() {
    let text = format!("The secret {CLIENT_SECRET} for {REFRESH_TOKEN} is wrong.");
    let fixture = Fixture::new(vec![refusal(401, "invalid_client", 7_000_215, &text)]).await;
    let environment =
        app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET), ("PARTNER_CENTER_REFRESH_TOKEN", REFRESH_TOKEN)]);
    let finished = fixture.run(&environment, &["auth", "check"]).await;
    assert!(finished.stderr.contains("The secret [secret] for [secret] is wrong."), "{}", finished.stderr);
}

#[tokio::test]
async fn token_file_is_not_read_as_ids() {
    let fixture = Fixture::new(Vec::new()).await;
    let file = fixture.file("token", ACCESS_TOKEN);
    for name in ["-", &file] {
        let args = ["resume", "--ids-file", name, "--token-file", name, "--yes"];
        let finished = fixture.run_with_input(ACCESS_TOKEN, &[], &args).await;
        assert_eq!(finished.code, 2, "{}", finished.stderr);
        assert!(finished.failure().0.contains("the file with the token"), "{}", finished.stderr);
    }
    assert_eq!(fixture.api.connections(), 0);
}

#[tokio::test]
async fn auth_commands_reject_the_emulator() {
    let fixture = Fixture::new(Vec::new()).await;
    let environment = [("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN), ("PARTNER_CENTER_BASE_URL", "")];
    let finished = fixture.run(&environment, &["auth", "check", "--probe", "--emulator"]).await;
    assert_eq!(finished.code, 2, "{}", finished.stderr);
    let (error, hint) = finished.failure();
    assert_eq!(error, "the emulator needs no sign-in");
    assert!(hint.contains("--emulator (PARTNER_CENTER_EMULATOR)"), "{hint}");
}

#[tokio::test]
async fn unreachable_entra_is_a_connection_failure() {
    let fixture = Fixture::new(Vec::new()).await;
    let environment =
        app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET), ("AZURE_AUTHORITY_HOST", "https://login.invalid")]);
    let finished = fixture.run(&environment, &["list", "--output", "json"]).await;
    assert_eq!(finished.code, 7, "{}", finished.stderr);
    let line = finished.stderr.lines().last().unwrap();
    let error = &serde_json::from_str::<serde_json::Value>(line).unwrap()["error"];
    assert_eq!(error["kind"], "connection-failed");
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("https://login.invalid is unreachable: "), "{message}");
}
