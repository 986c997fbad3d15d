//! Estimates how long a rate limit takes to refill, because the service may not report it.

use std::time::Duration;

use tokio::time::Instant;

const SHORTEST_WAIT: Duration = Duration::from_millis(100);
/// How many probes use the proven wait after a shorter one was refused.
const TRUSTED_PROBES: u32 = 100;

#[derive(Debug)]
pub(super) struct Refill {
    /// When the limit was last known to refill.
    pub since: Instant,
    /// How long to wait from `since`.
    wait: Duration,
    /// The last wait after which a probe succeeded.
    proven: Duration,
    /// The number of probes before a shorter wait is tried.
    trusted: u32,
    /// The largest number of remaining calls that the service has reported, if any.
    pub most: Option<u32>,
    max_wait: Duration,
}

impl Refill {
    pub fn new(max_wait: Duration) -> Self {
        let wait = SHORTEST_WAIT.min(max_wait);
        Self { since: Instant::now(), wait, proven: Duration::ZERO, trusted: 0, most: None, max_wait }
    }

    /// Returns when to send the next probe, now that no calls are left.
    pub fn next(&mut self, now: Instant) -> Instant {
        if self.since + self.wait <= now {
            // The limit has refilled in the meantime, at an unknown time.
            self.since = now;
        }
        self.since + self.wait
    }

    /// Stores the wait as proven. If the limit was full, the wait may be longer than necessary, and a shorter one is
    /// tried next.
    pub fn probe_succeeded(&mut self, sent: Instant, remaining: Option<u32>) {
        self.since = sent;
        self.proven = self.wait;
        self.trusted = self.trusted.saturating_sub(1);
        if self.trusted == 0 && remaining >= self.most {
            self.wait = (self.wait * 31 / 32).max(SHORTEST_WAIT);
        }
    }

    /// Returns to the proven wait. If that was refused, takes the reported wait, or lengthens it.
    pub fn probe_refused(&mut self, now: Instant, retry_after: Option<Duration>) {
        if self.wait < self.proven {
            self.wait = self.proven;
            self.trusted = TRUSTED_PROBES;
            return;
        }
        // A wait that was long enough before is only a little too short now.
        let longer = if self.wait == self.proven { self.wait * 9 / 8 } else { self.wait * 2 };
        let wait = match retry_after.map(|wait| (wait, now - self.since + wait)) {
            // `Retry-After` is in whole seconds, so 1 may stand for any fraction of a second.
            Some((seconds, wait)) if seconds <= Duration::from_secs(1) => wait.min(longer),
            Some((_, wait)) => wait,
            None => longer,
        };
        self.wait = wait.min(self.max_wait);
    }
}
