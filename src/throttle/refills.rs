//! When a limit is filled up again: learned from what calls find after a wait, because the service need not tell.
//!
//! A fixed window is filled up at once and a bucket bit by bit, and nobody says which of them it is. The wait is searched
//! for between one that was too short and one that was enough. It becomes shorter only while the limit is found full, for
//! then the wait may have been longer than need be; a bucket that is not full again has lost nothing.

use std::time::Duration;

use tokio::time::Instant;

/// The first wait of the search; the next ones double.
const FIRST: Duration = Duration::from_millis(100);
/// The search ends when it is this close: one part in so many.
const CLOSE: u32 = 50;
/// After so many waits that were enough, shorter ones are tried: the limit may have become a better one.
const OFTEN: u32 = 200;

#[derive(Debug)]
pub(super) struct Refills {
    /// The latest refill that is known of.
    since: Instant,
    /// Whether that is the moment of the refill, and not of something after it.
    is_exact: bool,
    /// The most that was ever left, if the service says what is left.
    most: Option<u32>,
    too_short: Duration,
    enough: Option<Duration>,
    /// What is added to a wait that was too short while none is known to be enough.
    step: Duration,
    /// Waits that were enough, since the latest that was not.
    in_a_row: u32,
    /// No wait is longer.
    longest: Duration,
}

impl Refills {
    pub fn new(longest: Duration) -> Self {
        let step = FIRST.min(longest);
        Self {
            since: Instant::now(),
            is_exact: false,
            most: None,
            too_short: Duration::ZERO,
            enough: None,
            step,
            in_a_row: 0,
            longest,
        }
    }

    /// Whether the service has ever said how many calls are left.
    pub fn are_counted(&self) -> bool {
        self.most.is_some()
    }

    /// Whether a call was sent before the latest refill, so that its answer says nothing of what is left now.
    pub fn are_later_than(&self, sent: Instant) -> bool {
        sent < self.since
    }

    /// When to try again, now that nothing is left, as the probe or another call was told.
    pub fn next(&mut self, now: Instant, by_probe: bool) -> Instant {
        if !by_probe && self.since + self.wait() <= now {
            // There was a refill since, and nobody saw it.
            self.since = now;
            self.is_exact = false;
        }
        self.since + self.wait()
    }

    fn wait(&self) -> Duration {
        let wait = match self.enough {
            None => self.too_short.saturating_add(self.step),
            Some(enough) if enough.saturating_sub(self.too_short) > enough / CLOSE => {
                (self.too_short + enough) / 2
            }
            Some(enough) => enough,
        };
        wait.min(self.longest)
    }

    /// A call got through, and so many are left.
    pub fn served(&mut self, left: Option<u32>) {
        self.most = self.most.max(left);
    }

    /// The first call after a wait got through.
    pub fn found(&mut self, sent: Instant, left: Option<u32>) {
        let after = sent - self.since;
        if self.is_exact && self.is_prompt(after) {
            self.in_a_row = self.in_a_row.saturating_add(1);
            let enough = self.enough.map_or(after, |enough| enough.min(after));
            self.enough = Some(enough);
            self.step = (enough / CLOSE).max(FIRST / CLOSE);
            // A bucket that could take in as much again: nothing of it ran over.
            if left.is_some_and(|left| Some(left.saturating_add(2)) <= self.most) {
                self.too_short = enough;
            } else if self.in_a_row >= OFTEN {
                let gap = enough.saturating_sub(self.too_short).max(enough / CLOSE);
                self.too_short = enough.saturating_sub(2 * gap);
            }
        }
        self.since = sent;
        self.is_exact = true;
    }

    /// The first call after a wait was refused.
    pub fn missed(&mut self, sent: Instant, told: Option<Duration>) {
        let after = sent - self.since;
        let is_first = self.in_a_row > 0;
        self.in_a_row = 0;
        if !self.is_prompt(after) {
            // There was a refill that nobody saw, or the answer took longer than the wait. Count from here, and wait longer
            // each time, or one refusal would follow the other.
            self.since = sent;
            self.is_exact = false;
            if !is_first {
                self.enough = None;
                self.step = self.step.saturating_mul(2).min(self.longest);
            }
            return;
        }
        self.too_short = after;
        let told = told.unwrap_or_default();
        match self.enough {
            // Told in whole seconds, rounded up; windows are of whole seconds as a rule.
            Some(enough) if after < enough => {
                let whole = Duration::from_secs((after + told).as_secs());
                if whole < enough {
                    self.too_short = whole.max(after);
                }
            }
            // It was enough before, so it is not far from it, unless that is told.
            Some(_) => {
                self.enough = None;
                self.step = told.saturating_sub(Duration::from_secs(1)).max(self.step);
            }
            None if told.is_zero() => self.step = self.step.saturating_mul(2).min(self.longest),
            None => self.step = told.min(self.longest),
        }
    }

    /// A call long after the wait does not say whether the wait was enough.
    fn is_prompt(&self, after: Duration) -> bool {
        after <= self.wait().saturating_mul(2)
    }
}
