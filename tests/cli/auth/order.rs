//! Which credential source `auto` chooses, without fallback to another.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use super::{ACCESS_TOKEN, CLIENT_SECRET, Fixture, REFRESH_TOKEN, app, finish, refusal, token};

/// An `az` that creates a file, which shows that it was run.
const AZ: &str = "echo > az-was-run\necho '{\"accessToken\":\"from-az\"}'";

#[tokio::test]
async fn first_configured_source_is_used() {
    let fixture = Fixture::new(vec![token("from-entra")]).await;
    fixture.store_login(&fixture.valid_login());
    fixture.az(AZ);

    let all = ["PARTNER_CENTER_ACCESS_TOKEN", "PARTNER_CENTER_REFRESH_TOKEN", "AZURE_CLIENT_SECRET"];
    let rows = [
        // Variables that are set, chosen source, token that the service receives, grant that Entra receives.
        (&all[..], "token", ACCESS_TOKEN, None),
        (&all[1..], "refresh-token", "from-entra", Some("refresh_token")),
        // The stored login comes before the secret alone.
        (&all[2..], "refresh-token", "from-entra", Some("refresh_token")),
        (&all[2..], "client-secret", "from-entra", Some("client_credentials")),
        (&[], "azure-cli", "from-az", None),
    ];
    for (number, (set, source, received, grant)) in rows.into_iter().enumerate() {
        if number == 3 {
            fs::remove_file(fixture.login()).unwrap();
        }
        // An empty variable counts as unset.
        let value = |name| match (set.contains(&name), name) {
            (true, "PARTNER_CENTER_ACCESS_TOKEN") => ACCESS_TOKEN,
            (true, "PARTNER_CENTER_REFRESH_TOKEN") => REFRESH_TOKEN,
            (true, _) => CLIENT_SECRET,
            (false, _) => "",
        };
        let variables = all.map(|name| (name, value(name)));
        let before = fixture.entra.count();
        let finished = fixture.run(&app(&variables), &["list"]).await;
        assert_eq!(finished.code, 0, "{source}: {}", finished.stderr);
        let line = format!("Credential source: {source}.\n");
        assert!(finished.stderr.starts_with(&line), "{source}: {}", finished.stderr);
        assert_eq!(fixture.tokens().last().unwrap(), received, "{source}");
        assert_eq!(fixture.entra.count() - before, usize::from(grant.is_some()), "{source}");
        if grant.is_some() {
            assert_eq!(fixture.sent("grant_type").last().unwrap().as_deref(), grant, "{source}");
        }
        assert_eq!(fixture.path("az-was-run").exists(), source == "azure-cli", "{source}");
    }
}

#[tokio::test]
async fn failing_source_does_not_fall_back() {
    for (variable, value, requests) in [
        ("PARTNER_CENTER_ACCESS_TOKEN_FILE", "no-such-file", 0),
        ("PARTNER_CENTER_REFRESH_TOKEN_FILE", "no-such-file", 0),
        ("PARTNER_CENTER_REFRESH_TOKEN", REFRESH_TOKEN, 1),
        ("AZURE_CLIENT_SECRET", "another-s3cr3t", 1),
    ] {
        let expired = refusal(400, "invalid_grant", 700_082, "The refresh token has expired.");
        let fixture = Fixture::new(vec![expired]).await;
        fixture.az(AZ);
        let variables = app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET), (variable, value)]);
        let finished = fixture.run(&variables, &["list"]).await;
        assert_eq!((finished.code, finished.stdout.as_str()), (4, ""), "{variable}: {}", finished.stderr);
        assert_eq!((fixture.entra.count(), fixture.api.connections()), (requests, 0), "{variable}");
        assert!(!fixture.path("az-was-run").exists(), "{variable}");
    }
}

#[tokio::test]
async fn undecodable_token_is_not_skipped() {
    let fixture = Fixture::new(vec![token("from-entra")]).await;
    let environment = app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET)]);
    let mut command = fixture.command(&environment, &["list"]);
    command.env("PARTNER_CENTER_ACCESS_TOKEN", OsStr::from_bytes(b"\xff"));
    let finished = finish(&mut command).await.checked();
    assert_eq!(finished.code, 4);
    assert!(
        finished.failure().0.contains("PARTNER_CENTER_ACCESS_TOKEN holds no access token"),
        "{finished:?}"
    );
    assert_eq!((fixture.entra.connections(), fixture.api.connections()), (0, 0));
}

#[tokio::test]
async fn unreadable_stored_login_is_not_skipped() {
    let fixture = Fixture::new(vec![token("from-entra")]).await;
    fixture.file("settings/partner-insights", "not a folder");
    let finished = fixture.run(&app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET)]), &["list"]).await;
    assert_eq!(finished.code, 4);
    assert!(finished.failure().0.contains("cannot read token file"), "{}", finished.stderr);
    assert_eq!((fixture.entra.connections(), fixture.api.connections()), (0, 0));
}

#[tokio::test]
async fn auth_setting_overrides_the_order() {
    let fixture = Fixture::new(vec![token("from-entra")]).await;
    let variables = app(&[
        ("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN),
        ("AZURE_CLIENT_SECRET", CLIENT_SECRET),
        ("PARTNER_CENTER_AUTH", "client-secret"),
    ]);
    assert_eq!(fixture.run(&variables, &["list"]).await.code, 0);
    assert_eq!(fixture.run(&variables, &["list", "--auth", "token"]).await.code, 0);
    assert_eq!(fixture.tokens(), ["from-entra", ACCESS_TOKEN]);
}

#[tokio::test]
async fn file_flag_overrides_the_environment() {
    let fixture = Fixture::new(vec![token("from-entra")]).await;
    let login = fixture.file("login.json", &fixture.valid_login().to_string());
    let access = fixture.file("access", "from-a-file");
    let set = [("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN)];
    assert_eq!(fixture.run(&set, &["list", "--refresh-token-file", &login]).await.code, 0);
    let set = [("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN), ("PARTNER_CENTER_AUTH", "azure-cli")];
    assert_eq!(fixture.run(&set, &["list", "--token-file", &access]).await.code, 0);
    assert_eq!(fixture.tokens(), ["from-entra", "from-a-file"]);
}

#[tokio::test]
async fn file_flag_conflicts_with_another_source() {
    let fixture = Fixture::new(Vec::new()).await;
    let finished = fixture.run(&[], &["list", "--token-file", "access", "--auth", "azure-cli"]).await;
    assert_eq!(finished.code, 2);
    assert!(
        finished.stderr.contains("--token-file cannot be used with --auth azure-cli"),
        "{}",
        finished.stderr
    );
}

#[tokio::test]
async fn password_variables_are_ignored_with_a_note() {
    let fixture = Fixture::new(Vec::new()).await;
    for (name, value, noted) in [
        ("AZURE_USERNAME", "someone@contoso.com", true),
        ("AZURE_PASSWORD", "pass-s3cr3t", true),
        ("AZURE_PASSWORD", "", false),
    ] {
        let variables = [("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN), (name, value)];
        let finished = fixture.run(&variables, &["list"]).await;
        assert_eq!(finished.code, 0, "{}", finished.stderr);
        assert_eq!(finished.stderr.contains("AZURE_PASSWORD"), noted, "{}", finished.stderr);
    }
}
