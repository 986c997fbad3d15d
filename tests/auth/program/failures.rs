//! What people see when no token can be had: one line, the next step in it, and exit code 4.

use serde_json::json;

use super::{Stage, app, end};
use crate::{
    ACCESS_TOKEN, CLIENT_SECRET, CORRELATION_ID, REFRESH_TOKEN, TENANT, holds_no_secret, refusal, token,
};

#[tokio::test]
async fn a_refusal_of_entra_is_shown_once_with_its_code_its_text_its_id_and_our_advice() {
    let secret = ("AZURE_CLIENT_SECRET", CLIENT_SECRET);
    let refresh = ("PARTNER_CENTER_REFRESH_TOKEN", REFRESH_TOKEN);
    for (way, status, error, code, text, advice) in [
        (
            secret,
            400,
            "invalid_request",
            90002,
            "Tenant 'contoso.onmicrosoft.com' not found.",
            "check the tenant",
        ),
        (secret, 401, "invalid_client", 7_000_215, "Invalid client secret provided.", "not its id"),
        (secret, 401, "invalid_client", 7_000_222, "The keys are expired.", "make a new client secret"),
        (secret, 400, "unauthorized_client", 700_016, "Application was not found.", "check the client id"),
        (refresh, 400, "invalid_grant", 65001, "The user has not consented.", "user_impersonation"),
        (refresh, 400, "invalid_grant", 53003, "Access has been blocked.", "ask your administrator"),
        (
            refresh,
            400,
            "invalid_grant",
            50076,
            "You must use multi-factor authentication.",
            "sign in again inter",
        ),
        (refresh, 400, "invalid_grant", 700_082, "The refresh token has expired.", "sign in again, and"),
        (refresh, 400, "invalid_grant", 9_999_999, "Something new.", "somebody has to sign in again"),
    ] {
        let stage = Stage::new(vec![refusal(status, error, code, text)]).await;
        for args in [&["list"][..], &["auth", "check"], &["auth", "token"]] {
            let ended = stage.run(&app(&[way]), args).await;
            let said = ended.stderr.replacen("Signing in by client-secret.\n", "", 1);
            let said = said.replacen("Signing in by refresh-token.\n", "", 1);
            assert_eq!((ended.code, ended.stdout.as_str(), said.lines().count()), (4, "", 1), "{said}");
            let code = format!("AADSTS{code}: {text}");
            for part in [error, &code, advice, CORRELATION_ID, "correlation", "error?code="] {
                assert_eq!(said.matches(part).count(), 1, "{args:?}: {part:?} is not there once: {said}");
            }
        }
        assert_eq!((stage.entra.count(), stage.api.connections()), (3, 0));
    }
}

#[tokio::test]
async fn the_azure_cli_fails_in_its_ways() {
    let text = "AADSTS65002: Consent between first party application and resource must be configured.";
    for (script, code, parts) in [
        (
            "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1".to_owned(),
            4,
            ["nobody is signed in to az", "run: az login --tenant"],
        ),
        (format!("echo 'ERROR: {text}' >&2; exit 1"), 4, [text, "register an application of your own"]),
        ("echo '{\"token\":\"s3cr3t\"}'".to_owned(), 4, ["wrote something else than a token", "by hand"]),
        ("echo 'python is gone' >&2; exit 127".to_owned(), 4, ["python is gone", "by hand"]),
    ] {
        let stage = Stage::new(Vec::new()).await;
        stage.az(&script);
        for args in [&["list"][..], &["auth", "check"]] {
            let ended = stage.run(&[("AZURE_TENANT_ID", TENANT)], args).await;
            assert_eq!((ended.code, ended.stdout.as_str()), (code, ""), "{}", ended.stderr);
            for part in parts {
                assert_eq!(ended.stderr.matches(part).count(), 1, "{part:?}: {}", ended.stderr);
            }
        }
        assert_eq!((stage.entra.connections(), stage.api.connections()), (0, 0));
    }
}

