//! Responses of the token endpoint, and how the source interprets them.

use std::time::Duration;

use partner_center_insights::ErrorKind;
use partner_center_insights::auth::{AccessToken, AuthError, ClientSecret, Entra, TokenRequest, TokenSource};
use serde_json::json;
use tokio::time::Instant;

use crate::fake::{Response, Server};
use crate::support::response;
use crate::{
    ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, CORRELATION_ID, SCOPE, TENANT, TRACE_ID, entra, refusal, shown,
    token,
};

async fn request(server: &Server) -> Result<AccessToken, AuthError> {
    ClientSecret::new(entra(server), CLIENT_SECRET).token(TokenRequest::new(SCOPE)).await
}

async fn respond(response: Response) -> Result<AccessToken, AuthError> {
    request(&Server::start(vec![response]).await).await
}

#[tokio::test]
async fn client_secret_grant_sends_the_documented_form() {
    let server = Server::start(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    assert_eq!(request(&server).await.unwrap().expose(), ACCESS_TOKEN);

    let [request] = &server.requests()[..] else { panic!("{:?}", server.requests()) };
    assert_eq!(request.line, format!("POST /{TENANT}/oauth2/v2.0/token HTTP/1.1"));
    let form: Vec<_> = request.form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        form,
        [
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
            ("grant_type", "client_credentials"),
            ("scope", SCOPE),
        ]
    );
}

#[tokio::test]
async fn lifetime_is_a_number_or_a_string() {
    for life in [json!(3599), json!("3599"), json!(" 3599 ")] {
        let token = respond(token(ACCESS_TOKEN, life.clone())).await.unwrap();
        let left = token.expires_at().unwrap().duration_since(std::time::SystemTime::now()).unwrap();
        assert!(left > Duration::from_secs(3590) && left <= Duration::from_secs(3599), "{life}: {left:?}");
    }
    for life in [json!(null), json!("soon"), json!(-1), json!({})] {
        let token = respond(token(ACCESS_TOKEN, life.clone())).await.unwrap();
        assert_eq!(token.expires_at(), None, "{life}");
    }
}

#[tokio::test]
async fn refusal_is_one_line_with_code_text_and_ids() {
    let body = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret.\r\nTrace: \u0027x\u0027 \"quoted\"",
        "error_codes":[7000215],"timestamp":"2026-05-04 10:20:30Z","trace_id":"255d1aef-8c98-452f-ac51-23d051240864",
        "correlation_id":"fb3d2015-bc17-4bb9-bb85-30c5cf1aaaa7","suberror":"bad_token"}"#;
    let error = respond(Response::new(401, "", body)).await.unwrap_err();
    assert_eq!(
        shown(&error),
        format!(
            "Entra refused the request (invalid_client, bad_token): AADSTS7000215: Invalid client secret. \
             Trace: 'x' \"quoted\"; correlation ID {CORRELATION_ID}; trace ID {TRACE_ID}; at 2026-05-04 10:20:30Z; \
             see https://login.microsoftonline.com/error?code=7000215"
        )
    );
    let entra = error.entra().unwrap();
    assert_eq!((entra.status, entra.error.as_str()), (Some(401), "invalid_client"));
    assert_eq!(entra.codes, [7_000_215]);
    assert_eq!(entra.suberror.as_deref(), Some("bad_token"));
}

#[tokio::test]
async fn codes_are_read_from_the_text_without_a_list() {
    let body =
        json!({"error": "invalid_grant", "error_description": "AADSTS50076: x AADSTS50076 and AADSTS50079."});
    let error = respond(Response::json(400, &body)).await.unwrap_err();
    assert_eq!(error.entra().unwrap().codes, [50076, 50079]);
    assert!(matches!(error, AuthError::InteractionRequired(_)));
}

#[tokio::test]
async fn truncated_message_holds_no_part_of_a_secret() {
    let secret = "long-s3cr3t".repeat(200);
    let body = json!({"error": "invalid_client", "error_description": format!("You sent {secret}.")});
    let server = Server::start(vec![Response::json(401, &body)]).await;
    let error =
        ClientSecret::new(entra(&server), secret.as_str()).token(TokenRequest::new(SCOPE)).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error}");
    assert!(error.to_string().contains("You sent"), "{error}");
}

