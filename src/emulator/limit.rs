//! Rate limits of the gateway.

use std::time::{Duration, Instant};

/// A rate limit over all callers.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Limit {
    kind: Kind,
    calls: u32,
    retry_after: bool,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Window(Duration),
    Bucket(f64),
}

impl Limit {
    /// Allows `calls` requests in each window of this length. The service is assumed to have this kind of limit.
    pub fn window(calls: u32, length: Duration) -> Self {
        Self { kind: Kind::Window(length), calls, retry_after: true }
    }

    /// Allows `calls_per_second` requests a second on average, and up to `burst` at once.
    pub fn bucket(calls_per_second: f64, burst: u32) -> Self {
        Self { kind: Kind::Bucket(calls_per_second), calls: burst, retry_after: true }
    }

    /// Omits the `Retry-After` header.
    pub fn without_retry_after(mut self) -> Self {
        self.retry_after = false;
        self
    }
}

/// The state of a limit.
#[derive(Debug)]
pub(crate) struct Meter {
    limit: Limit,
    since: Instant,
    remaining: f64,
}

/// What the gateway decides about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub limit: u32,
    pub remaining: u32,
    /// `Some` if the request is refused, with the seconds to wait if the response reports them.
    #[allow(clippy::option_option, reason = "a refusal need not report a delay")]
    pub refused: Option<Option<u64>>,
}

impl Meter {
    pub fn new(limit: Limit, now: Instant) -> Self {
        Self { limit, since: now, remaining: f64::from(limit.calls) }
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the values are small and not negative"
    )]
    pub fn count(&mut self, now: Instant) -> Verdict {
        let full = f64::from(self.limit.calls);
        let passed = now.duration_since(self.since);
        let wait = match self.limit.kind {
            Kind::Window(length) => {
                if passed >= length {
                    self.since = now;
                    self.remaining = full;
                }
                length.saturating_sub(now.duration_since(self.since))
            }
            Kind::Bucket(rate) => {
                self.since = now;
                self.remaining = (self.remaining + passed.as_secs_f64() * rate).min(full);
                // A bucket without a rate never refills.
                let seconds = if rate > 0.0 { (1.0 - self.remaining) / rate } else { 3600.0 };
                Duration::from_secs_f64(seconds.clamp(0.0, 3600.0))
            }
        };
        let refused = self.remaining < 1.0;
        if !refused {
            self.remaining -= 1.0;
        }
        let seconds = self.limit.retry_after.then(|| wait.as_secs_f64().ceil() as u64);
        let refused = refused.then_some(seconds);
        Verdict { limit: self.limit.calls, remaining: self.remaining as u32, refused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts a request at each of the given seconds. Returns the remaining requests, or the delay of a refusal.
    fn count(limit: Limit, seconds: &[u64]) -> Vec<Result<u32, Option<u64>>> {
        let start = Instant::now();
        let mut meter = Meter::new(limit, start);
        let verdicts = seconds.iter().map(|second| meter.count(start + Duration::from_secs(*second)));
        verdicts.map(|verdict| verdict.refused.map_or(Ok(verdict.remaining), Err)).collect()
    }

    #[test]
    fn window_refills_at_its_end() {
        let limit = Limit::window(2, Duration::from_secs(10));
        assert_eq!(count(limit, &[0, 1, 4, 10]), [Ok(1), Ok(0), Err(Some(6)), Ok(1)]);
    }

    #[test]
    fn bucket_refills_over_time() {
        assert_eq!(count(Limit::bucket(0.5, 1), &[0, 1, 2]), [Ok(0), Err(Some(1)), Ok(0)]);
    }
}
