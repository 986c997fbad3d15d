//! Each way to get a token, from the setting to the header that the service sees.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::{Stage, app, mode};
use crate::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, TENANT, holds_no_secret, rotated, token};

const NEXT: &str = "0.AXoA-refresh.R2";

#[tokio::test]
async fn an_access_token_comes_from_the_environment_a_file_or_standard_input() {
    let stage = Stage::new(Vec::new()).await;
    let file = stage.file("token", &format!("Bearer {ACCESS_TOKEN}\n"));
    for ended in [
        stage.run(&[("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN)], &["list"]).await,
        stage.run(&[("PARTNER_CENTER_ACCESS_TOKEN_FILE", &file)], &["list"]).await,
        stage.run(&[], &["list", "--token-file", &file]).await,
        stage.fed(&format!("{ACCESS_TOKEN}\r\n"), &[], &["list", "--token-file", "-"]).await,
    ] {
        assert_eq!((ended.code, ended.stdout.as_str()), (0, ""), "{}", ended.stderr);
        assert_eq!(ended.stderr, "Signing in by token.\nNo report fits.");
        assert!(ended.log.contains("succeeded"), "the log is not where it was looked for: {}", ended.log);
    }
    assert_eq!(stage.tokens(), [ACCESS_TOKEN; 4]);
    assert_eq!(stage.entra.connections(), 0);
}

#[tokio::test]
async fn a_refresh_token_of_the_environment_is_redeemed_with_the_secret_of_a_confidential_application() {
    let stage = Stage::new(vec![rotated(ACCESS_TOKEN, NEXT)]).await;
    let public = app(&[("PARTNER_CENTER_REFRESH_TOKEN", REFRESH_TOKEN)]);
    let confidential = [&public[..], &[("AZURE_CLIENT_SECRET", CLIENT_SECRET)]].concat();
    for environment in [public, confidential] {
        let ended = stage.run(&environment, &["list"]).await;
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert_eq!(ended.stderr, "Signing in by refresh-token.\nNo report fits.");
    }
    assert_eq!(stage.tokens(), [ACCESS_TOKEN; 2]);
    assert_eq!(stage.sent("grant_type"), [Some("refresh_token".into()), Some("refresh_token".into())]);
    assert_eq!(stage.sent("refresh_token"), [Some(REFRESH_TOKEN.into()), Some(REFRESH_TOKEN.into())]);
    assert_eq!(stage.sent("client_secret"), [None, Some(CLIENT_SECRET.into())]);
    assert_eq!(stage.sent("scope")[0], Some(format!("{}/.default offline_access", stage.api.url())));
    assert!(!stage.path("settings").exists(), "what came from the environment is kept nowhere");
}

#[tokio::test]
async fn a_new_refresh_token_goes_back_to_its_file_for_the_owner_alone_and_the_next_run_uses_it() {
    let stage = Stage::new(vec![rotated(ACCESS_TOKEN, NEXT)]).await;
    let file = stage.file("refresh-token", REFRESH_TOKEN);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    for _ in 0..2 {
        let ended = stage.run(&app(&[]), &["list", "--refresh-token-file", &file]).await;
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("{NEXT}\n"));
        assert_eq!(mode(file.as_ref()), 0o600);
    }
    assert_eq!(stage.sent("refresh_token"), [Some(REFRESH_TOKEN.into()), Some(NEXT.into())]);
}

#[tokio::test]
async fn a_refresh_token_that_cannot_be_kept_is_told_of_and_the_run_goes_on() {
    let stage = Stage::new(vec![rotated(ACCESS_TOKEN, NEXT)]).await;
    // A file with one word in it, in a folder where nobody can put another.
    let ended = stage.run(&app(&[]), &["list", "--refresh-token-file", "/proc/self/comm"]).await;
    assert_eq!((ended.code, stage.tokens().len()), (0, 1), "{}", ended.stderr);
    let said = "The new refresh token could not be kept: cannot write the token file /proc/self/comm: ";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}

#[tokio::test]
async fn a_login_that_was_kept_needs_no_settings_at_all() {
    let stage = Stage::new(vec![rotated(ACCESS_TOKEN, NEXT)]).await;
    let login = json!({"authority": stage.entra.url(), "tenant": TENANT, "client_id": CLIENT_ID,
        "refresh_token": REFRESH_TOKEN});
    fs::create_dir_all(stage.login().parent().unwrap()).unwrap();
    fs::write(stage.login(), login.to_string()).unwrap();
    let ended = stage.run(&[("AZURE_AUTHORITY_HOST", "")], &["list"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(ended.stderr, "Signing in by refresh-token.\nNo report fits.");
    assert_eq!(stage.sent("client_id"), [Some(CLIENT_ID.into())]);
    let kept: serde_json::Value = serde_json::from_str(&fs::read_to_string(stage.login()).unwrap()).unwrap();
    assert_eq!((&kept["refresh_token"], &kept["tenant"]), (&json!(NEXT), &json!(TENANT)));
    assert_eq!(mode(&stage.login()), 0o600);
}

#[tokio::test]
async fn a_client_secret_asks_for_the_application_alone() {
    let stage = Stage::new(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    // As it is when a variable is filled from a file.
    let secret = format!("{CLIENT_SECRET}\n");
    let ended = stage.run(&app(&[("AZURE_CLIENT_SECRET", &secret)]), &["list", "--program", "cmp"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(ended.stderr, "Signing in by client-secret.\nNo report fits.");
    assert_eq!(stage.sent("grant_type"), [Some("client_credentials".into())]);
    assert_eq!(stage.sent("client_secret"), [Some(CLIENT_SECRET.into())]);
    assert_eq!(stage.sent("scope"), [Some(format!("{}/.default", stage.api.url()))]);
    assert_eq!(stage.tokens(), [ACCESS_TOKEN]);
}

#[tokio::test]
async fn the_azure_cli_is_asked_for_the_tenant_and_the_scope_of_the_service() {
    let stage = Stage::new(Vec::new()).await;
    stage.az(&format!(
        "echo \"$@\" > asked\necho '{{\"accessToken\":\"{ACCESS_TOKEN}\",\"expires_on\":4102444800}}'"
    ));
    let ended = stage.run(&[("AZURE_TENANT_ID", TENANT)], &["list"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(ended.stderr, "Signing in by azure-cli.\nNo report fits.");
    let asked =
        format!("get-access-token --output json --scope {}/.default --tenant {TENANT}\n", stage.api.url());
    assert_eq!(fs::read_to_string(stage.path("asked")).unwrap(), asked);
    assert_eq!(stage.tokens(), [ACCESS_TOKEN]);
    assert_eq!(stage.entra.connections(), 0);
}

#[tokio::test]
async fn a_scope_of_ones_own_is_what_is_asked_for() {
    let stage = Stage::new(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    let environment = app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET)]);
    let ended = stage.run(&environment, &["list", "--scope", "api://mine/.default"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(stage.sent("scope"), [Some("api://mine/.default".into())]);
}

#[tokio::test]
async fn one_token_does_for_a_whole_run() {
    let stage = Stage::new(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    let environment = app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET)]);
    let ended = stage.run(&environment, &["resume", "--all-paused", "--yes"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    holds_no_secret(&ended.stderr);
    assert_eq!((stage.entra.count(), stage.tokens()), (1, vec![ACCESS_TOKEN.to_owned()]));
}
