//! One gate for all calls of a client: when the service tells one of them to wait, all wait.
//!
//! Before it is told, the gate heeds `X-RateLimit-Remaining`: no more calls are under way than are left. After a wait, a
//! single call goes ahead to see whether the way is free, so that a crowd does not run into the next refusal.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How long the gate stays closed when nothing is left and the service does not say for how long.
const UNKNOWN_WINDOW: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Closed until then; afterwards, until one call has succeeded, for one at a time.
    closed_until: Option<Instant>,
    /// What the latest answer said is left.
    remaining: Option<u32>,
    under_way: u32,
}

impl State {
    fn may_pass(&self, now: Instant) -> bool {
        match self.closed_until {
            Some(until) => now >= until && self.under_way == 0,
            // With nothing under way one call must go ahead, or nobody would ever learn more.
            None => self.under_way == 0 || self.remaining.is_none_or(|remaining| self.under_way < remaining),
        }
    }
}

/// What an answer says about the limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limit {
    /// The call was refused because there were too many, or the service asked to stay away.
    pub refused: bool,
    pub retry_after: Option<Duration>,
    pub remaining: Option<u32>,
}

impl Gate {
    /// Waits until a call may be made. Tells the time to wait instead if that is longer than `patience`.
    pub async fn pass(&self, patience: Duration) -> Result<Pass<'_>, Duration> {
        let began = Instant::now();
        loop {
            // Registered before looking, so that no change is missed in between.
            let changed = self.changed.notified();
            let open_at = {
                let mut state = self.lock();
                let now = Instant::now();
                if state.may_pass(now) {
                    state.under_way += 1;
                    return Ok(Pass { gate: self, limit: None });
                }
                state.closed_until.filter(|until| *until > now)
            };
            let Some(open_at) = open_at else {
                changed.await;
                continue;
            };
            if open_at.duration_since(began) > patience {
                return Err(open_at.duration_since(Instant::now()));
            }
            tokio::select! {
                () = tokio::time::sleep_until(open_at) => {}
                () = changed => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call under way. Dropping it, however the call ends, lets others go ahead.
pub(crate) struct Pass<'a> {
    gate: &'a Gate,
    limit: Option<Limit>,
}

impl Pass<'_> {
    /// Reports what the answer said, and ends the call.
    pub fn answered(mut self, limit: Limit) {
        self.limit = Some(limit);
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        state.under_way = state.under_way.saturating_sub(1);
        // A call without an answer says nothing about the limit.
        if let Some(limit) = self.limit {
            state.remaining = limit.remaining;
            let empty = limit.remaining == Some(0);
            if limit.refused || empty {
                let until = Instant::now() + limit.retry_after.unwrap_or(UNKNOWN_WINDOW);
                state.closed_until = state.closed_until.max(Some(until));
            } else if state.closed_until.is_some_and(|until| Instant::now() >= until) {
                state.closed_until = None;
            }
        }
        drop(state);
        self.gate.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn left(remaining: u32) -> Limit {
        Limit { remaining: Some(remaining), ..Limit::default() }
    }

    fn refused(seconds: u64) -> Limit {
        Limit { refused: true, retry_after: Some(Duration::from_secs(seconds)), remaining: None }
    }

    async fn waits(gate: &Gate) -> Duration {
        let began = Instant::now();
        drop(gate.pass(LONG).await);
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_gate_lets_any_number_pass() {
        let gate = Gate::default();
        let mut passes = Vec::new();
        for _ in 0..100 {
            passes.push(gate.pass(Duration::ZERO).await.unwrap());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_refusal_makes_everybody_wait() {
        let gate = Gate::default();
        gate.pass(LONG).await.unwrap().answered(refused(57));
        assert_eq!(waits(&gate).await, Duration::from_secs(57));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_refusal_one_call_goes_ahead_and_its_success_opens_the_gate() {
        let gate = Gate::default();
        gate.pass(LONG).await.unwrap().answered(refused(5));
        let probe = gate.pass(LONG).await.unwrap();
        let second = tokio::time::timeout(Duration::from_secs(60), gate.pass(LONG)).await;
        assert!(second.is_err(), "a second call passed beside the probe");
        probe.answered(Limit::default());
        let _first = gate.pass(LONG).await.unwrap();
        let _second = gate.pass(LONG).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_left_closes_the_gate_before_anything_is_refused() {
        let gate = Gate::default();
        gate.pass(LONG).await.unwrap().answered(left(0));
        assert_eq!(waits(&gate).await, UNKNOWN_WINDOW);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_calls_are_under_way_than_are_left() {
        let gate = Gate::default();
        gate.pass(LONG).await.unwrap().answered(left(2));
        let first = gate.pass(LONG).await.unwrap();
        let _second = gate.pass(LONG).await.unwrap();
        assert!(tokio::time::timeout(Duration::from_secs(9), gate.pass(LONG)).await.is_err());
        first.answered(left(2));
        assert!(gate.pass(LONG).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_abandoned_blocks_nobody() {
        let gate = Gate::default();
        gate.pass(LONG).await.unwrap().answered(refused(5));
        drop(gate.pass(LONG).await.unwrap());
        assert!(gate.pass(LONG).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_longer_than_the_patience_fails_at_once_and_says_how_long() {
        let gate = Gate::default();
        gate.pass(LONG).await.unwrap().answered(refused(600));
        let began = Instant::now();
        let wait = gate.pass(Duration::from_secs(120)).await.err();
        assert_eq!((wait, began.elapsed()), (Some(Duration::from_secs(600)), Duration::ZERO));
    }
}
