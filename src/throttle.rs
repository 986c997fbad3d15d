//! Client-wide throttle: when the service asks one call to back off, all calls do.
//!
//! It also respects `X-RateLimit-Remaining`: the calls in flight never exceed it, and the throttle closes when it is 0.
//! A closed throttle first admits a single call, the probe, so that not all waiting calls are refused again.

mod refill;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use refill::Refill;

/// How long the throttle stays closed after a refusal that reports neither a wait nor the remaining calls.
const DEFAULT_WAIT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Throttle {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    closed: Option<Closed>,
    remaining: Option<Remaining>,
    in_flight: u32,
    last_success: Option<Instant>,
    refill: Refill,
    /// The waiting callers, in the order of their arrival.
    queue: VecDeque<u64>,
    next_ticket: u64,
    max_wait: Duration,
}

/// All callers wait until a probe succeeds.
#[derive(Clone, Copy, Debug)]
struct Closed {
    until: Instant,
    /// When the probe may be sent: at `until`, or after `max_wait` if that is earlier.
    probe_at: Instant,
    is_probing: bool,
    is_announced: bool,
}

#[derive(Clone, Copy, Debug)]
struct Remaining {
    calls: u32,
    reported_at: Instant,
}

/// What a response reports about the rate limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limit {
    /// The limit was exceeded: HTTP 429, or a 403 that means the same.
    pub too_many: bool,
    /// The limit was exceeded, or a server error has `Retry-After`.
    pub refused: bool,
    pub retry_after: Option<Duration>,
    pub remaining: Option<u32>,
}

impl Throttle {
    /// Creates a throttle that sends a probe after `max_wait`, even if the service asks for a longer wait.
    pub fn new(max_wait: Duration) -> Self {
        let state = State {
            closed: None,
            remaining: None,
            in_flight: 0,
            last_success: None,
            refill: Refill::new(max_wait),
            queue: VecDeque::new(),
            next_ticket: 0,
            max_wait,
        };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    /// Admits a call at once, unless the service reported a limit.
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        let mut state = self.lock();
        if state.closed.is_some() || state.remaining.is_some() {
            return None;
        }
        state.in_flight += 1;
        Some(self.permit(Instant::now(), false, Duration::ZERO))
    }

