//! The token cache of the client: how many requests it makes, and what happens after a 401.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use partner_center_insights::auth::{AuthError, ClientSecret, TokenFuture, TokenRequest, TokenSource};
use partner_center_insights::{Error, ErrorKind, InsightsClient, RetryPolicy};
use serde_json::json;

use crate::fake::{self, Response, Server};
use crate::{ACCESS_TOKEN, CLIENT_SECRET, REPORT, entra, holds_no_secret, refusal, token};

fn client(api: &Server, source: impl TokenSource + 'static) -> InsightsClient {
    let builder = InsightsClient::builder().token_source(source).base_url(api.url());
    builder.root_certificate(fake::root()).retry(RetryPolicy::never()).build().unwrap()
}

fn signed_in(api: &Server, entra_server: &Server) -> InsightsClient {
    client(api, ClientSecret::new(entra(entra_server), CLIENT_SECRET))
}

fn done() -> Response {
    Response::json(200, &json!({"value": [], "totalCount": 0, "message": null, "statusCode": 200}))
}

fn unauthorized() -> Response {
    Response::json(401, &json!({"message": "Unauthorized"}))
}

/// The tokens that the service received.
fn tokens(api: &Server) -> Vec<String> {
    let bearer = |request: fake::Request| request.authorization.unwrap().replace("Bearer ", "");
    api.requests().into_iter().map(bearer).collect()
}

fn checked(error: Error) -> Error {
    holds_no_secret(&format!("{error} {error:#} {error:?}"));
    error
}

#[tokio::test]
async fn concurrent_callers_share_one_token_request() {
    let api = Server::start(vec![done()]).await;
    let entra = Server::start(vec![token(ACCESS_TOKEN, json!(3599))]).await;
    let client = Arc::new(signed_in(&api, &entra));
    let calls = (0..50).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.resume(REPORT).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!((api.count(), entra.count()), (50, 1));
}

#[tokio::test]
async fn concurrent_callers_share_one_refusal() {
    let api = Server::start(vec![done()]).await;
    let entra =
        Server::start(vec![refusal(401, "invalid_client", 7_000_222, "The secret has expired.")]).await;
    let client = Arc::new(signed_in(&api, &entra));
    let calls = (0..50).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.resume(REPORT).await })
    });
    for call in calls.collect::<Vec<_>>() {
        let error = checked(call.await.unwrap().unwrap_err());
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Credential, 0));
    }
    assert_eq!((api.count(), entra.count()), (0, 1));
}

#[tokio::test]
async fn rejected_token_is_refreshed_and_the_call_retried() {
    let api = Server::start(vec![done(), unauthorized(), done()]).await;
    let entra = Server::start(vec![token("first", json!(3599)), token("second", json!(3599))]).await;
    let client = signed_in(&api, &entra);
    client.resume(REPORT).await.unwrap();
    client.resume(REPORT).await.unwrap();
    assert_eq!(tokens(&api), ["first", "first", "second"]);
    assert_eq!(entra.count(), 2);
}

#[tokio::test]
async fn a_second_401_is_final() {
    let api = Server::start(vec![done(), unauthorized()]).await;
    let entra = Server::start(vec![token("first", json!(3599)), token("second", json!(3599))]).await;
    let client = signed_in(&api, &entra);
    client.resume(REPORT).await.unwrap();
    let error = checked(client.resume(REPORT).await.unwrap_err());
    assert_eq!((error.kind(), error.status(), error.attempts()), (ErrorKind::Unauthenticated, Some(401), 2));
    assert_eq!(tokens(&api), ["first", "first", "second"]);
    assert_eq!(entra.count(), 2);
}

#[tokio::test]
async fn rejected_first_token_is_replaced() {
    // A source may have a cache of its own, whose token is no longer valid.
    let api = Server::start(vec![unauthorized(), done()]).await;
    let entra = Server::start(vec![token("first", json!(3599)), token("second", json!(3599))]).await;
    signed_in(&api, &entra).resume(REPORT).await.unwrap();
    assert_eq!(tokens(&api), ["first", "second"]);
    assert_eq!(entra.count(), 2);
}

#[tokio::test]
async fn static_token_is_never_refreshed() {
    let api = Server::start(vec![unauthorized()]).await;
    let builder = InsightsClient::builder().token(ACCESS_TOKEN).base_url(api.url());
    let error =
        checked(builder.root_certificate(fake::root()).build().unwrap().resume(REPORT).await.unwrap_err());
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unauthenticated, 1));
    assert_eq!(api.count(), 1);
}

#[tokio::test]
async fn repeated_rejected_token_ends_the_call() {
    let api = Server::start(vec![done(), unauthorized()]).await;
    let entra = Server::start(vec![token("same", json!(3599))]).await;
    let client = signed_in(&api, &entra);
    client.resume(REPORT).await.unwrap();
    let error = checked(client.resume(REPORT).await.unwrap_err());
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unauthenticated, 1));
    assert_eq!((api.count(), entra.count()), (2, 2));
}

