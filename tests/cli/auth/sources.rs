//! Each credential source, from the setting to the header that the service receives.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{
    ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, Fixture, NEW_REFRESH_TOKEN, REFRESH_TOKEN, TENANT, app, mode,
    rotated, token,
};

#[tokio::test]
async fn access_token_is_read_from_variable_file_or_stdin() {
    let fixture = Fixture::new(Vec::new()).await;
    let file = fixture.file("token", &format!("Bearer {ACCESS_TOKEN}\n"));
    for finished in [
        fixture.run(&[("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN)], &["list"]).await,
        fixture.run(&[("PARTNER_CENTER_ACCESS_TOKEN_FILE", &file)], &["list"]).await,
        fixture.run(&[], &["list", "--token-file", &file]).await,
        fixture.run_with_input(&format!("{ACCESS_TOKEN}\r\n"), &[], &["list", "--token-file", "-"]).await,
    ] {
        assert_eq!((finished.code, finished.stdout.as_str()), (0, ""), "{}", finished.stderr);
        assert_eq!(finished.stderr, "Credential source: token.\nNo matching reports.");
        assert!(!finished.log.is_empty());
    }
    assert_eq!(fixture.tokens(), [ACCESS_TOKEN; 4]);
    assert_eq!(fixture.entra.connections(), 0);
}

#[tokio::test]
async fn refresh_token_from_a_pipe_is_read_once() {
    let fixture = Fixture::new(vec![rotated(ACCESS_TOKEN, NEW_REFRESH_TOKEN)]).await;
    let args = ["list", "--refresh-token-file", "/dev/stdin"];
    let finished = fixture.run_with_input(&format!("'{REFRESH_TOKEN}'\n"), &app(&[]), &args).await;
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert_eq!(fixture.sent("refresh_token"), [Some(REFRESH_TOKEN.into())]);
    assert_eq!(fixture.tokens(), [ACCESS_TOKEN]);
}

#[tokio::test]
async fn refresh_token_file_in_utf_16_is_read() {
    let fixture = Fixture::new(vec![rotated(ACCESS_TOKEN, NEW_REFRESH_TOKEN)]).await;
    let file = fixture.file("refresh-token", "");
    let text = format!("\u{feff}{REFRESH_TOKEN}\r\n");
    fs::write(&file, text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()).unwrap();
    let finished = fixture.run(&app(&[]), &["list", "--refresh-token-file", &file]).await;
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert_eq!(fixture.sent("refresh_token"), [Some(REFRESH_TOKEN.into())]);
    assert_eq!(fs::read_to_string(&file).unwrap().trim(), NEW_REFRESH_TOKEN);
}

#[tokio::test]
async fn env_refresh_token_is_redeemed() {
    let fixture = Fixture::new(vec![rotated(ACCESS_TOKEN, NEW_REFRESH_TOKEN)]).await;
    let finished = fixture.run(&app(&[("PARTNER_CENTER_REFRESH_TOKEN", REFRESH_TOKEN)]), &["list"]).await;
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert!(finished.stderr.starts_with("Credential source: refresh-token.\n"), "{}", finished.stderr);
    assert_eq!(fixture.tokens(), [ACCESS_TOKEN]);
    assert_eq!(fixture.sent("grant_type"), [Some("refresh_token".into())]);
    assert_eq!(fixture.sent("refresh_token"), [Some(REFRESH_TOKEN.into())]);
    assert_eq!(fixture.sent("client_secret"), [None]);
    assert_eq!(fixture.sent("scope"), [Some(format!("{}/.default offline_access", fixture.api.url()))]);
    assert!(!fixture.path("settings").exists(), "nothing is stored");
}

#[tokio::test]
async fn env_refresh_token_is_redeemed_with_client_secret() {
    let fixture = Fixture::new(vec![rotated(ACCESS_TOKEN, NEW_REFRESH_TOKEN)]).await;
    let environment =
        app(&[("PARTNER_CENTER_REFRESH_TOKEN", REFRESH_TOKEN), ("AZURE_CLIENT_SECRET", CLIENT_SECRET)]);
    assert_eq!(fixture.run(&environment, &["list"]).await.code, 0);
    assert_eq!(fixture.sent("grant_type"), [Some("refresh_token".into())]);
    assert_eq!(fixture.sent("client_secret"), [Some(CLIENT_SECRET.into())]);
}

#[tokio::test]
async fn new_refresh_token_replaces_the_old_in_its_file() {
    let fixture = Fixture::new(vec![rotated(ACCESS_TOKEN, NEW_REFRESH_TOKEN)]).await;
    let file = fixture.file("refresh-token", REFRESH_TOKEN);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    for _ in 0..2 {
        let finished = fixture.run(&app(&[]), &["list", "--refresh-token-file", &file]).await;
        assert_eq!(finished.code, 0, "{}", finished.stderr);
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("{NEW_REFRESH_TOKEN}\n"));
        assert_eq!(mode(file.as_ref()), 0o600);
    }
    assert_eq!(fixture.sent("refresh_token"), [Some(REFRESH_TOKEN.into()), Some(NEW_REFRESH_TOKEN.into())]);
}

#[tokio::test]
async fn unsaved_refresh_token_is_only_a_warning() {
    let fixture = Fixture::new(vec![rotated(ACCESS_TOKEN, NEW_REFRESH_TOKEN)]).await;
    // A file with one word, in a folder where nothing can be created.
    let finished = fixture.run(&app(&[]), &["list", "--refresh-token-file", "/proc/self/comm"]).await;
    assert_eq!((finished.code, fixture.tokens().len()), (0, 1), "{}", finished.stderr);
    assert!(finished.stderr.contains("cannot write token file /proc/self/comm: "), "{}", finished.stderr);
}

#[tokio::test]
async fn stored_login_needs_no_settings() {
    let fixture = Fixture::new(vec![rotated(ACCESS_TOKEN, NEW_REFRESH_TOKEN)]).await;
    fixture.store_login(&fixture.valid_login());
    let finished = fixture.run(&[("AZURE_AUTHORITY_HOST", "")], &["list"]).await;
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert!(finished.stderr.starts_with("Credential source: refresh-token.\n"), "{}", finished.stderr);
    assert_eq!(fixture.sent("client_id"), [Some(CLIENT_ID.into())]);
    let stored: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(fixture.login()).unwrap()).unwrap();
    assert_eq!((&stored["refresh_token"], &stored["tenant"]), (&NEW_REFRESH_TOKEN.into(), &TENANT.into()));
    assert_eq!(mode(&fixture.login()), 0o600);
}

#[tokio::test]
async fn client_secret_requests_an_application_token() {
    let fixture = Fixture::new(vec![token(ACCESS_TOKEN)]).await;
    // With a line break, as in a variable filled from a file.
    let secret = format!("{CLIENT_SECRET}\n");
    let finished =
        fixture.run(&app(&[("AZURE_CLIENT_SECRET", &secret)]), &["list", "--program", "cmp"]).await;
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert!(finished.stderr.starts_with("Credential source: client-secret.\n"), "{}", finished.stderr);
    assert_eq!(fixture.sent("grant_type"), [Some("client_credentials".into())]);
    assert_eq!(fixture.sent("client_secret"), [Some(CLIENT_SECRET.into())]);
    assert_eq!(fixture.sent("scope"), [Some(format!("{}/.default", fixture.api.url()))]);
    assert_eq!(fixture.tokens(), [ACCESS_TOKEN]);
}

#[tokio::test]
async fn scope_flag_overrides_the_default_scope() {
    let fixture = Fixture::new(vec![token(ACCESS_TOKEN)]).await;
    let environment = app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET)]);
    let finished = fixture.run(&environment, &["list", "--scope", "api://mine/.default"]).await;
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert_eq!(fixture.sent("scope"), [Some("api://mine/.default".into())]);
}

#[tokio::test]
async fn one_run_requests_one_token() {
    let fixture = Fixture::new(vec![token(ACCESS_TOKEN)]).await;
    let environment = app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET)]);
    let finished = fixture.run(&environment, &["resume", "--all-paused", "--yes"]).await;
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert_eq!((fixture.entra.count(), fixture.tokens()), (1, vec![ACCESS_TOKEN.to_owned()]));
}
