//! The one road that every operation takes: token, attempt, status, retry.

use std::error::Error as StdError;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use progenitor_client::{ClientHooks, ClientInfo, OperationInfo, ResponseValue};
use reqwest::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

use crate::auth::{AuthError, Lease};
use crate::body::{self, Detail};
use crate::client::InsightsClient;
use crate::contract::Operation;
use crate::error::{Error, ErrorKind, one_line};
use crate::gate::Limit;
use crate::generated::{Client, types};
use crate::retry::{self, Decision, Failure};
use crate::transport::{causes, is_invalid_data, retry_after, root_cause};

/// At most so much of an answer is read; the rest of a larger one is left on the wire.
const ANSWER_LIMIT: usize = 16 << 20;
/// At most so much of a failure's body is read.
const FAILURE_LIMIT: usize = 64 << 10;

const REQUEST_ID: HeaderName = HeaderName::from_static("ms-requestid");
const CORRELATION_ID: HeaderName = HeaderName::from_static("ms-correlationid");
const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
/// Asks for [`IS_MFA_COMPLIANT`] in the answer.
const VALIDATE_MFA: HeaderName = HeaderName::from_static("validatemfa");
const IS_MFA_COMPLIANT: HeaderName = HeaderName::from_static("ismfacompliant");
const API_VERSION: HeaderName = HeaderName::from_static("api-version");

/// What a successful call brought.
pub(crate) struct Answer<T> {
    /// The elements of the envelope; none if the service accepted the request without an answer.
    pub items: Vec<T>,
    /// The envelope speaks of a further page.
    pub has_next_page: bool,
    /// What the answer says of the token's sign-in, if it was asked.
    pub is_mfa_compliant: Option<bool>,
}

/// The parts of an envelope that matter here, whatever its elements are.
pub(crate) struct Opened<T> {
    value: Option<Vec<T>>,
    status_code: Option<i32>,
    message: Option<String>,
    next_link: Option<String>,
}

/// What the service wraps around its answers.
pub(crate) trait Envelope: DeserializeOwned {
    type Item;
    fn open(self) -> Opened<Self::Item>;
}

macro_rules! envelope {
    ($envelope:ident of $item:ident) => {
        impl Envelope for types::$envelope {
            type Item = types::$item;
            fn open(self) -> Opened<Self::Item> {
                let Self { value, status_code, message, next_link, .. } = self;
                Opened { value, status_code, message, next_link }
            }
        }
    };
}

envelope!(ReportEnvelope of Report);
envelope!(ExecutionEnvelope of Execution);

/// Result of a generated method. Its error has no type of its own, because only successes are generated.
type Sent<E> = Result<ResponseValue<E>, progenitor_client::Error<()>>;

impl InsightsClient {
    /// Makes a call: sends the request, again where that helps, and reads the answer.
    pub(crate) async fn call<E, F, Fut>(
        &self,
        operation: &'static Operation,
        send: F,
    ) -> Result<Answer<E::Item>, Error>
    where
        E: Envelope,
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Sent<E>>,
    {
        let ids = Ids::new();
        let span = tracing::info_span!(
            "call",
            otel.name = operation.id,
            otel.kind = "client",
            http.request.method = operation.method,
            url.template = operation.path,
            request_id = ids.request.to_str().unwrap_or_default(),
            http.response.status_code = tracing::field::Empty,
            error.type = tracing::field::Empty,
        );
        let result = self.attempts(operation, &ids, send).instrument(span.clone()).await;
        match &result {
            Ok(_) => span.record("http.response.status_code", 200),
            Err(error) => span.record("error.type", error.kind().name()),
        };
        result.map_err(|error| {
            if let Some(status) = error.status() {
                span.record("http.response.status_code", status);
            }
            error.with_operation(operation)
        })
    }