#[tokio::test]
async fn refused_refresh_is_the_error_of_the_call() {
    let api = Server::start(vec![done(), unauthorized()]).await;
    let refused = refusal(401, "invalid_client", 7_000_222, "The secret has expired.");
    let entra = Server::start(vec![token("first", json!(3599)), refused]).await;
    let client = signed_in(&api, &entra);
    client.resume(REPORT).await.unwrap();
    let error = checked(client.resume(REPORT).await.unwrap_err());
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Credential, 1));
    let line = error.to_string();
    assert!(line.contains("AADSTS7000222: The secret has expired."), "{line}");
    assert!(line.contains("see https://login.microsoftonline.com/error?code=7000222"), "{line}");
    assert!(line.contains(error.request_id().unwrap()), "{line}");
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<AuthError>());
    assert_eq!(source.and_then(AuthError::entra).map(|entra| entra.error.as_str()), Some("invalid_client"));
}

#[tokio::test]
async fn rejected_concurrent_callers_refresh_once() {
    let refused = Some("Bearer first".to_owned());
    let respond = move |number, request: &fake::Request| match number {
        0 => done(),
        _ if request.authorization == refused => unauthorized(),
        _ => done(),
    };
    let api = Server::responding(respond).await;
    let entra = Server::start(vec![token("first", json!(3599)), token("second", json!(3599))]).await;
    let client = Arc::new(signed_in(&api, &entra));
    client.resume(REPORT).await.unwrap();
    let calls = (0..40).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.resume(REPORT).await })
    });
    let mut failed = 0;
    for call in calls.collect::<Vec<_>>() {
        failed += usize::from(call.await.unwrap().is_err());
    }
    assert_eq!((failed, entra.count()), (0, 2));
}

#[tokio::test]
async fn untrusted_service_fails_once_with_the_cause() {
    let api = Server::start(vec![done()]).await;
    let client = InsightsClient::builder().token(ACCESS_TOKEN).base_url(api.url()).build().unwrap();
    let error = checked(client.resume(REPORT).await.unwrap_err());
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Tls, 1));
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
    assert_eq!((api.connections(), api.count()), (1, 0));
}

/// A source outside this crate.
struct Broken;

impl TokenSource for Broken {
    fn token<'a>(&'a self, _: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(async { Err(AuthError::other("the vault is sealed")) })
    }
}

#[tokio::test]
async fn missing_token_error_has_one_hint_and_no_ids() {
    let api = Server::start(vec![done()]).await;
    let entra = Server::start(vec![refusal(401, "invalid_client", 7_000_222, "Expired.")]).await;
    let error = checked(signed_in(&api, &entra).resume(REPORT).await.unwrap_err());
    let cause =
        std::error::Error::source(&error).and_then(|source| source.downcast_ref::<AuthError>()).unwrap();
    let line = format!("resumeReportExecutions: no credential: {cause}");
    assert_eq!((error.to_string(), format!("{error:#}")), (line.clone(), line));
    assert_eq!(error.help(), cause.help());
    assert!(error.help().contains("create a new client secret"), "{}", error.help());
    assert_eq!((error.request_id(), error.correlation_id()), (None, None));

    let client = InsightsClient::builder().token_source(Broken).base_url(api.url()).build().unwrap();
    let error = client.resume(REPORT).await.unwrap_err();
    assert!(format!("{error:#}").ends_with("no credential: the vault is sealed"), "{error:#}");
    assert_eq!(error.help(), AuthError::other("").help());
    assert_eq!(api.count(), 0);
}

#[tokio::test]
async fn unreachable_entra_is_a_connection_failure() {
    let api = Server::start(vec![done()]).await;
    let entra = Server::start(Vec::new()).await;
    let (client, url) = (signed_in(&api, &entra), entra.url());
    drop(entra);
    let error = checked(client.resume(REPORT).await.unwrap_err());
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 0));
    assert!(error.message().unwrap().starts_with(&url) && !error.may_be_done(), "{error}");
    assert!(std::error::Error::source(&error).unwrap().is::<AuthError>(), "{error:?}");
    assert_eq!(api.connections(), 0);
}

/// A source whose endpoint can be reached only from the fourth request on.
struct Reconnected {
    lost: ClientSecret,
    found: ClientSecret,
    requests: AtomicUsize,
}

impl TokenSource for Reconnected {
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        let is_lost = self.requests.fetch_add(1, Ordering::Relaxed) < 3;
        if is_lost { self.lost.token(request) } else { self.found.token(request) }
    }
}

#[tokio::test]
async fn unreachable_entra_is_retried_by_the_policy() {
    let api = Server::start(vec![done()]).await;
    let gone = Server::start(Vec::new()).await;
    let lost = ClientSecret::new(entra(&gone), CLIENT_SECRET);
    drop(gone);
    let server = Server::start(vec![token("first", json!(3599))]).await;
    let found = ClientSecret::new(entra(&server), CLIENT_SECRET);
    let source = Reconnected { lost, found, requests: AtomicUsize::new(0) };
    let builder = InsightsClient::builder().token_source(source).base_url(api.url());
    let client = builder.root_certificate(fake::root()).build().unwrap();
    client.resume(REPORT).await.unwrap();
    assert_eq!(tokens(&api), ["first"]);
}