/// What somebody forgot or mistyped, and the whole of what they are told, with `auth check`.
const MISTAKES: [(&[(&str, &str)], &[&str], &str); 15] = [
    (
        &[],
        &[],
        "no way to sign in is set up; set PARTNER_CENTER_ACCESS_TOKEN, run `partner-insights auth login`, \
         sign in to the Azure CLI, or try --emulator",
    ),
    (
        &[],
        &["--auth", "token"],
        "PARTNER_CENTER_ACCESS_TOKEN is not set; set it, or choose another way with --auth",
    ),
    (
        &[],
        &["--auth", "client-secret"],
        "AZURE_CLIENT_SECRET is not set; set it, or choose another way with --auth",
    ),
    (
        &[],
        &["--auth", "refresh-token"],
        "nobody has signed in; run `partner-insights auth login`, or set PARTNER_CENTER_REFRESH_TOKEN",
    ),
    (
        &[],
        &["--auth", "azure-cli"],
        "az was not found; install the Azure CLI and see that it is on the search path, or sign in another way",
    ),
    (
        &[],
        &["--auth", "device-code"],
        "a device code needs somebody at a terminal; run `partner-insights auth login` at one; \
         runs without one use what it keeps",
    ),
    (
        &[],
        &["--token-file", "nowhere"],
        "cannot read the access token from nowhere: No such file or directory (os error 2); \
         check --token-file (PARTNER_CENTER_ACCESS_TOKEN_FILE)",
    ),
    (
        &[],
        &["--refresh-token-file", "nowhere"],
        "there is no token file nowhere; check --refresh-token-file (PARTNER_CENTER_REFRESH_TOKEN_FILE)",
    ),
    (
        &[],
        &["--refresh-token-file", "root.pem", "--tenant", TENANT, "--client-id", "1"],
        "the token file root.pem holds no refresh token; put one there alone, or sign in again",
    ),
    (
        &[("PARTNER_CENTER_ACCESS_TOKEN", "{\"access_token\": \"s3cr3t\"}")],
        &[],
        "the access token is empty or is not one word; give the token alone",
    ),
    (
        &[("AZURE_CLIENT_SECRET", CLIENT_SECRET), ("AZURE_CLIENT_ID", "1")],
        &[],
        "the tenant is missing or is none; it is the id of the Partner Center tenant (a GUID), or a domain such as \
         contoso.onmicrosoft.com; see --tenant (AZURE_TENANT_ID), --client-id (AZURE_CLIENT_ID) and --authority \
         (AZURE_AUTHORITY_HOST)",
    ),
    (
        &[("AZURE_CLIENT_SECRET", CLIENT_SECRET), ("AZURE_TENANT_ID", TENANT)],
        &[],
        "the client id is missing or has blanks in it; it is the Application (client) ID of the registration, a GUID; \
         see --tenant (AZURE_TENANT_ID), --client-id (AZURE_CLIENT_ID) and --authority (AZURE_AUTHORITY_HOST)",
    ),
    (
        &[("AZURE_CLIENT_SECRET", CLIENT_SECRET), ("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", "1")],
        &["--authority", "http://login.example"],
        "the authority host must be https; secrets would be readable on their way; it looks like \
         https://login.microsoftonline.com; see --tenant (AZURE_TENANT_ID), --client-id (AZURE_CLIENT_ID) and \
         --authority (AZURE_AUTHORITY_HOST)",
    ),
    (
        &[("AZURE_CLIENT_SECRET", CLIENT_SECRET), ("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", "1")],
        &["--authority", "https://localhost:1"],
        "https://localhost:1 is unreachable: Connection refused (os error 111); check the network, the proxy settings \
         and the authority host",
    ),
    (
        &[("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN)],
        &["--scope", "https://graph.microsoft.com/.default"],
        "configuration: Partner Center does not accept tokens for Microsoft Graph (graph.microsoft.com); the scope is \
         https://api.partnercenter.microsoft.com/.default; correct the setting that the message names",
    ),
];

#[tokio::test]
async fn whoever_forgot_or_mistyped_something_is_told_what_and_the_next_step() {
    let stage = Stage::new(Vec::new()).await;
    for (environment, args, said) in MISTAKES {
        let ended = stage.run(environment, &[&["auth", "check"], args].concat()).await;
        assert_eq!(ended.stderr, format!("error: {said}"));
        let code = if said.starts_with("configuration") { 2 } else { 4 };
        assert_eq!((ended.code, ended.stdout.as_str()), (code, ""), "{said}");
    }
    assert_eq!((stage.entra.connections(), stage.api.connections()), (0, 0));
}

#[tokio::test]
async fn without_the_authority_entra_is_refused_in_one_attempt_with_the_cause() {
    let stage = Stage::new(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    let environment = app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET)]);
    let mut command = stage.command(&environment, &["list"]);
    let ended = end(command.env_remove("SSL_CERT_FILE")).await.checked();
    assert_eq!((ended.code, ended.stderr.lines().count()), (4, 1), "{}", ended.stderr);
    for part in ["UnknownIssuer", "trust the authority that signed the certificate", &stage.entra.url()] {
        assert_eq!(ended.stderr.matches(part).count(), 1, "{part}: {}", ended.stderr);
    }
    assert_eq!((stage.entra.connections(), stage.entra.count(), stage.api.connections()), (1, 0, 0));
}

#[tokio::test]
async fn what_entra_repeats_of_a_secret_is_not_shown() {
    let text = format!("The secret {CLIENT_SECRET} for {REFRESH_TOKEN} is wrong.");
    let stage = Stage::new(vec![refusal(401, "invalid_client", 7_000_215, &text)]).await;
    let environment =
        app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET), ("PARTNER_CENTER_REFRESH_TOKEN", REFRESH_TOKEN)]);
    let ended = stage.run(&environment, &["auth", "check"]).await;
    assert!(ended.stderr.contains("The secret [secret] for [secret] is wrong."), "{}", ended.stderr);
    holds_no_secret(&ended.log);
}

#[tokio::test]
async fn a_token_where_ids_are_read_as_well_is_not_shown_as_a_bad_id() {
    let stage = Stage::new(Vec::new()).await;
    let file = stage.file("token", ACCESS_TOKEN);
    for name in ["-", &file] {
        let args = ["resume", "--ids-file", name, "--token-file", name, "--yes"];
        let ended = stage.fed(ACCESS_TOKEN, &[], &args).await;
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        assert!(ended.stderr.contains("give the ids in another one"), "{}", ended.stderr);
    }
    assert_eq!(stage.api.connections(), 0);
}

#[tokio::test]
async fn the_emulator_is_not_signed_in_to() {
    let stage = Stage::new(Vec::new()).await;
    let environment = [("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN), ("PARTNER_CENTER_BASE_URL", "")];
    let ended = stage.run(&environment, &["auth", "check", "--probe", "--emulator"]).await;
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("leave --emulator (PARTNER_CENTER_EMULATOR) out"), "{}", ended.stderr);
}
