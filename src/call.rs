//! The request pipeline shared by all operations: acquire a token and a permit, send, decide.

mod acquire;

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use tokio::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

use crate::auth::{AccessToken, AuthError};
use crate::client::{Inner, InsightsClient};
use crate::error::{Error, ErrorKind};
use crate::generated::Client;
use crate::hooks::{Attempt, AttemptRecord};
use crate::response::{Attempted, Item, List, Response, Sent, means_empty};
use crate::retry::{self, Decision, Failure, Wait, WaitReason};
use crate::spec::Operation;
use crate::throttle::Limit;

impl InsightsClient {
    /// Sends a request, retries it where that is safe and may help, and reads the response.
    pub(crate) async fn call<T, F, Fut>(
        &self,
        operation: &'static Operation,
        request: F,
    ) -> Result<Response<T>, Error>
    where
        T: Item,
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Sent<T>>,
    {
        let mut call = Call::new(&self.inner, operation);
        let span = tracing::info_span!(
            "call",
            otel.name = operation.id,
            otel.kind = "client",
            http.request.method = operation.method,
            url.template = operation.path,
            request_id = %call.request_id,
            http.response.status_code = tracing::field::Empty,
            error.type = tracing::field::Empty,
        );
        // Pinned, so that two kilobytes are not moved into the span.
        let attempts = pin!(async {
            loop {
                let (token, permit) = call.acquire().await?;
                let (result, limit) = call.send(&token, &request).await;
                let is_limited = permit.release(limit);
                match result {
                    Ok(response) => {
                        tracing::debug!(attempt = call.attempts, "succeeded");
                        return Ok(response);
                    }
                    Err(error) => call.decide(error, &token, is_limited).await?,
                }
            }
        });
        let result: Result<Response<T>, Error> = attempts.instrument(span.clone()).await;
        if let Some(status) = result.as_ref().map_or_else(Error::status, |response| Some(response.status)) {
            span.record("http.response.status_code", status);
        }
        for warning in result.iter().flat_map(|response| &response.warnings) {
            span.in_scope(|| self.inner.warn(warning));
        }
        result.map_err(|error| {
            span.record("error.type", error.kind().name());
            error.with_quota().with_operation(operation)
        })
    }

    /// Requests all pages of a list. A 404 with `empty_message` means that the list is empty.
    pub(crate) async fn call_list<T, F, Fut>(
        &self,
        operation: &'static Operation,
        empty_message: &str,
        request: F,
    ) -> Result<Vec<T>, Error>
    where
        T: Item,
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Sent<T>>,
    {
        Ok(self.call_pages(operation, empty_message, |_| false, request).await?.items)
    }

    /// Requests the pages of a list until `is_enough` returns true for the elements.
    pub(crate) async fn call_pages<T, F, Fut>(
        &self,
        operation: &'static Operation,
        empty_message: &str,
        is_enough: impl Fn(&[T]) -> bool,
        request: F,
    ) -> Result<List<T>, Error>
    where
        T: Item,
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Sent<T>>,
    {
        let first = match self.call(operation, request).await {
            Err(error) if means_empty(&error, empty_message) => {
                return Ok(List { items: Vec::new(), unreadable: 0 });
            }
            result => result?,
        };
        let first = first.into_page(operation)?;
        if first.pages.are_complete(1, first.list.received()) {
            return Ok(first.list);
        }
        // Boxed, because most lists do not need the space.
        Box::pin(self.complete(operation, first, is_enough)).await
    }
}

struct Call<'a> {
    client: &'a Inner,
    operation: &'static Operation,
    request_id: Uuid,
    correlation_id: Uuid,
    /// The start of the call, moved ahead by the time spent waiting while other calls succeeded.
    began: Instant,
    attempts: u32,
    /// Attempts that a rate limit refused; they do not count as attempts of the policy.
    limited: u32,
    is_refreshed: bool,
    /// Whether a failed attempt may have been carried out.
    is_lost: bool,
}

impl<'a> Call<'a> {
    fn new(client: &'a Inner, operation: &'static Operation) -> Self {
        Self {
            client,
            operation,
            request_id: client.new_id(),
            correlation_id: client.new_id(),
            began: Instant::now(),
            attempts: 0,
            limited: 0,
            is_refreshed: false,
            is_lost: false,
        }
    }