#[tokio::test]
async fn unknown_code_is_shown_with_general_help() {
    let error = respond(refusal(400, "invalid_request", 4_242_424, "Something new.")).await.unwrap_err();
    assert_eq!(error.help(), "check the tenant, the client ID and the scope");
    let line = shown(&error);
    assert!(line.contains("(invalid_request): AADSTS4242424: Something new.; corr"), "{line}");
    assert!(line.ends_with("see https://login.microsoftonline.com/error?code=4242424"), "{line}");
}

#[tokio::test]
async fn only_the_oauth_code_requires_interaction() {
    for (error, code, interaction) in [
        ("invalid_grant", 1, true),
        ("interaction_required", 1, true),
        ("consent_required", 1, true),
        ("invalid_client", 50076, false),
        ("unauthorized_client", 65001, false),
    ] {
        let error = respond(refusal(400, error, code, "Text.")).await.unwrap_err();
        assert_eq!(matches!(error, AuthError::InteractionRequired(_)), interaction, "{error}");
    }
}

#[tokio::test]
async fn foreign_response_shows_status_and_text() {
    let html = "<html><head><title>Proxy\n sign-in</title></head><body>secret page</body></html>";
    for (response, expected) in [
        (Response::new(400, "", ""), "HTTP 400"),
        (Response::new(403, "", html), "HTTP 403: Proxy sign-in"),
        (Response::new(400, "", r#"{"error":"invalid_"#), "HTTP 400"),
        (Response::new(404, "", "no such thing"), "HTTP 404: no such thing"),
        (Response::new(400, "", "[1]"), "HTTP 400"),
        (Response::new(200, "", html), "HTTP 200: Proxy sign-in"),
        (Response::new(400, "", r#"{"error":"invalid_request"}"#).without_the_last(5), "HTTP 400"),
    ] {
        let error = respond(response).await.unwrap_err();
        let line = shown(&error);
        assert!(line.contains("token endpoint") && line.ends_with(expected), "{line}");
        assert_eq!(error.help(), "check the authority host and any proxy in between");
    }
    let error = respond(Response::new(200, "", "")).await.unwrap_err();
    assert!(shown(&error).contains("HTTP 200: "), "{error}");
}

#[tokio::test]
async fn unusable_success_is_a_transport_error() {
    let cut = token(ACCESS_TOKEN, json!(3599)).without_the_last(5);
    for response in [cut, Response::new(200, "", r#"{"token_type":"Bearer"}"#)] {
        let error = respond(response).await.unwrap_err();
        assert!(matches!(error, AuthError::Transport { .. }), "{error:?}");
        assert!(shown(&error).contains("token endpoint"), "{error}");
        assert_eq!(error.help(), "check the network, the proxy settings and the authority host");
    }
}

#[tokio::test]
async fn oversized_response_is_not_read_to_its_end() {
    let long = "x".repeat(300 << 10);
    let error = respond(Response::new(200, "", &long)).await.unwrap_err();
    assert!(matches!(error, AuthError::Transport { .. }), "{error:?}");
    let error = respond(Response::new(400, "", &long)).await.unwrap_err();
    assert_eq!(error.entra().unwrap().status, Some(400));
    assert!(shown(&error).len() < 2_000);
}

#[tokio::test]
async fn echoed_secret_is_redacted() {
    let text = format!("Bad secret {CLIENT_SECRET} given.");
    let line = shown(&respond(refusal(400, "invalid_client", 7_000_215, &text)).await.unwrap_err());
    assert!(line.contains("Bad secret [secret] given."), "{line}");
    let line = shown(&respond(Response::new(400, "", &text)).await.unwrap_err());
    assert!(line.contains("Bad secret [secret] given."), "{line}");
}

#[tokio::test]
async fn redirect_is_not_followed() {
    let elsewhere = Server::start(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    for status in [302, 307, 308] {
        let location = format!("Location: {}/steal\r\n", elsewhere.url());
        let error = respond(Response::new(status, &location, "")).await.unwrap_err();
        assert_eq!(error.entra().unwrap().status, Some(status), "{error}");
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn refusal_is_not_retried() {
    for status in [400, 401, 403, 404, 408] {
        let server = Server::start(vec![refusal(status, "invalid_client", 7_000_222, "Expired.")]).await;
        request(&server).await.unwrap_err();
        assert_eq!(server.count(), 1, "{status}");
    }
}

#[tokio::test]
async fn throttled_request_waits_for_retry_after() {
    let busy = Response::new(429, "Retry-After: 1\r\n", "");
    let server = Server::start(vec![busy, token(ACCESS_TOKEN, json!(3599))]).await;
    let began = Instant::now();
    request(&server).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn server_error_is_retried_twice() {
    let server = Server::start(vec![Response::new(503, "", "busy")]).await;
    let error = request(&server).await.unwrap_err();
    assert!(shown(&error).ends_with("HTTP 503: busy"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.help(), "try again in a few minutes");
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn retry_after_beyond_the_limit_fails_at_once() {
    let server = Server::start(vec![Response::new(429, "Retry-After: 3600\r\n", "")]).await;
    let began = Instant::now();
    let error = request(&server).await.unwrap_err();
    assert_eq!(error.entra().unwrap().status, Some(429));
    assert_eq!(server.count(), 1);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn missing_response_times_out() {
    let server = Server::start(vec![token(ACCESS_TOKEN, json!(1)).after(Duration::from_secs(60))]).await;
    let builder = Entra::builder().authority(server.url()).tenant(TENANT).client_id(CLIENT_ID);
    let builder = builder.root_certificate(crate::fake::root()).max_elapsed(Duration::from_millis(300));
    let source = ClientSecret::new(builder.build().unwrap(), CLIENT_SECRET);
    let error = source.token(TokenRequest::new(SCOPE)).await.unwrap_err();
    assert!(matches!(error, AuthError::Transport { kind: ErrorKind::Timeout, .. }), "{error:?}");
    assert!(shown(&error).starts_with(&server.url()), "{error}");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn untrusted_certificate_fails_in_one_attempt() {
    let server = Server::start(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    let builder = Entra::builder().authority(server.url()).tenant(TENANT).client_id(CLIENT_ID);
    let source = ClientSecret::new(builder.build().unwrap(), CLIENT_SECRET);
    let error = source.token(TokenRequest::new(SCOPE)).await.unwrap_err();
    assert!(matches!(error, AuthError::Transport { kind: ErrorKind::Tls, .. }), "{error:?}");
    assert!(shown(&error).contains("UnknownIssuer"), "{error}");
    assert!(error.help().starts_with("trust the authority"), "{}", error.help());
    assert_eq!((server.connections(), server.count()), (1, 0));
}

#[tokio::test]
async fn unreachable_server_is_named() {
    let server = Server::start(Vec::new()).await;
    let (url, source) = (server.url(), ClientSecret::new(entra(&server), CLIENT_SECRET));
    drop(server);
    let error = source.token(TokenRequest::new(SCOPE)).await.unwrap_err();
    assert!(matches!(error, AuthError::Transport { kind: ErrorKind::Connect, .. }), "{error:?}");
    assert!(shown(&error).starts_with(&url), "{error}");
}

#[tokio::test]
async fn response_in_gzip_is_read_in_every_spelling() {
    let body = json!({"access_token": ACCESS_TOKEN, "expires_in": 3599}).to_string();
    let (start, end) = body.split_at(20);
    for coding in ["gzip", "GZIP", "x-gzip", "gzip, identity"] {
        let members = [gzip(start), gzip(end)].concat();
        let headers = format!("Content-Encoding: {coding}\r\n");
        let response = Response::of(response(200, &headers, members));
        assert_eq!(respond(response).await.unwrap().expose(), ACCESS_TOKEN, "{coding}");
    }
    let damaged = Response::of(response(200, "Content-Encoding: gzip\r\n", "not gzip at all"));
    let error = respond(damaged).await.unwrap_err();
    assert!(shown(&error).contains("damaged"), "{error}");
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}
