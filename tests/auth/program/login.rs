//! `auth login` and `auth logout`, and what lies between them.

use std::fs;

use serde_json::json;

use super::check::jwt;
use super::{Stage, app, mode, terminal};
use crate::fake::Answer;
use crate::{ACCESS_TOKEN, CLIENT_ID, REFRESH_TOKEN, TENANT, holds_no_secret, refusal, rotated, token};

const LOGIN: [&str; 6] = ["auth", "login", "--tenant", TENANT, "--client-id", CLIENT_ID];
const PROMPT: &str = "To sign in, open https://microsoft.com/devicelogin and enter the code FJC3ABCDE.";

fn code() -> Answer {
    Answer::json(
        200,
        &json!({"device_code": "GMMhmHCX-s3cr3t", "user_code": "FJC3ABCDE", "interval": 0, "expires_in": 900,
            "verification_uri": "https://microsoft.com/devicelogin", "message": PROMPT}),
    )
}

#[tokio::test]
async fn without_a_terminal_nobody_is_asked_for_a_code() {
    let stage = Stage::new(vec![code()]).await;
    for args in [&["auth", "login"][..], &["list", "--auth", "device-code"]] {
        let ended = stage.run(&app(&[]), args).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (4, ""));
        assert!(ended.stderr.contains("run `partner-insights auth login` at one"), "{}", ended.stderr);
    }
    assert_eq!((stage.entra.connections(), stage.login().exists()), (0, false));
}

/// A stage where somebody has signed in.
async fn signed_in(text: &str) -> Stage {
    let stage = Stage::new(vec![rotated(ACCESS_TOKEN, REFRESH_TOKEN)]).await;
    fs::create_dir_all(stage.login().parent().unwrap()).unwrap();
    let text = text.replace("ENTRA", &stage.entra.url());
    fs::write(stage.login(), text).unwrap();
    stage
}

#[tokio::test]
async fn what_is_set_for_other_tools_does_not_move_the_login_that_was_kept() {
    let kept = json!({"authority": "ENTRA", "tenant": TENANT, "client_id": CLIENT_ID, "refresh_token": REFRESH_TOKEN});
    let stage = signed_in(&kept.to_string()).await;
    let others = [
        ("AZURE_TENANT_ID", "other.example"),
        ("AZURE_CLIENT_ID", "another"),
        ("AZURE_CLIENT_SECRET", "x-s3cr3t"),
    ];
    let ended = stage.run(&others, &["list"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(
        (&stage.sent("client_id")[..], &stage.sent("client_secret")[..]),
        (&[Some(CLIENT_ID.into())][..], &[None][..])
    );
    assert!(ended.stderr.contains("are not used; the login that was kept has its own"), "{}", ended.stderr);
    assert!(stage.entra.requests()[0].line.contains(TENANT));

    // One that is typed is meant.
    stage.run(&[], &["list", "--tenant", "other.example"]).await;
    assert!(stage.entra.requests()[1].line.contains("/other.example/"));
}

#[tokio::test]
async fn a_login_that_is_damaged_is_told_as_such() {
    for text in ["garbage", "{\"refresh_token\":\"r\"}"] {
        let stage = signed_in(text).await;
        for environment in [app(&[]), vec![]] {
            let ended = stage.run(&environment, &["list"]).await;
            assert_eq!(ended.code, 4);
            assert!(
                ended.stderr.contains("login.json is damaged; run `partner-insights auth login`"),
                "{}",
                ended.stderr
            );
        }
        assert_eq!(stage.entra.connections(), 0);
    }
}

#[tokio::test]
async fn whoever_signs_in_at_a_terminal_stays_signed_in_until_they_sign_out() {
    let user = jwt(&json!({"upn": "someone@contoso.com"}));
    let answers = vec![code(), rotated(&user, REFRESH_TOKEN), rotated(ACCESS_TOKEN, "0.AXoA-refresh.R2")];
    let stage = Stage::new(answers).await;
    let (code, screen) = terminal::run(&stage, &[], &LOGIN).await;
    let file = stage.login();
    let told = format!("Signed in as someone@contoso.com; the refresh token is kept in {}.", file.display());
    assert_eq!((code, screen.lines().collect::<Vec<_>>()), (0, vec![PROMPT, &told]));
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));

    // No setting is needed any more, not even where Entra is.
    let ended = stage.run(&[("AZURE_AUTHORITY_HOST", "")], &["list"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(stage.tokens(), [ACCESS_TOKEN]);
    assert_eq!(stage.sent("refresh_token"), [None, None, Some(REFRESH_TOKEN.into())]);

    let ended = stage.run(&[], &["auth", "logout"]).await;
    assert_eq!((ended.code, file.exists()), (0, false));
    assert!(ended.stderr.starts_with("Signed out; "), "{}", ended.stderr);
    let ended = stage.run(&[], &["auth", "logout"]).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (0, "Nobody was signed in."));
    let ended = stage.run(&app(&[]), &["list"]).await;
    assert_eq!((ended.code, stage.entra.count()), (4, 3), "{}", ended.stderr);
}

#[tokio::test]
async fn a_sign_in_that_entra_refuses_leaves_nothing_behind() {
    let refused = refusal(400, "invalid_grant", 53003, "Access has been blocked.");
    let stage = Stage::new(vec![code(), refused]).await;
    let (code, screen) = terminal::run(&stage, &app(&[]), &["auth", "login", "-vv"]).await;
    assert_eq!((code, stage.path("settings").exists()), (4, false));
    assert!(screen.contains("AADSTS53003") && screen.contains("the policy may bar device codes"), "{screen}");
    holds_no_secret(&screen);
}

#[tokio::test]
async fn a_run_can_ask_for_a_code_itself_and_keeps_nothing() {
    let stage = Stage::new(vec![code(), rotated(ACCESS_TOKEN, REFRESH_TOKEN)]).await;
    let (code, screen) = terminal::run(&stage, &app(&[]), &["list", "--auth", "device-code", "-vv"]).await;
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains(PROMPT), "{screen}");
    holds_no_secret(&screen);
    assert_eq!((stage.tokens(), stage.path("settings").exists()), (vec![ACCESS_TOKEN.to_owned()], false));
}

#[tokio::test]
async fn a_token_on_a_screen_comes_with_a_warning() {
    let stage = Stage::new(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    let (code, screen) =
        terminal::run(&stage, &[("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN)], &["auth", "token"]).await;
    let warning = "Whoever has this token can act for you until it ends.";
    assert_eq!((code, screen), (0, format!("{warning}\n{ACCESS_TOKEN}\n")));
}

#[tokio::test]
async fn a_login_of_another_application_is_not_used_for_this_one() {
    let stage = Stage::new(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    let login = json!({"tenant": TENANT, "client_id": "another", "refresh_token": REFRESH_TOKEN});
    fs::create_dir_all(stage.login().parent().unwrap()).unwrap();
    fs::write(stage.login(), login.to_string()).unwrap();
    let ended = stage.run(&[], &["auth", "check", "--client-id", CLIENT_ID]).await;
    assert_eq!(ended.code, 4);
    assert!(ended.stderr.contains("is of the application another"), "{}", ended.stderr);
    assert_eq!(stage.entra.connections(), 0);
}
