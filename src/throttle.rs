//! One throttle for all calls of a client: when the service tells one of them to wait, all wait.
//!
//! Before it is told, the throttle heeds `X-RateLimit-Remaining`: no more calls are under way than are left, and when nothing
//! is left it closes until the limit is filled up again, as far as it has [learned](refills) when that is. After a wait a
//! single call, the probe, goes ahead to see whether the way is free, so that a crowd does not run into the next refusal.

mod refills;

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use refills::Refills;

/// How long the throttle stays closed when a call is refused for another cause than a limit, and not told for how long.
const UNKNOWN_WAIT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Throttle {
    /// Callers stand in line here, so that each has its turn; the first of them waits for the state.
    line: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    closed: Option<Closed>,
    left: Option<Left>,
    under_way: u32,
    /// When a call last got through.
    served: Option<Instant>,
    refills: Refills,
    /// However long the service asks to stay away, after this time a probe is sent.
    longest: Duration,
}

/// Everybody waits, until a probe has got through.
#[derive(Clone, Copy, Debug)]
struct Closed {
    until: Instant,
    /// When a probe may be sent: at the end, or before it if that is far away.
    probe_at: Instant,
    is_probed: bool,
}

/// How many calls are left.
#[derive(Clone, Copy, Debug)]
struct Left {
    calls: u32,
    heard: Instant,
}

/// What an answer says about the limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limit {
    /// The call was refused because there were too many.
    pub too_many: bool,
    /// It was refused for that, or the service asked to stay away for another cause.
    pub refused: bool,
    pub retry_after: Option<Duration>,
    pub remaining: Option<u32>,
}

impl Throttle {
    /// However long the service asks to stay away, after `longest` a probe is sent.
    pub fn new(longest: Duration) -> Self {
        let state = State {
            closed: None,
            left: None,
            under_way: 0,
            served: None,
            refills: Refills::new(longest),
            longest,
        };
        Self { line: tokio::sync::Mutex::default(), state: Mutex::new(state), changed: Notify::default() }
    }

