//! `auth login` and `auth logout`, and the stored login.

use serde_json::json;

use super::check::jwt;
use super::fake::Response;
use super::{
    ACCESS_TOKEN, CLIENT_ID, Fixture, NEW_REFRESH_TOKEN, REFRESH_TOKEN, TENANT, app, assert_no_secret, mode,
    refusal, rotated, token,
};

const PROMPT: &str = "To sign in, open https://microsoft.com/devicelogin and enter the code FJC3ABCDE.";

fn device_code() -> Response {
    Response::json(
        200,
        &json!({"device_code": "GMMhmHCX-s3cr3t", "user_code": "FJC3ABCDE", "interval": 0, "expires_in": 900,
            "verification_uri": "https://microsoft.com/devicelogin", "message": PROMPT}),
    )
}

#[tokio::test]
async fn device_code_requires_a_terminal() {
    let fixture = Fixture::new(vec![device_code()]).await;
    for args in [&["auth", "login"][..], &["list", "--auth", "device-code"]] {
        let finished = fixture.run(&app(&[]), args).await;
        assert_eq!((finished.code, finished.stdout.as_str()), (4, ""));
        let (error, hint) = finished.failure();
        assert!(
            error.contains("terminal") && hint.contains("`partner-insights auth login`"),
            "{}",
            finished.stderr
        );
    }
    assert_eq!((fixture.entra.connections(), fixture.login().exists()), (0, false));
}

#[tokio::test]
async fn variables_do_not_override_the_stored_login() {
    let fixture = Fixture::new(vec![rotated(ACCESS_TOKEN, REFRESH_TOKEN)]).await;
    fixture.store_login(&fixture.valid_login());
    let others = [
        ("AZURE_TENANT_ID", "other.example"),
        ("AZURE_CLIENT_ID", "another"),
        ("AZURE_CLIENT_SECRET", "x-s3cr3t"),
    ];
    let finished = fixture.run(&others, &["list"]).await;
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert_eq!(fixture.sent("client_id"), [Some(CLIENT_ID.into())]);
    assert_eq!(fixture.sent("client_secret"), [None]);
    assert!(fixture.entra.requests()[0].line.contains(TENANT));
    assert!(finished.stderr.contains("AZURE_TENANT_ID and AZURE_CLIENT_ID"), "{}", finished.stderr);
}

#[tokio::test]
async fn flags_override_the_stored_login() {
    let fixture = Fixture::new(vec![rotated(ACCESS_TOKEN, REFRESH_TOKEN)]).await;
    fixture.store_login(&fixture.valid_login());
    fixture.run(&[], &["list", "--tenant", "other.example"]).await;
    assert!(fixture.entra.requests()[0].line.contains("/other.example/"));
}

#[tokio::test]
async fn damaged_login_hints_at_auth_login() {
    for text in ["garbage", "{\"refresh_token\":\"r\"}"] {
        let fixture = Fixture::new(Vec::new()).await;
        fixture.file("settings/partner-insights/login.json", text);
        for environment in [app(&[]), vec![]] {
            let finished = fixture.run(&environment, &["list"]).await;
            assert_eq!(finished.code, 4);
            let (error, hint) = finished.failure();
            assert!(error.ends_with("login.json is damaged"), "{error}");
            assert!(hint.contains("`partner-insights auth login`"), "{hint}");
        }
        assert_eq!(fixture.entra.connections(), 0);
    }
}

#[tokio::test]
async fn login_serves_later_runs_until_logout() {
    let user = jwt(&json!({"upn": "someone@contoso.com"}));
    let responses =
        vec![device_code(), rotated(&user, REFRESH_TOKEN), rotated(ACCESS_TOKEN, NEW_REFRESH_TOKEN)];
    let fixture = Fixture::new(responses).await;
    let args = ["auth", "login", "--tenant", TENANT, "--client-id", CLIENT_ID];
    let (code, screen) = fixture.run_at_terminal(&[], &args).await;
    let file = fixture.login();
    let [prompt, signed_in] = screen.lines().collect::<Vec<_>>()[..] else { panic!("{screen}") };
    assert_eq!((code, prompt), (0, PROMPT));
    assert!(signed_in.starts_with("Signed in as someone@contoso.com"), "{screen}");
    assert!(signed_in.contains(file.to_str().unwrap()), "{screen}");
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));

    // Later runs need no settings, not even the authority.
    let finished = fixture.run(&[("AZURE_AUTHORITY_HOST", "")], &["list"]).await;
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert_eq!(fixture.tokens(), [ACCESS_TOKEN]);
    assert_eq!(fixture.sent("refresh_token"), [None, None, Some(REFRESH_TOKEN.into())]);

    let finished = fixture.run(&[], &["auth", "logout"]).await;
    assert_eq!((finished.code, file.exists()), (0, false));
    assert!(finished.stderr.starts_with("Signed out"), "{}", finished.stderr);
    let finished = fixture.run(&app(&[]), &["list"]).await;
    assert_eq!((finished.code, fixture.entra.count()), (4, 3), "{}", finished.stderr);
}

#[tokio::test]
async fn logout_without_login_succeeds() {
    let fixture = Fixture::new(Vec::new()).await;
    let finished = fixture.run(&[], &["auth", "logout"]).await;
    assert_eq!((finished.code, finished.stderr.as_str()), (0, "Not signed in."));
}

#[tokio::test]
async fn refused_login_stores_nothing() {
    let refused = refusal(400, "invalid_grant", 53003, "Access has been blocked.");
    let fixture = Fixture::new(vec![device_code(), refused]).await;
    let (code, screen) = fixture.run_at_terminal(&app(&[]), &["auth", "login", "-vv"]).await;
    assert_eq!((code, fixture.path("settings").exists()), (4, false));
    assert!(screen.contains("AADSTS53003") && screen.contains("may block device codes"), "{screen}");
    assert_no_secret(&screen);
}

#[tokio::test]
async fn device_code_of_a_run_stores_nothing() {
    let fixture = Fixture::new(vec![device_code(), rotated(ACCESS_TOKEN, REFRESH_TOKEN)]).await;
    let (code, screen) = fixture.run_at_terminal(&app(&[]), &["list", "--auth", "device-code", "-vv"]).await;
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains(PROMPT), "{screen}");
    assert_no_secret(&screen);
    assert_eq!((fixture.tokens(), fixture.path("settings").exists()), (vec![ACCESS_TOKEN.to_owned()], false));
}

#[tokio::test]
async fn token_at_a_terminal_has_a_warning() {
    let fixture = Fixture::new(Vec::new()).await;
    let environment = [("PARTNER_CENTER_ACCESS_TOKEN", ACCESS_TOKEN)];
    let (code, screen) = fixture.run_at_terminal(&environment, &["auth", "token"]).await;
    let warning = "Anyone with this token can act as you until it expires.";
    assert_eq!((code, screen), (0, format!("{warning}\n{ACCESS_TOKEN}\n")));
}

#[tokio::test]
async fn login_of_another_application_is_not_used() {
    let fixture = Fixture::new(vec![token(ACCESS_TOKEN)]).await;
    fixture.store_login(&json!({"tenant": TENANT, "client_id": "another", "refresh_token": REFRESH_TOKEN}));
    let finished = fixture.run(&[], &["auth", "check", "--client-id", CLIENT_ID]).await;
    assert_eq!(finished.code, 4);
    assert!(finished.failure().0.contains("belongs to application another"), "{}", finished.stderr);
    assert_eq!(fixture.entra.connections(), 0);
}
