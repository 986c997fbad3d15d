//! The retry policy, and a pure function that decides whether to retry.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Retryability};
use crate::spec::{self, Operation};
use crate::transport::backoff;

/// Retry policy of a client: exponential backoff with full jitter.
///
/// The wait before a retry is random, up to an upper bound that doubles from `initial_backoff` to `max_backoff`. If the
/// service requests a longer wait (`Retry-After`), that is used instead; if it exceeds what is left of `max_elapsed`,
/// the call fails at once, and the error has the requested wait.
///
/// ```
/// use partner_center_insights::RetryPolicy;
/// use std::time::Duration;
///
/// let policy = RetryPolicy::default().with_max_attempts(6).with_max_elapsed(Duration::from_secs(600));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Maximum number of attempts, including the first. Default: 4.
    ///
    /// Attempts that are refused because the rate limit is used up do not count; `max_elapsed` bounds them.
    pub max_attempts: u32,
    /// Upper bound of the first backoff. Default: 1 s.
    pub initial_backoff: Duration,
    /// Upper bound of every backoff. Default: 30 s.
    pub max_backoff: Duration,
    /// Maximum time from the first attempt to the end of the last wait. Default: 2 min.
    ///
    /// Time spent waiting for a rate limit while other calls of the client succeed does not count.
    pub max_elapsed: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 4,
            initial_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(30),
            max_elapsed: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// Never retries, except once with a new token after a 401.
    pub fn never() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }

    /// Sets the maximum number of attempts, including the first.
    pub fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets the upper bound of the first backoff.
    pub fn with_initial_backoff(mut self, backoff: Duration) -> Self {
        self.initial_backoff = backoff;
        self
    }

    /// Sets the upper bound of every backoff.
    pub fn with_max_backoff(mut self, backoff: Duration) -> Self {
        self.max_backoff = backoff;
        self
    }

    /// Sets the maximum time from the first attempt to the end of the last wait.
    pub fn with_max_elapsed(mut self, elapsed: Duration) -> Self {
        self.max_elapsed = elapsed;
        self
    }
}

/// A wait that a call begins, for [`on_wait`](crate::InsightsClientBuilder::on_wait).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Wait<'a> {
    /// How long the call waits, as far as is known.
    pub duration: Duration,
    /// Why it waits.
    pub reason: WaitReason<'a>,
}

/// Why a call waits.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum WaitReason<'a> {
    /// The rate limit of the service is used up. All calls of the client wait.
    RateLimit,
    /// An attempt failed with this error, and the call is about to retry.
    Retry(&'a Error),
}

/// A failed attempt.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub operation: &'static Operation,
    /// The number of the attempt, from 1. Attempts that a rate limit refused are not counted.
    pub attempt: u32,
    /// Whether it was refused because the rate limit is used up. The throttle decides when to retry.
    pub is_limited: bool,
    /// The time since the call began.
    pub elapsed: Duration,
    pub kind: ErrorKind,
    /// The wait that the service requested.
    pub retry_after: Option<Duration>,
    /// Whether the request did not reach the service.
    pub is_unsent: bool,
    /// Whether the token was refreshed for this call.
    pub is_refreshed: bool,
}

/// Time after which the service gives up on a tried query.
const TRY_LIMIT: Duration = Duration::from_secs(100);

impl Failure {
    /// Whether a tried query took as long as the service allows. It is valid then, and another attempt would take as
    /// long.
    fn is_slow_query(&self) -> bool {
        let is_try = self.operation.id == spec::TRY_REPORT_QUERY.id;
        is_try && (self.kind == ErrorKind::Timeout || self.elapsed >= TRY_LIMIT)
    }

