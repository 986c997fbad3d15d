//! The first step of a call: a token, and a permit of the throttle.

use super::Call;
use crate::auth::{AccessToken, FAILURE_LIFETIME};
use crate::error::{Error, ErrorKind};
use crate::retry::{self, Decision, Failure, Wait, WaitReason};
use crate::throttle::Permit;

impl<'a> Call<'a> {
    /// Step 1: gets a token, and waits for a permit of the throttle.
    pub(super) async fn acquire(&mut self) -> Result<(AccessToken, Permit<'a>), Error> {
        let client = self.client;
        // Boxed, because most calls wait neither for a token nor for a permit.
        let token = match client.tokens.cached() {
            Some(token) => token,
            None => Box::pin(self.token()).await?,
        };
        let permit = match client.throttle.try_acquire() {
            Some(permit) => permit,
            None => Box::pin(self.permit()).await?,
        };
        self.began += permit.time_in_queue;
        self.attempts += 1;
        Ok((token, permit))
    }

    /// Waits for a permit of the throttle.
    async fn permit(&self) -> Result<Permit<'a>, Error> {
        let client = self.client;
        let patience = client.retry.max_elapsed.saturating_sub(self.began.elapsed());
        let announce = |duration| client.announce(&Wait { duration, reason: WaitReason::RateLimit });
        client.throttle.acquire(patience, announce).await.map_err(|wait| {
            let message = match wait {
                Some(_) => "rate limited: the requested delay exceeds this call's deadline",
                None => "rate limited: no other call succeeded before this call's deadline",
            };
            let error = Error::new(ErrorKind::Throttled).with_message(message).with_retry_after(wait);
            self.with_ids(error, None).with_attempts(self.attempts)
        })
    }

    /// Gets a token. Tries again if the token endpoint could not be reached; this does not count as an attempt of the
    /// call.
    async fn token(&self) -> Result<AccessToken, Error> {
        let mut attempt = 0;
        loop {
            let failed = match self.client.tokens.token().await {
                Ok(token) => return Ok(token),
                Err(error) => error,
            };
            attempt += 1;
            let is_transient = failed.is_transient();
            let error = self.no_token(failed);
            if !is_transient {
                return Err(error);
            }
            let failure = Failure {
                operation: self.operation,
                attempt,
                is_limited: false,
                elapsed: self.began.elapsed(),
                kind: error.kind(),
                // Until then, the cache would return the same failure.
                retry_after: Some(FAILURE_LIFETIME),
                is_unsent: true,
                is_refreshed: true,
            };
            let decision = retry::decide(&self.client.retry, &failure, fastrand::f64());
            tracing::debug!(attempt, reason = error.kind().name(), ?decision, "no token");
            let Decision::Wait(duration) = decision else { return Err(error) };
            self.client.announce(&Wait { duration, reason: WaitReason::Retry(&error) });
            tokio::time::sleep(duration).await;
        }
    }
}
