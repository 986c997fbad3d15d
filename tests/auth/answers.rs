//! What comes of each answer of the token endpoint.

use std::time::Duration;

use partner_center_insights::auth::{AccessToken, AuthError, ClientSecret, Entra, TokenRequest, TokenSource};
use serde_json::json;
use tokio::time::Instant;

use crate::fake::{Answer, Server};
use crate::{
    ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, CORRELATION_ID, SCOPE, TENANT, TRACE_ID, entra, refusal, shown,
    token,
};

async fn ask(server: &Server) -> Result<AccessToken, AuthError> {
    ClientSecret::new(entra(server), CLIENT_SECRET).token(TokenRequest::new(SCOPE)).await
}

async fn answered(answer: Answer) -> Result<AccessToken, AuthError> {
    ask(&Server::start(vec![answer]).await).await
}

#[tokio::test]
async fn a_client_secret_is_sent_as_the_protocol_says() {
    let server = Server::start(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    assert_eq!(ask(&server).await.unwrap().expose(), ACCESS_TOKEN);

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
async fn the_life_of_a_token_is_read_as_a_number_and_as_a_string() {
    for life in [json!(3599), json!("3599"), json!(" 3599 ")] {
        let token = answered(token(ACCESS_TOKEN, life.clone())).await.unwrap();
        let left = token.expires_at().unwrap().duration_since(std::time::SystemTime::now()).unwrap();
        assert!(left > Duration::from_secs(3590) && left <= Duration::from_secs(3599), "{life}: {left:?}");
    }
    for life in [json!(null), json!("soon"), json!(-1), json!({})] {
        let token = answered(token(ACCESS_TOKEN, life.clone())).await.unwrap();
        assert_eq!(token.expires_at(), None, "{life}");
    }
}

#[tokio::test]
async fn a_refusal_shows_code_text_hint_ids_and_page_in_one_line() {
    let body = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret.\r\nTrace: \u0027x\u0027 \"quoted\"",
        "error_codes":[7000215],"timestamp":"2026-05-04 10:20:30Z","trace_id":"255d1aef-8c98-452f-ac51-23d051240864",
        "correlation_id":"fb3d2015-bc17-4bb9-bb85-30c5cf1aaaa7","suberror":"bad_token"}"#;
    let error = answered(Answer::new(401, "", body)).await.unwrap_err();
    let line = shown(&error);
    assert_eq!(
        line,
        format!(
            "Entra refused (invalid_client, bad_token): AADSTS7000215: Invalid client secret. Trace: 'x' \"quoted\"; \
             give the value of the client secret, not its id; the portal shows the value only when the secret is made; \
             correlation id {CORRELATION_ID}; trace id {TRACE_ID}; at 2026-05-04 10:20:30Z; \
             see https://login.microsoftonline.com/error?code=7000215"
        )
    );
    let entra = error.entra().unwrap();
    assert_eq!((entra.status, entra.error.as_str()), (Some(401), "invalid_client"));
    assert_eq!(entra.codes, [7_000_215]);
    assert_eq!(entra.suberror.as_deref(), Some("bad_token"));
}

#[tokio::test]
async fn codes_are_found_in_the_text_if_there_is_no_list_of_them() {
    let body =
        json!({"error": "invalid_grant", "error_description": "AADSTS50076: x AADSTS50076 and AADSTS50079."});
    let error = answered(Answer::json(400, &body)).await.unwrap_err();
    assert_eq!(error.entra().unwrap().codes, [50076, 50079]);
    assert!(matches!(error, AuthError::InteractionRequired(_)));
}

#[tokio::test]
async fn a_secret_that_is_cut_off_with_its_message_leaves_nothing_behind() {
    let secret = "long-s3cr3t".repeat(200);
    let body = json!({"error": "invalid_client", "error_description": format!("You sent {secret}.")});
    let server = Server::start(vec![Answer::json(401, &body)]).await;
    let error =
        ClientSecret::new(entra(&server), secret.as_str()).token(TokenRequest::new(SCOPE)).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error}");
    assert!(error.to_string().contains("You sent"), "{error}");
}

#[tokio::test]
async fn a_code_that_nobody_knows_is_shown_as_it_came() {
    let error = answered(refusal(400, "invalid_request", 4_242_424, "Something new.")).await.unwrap_err();
    assert_eq!(error.hint(), None);
    let line = shown(&error);
    assert!(
        line.starts_with("Entra refused (invalid_request): AADSTS4242424: Something new.; corr"),
        "{line}"
    );
    assert!(line.ends_with("see https://login.microsoftonline.com/error?code=4242424"), "{line}");
}

#[tokio::test]
async fn who_has_to_sign_in_again_is_told_by_the_oauth_code_alone() {
    for (error, code, interaction) in [
        ("invalid_grant", 1, true),
        ("interaction_required", 1, true),
        ("consent_required", 1, true),
        ("invalid_client", 50076, false),
        ("unauthorized_client", 65001, false),
    ] {
        let answer = answered(refusal(400, error, code, "Text.")).await.unwrap_err();
        assert_eq!(matches!(answer, AuthError::InteractionRequired(_)), interaction, "{answer}");
    }
}

