//! `auth check` and `auth token`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Stage, app, end};
use crate::fake::Answer;
use crate::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, TENANT, holds_no_secret, token};

const AUDIENCE: &str = "https://api.partnercenter.microsoft.com";

/// A token with these claims.
pub fn jwt(claims: &Value) -> String {
    format!("eyJhbGciOiJub25lIn0.{}.s3cr3t", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn user() -> Value {
    json!({"tid": TENANT, "appid": CLIENT_ID, "aud": AUDIENCE, "upn": "someone@contoso.com", "scp": "user_impersonation",
        "amr": ["pwd", "mfa"], "exp": 4_102_444_800_u64})
}

async fn check(stage: &Stage, token: &str, args: &[&str]) -> (i32, String) {
    let environment = [("PARTNER_CENTER_ACCESS_TOKEN", token)];
    let ended = stage.run(&environment, &[&["auth", "check"], args].concat()).await;
    assert_eq!(ended.stderr, "");
    (ended.code, ended.stdout)
}

#[tokio::test]
async fn a_good_token_shows_whose_it_is_and_no_concern() {
    let stage = Stage::new(Vec::new()).await;
    let (code, table) = check(&stage, &jwt(&user()), &[]).await;
    let rows = [
        ("from", "token"),
        ("tenant", TENANT),
        ("application", CLIENT_ID),
        ("holder", "someone@contoso.com"),
        ("audience", AUDIENCE),
        ("ends", "2100-01-01T00:00:00Z"),
        ("multi-factor", "yes"),
        ("roles", ""),
        ("scopes", "user_impersonation"),
    ];
    let expected: Vec<_> = rows.iter().map(|(name, value)| format!(" {name:<14}{value}")).collect();
    let shown: Vec<_> = table.lines().skip(1).map(str::trim_end).collect();
    assert_eq!(shown, expected.iter().map(|line| line.trim_end()).collect::<Vec<_>>());
    assert_eq!((code, stage.api.connections()), (0, 0));
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_told_with_the_next_step_in_both_forms() {
    let stage = Stage::new(Vec::new()).await;
    let with = |claims: Value| {
        let mut all = user();
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        jwt(&all)
    };
    for (token, program, holder, mfa, concern) in [
        (with(json!({})), "mpn", "user", "yes", None),
        (
            with(json!({"idtyp": "app", "amr": []})),
            "mpn",
            "application",
            "unknown",
            Some("use a refresh token or"),
        ),
        (with(json!({"idtyp": "app", "amr": []})), "cmp", "application", "unknown", None),
        (
            with(json!({"aud": "https://graph.windows.net"})),
            "mpn",
            "user",
            "yes",
            Some("the scope is https://api."),
        ),
        (with(json!({"amr": ["pwd"]})), "mpn", "user", "no", Some("sign in again with it")),
        (with(json!({"exp": 1})), "mpn", "user", "yes", Some("get a new one")),
        ("opaque".to_owned(), "mpn", "unknown", "unknown", Some("that proves nothing about it")),
    ] {
        let (code, json) = check(&stage, &token, &["--program", program, "--output", "json"]).await;
        let rows: Vec<Value> = serde_json::from_str(&json).unwrap();
        let [row] = &rows[..] else { panic!("{json}") };
        // What a token does not show is no reason to fail.
        let expected = if concern.is_none() || holder == "unknown" { 0 } else { 4 };
        assert_eq!((code, &row["holder"], &row["mfa"]), (expected, &json!(holder), &json!(mfa)), "{json}");
        let concerns: Vec<_> = row["concerns"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(concerns.len(), usize::from(concern.is_some()), "{json}");

        let (_, table) = check(&stage, &token, &["--program", program]).await;
        let shown: Vec<_> = table.lines().filter(|line| line.starts_with(" concern ")).collect();
        assert_eq!(shown.len(), concerns.len(), "{table}");
        for (line, told) in shown.iter().zip(concerns) {
            assert!(line.contains(told) && told.contains(concern.unwrap()), "{told} in {table}");
        }
    }
}

#[tokio::test]
async fn the_service_is_asked_only_on_demand_and_its_verdict_told() {
    let body = r#"{"value":[],"totalCount":0,"message":null,"statusCode":200}"#;
    let ok = |header: &str| Answer::new(200, &format!("Content-Type: application/json\r\n{header}"), body);
    let refusal = |code: &str| Answer::json(401, &json!({"code": code, "description": "Refused."}));
    for (answer, code, verdict) in [
        (ok("isMfaCompliant: true\r\n"), 0, "accepted; the service says that the sign-in was multi-factor"),
        (ok("ISMFACOMPLIANT: False\r\n"), 0, "was not multi-factor; sign in again with it"),
        (ok(""), 0, "accepted; the service does not say"),
        (refusal("900421"), 4, "a refresh token must come from such a sign-in"),
        (refusal("900420"), 4, "not for Microsoft Graph"),
        (refusal("other"), 4, "get a new access token"),
    ] {
        let stage = Stage::with_service(Vec::new(), answer).await;
        let token = jwt(&user());
        assert_eq!(check(&stage, &token, &[]).await.0, 0);
        assert_eq!(stage.api.connections(), 0);

        let (ended, table) = check(&stage, &token, &["--probe"]).await;
        assert_eq!(ended, code, "{table}");
        let line = table.lines().find(|line| line.starts_with(" service ")).unwrap();
        assert!(line.contains(verdict), "{line}");
        let [request] = &stage.api.requests()[..] else { panic!("{:?}", stage.api.requests()) };
        assert!(request.line.starts_with("GET "), "{}", request.line);
        assert_eq!(request.validate_mfa.as_deref(), Some("true"));
    }
}

#[tokio::test]
async fn the_token_itself_is_printed_to_a_pipe_with_no_word_beside_it() {
    let stage = Stage::new(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    let environment = app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET)]);
    let ended = end(&mut stage.command(&environment, &["auth", "token"])).await;
    assert_eq!((ended.code, ended.stdout, ended.stderr), (0, format!("{ACCESS_TOKEN}\n"), String::new()));

    let ended = end(&mut stage.command(&environment, &["auth", "token", "-vv"])).await;
    assert_eq!(ended.stdout, format!("{ACCESS_TOKEN}\n"));
    holds_no_secret(&format!("{}{}", ended.stderr, ended.log));
    assert_eq!(stage.api.connections(), 0);
}
