//! How many calls are allowed, and what the gateway says about it.

use std::time::{Duration, Instant};

/// A limit of calls, counted over all callers.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Limit {
    kind: Kind,
    calls: u32,
    tells_wait: bool,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Window(Duration),
    Bucket(f64),
}

impl Limit {
    /// So many calls in each window of this length, at once or not. The gateway's limit is thought to be one.
    pub fn window(calls: u32, length: Duration) -> Self {
        Self { kind: Kind::Window(length), calls, tells_wait: true }
    }

    /// So many calls a second on average, and after a rest as many at once as `burst`.
    pub fn bucket(calls_per_second: f64, burst: u32) -> Self {
        Self { kind: Kind::Bucket(calls_per_second), calls: burst, tells_wait: true }
    }

    /// Does not say how long to wait. Otherwise a refusal has a `Retry-After`.
    pub fn without_retry_after(mut self) -> Self {
        self.tells_wait = false;
        self
    }
}

/// The count behind a limit.
#[derive(Debug)]
pub(crate) struct Meter {
    limit: Limit,
    since: Instant,
    left: f64,
}

/// What the gateway says of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub limit: u32,
    pub remaining: u32,
    /// The call is refused, with the seconds to wait if they are told.
    #[allow(clippy::option_option, reason = "whether, and with what, are two questions")]
    pub refused: Option<Option<u64>>,
}

impl Meter {
    pub fn new(limit: Limit, now: Instant) -> Self {
        Self { limit, since: now, left: f64::from(limit.calls) }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "neither large nor negative")]
    pub fn count(&mut self, now: Instant) -> Verdict {
        let full = f64::from(self.limit.calls);
        let passed = now.duration_since(self.since);
        let wait = match self.limit.kind {
            Kind::Window(length) => {
                if passed >= length {
                    self.since = now;
                    self.left = full;
                }
                length.saturating_sub(now.duration_since(self.since))
            }
            Kind::Bucket(rate) => {
                self.since = now;
                self.left = (self.left + passed.as_secs_f64() * rate).min(full);
                // Without a rate it never fills again.
                let seconds = if rate > 0.0 { (1.0 - self.left) / rate } else { 3600.0 };
                Duration::from_secs_f64(seconds.clamp(0.0, 3600.0))
            }
        };
        let refused = self.left < 1.0;
        if !refused {
            self.left -= 1.0;
        }
        let seconds = self.limit.tells_wait.then(|| wait.as_secs_f64().ceil() as u64);
        Verdict { limit: self.limit.calls, remaining: self.left as u32, refused: refused.then_some(seconds) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_allows_its_calls_and_begins_anew() {
        let start = Instant::now();
        let mut meter = Meter::new(Limit::window(2, Duration::from_secs(10)), start);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(meter.count(at(0)), Verdict { limit: 2, remaining: 1, refused: None });
        assert_eq!(meter.count(at(1)), Verdict { limit: 2, remaining: 0, refused: None });
        assert_eq!(meter.count(at(4)), Verdict { limit: 2, remaining: 0, refused: Some(Some(6)) });
        assert_eq!(meter.count(at(10)), Verdict { limit: 2, remaining: 1, refused: None });
    }

    #[test]
    fn a_bucket_fills_again_with_time() {
        let start = Instant::now();
        let mut meter = Meter::new(Limit::bucket(0.5, 1), start);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(meter.count(at(0)).refused, None);
        assert_eq!(meter.count(at(1)).refused, Some(Some(1)));
        assert_eq!(meter.count(at(2)).refused, None);
    }
}
