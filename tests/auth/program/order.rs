//! Which way `auto` takes, and that it takes no other.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use serde_json::json;

use super::{Stage, app, end};
use crate::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, TENANT, refusal, token};

/// A script for `az` that leaves a mark.
const MARKED: &str = "echo > az-was-asked\necho '{\"accessToken\":\"from-az\"}'";

#[tokio::test]
async fn the_first_way_that_is_configured_is_taken_and_an_empty_variable_configures_nothing() {
    let stage = Stage::new(vec![token("from-entra", json!(3599))]).await;
    let login = json!({"authority": stage.entra.url(), "tenant": TENANT, "client_id": CLIENT_ID,
        "refresh_token": REFRESH_TOKEN});
    fs::create_dir_all(stage.login().parent().unwrap()).unwrap();
    fs::write(stage.login(), login.to_string()).unwrap();
    stage.az(MARKED);

    let all = ["PARTNER_CENTER_ACCESS_TOKEN", "PARTNER_CENTER_REFRESH_TOKEN", "AZURE_CLIENT_SECRET"];
    let rows = [
        // Set, taken, token that the service sees, grant that Entra sees.
        (&all[..], "token", ACCESS_TOKEN, None),
        (&all[1..], "refresh-token", "from-entra", Some("refresh_token")),
        // The login that was kept comes before the secret alone.
        (&all[2..], "refresh-token", "from-entra", Some("refresh_token")),
        (&all[2..], "client-secret", "from-entra", Some("client_credentials")),
        (&[], "azure-cli", "from-az", None),
    ];
    for (number, (set, way, seen, grant)) in rows.into_iter().enumerate() {
        if number == 3 {
            fs::remove_file(stage.login()).unwrap();
        }
        let value = |name| match (set.contains(&name), name) {
            (true, "PARTNER_CENTER_ACCESS_TOKEN") => ACCESS_TOKEN,
            (true, "PARTNER_CENTER_REFRESH_TOKEN") => REFRESH_TOKEN,
            (true, _) => CLIENT_SECRET,
            (false, _) => "",
        };
        let variables = all.map(|name| (name, value(name)));
        let before = stage.entra.count();
        let ended = stage.run(&app(&variables), &["list"]).await;
        assert_eq!(ended.code, 0, "{way}: {}", ended.stderr);
        assert!(ended.stderr.starts_with(&format!("Signing in by {way}.\n")), "{way}: {}", ended.stderr);
        assert_eq!(stage.tokens().last().unwrap(), seen, "{way}");
        assert_eq!(stage.entra.count() - before, usize::from(grant.is_some()), "{way}");
        if grant.is_some() {
            assert_eq!(stage.sent("grant_type").last().unwrap().as_deref(), grant, "{way}");
        }
        assert_eq!(stage.path("az-was-asked").exists(), way == "azure-cli", "{way}");
    }
}

#[tokio::test]
async fn a_way_that_is_configured_and_fails_ends_the_run() {
    let refused = || refusal(400, "invalid_grant", 700_082, "The refresh token has expired.");
    for (variable, value, requests) in [
        ("PARTNER_CENTER_ACCESS_TOKEN_FILE", "no-such-file", 0),
        ("PARTNER_CENTER_REFRESH_TOKEN_FILE", "no-such-file", 0),
        ("PARTNER_CENTER_REFRESH_TOKEN", REFRESH_TOKEN, 1),
        ("AZURE_CLIENT_SECRET", "another-s3cr3t", 1),
    ] {
        let stage = Stage::new(vec![refused()]).await;
        stage.az(MARKED);
        let variables = app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET), (variable, value)]);
        let ended = stage.run(&variables, &["list"]).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (4, ""), "{variable}: {}", ended.stderr);
        assert_eq!((stage.entra.count(), stage.api.connections()), (requests, 0), "{variable}");
        assert!(!stage.path("az-was-asked").exists(), "{variable}");
    }
}

#[tokio::test]
async fn a_credential_that_cannot_be_read_is_not_passed_over() {
    let stage = Stage::new(vec![token("from-entra", json!(3599))]).await;
    let environment = app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET)]);
    let mut command = stage.command(&environment, &["list"]);
    command.env("PARTNER_CENTER_ACCESS_TOKEN", OsStr::from_bytes(b"\xff"));
    let ended = end(&mut command).await.checked();
    assert_eq!(ended.code, 4);
    assert!(ended.stderr.contains("the access token is empty or is not one word"), "{}", ended.stderr);

    fs::create_dir(stage.path("settings")).unwrap();
    stage.file("settings/partner-insights", "no folder");
    let ended = stage.run(&environment, &["list"]).await;
    assert_eq!(ended.code, 4);
    assert!(ended.stderr.contains("cannot read the token file"), "{}", ended.stderr);
    assert_eq!((stage.entra.connections(), stage.api.connections()), (0, 0));
}

#[tokio::test]
async fn a_way_that_is_named_is_taken_although_others_are_configured() {
    let stage = Stage::new(vec![token("from-entra", json!(3599))]).await;
    let variables = app(&[
        ("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN),
        ("AZURE_CLIENT_SECRET", CLIENT_SECRET),
        ("PARTNER_CENTER_AUTH", "client-secret"),
    ]);
    assert_eq!(stage.run(&variables, &["list"]).await.code, 0);
    assert_eq!(stage.run(&variables, &["list", "--auth", "token"]).await.code, 0);
    assert_eq!(stage.tokens(), ["from-entra", ACCESS_TOKEN]);
}

#[tokio::test]
async fn a_file_that_is_typed_beats_what_the_environment_configures() {
    let stage = Stage::new(vec![token("from-entra", json!(3599))]).await;
    let login = stage.file(
        "login.json",
        &json!({"authority": stage.entra.url(), "tenant": TENANT,
        "client_id": CLIENT_ID, "refresh_token": REFRESH_TOKEN})
        .to_string(),
    );
    let access = stage.file("access", "from-a-file");
    let set = [("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN)];
    assert_eq!(stage.run(&set, &["list", "--refresh-token-file", &login]).await.code, 0);
    let set = [("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN), ("PARTNER_CENTER_AUTH", "azure-cli")];
    assert_eq!(stage.run(&set, &["list", "--token-file", &access]).await.code, 0);
    assert_eq!(stage.tokens(), ["from-entra", "from-a-file"]);

    let ended = stage.run(&set, &["list", "--token-file", &access, "--auth", "azure-cli"]).await;
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("--token-file cannot be used with --auth azure-cli"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_user_name_or_a_password_is_ignored_and_the_reason_told() {
    let stage = Stage::new(Vec::new()).await;
    for (name, value, told) in [
        ("AZURE_USERNAME", "someone@contoso.com", true),
        ("AZURE_PASSWORD", "pass-s3cr3t", true),
        ("AZURE_PASSWORD", "", false),
    ] {
        let variables = [("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN), (name, value)];
        let ended = stage.run(&variables, &["list"]).await;
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert_eq!(ended.stderr.contains("a password alone cannot sign in"), told, "{}", ended.stderr);
    }
}
