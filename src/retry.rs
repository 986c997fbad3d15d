//! Whether and when a failed attempt is made again: a pure function.

use std::time::Duration;

use crate::error::{ErrorKind, Retryability};
use crate::spec::Operation;

/// How hard a call tries before it fails.
///
/// Waits grow by doubling from `initial_backoff` to `max_backoff`, each drawn at random up to that length (full jitter).
/// If the service asks for a longer wait, that counts; if it asks for more than is left of `max_elapsed`, the call
/// fails at once and says when to come back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Attempts in all, the first included. Default 4. An attempt that a limit refused because no calls are left does not
    /// count: it came too early, which `max_elapsed` bounds.
    pub max_attempts: u32,
    /// Upper bound of the first wait. Default 1 s.
    pub initial_backoff: Duration,
    /// Upper bound of every wait. Default 30 s.
    pub max_backoff: Duration,
    /// No wait begins that would end after this time, not counting time in line while other calls of the client get
    /// through under a limit. Default 2 min.
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
    /// One attempt, whatever happens; only a token that has ended in between is renewed once.
    pub fn never() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }
}

/// What is known when an attempt has failed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub operation: &'static Operation,
    /// The attempt that failed; the first is 1. One that is limited has no number of its own.
    pub attempt: u32,
    /// A limit refused it because no calls are left. The throttle knows when there are some again.
    pub is_limited: bool,
    /// Since the call began.
    pub elapsed: Duration,
    pub kind: ErrorKind,
    /// What the service asked for.
    pub retry_after: Option<Duration>,
    /// Whether a token was renewed in this call already, or cannot be.
    pub token_is_fresh: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Wait(Duration),
    RenewToken,
    GiveUp,
}

/// Decides. `chance` is a random number from 0 to 1.
pub(crate) fn decide(policy: &RetryPolicy, failure: &Failure, chance: f64) -> Decision {
    let repeatable = matches!(failure.operation.method, "GET" | "HEAD" | "PUT" | "DELETE" | "OPTIONS");
    match failure.kind.retryability() {
        // A request that was not authorised was not executed, so any method may be sent again.
        Retryability::WithFreshToken if !failure.token_is_fresh => Decision::RenewToken,
        Retryability::Later
            if repeatable
                && policy.max_attempts > 1
                && (failure.is_limited || failure.attempt < policy.max_attempts) =>
        {
            let ours = if failure.is_limited { Duration::ZERO } else { backoff(policy, failure.attempt) };
            let ours = ours.mul_f64(chance.clamp(0.0, 1.0));
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

/// Upper bound of the wait after an attempt.
fn backoff(policy: &RetryPolicy, attempt: u32) -> Duration {
    let doubled = policy.initial_backoff.saturating_mul(1_u32.checked_shl(attempt - 1).unwrap_or(u32::MAX));
    doubled.min(policy.max_backoff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;

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
            token_is_fresh: false,
        }
    }

    #[test]
    fn the_decision_is_this_table() {
        use Decision::*;
        use ErrorKind::*;
        let asked = |seconds| Failure { retry_after: Some(secs(seconds)), ..failed(Throttled) };
        let limited =
            |attempt, retry_after| Failure { attempt, is_limited: true, retry_after, ..failed(Throttled) };
        let rows: Vec<(&str, Failure, f64, Decision)> = vec![
            ("throttled waits what chance says", failed(Throttled), 0.5, Wait(Duration::from_millis(500))),
            ("service failure", failed(ServerError), 1.0, Wait(secs(1))),
            ("unavailable", failed(Unavailable), 1.0, Wait(secs(1))),
            ("connection", failed(Connect), 1.0, Wait(secs(1))),
            ("timeout", failed(Timeout), 1.0, Wait(secs(1))),
            ("second wait is longer", Failure { attempt: 2, ..failed(Timeout) }, 1.0, Wait(secs(2))),
            ("third wait is longer", Failure { attempt: 3, ..failed(Timeout) }, 1.0, Wait(secs(4))),
            ("fourth attempt is the last", Failure { attempt: 4, ..failed(Timeout) }, 1.0, GiveUp),
            ("the service asks for more", asked(57), 1.0, Wait(secs(57))),
            ("the service asks for less", asked(0), 1.0, Wait(secs(1))),
            ("the service asks for all that is left", asked(120), 1.0, Wait(secs(120))),
            ("the service asks for too much", asked(121), 1.0, GiveUp),
            ("time is up", Failure { elapsed: secs(120), ..failed(Timeout) }, 1.0, GiveUp),
            ("an absurd wait does not overflow", asked(u64::MAX), 1.0, GiveUp),
            ("a limit leaves the waiting to the throttle", limited(4, None), 1.0, Wait(secs(0))),
            ("a limit that tells the wait", limited(4, Some(secs(57))), 1.0, Wait(secs(57))),
            ("a limit that asks for too much", limited(0, Some(secs(121))), 1.0, GiveUp),
            ("a POST may have been executed", Failure { operation: POST, ..failed(Timeout) }, 1.0, GiveUp),
            ("401 asks for a fresh token", failed(Unauthenticated), 1.0, RenewToken),
            ("401 does so once", Failure { token_is_fresh: true, ..failed(Unauthenticated) }, 1.0, GiveUp),
            (
                "401 does so for POST too",
                Failure { operation: POST, ..failed(Unauthenticated) },
                1.0,
                RenewToken,
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
        assert_eq!(decide(&RetryPolicy::never(), &failed(Timeout), 1.0), GiveUp, "no retries wanted");
        assert_eq!(decide(&RetryPolicy::never(), &limited(0, None), 1.0), GiveUp, "no retries wanted");
    }

    #[test]
    fn no_wait_of_ours_is_longer_than_the_longest() {
        let policy = RetryPolicy { max_attempts: 100, max_elapsed: Duration::MAX, ..RetryPolicy::default() };
        for attempt in 1..100 {
            let failure = Failure { attempt, ..failed(ErrorKind::Timeout) };
            let Decision::Wait(wait) = decide(&policy, &failure, 1.0) else { panic!("gave up at {attempt}") };
            assert!(wait <= policy.max_backoff);
        }
    }
}
