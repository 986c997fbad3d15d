//! Signing in with a code that the user enters in a browser.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use partner_center_insights::auth::{AuthError, DeviceCode, DevicePrompt, TokenRequest, TokenSource};
use serde_json::json;
use tokio::time::Instant;

use crate::fake::{Response, Server};
use crate::{ACCESS_TOKEN, CLIENT_ID, SCOPE, TENANT, entra, refusal, rotated, shown};

const DEVICE_CODE: &str = "GMMhmHCXhWEzkobqIHGG-s3cr3t";

fn code() -> Response {
    let message = "To sign in, open https://microsoft.com/devicelogin and enter the code FJC3ABCDE.";
    Response::json(
        200,
        &json!({"device_code": DEVICE_CODE, "user_code": "FJC3ABCDE", "interval": 0, "expires_in": "900",
            "verification_uri": "https://microsoft.com/devicelogin", "message": message}),
    )
}

fn pending() -> Response {
    refusal(400, "authorization_pending", 70016, "Authorization is pending.")
}

/// A source, and the prompts that it showed.
fn source(server: &Server) -> (DeviceCode, Arc<Mutex<Vec<DevicePrompt>>>) {
    let shown = Arc::new(Mutex::new(Vec::new()));
    let screen = shown.clone();
    let show = move |prompt: &DevicePrompt| screen.lock().unwrap().push(prompt.clone());
    (DeviceCode::new(entra(server), show), shown)
}

#[tokio::test]
async fn sign_in_prompts_once_and_polls_for_the_token() {
    let server = Server::start(vec![code(), pending(), rotated(ACCESS_TOKEN, "R1")]).await;
    let (device, screen) = source(&server);
    let began = Instant::now();
    let tokens = device.sign_in(SCOPE).await.unwrap();
    assert_eq!(tokens.access_token.expose(), ACCESS_TOKEN);
    assert_eq!(tokens.refresh_token.unwrap().expose(), "R1");
    assert!(began.elapsed() >= Duration::from_secs(2), "at least a second between requests");

    let screen = screen.lock().unwrap();
    let [prompt] = &screen[..] else { panic!("{screen:?}") };
    assert_eq!(
        (prompt.user_code.as_str(), prompt.verification_uri.as_str()),
        ("FJC3ABCDE", "https://microsoft.com/devicelogin")
    );
    assert_eq!(prompt.expires_in, Duration::from_secs(900));
    assert!(prompt.message.contains("enter the code FJC3ABCDE"));

    let [start, first, second] = &server.requests()[..] else { panic!("{:?}", server.requests()) };
    assert_eq!(start.line, format!("POST /{TENANT}/oauth2/v2.0/devicecode HTTP/1.1"));
    let form: Vec<_> = start.form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(form, [("client_id", CLIENT_ID), ("scope", &format!("{SCOPE} offline_access"))]);
    assert_eq!(first.form, second.form);
    let form: Vec<_> = first.form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        form,
        [
            ("client_id", CLIENT_ID),
            ("device_code", DEVICE_CODE),
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ]
    );
}

#[tokio::test]
async fn slow_down_adds_five_seconds() {
    let slow_down = refusal(400, "slow_down", 70016, "Slow down.");
    let server = Server::start(vec![code(), slow_down, rotated(ACCESS_TOKEN, "R1")]).await;
    let began = Instant::now();
    source(&server).0.sign_in(SCOPE).await.unwrap();
    // One second before the first poll, and six before the second.
    assert!(began.elapsed() >= Duration::from_secs(7), "{:?}", began.elapsed());
}

#[tokio::test]
async fn user_is_prompted_again_only_when_required() {
    let ended = refusal(400, "invalid_grant", 50173, "The grant was revoked.");
    let responses =
        vec![code(), rotated("A1", "R1"), rotated("A2", "R2"), ended, code(), rotated("A3", "R3")];
    let server = Server::start(responses).await;
    let (device, screen) = source(&server);
    for (token, prompts) in [("A1", 1), ("A2", 1), ("A3", 2)] {
        assert_eq!(device.token(TokenRequest::new(SCOPE)).await.unwrap().expose(), token);
        assert_eq!(screen.lock().unwrap().len(), prompts, "{token}");
    }
}

#[tokio::test]
async fn declined_or_expired_sign_in_fails_at_once() {
    let rows = [
        ("authorization_declined", 70018, true, "sign in again"),
        ("expired_token", 70019, true, "start the sign-in again"),
        ("invalid_grant", 53003, true, "the policy may block device codes"),
        ("invalid_client", 7_000_218, false, "allow public client flows"),
    ];
    // The rows run concurrently, because each waits for a second.
    let rows = rows.map(|(error, number, interaction, help)| {
        tokio::spawn(async move {
            let server = Server::start(vec![code(), refusal(400, error, number, "Text.")]).await;
            let failed = source(&server).0.sign_in(SCOPE).await.unwrap_err();
            assert_eq!(matches!(failed, AuthError::InteractionRequired(_)), interaction, "{failed}");
            shown(&failed);
            assert!(failed.help().contains(help), "{failed}: {}", failed.help());
            assert_eq!(server.count(), 2);
        })
    });
    for row in rows {
        row.await.unwrap();
    }
}

#[tokio::test]
async fn response_without_code_shows_no_prompt() {
    let refused = refusal(400, "unauthorized_client", 700_016, "Application was not found.");
    for response in [refused, Response::json(200, &json!({"user_code": "X"}))] {
        let server = Server::start(vec![response]).await;
        let (device, screen) = source(&server);
        shown(&device.sign_in(SCOPE).await.unwrap_err());
        assert!(screen.lock().unwrap().is_empty());
        assert_eq!(server.count(), 1);
    }
}