    /// Waits until a call may be made. Fails when that takes longer than `patience`, not counting the time in which other
    /// calls get through; at once and with the time to wait, if that is known.
    pub async fn acquire(&self, patience: Duration) -> Result<Permit<'_>, Option<Duration>> {
        let came = Instant::now();
        // Where nothing is known of a limit there is nothing to wait for, and callers do not get into each other's way.
        if self.lock().let_in_freely() {
            return Ok(Permit {
                throttle: self,
                sent: came,
                is_probe: false,
                in_line: Duration::ZERO,
                limit: None,
            });
        }
        let _turn = match self.line.try_lock() {
            Ok(turn) => turn,
            Err(_) => self.stand_in_line(came, patience).await?,
        };
        loop {
            // Registered before looking, so that no change is missed in between.
            let changed = self.changed.notified();
            let longest = {
                let mut state = self.lock();
                let left = state.patience_left(came, patience)?;
                let now = Instant::now();
                if let Some(is_probe) = state.let_in(now) {
                    let in_line = state.served.filter(|served| *served > came).map(|_| now - came);
                    let in_line = in_line.unwrap_or_default();
                    return Ok(Permit { throttle: self, sent: now, is_probe, in_line, limit: None });
                }
                if left.is_zero() {
                    return Err(None);
                }
                let opens = state.closed.filter(|closed| closed.probe_at > now);
                opens.map_or(left, |closed| left.min(closed.probe_at - now))
            };
            let _ = timeout(longest, changed).await;
        }
    }

    async fn stand_in_line(
        &self,
        came: Instant,
        patience: Duration,
    ) -> Result<tokio::sync::MutexGuard<'_, ()>, Option<Duration>> {
        let mut turn = pin!(self.line.lock());
        loop {
            let left = self.lock().patience_left(came, patience)?;
            match timeout(left, &mut turn).await {
                Ok(turn) => return Ok(turn),
                Err(_) if left.is_zero() => return Err(None),
                Err(_) => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn let_in_freely(&mut self) -> bool {
        let is_free = self.closed.is_none() && self.left.is_none();
        self.under_way += u32::from(is_free);
        is_free
    }

    /// Lets a call in, if one may be made now, and says whether it is the probe.
    fn let_in(&mut self, now: Instant) -> Option<bool> {
        let may_pass = match &mut self.closed {
            Some(closed) if now < closed.probe_at || closed.is_probed => false,
            Some(closed) => {
                closed.is_probed = true;
                true
            }
            // With nothing under way one call must go ahead, or nobody would ever learn more.
            None => self.under_way == 0 || self.left.is_none_or(|left| self.under_way < left.calls),
        };
        self.under_way += u32::from(may_pass);
        may_pass.then_some(self.closed.is_some())
    }

    /// What is left of a caller's patience. Fails with the time to wait if it is not enough.
    fn patience_left(&self, came: Instant, patience: Duration) -> Result<Duration, Option<Duration>> {
        let now = Instant::now();
        let moved = self.served.map_or(came, |served| served.max(came));
        let left = patience.saturating_sub(now - moved);
        match self.closed {
            Some(closed) if closed.is_probed || now < closed.probe_at => {
                let wait = closed.until.saturating_duration_since(now);
                if wait > left { Err(Some(wait)) } else { Ok(left) }
            }
            _ => Ok(left),
        }
    }

    /// Whether an answer refuses because of a limit that counts calls.
    fn is_limited(&self, limit: &Limit) -> bool {
        limit.too_many && limit.remaining.map_or(self.refills.are_counted(), |left| left == 0)
    }

    fn answered(&mut self, permit: &Permit, limit: Limit) {
        let now = Instant::now();
        let is_limited = self.is_limited(&limit);
        if !limit.refused {
            self.served = Some(now);
            self.refills.served(limit.remaining);
        }
        if permit.is_probe {
            if is_limited {
                self.refills.missed(permit.sent, limit.retry_after);
            } else if !limit.refused {
                self.refills.found(permit.sent, limit.remaining);
            }
            self.closed = None;
        } else if self.refills.are_later_than(permit.sent) && (is_limited || !limit.refused) {
            return;
        }
        self.note_left(permit.sent, limit.remaining, now);
        let told = limit.retry_after.map(|wait| now + wait);
        if is_limited || (!limit.refused && limit.remaining == Some(0)) {
            let learned = self.refills.next(now, permit.is_probe);
            self.close(told.map_or(learned, |told| told.max(learned)), now);
        } else if limit.refused {
            self.close(told.unwrap_or(now + UNKNOWN_WAIT), now);
        }
    }

    /// The probe ended without an answer. If the time to wait is over, nobody said that it goes on, and to send one call at
    /// a time into a network that loses them would help nobody.
    fn lost_probe(&mut self) {
        let now = Instant::now();
        match self.closed.take().filter(|closed| closed.until > now) {
            Some(told) => self.close(told.until, now),
            None => self.left = None,
        }
    }

    /// Calls that were under way together are answered in any order; of them the least counts.
    fn note_left(&mut self, sent: Instant, remaining: Option<u32>, now: Instant) {
        self.left = remaining.map(|calls| match self.left {
            Some(known) if sent < known.heard => Left { calls: calls.min(known.calls), ..known },
            _ => Left { calls, heard: now },
        });
    }

    fn close(&mut self, until: Instant, now: Instant) {
        let probe_at = until.min(now.checked_add(self.longest).unwrap_or(until));
        self.closed = Some(match self.closed {
            None => Closed { until, probe_at, is_probed: false },
            Some(earlier) => Closed {
                until: until.max(earlier.until),
                probe_at: probe_at.max(earlier.probe_at),
                is_probed: earlier.is_probed,
            },
        });
    }
}

/// A call under way. Dropping it, however the call ends, lets others go ahead.
pub(crate) struct Permit<'a> {
    throttle: &'a Throttle,
    sent: Instant,
    is_probe: bool,
    /// The time that was waited while other calls got through.
    pub in_line: Duration,
    limit: Option<Limit>,
}

impl Permit<'_> {
    /// Reports what the answer said, and ends the call. Tells whether a limit refused it that counts calls.
    pub fn answered(mut self, limit: Limit) -> bool {
        self.limit = Some(limit);
        self.throttle.lock().is_limited(&limit)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.throttle.lock();
        state.under_way = state.under_way.saturating_sub(1);
        match self.limit {
            Some(limit) => state.answered(self, limit),
            None if self.is_probe => state.lost_probe(),
            // A call without an answer says nothing about the limit.
            None => {}
        }
        drop(state);
        self.throttle.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
