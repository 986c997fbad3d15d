//! A plan being carried out: requests with bounded concurrency, then looks at the list until every report is settled.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{ChangeAll, Outcome, Step};
use crate::error::{Error, ErrorKind};
use crate::report::{ReportId, ReportStatus};

/// First and longest pause between two looks at the list.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));
/// So many failures to reach the service in a row stop a run: it is the service, not the report.
const UNREACHABLE_IN_A_ROW: u32 = 8;

/// A change under way: a [`Stream`] of [`Event`]s. Dropping it sends nothing more.
pub struct Run {
    events: Pin<Box<dyn Stream<Item = Event> + Send>>,
    stop: Arc<Stop>,
}

impl Run {
    /// The next event, or nothing when all is done.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.next().await
    }

    /// Lets what is under way finish and be confirmed, and begins nothing new. Reports that were not begun get no event.
    pub fn stop(&self) {
        self.stop.asked.store(true, Ordering::Relaxed);
        self.stop.wake.notify_waiters();
    }
}

impl Stream for Run {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.events.as_mut().poll_next(context)
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

/// Something happened to a report.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The request was answered; the report is yet to be read back. Its outcome follows.
    Answered(ReportId),
    /// The outcome of a report, once for each.
    Finished(ReportOutcome),
}

/// How it ended for one report, and why.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReportOutcome {
    /// The report.
    pub report_id: ReportId,
    /// Its name, if it was read.
    pub name: Option<String>,
    /// The last status that was seen.
    pub status: Option<ReportStatus>,
    /// How it ended.
    pub outcome: Outcome,
    /// What went wrong, if something did.
    pub error: Option<Error>,
}

/// Asks a run to end soon, and wakes it if it waits.
#[derive(Default)]
struct Stop {
    asked: AtomicBool,
    wake: Notify,
}

impl Stop {
    fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Waits, but not longer than until the run is to end.
    async fn pause(&self, time: Duration) {
        let wake = self.wake.notified();
        if self.is_asked() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = wake => {}
        }
    }
}

struct Shared {
    change: ChangeAll,
    stop: Arc<Stop>,
    /// What stopped the run for all.
    halted: OnceLock<Error>,
    unreachable: AtomicU32,
    /// Answered, or maybe arrived; to be looked up in the list.
    unconfirmed: Mutex<Vec<(Step, Option<Error>)>>,
}

/// Begins a run; nothing is sent before it is polled.
pub(super) fn start(change: ChangeAll, steps: Vec<Step>) -> Run {
    let (skipped, wanted): (Vec<_>, Vec<_>) = steps.into_iter().partition(|step| step.skip.is_some());
    let concurrency = change.concurrency;
    let shared = Arc::new(Shared {
        change,
        stop: Arc::default(),
        halted: OnceLock::new(),
        unreachable: AtomicU32::new(0),
        unconfirmed: Mutex::default(),
    });
    let skipped = stream::iter(skipped).map(|step| {
        let outcome = step.skip.unwrap_or(Outcome::Failed);
        step.finished(outcome, None)
    });
    let stop = shared.stop.clone();
    let one = shared.clone();
    let sent = stream::iter(wanted)
        .take_while(move |_| std::future::ready(!stop.is_asked()))
        .map(move |step| change_one(one.clone(), step))
        .buffer_unordered(concurrency);
    let confirmed = stream::unfold(Confirming::default(), {
        let shared = shared.clone();
        move |confirming| confirm(shared.clone(), confirming)
    });
    let stop = shared.stop.clone();
    Run { events: Box::pin(skipped.chain(sent).chain(confirmed.map(stream::iter).flatten())), stop }
}

/// Sends one request and sorts what comes back.
async fn change_one(shared: Arc<Shared>, mut step: Step) -> Event {
    if let Some(cause) = shared.halted.get() {
        let message = format!(
            "not tried, because another report failed for a cause that concerns all: {}",
            cause.message().unwrap_or(cause.kind().name())
        );
        return step.finished(Outcome::Failed, Some(cause.echo().with_message(message)));
    }
    let confirms = shared.change.confirm_within.is_some();
    match shared.change.send(step.report_id).await {
        Ok(report) => {
            shared.unreachable.store(0, Ordering::Relaxed);
            let status = report.and_then(|report| report.report_status);
            let contradicts =
                status.as_ref().is_some_and(|status| *status != shared.change.direction.target());
            step.status = status.or(step.status);
            if confirms {
                shared.look_up(step, None)
            } else if contradicts {
                step.finished(Outcome::Unconfirmed, None)
            } else {
                step.finished(shared.change.direction.done(), None)
            }
        }
        Err(error) => {
            let missed = match error.kind() {
                ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Unavailable => {
                    shared.unreachable.fetch_add(1, Ordering::Relaxed) + 1
                }
                // It answered.
                _ => {
                    shared.unreachable.store(0, Ordering::Relaxed);
                    0
                }
            };
            if concerns_all(error.kind()) || missed >= UNREACHABLE_IN_A_ROW {
                let _ = shared.halted.set(error.echo());
            }
            if confirms && may_have_arrived(&error) {
                shared.look_up(step, Some(error))
            } else {
                step.finished(Outcome::of(&error), Some(error))
            }
        }
    }
}