#[tokio::test]
async fn bodies_that_are_no_answer_of_entra_keep_the_status_and_say_what_they_can() {
    let html = "<html><head><title>Proxy\n sign-in</title></head><body>secret page</body></html>";
    for (answer, expected) in [
        (
            Answer::new(400, "", ""),
            "the token endpoint answered with HTTP 400; check the authority host and any proxy in between",
        ),
        (
            Answer::new(403, "", html),
            "the token endpoint answered with HTTP 403: Proxy sign-in; check the authority host and any proxy in between",
        ),
        (
            Answer::new(400, "", r#"{"error":"invalid_"#),
            "the token endpoint answered with HTTP 400; check the authority host and any proxy in between",
        ),
        (
            Answer::new(404, "", "no such thing"),
            "the token endpoint answered with HTTP 404: no such thing; check the authority host and any proxy in between",
        ),
        (
            Answer::new(400, "", "[1]"),
            "the token endpoint answered with HTTP 400; check the authority host and any proxy in between",
        ),
        (
            Answer::new(200, "", html),
            "the token endpoint answered with HTTP 200: Proxy sign-in; check the authority host and any proxy in between",
        ),
        (
            Answer::new(200, "", ""),
            "the token endpoint answered with HTTP 200: the server is not a token endpoint; check the authority host and any proxy in between",
        ),
        (
            Answer::new(200, "", r#"{"token_type":"Bearer"}"#),
            "the response of the token endpoint has no access token; check the network, the proxy settings and the authority host",
        ),
        (
            Answer::new(400, "", r#"{"error":"invalid_request"}"#).without_the_last(5),
            "the token endpoint answered with HTTP 400; check the authority host and any proxy in between",
        ),
    ] {
        let error = answered(answer).await.unwrap_err();
        assert_eq!(shown(&error), expected);
    }
    let cut = token(ACCESS_TOKEN, json!(3599)).without_the_last(5);
    let line = shown(&answered(cut).await.unwrap_err());
    assert!(line.starts_with("the response of the token endpoint was truncated: "), "{line}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let long = "x".repeat(300 << 10);
    let line = shown(&answered(Answer::new(200, "", &long)).await.unwrap_err());
    assert!(line.starts_with("the response of the token endpoint is too large; check the network"), "{line}");
    let error = answered(Answer::new(400, "", &long)).await.unwrap_err();
    assert_eq!(error.entra().unwrap().status, Some(400));
    assert!(shown(&error).len() < 2_000);
}

#[tokio::test]
async fn a_secret_that_the_answer_repeats_is_taken_out() {
    let text = format!("Bad secret {CLIENT_SECRET} given.");
    let line = shown(&answered(refusal(400, "invalid_client", 7_000_215, &text)).await.unwrap_err());
    assert!(line.contains("Bad secret [secret] given."), "{line}");
    let line = shown(&answered(Answer::new(400, "", &text)).await.unwrap_err());
    assert!(line.contains("Bad secret [secret] given."), "{line}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    for status in [302, 307, 308] {
        let location = format!("Location: {}/steal\r\n", elsewhere.url());
        let line = shown(&answered(Answer::new(status, &location, "")).await.unwrap_err());
        assert!(line.contains("redirected; redirects are not followed"), "{line}");
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_refusal_is_final() {
    for status in [400, 401, 403, 404, 408] {
        let server = Server::start(vec![refusal(status, "invalid_client", 7_000_222, "Expired.")]).await;
        ask(&server).await.unwrap_err();
        assert_eq!(server.count(), 1, "{status}");
    }
}

#[tokio::test]
async fn throttling_and_failures_of_the_server_are_tried_again_as_late_as_asked() {
    let busy = Answer::new(429, "Retry-After: 1\r\n", "");
    let server = Server::start(vec![busy, token(ACCESS_TOKEN, json!(3599))]).await;
    let began = Instant::now();
    ask(&server).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.count(), 2);

    let server = Server::start(vec![Answer::new(503, "", "busy")]).await;
    let error = ask(&server).await.unwrap_err();
    assert_eq!(shown(&error), "the token endpoint answered with HTTP 503: busy; try again in a few minutes");
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn a_wait_beyond_the_time_is_not_begun() {
    let server = Server::start(vec![Answer::new(429, "Retry-After: 3600\r\n", "")]).await;
    let began = Instant::now();
    let error = ask(&server).await.unwrap_err();
    assert_eq!(error.entra().unwrap().status, Some(429));
    assert_eq!(server.count(), 1);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_answer_that_does_not_come_ends_when_the_time_is_up() {
    let server = Server::start(vec![token(ACCESS_TOKEN, json!(1)).after(Duration::from_secs(60))]).await;
    let builder = Entra::builder().authority(server.url()).tenant(TENANT).client_id(CLIENT_ID);
    let builder = builder.root_certificate(crate::fake::root()).max_elapsed(Duration::from_millis(300));
    let source = ClientSecret::new(builder.build().unwrap(), CLIENT_SECRET);
    let error = source.token(TokenRequest::new(SCOPE)).await.unwrap_err();
    let step = "check the network, the proxy settings and the authority host";
    assert_eq!(shown(&error), format!("{} is unreachable: timeout; {step}", server.url()));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn an_untrusted_certificate_fails_in_one_try_and_says_why() {
    let server = Server::start(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    let builder = Entra::builder().authority(server.url()).tenant(TENANT).client_id(CLIENT_ID);
    let source = ClientSecret::new(builder.build().unwrap(), CLIENT_SECRET);
    let error = source.token(TokenRequest::new(SCOPE)).await.unwrap_err();
    let line = shown(&error);
    assert!(line.contains("UnknownIssuer") && line.contains("trust the authority"), "{line}");
    let AuthError::Transport(transport) = error else { panic!("{line}") };
    assert!(transport.is_tls());
    assert_eq!((server.connections(), server.count()), (1, 0));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let server = Server::start(Vec::new()).await;
    let (url, source) = (server.url(), ClientSecret::new(entra(&server), CLIENT_SECRET));
    drop(server);
    let error = source.token(TokenRequest::new(SCOPE)).await.unwrap_err();
    assert!(matches!(&error, AuthError::Transport(transport) if !transport.is_tls()), "{error:?}");
    let line = shown(&error);
    assert!(line.starts_with(&format!("{url} is unreachable: ")), "{line}");
}