    /// Step 2: sends the request once. Also returns what the response reports about the rate limit.
    async fn send<T, F, Fut>(
        &self,
        token: &AccessToken,
        request: &F,
    ) -> (Result<Response<T>, Error>, Option<Limit>)
    where
        T: Item,
        F: Fn(Client) -> Fut,
        Fut: Future<Output = Sent<T>>,
    {
        let authorization = match token.authorization() {
            Ok(authorization) => authorization,
            Err(error) => return (Err(self.no_token(error)), None),
        };
        let record = Arc::<Mutex<AttemptRecord>>::default();
        let attempt = Attempt {
            base_url: self.client.base_url.clone(),
            authorization,
            request_id: self.request_id,
            correlation_id: self.correlation_id,
            validate_mfa: false,
            timeout: None,
            max_response_bytes: self.client.max_response_bytes,
            record: record.clone(),
        };
        // Without a base URL, the generated methods pass the path to `Attempt::url`.
        let api = Client::new_with_client("", self.client.http.clone(), attempt);
        let sent = request(api).await;
        let mut attempted = Attempted {
            token,
            max_response_bytes: self.client.max_response_bytes,
            record: AttemptRecord::take(&record),
        };
        let result = match sent {
            Ok(response) => attempted.open(response.into_inner(), Vec::new(), &[]),
            // Boxed, because a success does not need the space.
            Err(error) => Box::pin(attempted.failure(error)).await,
        };
        let result = result.map_err(|error| {
            let wait = attempted.record.retry_after().or(error.retry_after());
            self.with_ids(error.with_retry_after(wait), attempted.correlation_id())
        });
        let mut limit = attempted.record.limit();
        // Some responses report an exceeded limit only in their body.
        if let (Some(limit), Err(error)) = (&mut limit, &result)
            && error.kind() == ErrorKind::Throttled
        {
            *limit = Limit { too_many: true, refused: true, retry_after: error.retry_after(), ..*limit };
        }
        (result, limit)
    }

    /// Step 3: waits, or refreshes the token, if another attempt may help. Otherwise returns the error.
    async fn decide(&mut self, error: Error, token: &AccessToken, is_limited: bool) -> Result<(), Error> {
        self.limited += u32::from(is_limited);
        let error = error.with_follows_lost(self.is_lost);
        self.is_lost |= error.may_be_done();
        let failure = Failure {
            operation: self.operation,
            attempt: self.attempts - self.limited,
            is_limited,
            elapsed: self.began.elapsed(),
            kind: error.kind(),
            retry_after: error.retry_after(),
            is_unsent: error.is_unsent(),
            is_refreshed: self.is_refreshed,
        };
        let decision = retry::decide(&self.client.retry, &failure, fastrand::f64());
        tracing::debug!(
            attempt = self.attempts,
            status = error.status(),
            correlation_id = error.correlation_id(),
            reason = error.kind().name(),
            ?decision,
            "failed"
        );
        match decision {
            Decision::Wait(duration) => {
                if !duration.is_zero() {
                    self.client.announce(&Wait { duration, reason: WaitReason::Retry(&error) });
                }
                tokio::time::sleep(duration).await;
                Ok(())
            }
            Decision::RefreshToken => {
                self.is_refreshed = match self.client.tokens.refresh(token).await {
                    // The next attempt requests it again.
                    Err(error) if error.is_transient() => true,
                    refreshed => refreshed.map_err(|error| self.no_token(error))?,
                };
                // Another attempt with the same token would fail in the same way.
                if self.is_refreshed { Ok(()) } else { Err(error.with_attempts(self.attempts)) }
            }
            Decision::GiveUp => Err(error.with_attempts(self.attempts)),
        }
    }

    fn no_token(&self, error: AuthError) -> Error {
        let error = Error::no_token(error);
        // Without a request, the service does not know the ids.
        if self.attempts == 0 { error } else { self.with_ids(error, None).with_attempts(self.attempts) }
    }

    /// Adds the ids of the call. The service may know it under a correlation id of its own.
    fn with_ids(&self, error: Error, correlation_id: Option<String>) -> Error {
        let correlation_id = correlation_id.unwrap_or_else(|| self.correlation_id.to_string());
        error.with_ids(self.request_id.to_string(), correlation_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_retry_is_announced() {
        let waits = Arc::new(Mutex::new(Vec::new()));
        let announced = waits.clone();
        let client = InsightsClient::builder()
            .token("a-token")
            // Nothing listens on this port.
            .base_url("http://127.0.0.1:1")
            .on_wait(move |wait| {
                announced.lock().unwrap().push(matches!(wait.reason, WaitReason::Retry(_)));
            })
            .build()
            .unwrap();
        let error = client.resume("3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4").await.unwrap_err();
        assert_eq!((error.attempts(), &waits.lock().unwrap()[..]), (4, &[true; 3][..]));
        assert!(error.is_unsent(), "{error:?}");
    }

    #[test]
    fn futures_are_static_and_can_be_spawned() {
        fn check<T: Send + 'static>(_: T) {}
        let client = InsightsClient::builder().token("a-token").build().unwrap();
        check(client.reports().into_future());
        check(client.executions("3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4").into_future());
    }
}