    async fn attempts<E, F, Fut>(
        &self,
        operation: &'static Operation,
        ids: &Ids,
        send: F,
    ) -> Result<Answer<E::Item>, Error>
    where
        E: Envelope,
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Sent<E>>,
    {
        let policy = &self.inner.retry;
        let began = Instant::now();
        let with_ids = |error: Error| error.with_ids(text(&ids.request), text(&ids.correlation));
        let mut renewed = false;
        let mut attempt = 0;
        loop {
            let no_token = |sent| {
                move |error| {
                    let error = no_token(error).with_attempts(sent);
                    // Nobody can look for the ids of a call that was never made.
                    if sent == 0 { error } else { with_ids(error) }
                }
            };
            let token = self.inner.tokens.token().await.map_err(no_token(attempt))?;
            let patience = policy.total_time.saturating_sub(began.elapsed());
            let pass = self.inner.gate.pass(patience).await.map_err(|wait| {
                with_ids(Error::new(ErrorKind::Throttled))
                    .with_message("an earlier call was told to wait longer than this one may take")
                    .with_retry_after(Some(wait))
                    .with_attempts(attempt)
            })?;
            attempt += 1;
            let seen = Arc::new(Seen::default());
            let result = self.attempt(&token, ids, &send, &seen).await;
            if let Some(head) = seen.head.get() {
                pass.answered(head.limit);
            }
            let error = match result {
                Ok(answer) => {
                    tracing::debug!(attempt, "answered");
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let failure = Failure {
                operation,
                attempt,
                elapsed: began.elapsed(),
                kind: error.kind(),
                retry_after: error.retry_after(),
                token_is_fresh: renewed || token.is_fresh(),
            };
            let decision = retry::decide(policy, &failure, fastrand::f64());
            tracing::debug!(
                attempt,
                status = error.status(),
                correlation_id = error.correlation_id(),
                reason = error.kind().name(),
                ?decision,
                "failed"
            );
            match decision {
                Decision::Wait(wait) => tokio::time::sleep(wait).await,
                Decision::RenewToken
                    if self.inner.tokens.renew(&token).await.map_err(no_token(attempt))? =>
                {
                    renewed = true;
                }
                // Also if the source has no other token.
                _ => return Err(error.with_attempts(attempt)),
            }
        }
    }

    async fn attempt<E, F, Fut>(
        &self,
        token: &Lease,
        ids: &Ids,
        send: &F,
        seen: &Arc<Seen>,
    ) -> Result<Answer<E::Item>, Error>
    where
        E: Envelope,
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Sent<E>>,
    {
        let authorization = token.authorization();
        let authorization =
            authorization.map_err(|e| no_token(e).with_ids(text(&ids.request), text(&ids.correlation)))?;
        let attempt = Attempt {
            authorization,
            request_id: ids.request.clone(),
            correlation_id: ids.correlation.clone(),
            validate_mfa: false,
            seen: seen.clone(),
        };
        let api = Client::new_with_client(&self.inner.base_url, self.inner.http.clone(), attempt);
        let mut result = match send(api).await {
            Ok(answer) => open(answer.into_inner()),
            Err(error) => failure::<E>(error, seen).await,
        };
        let head = seen.head.get();
        if let Ok(answer) = &mut result {
            answer.is_mfa_compliant = head.and_then(|head| head.is_mfa_compliant);
        }
        result.map_err(|error| {
            let correlation = head.and_then(|head| head.correlation_id.clone());
            let message = error.message().map(|message| message.replace(token.expose(), "[token]"));
            error
                .with_message(message.unwrap_or_default())
                .with_ids(text(&ids.request), correlation.unwrap_or_else(|| text(&ids.correlation)))
                .with_retry_after(head.and_then(|head| head.limit.retry_after))
        })
    }
}

fn no_token(error: AuthError) -> Error {
    let message = match &error {
        // A source of the caller's own need not say what to do.
        AuthError::Other(_) => format!("{error}; {}", ErrorKind::Credential.help()),
        _ => error.to_string(),
    };
    Error::new(ErrorKind::Credential).with_message(message).with_source(error)
}

/// Reads an envelope that came with a 2xx.
fn open<E: Envelope>(envelope: E) -> Result<Answer<E::Item>, Error> {
    let Opened { value, status_code, message, next_link } = envelope.open();
    match status_code {
        // Seen by one team: HTTP says 200, the envelope says 404.
        Some(status @ 400..) => {
            let status = u16::try_from(status).unwrap_or(599);
            Err(Error::new(ErrorKind::of(status, None))
                .with_status(Some(status))
                .with_message(one_line(&message.unwrap_or_default(), 300)))
        }
        None if value.is_none() => Err(accepted(200)
            .with_message("the service accepted the request, but its answer is not the documented envelope")),
        _ => Ok(Answer {
            items: value.unwrap_or_default(),
            has_next_page: next_link.is_some_and(|link| !link.trim().is_empty()),
            is_mfa_compliant: None,
        }),
    }
}

/// Reads the body of a 200, as a call does.
#[cfg(fuzzing)]
pub(crate) fn read<E: Envelope>(bytes: &[u8]) -> Result<Answer<E::Item>, Error> {
    match serde_json::from_slice(bytes) {
        Ok(envelope) => open::<E>(envelope),
        Err(error) => Err(undecodable::<E>(bytes, error, &Seen::default())),
    }
}

/// Turns the error of a generated method into ours, or into a success that has no answer.
async fn failure<E: Envelope>(
    error: progenitor_client::Error<()>,
    seen: &Seen,
) -> Result<Answer<E::Item>, Error> {
    use progenitor_client::Error as Generated;
    match error {
        Generated::UnexpectedResponse(response) => unexpected(response).await,
        Generated::InvalidResponsePayload(bytes, error) => Err(undecodable::<E>(&bytes, error, seen)),
        Generated::CommunicationError(error) | Generated::ResponseBodyError(error) => {
            Err(transport(error, seen))
        }
        // The rest cannot come from a request without a body and from hooks that do not fail.
        other => Err(Error::new(ErrorKind::Configuration).with_message(one_line(&other.to_string(), 300))),
    }
}

/// Reads an answer with a status for which nothing was generated: a failure, a redirect, a success without a body.
async fn unexpected<T>(mut response: reqwest::Response) -> Result<Answer<T>, Error> {
    let status = response.status();
    if status.is_success() {
        return Ok(Answer { items: Vec::new(), has_next_page: false, is_mfa_compliant: None });
    }
    if status.is_redirection() {
        let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
        let target =
            target.map_or("an unknown place", |target| target.split(['?', '#']).next().unwrap_or_default());
        return Err(Error::new(ErrorKind::BrokenContract)
            .with_status(Some(status.as_u16()))
            .with_message(one_line(&format!("redirected to {target}, which was not followed"), 300)));
    }
    let mut bytes = Vec::new();
    // The status is known; a body that breaks off costs its end only.
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = FAILURE_LIMIT - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if bytes.len() == FAILURE_LIMIT {
            break;
        }
    }
    let Detail { code, message, .. } = body::detail(&bytes);
    Err(Error::new(ErrorKind::of(status.as_u16(), code.as_deref()))
        .with_status(Some(status.as_u16()))
        .with_service_code(code)
        .with_message(message.unwrap_or_default()))
}

/// An answer with HTTP 200 that does not decode: a failure in disguise, or one that breaks the contract.
fn undecodable<E: Envelope>(bytes: &[u8], error: serde_json::Error, seen: &Seen) -> Error {
    let detail = body::detail(bytes);
    if let Some(status @ 400..) = detail.status {
        return Error::new(ErrorKind::of(status, detail.code.as_deref()))
            .with_status(Some(status))
            .with_service_code(detail.code)
            .with_message(detail.message.unwrap_or_default());
    }
    let status = seen.head.get().map_or(200, |head| head.status.as_u16());
    if seen.too_large.get().is_some() {
        return accepted(status).with_message(format!(
            "the service accepted the request, but its answer is larger than {ANSWER_LIMIT} bytes"
        ));
    }
    // Decoded once more, on this path only, for the name of the field that does not fit.
    let at = serde_path_to_error::deserialize::<_, E>(&mut serde_json::Deserializer::from_slice(bytes));
    let problem = at.err().map_or_else(|| error.to_string(), |at| at.to_string());
    accepted(status)
        .with_message(one_line(
            &format!("the service accepted the request, but its answer cannot be read: {problem}"),
            300,
        ))
        .with_source(error)
}

fn accepted(status: u16) -> Error {
    Error::new(ErrorKind::BrokenContract).with_status(Some(status))
}

/// An attempt that brought no answer, or half of one.
fn transport(error: reqwest::Error, seen: &Seen) -> Error {
    // The URL may hold what somebody filtered by; the operation says enough.
    let error = error.without_url();
    let status = seen.head.get().map(|head| head.status.as_u16());
    let invalid = is_invalid_data(&error);
    let kind = match status {
        _ if error.is_timeout() => ErrorKind::Timeout,
        _ if error.is_builder() => ErrorKind::Configuration,
        None if is_not_http(&error) => ErrorKind::BrokenContract,
        None if invalid => ErrorKind::Tls,
        None => ErrorKind::Connect,
        Some(_) if invalid => ErrorKind::BrokenContract,
        Some(_) => ErrorKind::Connect,
    };
    let cause = root_cause(&error);
    let message = match status {
        Some(status) => format!("the answer (HTTP {status}) broke off: {cause}"),
        None => cause,
    };
    Error::new(kind).with_status(status).with_message(one_line(&message, 300)).with_source(error)
}

/// Whether something was sent back that is not HTTP.
fn is_not_http(error: &(dyn StdError + 'static)) -> bool {
    causes(error).filter_map(|cause| cause.downcast_ref::<hyper::Error>()).any(hyper::Error::is_parse)
}

/// The ids of a call, the same in all its attempts.
struct Ids {
    request: HeaderValue,
    correlation: HeaderValue,
}

impl Ids {
    fn new() -> Self {
        let fresh =
            || HeaderValue::from_str(&Uuid::new_v4().to_string()).unwrap_or(HeaderValue::from_static(""));
        Self { request: fresh(), correlation: fresh() }
    }
}

fn text(value: &HeaderValue) -> String {
    value.to_str().unwrap_or_default().to_owned()
}

/// What the hook stamps on one request, and where it notes what came back.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    authorization: HeaderValue,
    request_id: HeaderValue,
    correlation_id: HeaderValue,
    /// Set by a call that asks whether the token proves a multi-factor sign-in.
    pub(crate) validate_mfa: bool,
    seen: Arc<Seen>,
}

/// What was seen of an answer, kept here because progenitor's errors lose it.
#[derive(Debug, Default)]
struct Seen {
    head: OnceLock<Head>,
    too_large: OnceLock<()>,
}

#[derive(Debug)]
struct Head {
    status: StatusCode,
    correlation_id: Option<String>,
    is_mfa_compliant: Option<bool>,
    limit: Limit,
}

impl Head {
    fn of(response: &reqwest::Response) -> Self {
        let text = |name: &HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
        let status = response.status();
        let retry_after = text(&RETRY_AFTER).and_then(|wait| retry_after(wait, SystemTime::now()));
        let told_to_wait = status.is_server_error() && retry_after.is_some();
        Self {
            status,
            correlation_id: text(&CORRELATION_ID).map(|id| one_line(id, 80)).filter(|id| !id.is_empty()),
            is_mfa_compliant: text(&IS_MFA_COMPLIANT)
                .and_then(|word| word.trim().to_ascii_lowercase().parse().ok()),
            limit: Limit {
                refused: status == StatusCode::TOO_MANY_REQUESTS || told_to_wait,
                retry_after,
                remaining: text(&RATE_LIMIT_REMAINING).and_then(|left| left.trim().parse().ok()),
            },
        }
    }
}

impl ClientHooks<Attempt> for Client {
    async fn pre<E>(
        &self,
        request: &mut reqwest::Request,
        _: &OperationInfo,
    ) -> Result<(), progenitor_client::Error<E>> {
        let attempt = self.inner();
        // progenitor sends the contract's version, a header that the service does not know.
        request.headers_mut().remove(API_VERSION);
        // hyper sends no length for an absent body, and front ends of this kind answer 411 to that.
        if request.body().is_none() && matches!(*request.method(), Method::PUT | Method::POST | Method::PATCH)
        {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let headers = request.headers_mut();
        // Listed for every operation, with or without a body.
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(AUTHORIZATION, attempt.authorization.clone());
        headers.insert(REQUEST_ID, attempt.request_id.clone());
        headers.insert(CORRELATION_ID, attempt.correlation_id.clone());
        if attempt.validate_mfa {
            headers.insert(VALIDATE_MFA, HeaderValue::from_static("true"));
        }
        Ok(())
    }

    async fn exec(&self, request: reqwest::Request, _: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        let seen = &self.inner().seen;
        let mut response = self.client().execute(request).await?;
        let _ = seen.head.set(Head::of(&response));
        if response.status() != StatusCode::OK {
            return Ok(response);
        }
        // Read here, because progenitor reads without a limit and stumbles over a byte order mark.
        let expected =
            response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        let mut bytes = Vec::with_capacity(expected.min(ANSWER_LIMIT));
        while let Some(chunk) = response.chunk().await? {
            if bytes.len() + chunk.len() > ANSWER_LIMIT {
                let _ = seen.too_large.set(());
                bytes.clear();
                break;
            }
            bytes.extend_from_slice(&chunk);
        }
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        Ok(http::Response::new(bytes).into())
    }
}