    /// Waits until a call may be sent. Calls `announce` with the wait if it is the first to wait for the closed
    /// throttle.
    ///
    /// Fails if that takes longer than `patience`, counted from the last success of another call. If the wait is known
    /// to be longer, fails at once, and returns the wait.
    pub async fn acquire(
        &self,
        patience: Duration,
        announce: impl Fn(Duration),
    ) -> Result<Permit<'_>, Option<Duration>> {
        let queued = Instant::now();
        let place = Place { throttle: self, ticket: self.lock().enqueue() };
        loop {
            // Created before the state is read, so that no change is missed.
            let changed = self.changed.notified();
            let now = Instant::now();
            let (wait, announced) = {
                let mut state = self.lock();
                if state.queue.front() == Some(&place.ticket)
                    && let Some(is_probe) = state.admit(now)
                {
                    let time_in_queue =
                        state.last_success.filter(|success| *success > queued).map(|_| now - queued);
                    return Ok(self.permit(now, is_probe, time_in_queue.unwrap_or_default()));
                }
                let left = state.patience_left(queued, patience, now)?;
                let closed_for = state.closed.map(|closed| closed.probe_at.saturating_duration_since(now));
                let closed_for = closed_for.filter(|wait| !wait.is_zero());
                (closed_for.map_or(left, |wait| wait.min(left)), closed_for.filter(|_| state.announce()))
            };
            if let Some(wait) = announced {
                announce(wait);
            }
            let _ = timeout(wait, changed).await;
        }
    }

    fn permit(&self, sent: Instant, is_probe: bool, time_in_queue: Duration) -> Permit<'_> {
        Permit { throttle: self, sent, is_probe, time_in_queue, is_released: false }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn enqueue(&mut self) -> u64 {
        self.next_ticket += 1;
        self.queue.push_back(self.next_ticket);
        self.next_ticket
    }

    /// Admits a call if one may be sent now. Returns whether it is the probe.
    fn admit(&mut self, now: Instant) -> Option<bool> {
        let is_admitted = match &mut self.closed {
            Some(closed) if now < closed.probe_at || closed.is_probing => false,
            Some(closed) => {
                closed.is_probing = true;
                true
            }
            // If no call is in flight, one is admitted, because only its response can report a new limit.
            None => self.in_flight == 0 || self.remaining.is_none_or(|left| self.in_flight < left.calls),
        };
        self.in_flight += u32::from(is_admitted);
        is_admitted.then_some(self.closed.is_some())
    }

    /// Returns the remaining patience of a caller. Fails if it is used up, or with the wait if that is longer.
    fn patience_left(
        &self,
        queued: Instant,
        patience: Duration,
        now: Instant,
    ) -> Result<Duration, Option<Duration>> {
        let progress = self.last_success.map_or(queued, |success| success.max(queued));
        let left = patience.saturating_sub(now - progress);
        let wait = self.closed.map(|closed| closed.until.saturating_duration_since(now));
        match wait {
            Some(wait) if wait > left => Err(Some(wait)),
            _ if left.is_zero() => Err(None),
            _ => Ok(left),
        }
    }

    /// Marks the closing as announced. Returns whether it was not announced before.
    fn announce(&mut self) -> bool {
        self.closed.as_mut().is_some_and(|closed| !std::mem::replace(&mut closed.is_announced, true))
    }

    /// Whether the response is a refusal because no calls are left.
    fn is_limited(&self, limit: &Limit) -> bool {
        limit.too_many && limit.remaining.map_or(self.refill.most.is_some(), |left| left == 0)
    }

    fn responded(&mut self, permit: &Permit, limit: Limit) {
        let now = Instant::now();
        let is_limited = self.is_limited(&limit);
        if !limit.refused {
            self.last_success = Some(now);
            self.refill.most = self.refill.most.max(limit.remaining);
        }
        if permit.is_probe {
            self.closed = None;
            if is_limited {
                self.refill.probe_refused(now, limit.retry_after);
            } else if !limit.refused {
                self.refill.probe_succeeded(permit.sent, limit.remaining);
            }
        } else if permit.sent < self.refill.since && (is_limited || !limit.refused) {
            // Sent before the latest refill, so it does not report the calls that are left now.
            return;
        }
        self.note_remaining(permit.sent, limit.remaining, now);
        let reported = limit.retry_after.map(|wait| now + wait);
        if is_limited || (!limit.refused && limit.remaining == Some(0)) {
            let learned = self.refill.next(now);
            self.close(reported.map_or(learned, |reported| reported.max(learned)), now);
        } else if limit.refused {
            self.close(reported.unwrap_or(now + DEFAULT_WAIT), now);
        }
    }

    /// Handles a probe that ended without a response. If the wait is over, the throttle opens: one call at a time does
    /// not help against a network that loses calls.
    fn lost_probe(&mut self) {
        let now = Instant::now();
        match self.closed.take().filter(|closed| closed.until > now) {
            Some(closed) => self.close(closed.until, now),
            None => self.remaining = None,
        }
    }

    /// Stores the remaining calls. Responses to concurrent calls arrive in any order, so the smallest number counts.
    fn note_remaining(&mut self, sent: Instant, remaining: Option<u32>, now: Instant) {
        self.remaining = remaining.map(|calls| match self.remaining {
            Some(known) if sent < known.reported_at => Remaining { calls: calls.min(known.calls), ..known },
            _ => Remaining { calls, reported_at: now },
        });
    }

    fn close(&mut self, until: Instant, now: Instant) {
        let probe_at = until.min(now.checked_add(self.max_wait).unwrap_or(until));
        self.closed = Some(match self.closed {
            None => Closed { until, probe_at, is_probing: false, is_announced: false },
            Some(earlier) => Closed {
                until: until.max(earlier.until),
                probe_at: probe_at.max(earlier.probe_at),
                ..earlier
            },
        });
    }
}

/// A place in the queue of waiting callers. Dropping it removes the caller.
struct Place<'a> {
    throttle: &'a Throttle,
    ticket: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.throttle.lock().queue.retain(|ticket| *ticket != self.ticket);
        self.throttle.changed.notify_waiters();
    }
}

/// A call in flight. Dropping it without a response admits others.
pub(crate) struct Permit<'a> {
    throttle: &'a Throttle,
    sent: Instant,
    is_probe: bool,
    /// Time spent waiting while other calls succeeded.
    pub time_in_queue: Duration,
    is_released: bool,
}

impl Permit<'_> {
    /// Ends the call with the limit that its response reported, if there was one. Returns whether it was refused
    /// because no calls are left.
    pub fn release(mut self, limit: Option<Limit>) -> bool {
        self.is_released = true;
        self.end(limit)
    }

    fn end(&self, limit: Option<Limit>) -> bool {
        let mut state = self.throttle.lock();
        state.in_flight = state.in_flight.saturating_sub(1);
        let is_limited = limit.is_some_and(|limit| state.is_limited(&limit));
        match limit {
            Some(limit) => state.responded(self, limit),
            None if self.is_probe => state.lost_probe(),
            // A call without a response reports nothing about the limit.
            None => {}
        }
        let has_waiters = !state.queue.is_empty();
        drop(state);
        if has_waiters {
            self.throttle.changed.notify_waiters();
        }
        is_limited
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if !self.is_released {
            self.end(None);
        }
    }
}

#[cfg(test)]
mod tests;
