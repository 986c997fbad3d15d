//! `auth check` and `auth token`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::fake::Response;
use super::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, Fixture, TENANT, app, assert_no_secret, finish, token};

const AUDIENCE: &str = "https://api.partnercenter.microsoft.com";

/// A token with these claims.
pub fn jwt(claims: &Value) -> String {
    format!("eyJhbGciOiJub25lIn0.{}.s3cr3t", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// A user token, in which these claims replace the default ones.
fn user(claims: Value) -> String {
    let mut all = json!({"tid": TENANT, "appid": CLIENT_ID, "aud": AUDIENCE, "upn": "someone@contoso.com",
        "scp": "user_impersonation", "amr": ["pwd", "mfa"], "exp": 4_102_444_800_u64});
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    jwt(&all)
}

async fn check(fixture: &Fixture, token: &str, args: &[&str]) -> (i32, String) {
    let environment = [("PARTNER_CENTER_ACCESS_TOKEN", token)];
    let finished = fixture.run(&environment, &[&["auth", "check"], args].concat()).await;
    assert_eq!(finished.stderr, "");
    (finished.code, finished.stdout)
}

#[tokio::test]
async fn check_shows_the_claims_of_a_token() {
    let fixture = Fixture::new(Vec::new()).await;
    let (code, table) = check(&fixture, &user(json!({})), &[]).await;
    for value in [
        "token",
        TENANT,
        CLIENT_ID,
        "someone@contoso.com",
        AUDIENCE,
        "2100-01-01T00:00:00Z",
        "yes",
        "user_impersonation",
    ] {
        assert!(table.lines().any(|line| line.trim_end().ends_with(value)), "{value} is not in {table}");
    }
    assert!(!table.contains("concern"), "{table}");
    assert_eq!((code, fixture.api.connections()), (0, 0));
}

#[tokio::test]
async fn check_shows_concerns_in_table_and_json() {
    let fixture = Fixture::new(Vec::new()).await;
    let app = || user(json!({"idtyp": "app", "amr": []}));
    for (token, program, holder, mfa, concern) in [
        (user(json!({})), "mpn", "user", "yes", None),
        (app(), "mpn", "application", "unknown", Some("use a refresh token or")),
        (app(), "cmp", "application", "unknown", None),
        (
            user(json!({"aud": "https://graph.windows.net"})),
            "mpn",
            "user",
            "yes",
            Some("the scope is https://api."),
        ),
        (user(json!({"amr": ["pwd"]})), "mpn", "user", "no", Some("sign in again with it")),
        (user(json!({"exp": 1})), "mpn", "user", "yes", Some("get a new one")),
    ] {
        let (code, json) = check(&fixture, &token, &["--program", program, "--output", "json"]).await;
        let rows: Vec<Value> = serde_json::from_str(&json).unwrap();
        let [row] = &rows[..] else { panic!("{json}") };
        assert_eq!(code, if concern.is_some() { 4 } else { 0 }, "{json}");
        assert_eq!((&row["holder"], &row["mfa"]), (&json!(holder), &json!(mfa)), "{json}");
        let concerns: Vec<_> = row["concerns"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(concerns.len(), usize::from(concern.is_some()), "{json}");

        let (_, table) = check(&fixture, &token, &["--program", program]).await;
        let shown: Vec<_> = table.lines().filter(|line| line.starts_with(" concern ")).collect();
        assert_eq!(shown.len(), concerns.len(), "{table}");
        for (line, text) in shown.iter().zip(concerns) {
            assert!(line.contains(text) && text.contains(concern.unwrap()), "{text} in {table}");
        }
    }
}

#[tokio::test]
async fn check_of_an_opaque_token_does_not_fail() {
    let fixture = Fixture::new(Vec::new()).await;
    let (code, json) = check(&fixture, "opaque", &["--output", "json"]).await;
    let rows: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &rows[0]["mfa"]), (0, &json!("unknown")), "{json}");
    assert_eq!(rows[0]["concerns"].as_array().unwrap().len(), 1, "{json}");
}

#[tokio::test]
async fn check_probe_shows_the_verdict_of_the_service() {
    let body = r#"{"value":[],"totalCount":0,"message":null,"statusCode":200}"#;
    let ok = |header: &str| Response::new(200, &format!("Content-Type: application/json\r\n{header}"), body);
    let refusal = |code: &str| Response::json(401, &json!({"code": code, "description": "Refused."}));
    for (response, code, verdict) in [
        (ok("isMfaCompliant: true\r\n"), 0, "accepted; MFA: yes"),
        (ok("ISMFACOMPLIANT: False\r\n"), 0, "accepted; MFA: no; sign in again"),
        (ok(""), 0, "accepted; MFA: not reported"),
        (refusal("900421"), 4, "a refresh token must come from such a sign-in"),
        (refusal("900420"), 4, "not for Microsoft Graph"),
        (refusal("other"), 4, "get a new access token"),
    ] {
        let fixture = Fixture::with_service(Vec::new(), response).await;
        let token = user(json!({}));
        assert_eq!(check(&fixture, &token, &[]).await.0, 0);
        assert_eq!(fixture.api.connections(), 0, "no request without --probe");

        let (finished, table) = check(&fixture, &token, &["--probe"]).await;
        assert_eq!(finished, code, "{table}");
        let line = table.lines().find(|line| line.starts_with(" service ")).unwrap();
        assert!(line.contains(verdict), "{line}");
        let [request] = &fixture.api.requests()[..] else { panic!("{:?}", fixture.api.requests()) };
        assert!(request.line.starts_with("GET "), "{}", request.line);
        assert_eq!(request.validate_mfa.as_deref(), Some("true"));
    }
}

#[tokio::test]
async fn token_in_a_pipe_is_printed_alone() {
    let fixture = Fixture::new(vec![token(ACCESS_TOKEN)]).await;
    let environment = app(&[("AZURE_CLIENT_SECRET", CLIENT_SECRET)]);
    let finished = finish(&mut fixture.command(&environment, &["auth", "token"])).await;
    assert_eq!(
        (finished.code, finished.stdout, finished.stderr),
        (0, format!("{ACCESS_TOKEN}\n"), String::new())
    );

    let finished = finish(&mut fixture.command(&environment, &["auth", "token", "-vv"])).await;
    assert_eq!(finished.stdout, format!("{ACCESS_TOKEN}\n"));
    assert_no_secret(&format!("{}{}", finished.stderr, finished.log));
    assert_eq!(fixture.api.connections(), 0);
}

#[tokio::test]
async fn expired_token_is_named_before_the_request() {
    let refusal = Response::json(401, &json!({"message": "Unauthorized"}));
    let fixture = Fixture::with_service(Vec::new(), refusal).await;
    let expired = user(json!({"exp": 1_700_000_000}));
    let finished = fixture.run(&[("PARTNER_CENTER_ACCESS_TOKEN", &expired)], &["list"]).await;
    let warning = "warning: the access token expired at 2023-11-14T22:13:20Z; get a new one.";
    assert!(finished.stderr.contains(warning), "{}", finished.stderr);
    let (_, hint) = finished.failure();
    assert!(
        hint.contains("PARTNER_CENTER_ACCESS_TOKEN") && hint.contains("`partner-insights auth login`"),
        "{hint}"
    );
    assert_eq!((finished.code, fixture.api.count()), (4, 1));
}