    /// Whether a retry cannot carry out the operation twice: the service did not carry out this attempt, or the method
    /// is idempotent (RFC 9110, section 9.2.2).
    fn is_safe_to_retry(&self) -> bool {
        self.kind == ErrorKind::Throttled
            || self.is_unsent
            || matches!(self.operation.method, "GET" | "HEAD" | "PUT" | "DELETE" | "OPTIONS")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Wait(Duration),
    RefreshToken,
    GiveUp,
}

/// Decides whether to retry after a failed attempt. `chance` is a random number from 0 to 1.
pub(crate) fn decide(policy: &RetryPolicy, failure: &Failure, chance: f64) -> Decision {
    match failure.kind.retryability() {
        // An unauthenticated request was not carried out, so any method may be retried.
        Retryability::WithFreshToken if !failure.is_refreshed => Decision::RefreshToken,
        Retryability::Later
            if failure.is_safe_to_retry()
                && !failure.is_slow_query()
                && policy.max_attempts > 1
                && (failure.is_limited || failure.attempt < policy.max_attempts) =>
        {
            let ours = if failure.is_limited {
                Duration::ZERO
            } else {
                backoff(policy.initial_backoff, policy.max_backoff, failure.attempt, chance)
            };
            let wait = ours.max(failure.retry_after.unwrap_or_default());
            if failure.elapsed.saturating_add(wait) > policy.max_elapsed {
                Decision::GiveUp
            } else {
                Decision::Wait(wait)
            }
        }
        _ => Decision::GiveUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &Operation = &Operation { method: "POST", ..spec::RESUME_REPORT_EXECUTIONS };
    const RESUME: &Operation = &spec::RESUME_REPORT_EXECUTIONS;

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn failed(kind: ErrorKind) -> Failure {
        Failure {
            operation: RESUME,
            attempt: 1,
            is_limited: false,
            elapsed: Duration::ZERO,
            kind,
            retry_after: None,
            is_unsent: false,
            is_refreshed: false,
        }
    }

    #[test]
    fn decision_follows_the_table() {
        use Decision::*;
        use ErrorKind::*;
        let post = |kind| Failure { operation: POST, ..failed(kind) };
        let tried = |kind| Failure { operation: &spec::TRY_REPORT_QUERY, ..failed(kind) };
        let asked = |seconds| Failure { retry_after: Some(secs(seconds)), ..failed(Throttled) };
        let limited =
            |attempt, retry_after| Failure { attempt, is_limited: true, retry_after, ..failed(Throttled) };
        let rows: Vec<(&str, Failure, f64, Decision)> = vec![
            ("the backoff is random", failed(Throttled), 0.5, Wait(Duration::from_millis(500))),
            ("server error", failed(ServerError), 1.0, Wait(secs(1))),
            ("unavailable", failed(Unavailable), 1.0, Wait(secs(1))),
            ("connection", failed(Connect), 1.0, Wait(secs(1))),
            ("timeout", failed(Timeout), 1.0, Wait(secs(1))),
            ("second backoff doubles", Failure { attempt: 2, ..failed(Timeout) }, 1.0, Wait(secs(2))),
            ("third backoff doubles", Failure { attempt: 3, ..failed(Timeout) }, 1.0, Wait(secs(4))),
            ("fourth attempt is the last", Failure { attempt: 4, ..failed(Timeout) }, 1.0, GiveUp),
            ("longer Retry-After", asked(57), 1.0, Wait(secs(57))),
            ("shorter Retry-After", asked(0), 1.0, Wait(secs(1))),
            ("Retry-After until the deadline", asked(120), 1.0, Wait(secs(120))),
            ("Retry-After beyond the deadline", asked(121), 1.0, GiveUp),
            ("deadline passed", Failure { elapsed: secs(120), ..failed(Timeout) }, 1.0, GiveUp),
            ("query that timed out", tried(Timeout), 1.0, GiveUp),
            ("query that took too long", Failure { elapsed: TRY_LIMIT, ..tried(Unavailable) }, 1.0, GiveUp),
            ("query that failed early", tried(Unavailable), 1.0, Wait(secs(1))),
            ("huge Retry-After", asked(u64::MAX), 1.0, GiveUp),
            ("limited: the throttle waits", limited(4, None), 1.0, Wait(secs(0))),
            ("limited: Retry-After", limited(4, Some(secs(57))), 1.0, Wait(secs(57))),
            ("limited: Retry-After beyond the deadline", limited(0, Some(secs(121))), 1.0, GiveUp),
            ("POST may have been executed", post(Timeout), 1.0, GiveUp),
            ("POST with a lost response", post(Connect), 1.0, GiveUp),
            ("POST that a gateway lost", post(Unavailable), 1.0, GiveUp),
            ("POST that was not sent", Failure { is_unsent: true, ..post(Connect) }, 1.0, Wait(secs(1))),
            ("POST that was throttled", post(Throttled), 1.0, Wait(secs(1))),
            ("401 refreshes the token", failed(Unauthenticated), 1.0, RefreshToken),
            ("401 refreshes it once", Failure { is_refreshed: true, ..failed(Unauthenticated) }, 1.0, GiveUp),
            (
                "401 refreshes it for POST too",
                Failure { operation: POST, ..failed(Unauthenticated) },
                1.0,
                RefreshToken,
            ),
        ];
        for (name, failure, chance, expected) in rows {
            assert_eq!(decide(&RetryPolicy::default(), &failure, chance), expected, "{name}");
        }
        for kind in [
            BadRequest,
            MfaRequired,
            WrongAudience,
            AppOnlyNotAllowed,
            Forbidden,
            NotFound,
            Conflict,
            InvalidResponse,
            Tls,
            Credential,
            Configuration,
        ] {
            assert_eq!(decide(&RetryPolicy::default(), &failed(kind), 1.0), GiveUp, "{kind}");
        }
        assert_eq!(decide(&RetryPolicy::never(), &failed(Timeout), 1.0), GiveUp, "no retries");
        assert_eq!(decide(&RetryPolicy::never(), &limited(0, None), 1.0), GiveUp, "no retries");
    }

    #[test]
    fn backoff_is_bounded() {
        let policy = RetryPolicy { max_attempts: 100, max_elapsed: Duration::MAX, ..RetryPolicy::default() };
        for attempt in 1..100 {
            let failure = Failure { attempt, ..failed(ErrorKind::Timeout) };
            let Decision::Wait(wait) = decide(&policy, &failure, 1.0) else { panic!("gave up at {attempt}") };
            assert!(wait <= policy.max_backoff);
        }
    }
}
