//! The one road that every operation takes: token, attempt, status, retry.

use std::future::Future;
use std::sync::Arc;

use reqwest::header::HeaderValue;
use tokio::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

use crate::answer::{self, Answer, Envelope, Sent};
use crate::auth::{AccessToken, AuthError, CachedToken};
use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::generated::Client;
use crate::hooks::{Attempt, AttemptRecord};
use crate::retry::{self, Decision, Failure};
use crate::spec::Operation;

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
        result.map_err(|error| {
            span.record("error.type", error.kind().name());
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
        let mut began = Instant::now();
        let with_ids = |error: Error| error.with_ids(text(&ids.request), text(&ids.correlation));
        let mut renewed = false;
        let mut attempt = 0;
        let mut limited = 0;
        loop {
            let no_token = |sent| {
                move |error| {
                    let error = no_token(error).with_attempts(sent);
                    // Nobody can look for the ids of a call that was never made.
                    if sent == 0 { error } else { with_ids(error) }
                }
            };
            let token = self.inner.tokens.token().await.map_err(no_token(attempt))?;
            let patience = policy.max_elapsed.saturating_sub(began.elapsed());
            let permit = self.inner.throttle.acquire(patience).await.map_err(|wait| {
                let why = match wait {
                    Some(_) => "an earlier call was told to wait longer than this one may take",
                    None => {
                        "other calls were waiting too, and none got through for as long as this one may take"
                    }
                };
                with_ids(Error::new(ErrorKind::Throttled))
                    .with_message(why)
                    .with_retry_after(wait)
                    .with_attempts(attempt)
            })?;
            began += permit.in_line;
            attempt += 1;
            let seen =
                Arc::new(AttemptRecord::new(AccessToken::clone(&token), self.inner.max_response_bytes));
            let result = self.attempt(&token, ids, &send, &seen).await;
            // Now, not after the pause that may follow: others would wait for it too.
            let is_limited =
                seen.head.get().is_some_and(|head| head.tells_limit() && permit.answered(head.limit));
            limited += u32::from(is_limited);
            let error = match result {
                Ok(answer) => {
                    let status = seen.head.get().map(|head| head.status.as_u16());
                    tracing::Span::current().record("http.response.status_code", status);
                    tracing::debug!(attempt, "answered");
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let failure = Failure {
                operation,
                attempt: attempt - limited,
                is_limited,
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
        token: &CachedToken,
        ids: &Ids,
        send: &F,
        seen: &Arc<AttemptRecord>,
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
        // On the heap, or its two kilobytes would be moved through every layer of the call.
        let mut result = answer::read(Box::pin(send(api)).await, seen).await;
        let head = seen.head.get();
        if let Ok(answer) = &mut result {
            answer.is_mfa_compliant = head.and_then(|head| head.is_mfa_compliant);
        }
        result.map_err(|error| {
            let message = error.message().map(|message| message.replace(token.expose(), "[token]"));
            error
                .with_message(message.unwrap_or_default())
                .with_ids(text(&ids.request), seen.correlation_id().unwrap_or_else(|| text(&ids.correlation)))
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

/// The ids of a call, the same in all its attempts.
struct Ids {
    request: HeaderValue,
    correlation: HeaderValue,
}

impl Ids {
    fn new() -> Self {
        let fresh = || {
            let mut text = Uuid::encode_buffer();
            let text = Uuid::new_v4().hyphenated().encode_lower(&mut text);
            HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
        };
        Self { request: fresh(), correlation: fresh() }
    }
}

fn text(value: &HeaderValue) -> String {
    value.to_str().unwrap_or_default().to_owned()
}