impl Shared {
    fn look_up(&self, step: Step, error: Option<Error>) -> Event {
        let id = step.report_id;
        self.unconfirmed.lock().unwrap_or_else(PoisonError::into_inner).push((step, error));
        Event::Answered(id)
    }
}

/// Sign-in and permission are the caller's, not the report's.
fn concerns_all(kind: ErrorKind) -> bool {
    use ErrorKind::*;
    matches!(
        kind,
        Unauthenticated
            | MfaRequired
            | WrongAudience
            | AppOnlyNotAllowed
            | Forbidden
            | Credential
            | Configuration
            | Tls
    )
}

/// After these nobody knows whether the service did what it was asked. One that says when to come back did not.
fn may_have_arrived(error: &Error) -> bool {
    let told_to_wait = error.kind() == ErrorKind::Throttled || error.retry_after().is_some();
    (error.is_retryable() && !told_to_wait) || was_accepted(error)
}

/// The service said yes, whatever became of the rest of its answer.
fn was_accepted(error: &Error) -> bool {
    error.status().is_some_and(|status| (200..300).contains(&status))
}

/// Where the confirmation stands.
#[derive(Default)]
struct Confirming {
    since: Option<Instant>,
    looks: u32,
}

/// One look at the list; the outcomes that it settles.
async fn confirm(shared: Arc<Shared>, mut confirming: Confirming) -> Option<(Vec<Event>, Confirming)> {
    let pending = std::mem::take(&mut *shared.unconfirmed.lock().unwrap_or_else(PoisonError::into_inner));
    if pending.is_empty() {
        return None;
    }
    let limit = shared.change.confirm_within.unwrap_or_default();
    let since = *confirming.since.get_or_insert_with(Instant::now);
    if confirming.looks > 0 {
        let pause = LOOK_AGAIN.0.saturating_mul(1 << (confirming.looks - 1).min(8)).min(LOOK_AGAIN.1);
        shared.stop.pause(pause.min(limit.saturating_sub(since.elapsed()))).await;
    }
    confirming.looks += 1;
    let list = tokio::time::timeout(
        limit.saturating_sub(since.elapsed()).max(LOOK_AGAIN.0),
        shared.change.client.reports(),
    )
    .await;
    let out_of_time = since.elapsed() >= limit;
    let last_look = out_of_time || shared.stop.is_asked();
    let (seen, failure) = match list {
        Ok(Ok(reports)) => {
            (reports.into_iter().map(|report| (report.report_id, report.report_status)).collect(), None)
        }
        Ok(Err(error)) => (HashMap::new(), Some(error)),
        Err(_) => (HashMap::new(), None),
    };
    let hopeless = failure.as_ref().is_some_and(|error| !error.is_retryable());
    let mut settled = Vec::new();
    let mut open = Vec::new();
    for (mut step, error) in pending {
        let status = seen.get(&step.report_id).cloned().flatten();
        let reached = status == Some(shared.change.direction.target());
        let unchanged = status == Some(shared.change.direction.source());
        step.status = status.or(step.status);
        match error {
            _ if reached => settled.push(step.finished(shared.change.direction.done(), None)),
            // It was not done, and is not being done: whoever was cut off, or too slow, may still be at it.
            Some(error)
                if unchanged
                    && (error.kind() == ErrorKind::ServiceFailure
                        || (out_of_time && !was_accepted(&error))) =>
            {
                settled.push(step.finished(Outcome::of(&error), Some(error)));
            }
            error if last_look || hopeless => {
                let error = error.or_else(|| failure.as_ref().map(Error::echo));
                settled.push(step.finished(Outcome::Unconfirmed, error));
            }
            error => open.push((step, error)),
        }
    }
    *shared.unconfirmed.lock().unwrap_or_else(PoisonError::into_inner) = open;
    Some((settled, confirming))
}
