//! A plan being carried out: requests with bounded concurrency, then looks at the list until every report is settled.

use std::collections::HashMap;
use std::fmt;
use std::future::ready;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::ledger::{Ledger, Progress};
use super::{BulkChange, Outcome, Step};
use crate::error::{Error, ErrorKind};
use crate::report::{Report, ReportId, ReportStatus};

/// First and longest pause between two looks at the list.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));
/// So long a run that is stopped waits for what is under way, which may itself wait for a limit.
const FINISH_WITHIN: Duration = Duration::from_secs(5);
/// So many failures to reach the service in a row stop a run: it is the service, not the report.
const UNREACHABLE_IN_A_ROW: u32 = 8;

/// A change under way: a [`Stream`] of [`Event`]s. Dropping it sends nothing more.
pub struct Run {
    events: Pin<Box<dyn Stream<Item = Event> + Send>>,
    stage: watch::Sender<Stage>,
    shared: Arc<Shared>,
}

impl Run {
    /// The next event, or nothing when all is done.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.next().await
    }

    /// How many reports were skipped, or are done with as far as their request goes. Of the steps of the plan, these
    /// draw a progress bar.
    pub fn answered(&self) -> usize {
        self.shared.book().answered
    }

    /// Begins nothing new, and gives what is under way some seconds to finish and to be confirmed. What does not is
    /// [unconfirmed](Outcome::Unconfirmed); reports that were not begun get no event.
    pub fn stop(&self) {
        self.stage.send_modify(|stage| *stage = (*stage).max(Stage::Ending));
    }

    /// Ends at once. Reports that were answered and not read back are [unconfirmed](Outcome::Unconfirmed). Those whose
    /// request was under way get no event, for what became of them is not known, nor do those that were not begun.
    pub fn abort(&self) {
        self.stage.send_replace(Stage::Aborted);
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

/// Something happened to a report. Those that need no request come first, the others as they are answered.
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
    /// Which of the [steps of the plan](super::Plan::steps) it was, from 0.
    pub index: usize,
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

/// How long a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Going,
    /// Nothing new is begun.
    Ending,
    Aborted,
}

struct Shared {
    change: BulkChange,
    stage: watch::Receiver<Stage>,
    /// What stopped the run for all.
    halted: OnceLock<Error>,
    unreachable: AtomicU32,
    book: Mutex<Book>,
}

struct Book {
    ledger: Ledger,
    /// What went wrong with those that are awaited in the list, by place.
    errors: HashMap<usize, Error>,
    answered: usize,
}

/// Begins a run; nothing is sent before it is polled.
pub(super) fn start(change: BulkChange, ledger: Ledger) -> Run {
    let (stage, watched) = watch::channel(Stage::Going);
    let (places, concurrency) = (0..ledger.len(), change.concurrency);
    let shared = Arc::new(Shared {
        change,
        stage: watched,
        halted: OnceLock::new(),
        unreachable: AtomicU32::new(0),
        book: Mutex::new(Book { ledger, errors: HashMap::new(), answered: 0 }),
    });
    let (known, one, ending) = (shared.clone(), shared.clone(), shared.clone());
    // What needs no request is told first, however long the others take.
    let skipped = stream::iter(places.clone()).filter_map(move |place| ready(known.book().skip(place)));
    let answered = stream::iter(places)
        .filter(move |place| ready(!ending.is_skipped(*place) && ending.stage() == Stage::Going))
        .map(move |place| change_one(one.clone(), place))
        .buffer_unordered(concurrency)
        .take_until(reached(shared.stage.clone(), Stage::Aborted));
    let confirmed =
        stream::unfold((shared.clone(), Confirming::default()), |(shared, mut confirming)| async {
            let event = confirm(&shared, &mut confirming).await?;
            Some((event, (shared, confirming)))
        });
    Run { events: Box::pin(skipped.chain(answered).chain(confirmed).fuse()), stage, shared }
}

/// Waits until a run has come to a stage. It does not end for a run that nobody can tell anything any more.
async fn reached(mut stage: watch::Receiver<Stage>, wanted: Stage) {
    if stage.wait_for(|stage| *stage >= wanted).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Ends when a run that was stopped has waited long enough.
async fn overdue(stage: watch::Receiver<Stage>) {
    reached(stage, Stage::Ending).await;
    sleep(FINISH_WITHIN).await;
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stage(&self) -> Stage {
        *self.stage.borrow()
    }

    fn is_skipped(&self, place: usize) -> bool {
        self.book().ledger.skip(place).is_some()
    }
}

impl Book {
    /// Its request has been answered, and the list has to say the rest.
    fn look_up(&mut self, place: usize, error: Option<Error>) -> Event {
        self.answered += 1;
        self.ledger.set_progress(place, Progress::Awaited);
        self.errors.extend(error.map(|error| (place, error)));
        Event::Answered(self.ledger.report_id(place))
    }

    /// The outcome of a report that is sent no request.
    fn skip(&mut self, place: usize) -> Option<Event> {
        let outcome = self.ledger.skip(place)?;
        Some(self.finish_now(place, outcome, None))
    }

    /// It needs no look at the list.
    fn finish_now(&mut self, place: usize, outcome: Outcome, error: Option<Error>) -> Event {
        self.answered += 1;
        self.finish(place, outcome, error)
    }

    fn finish(&mut self, place: usize, outcome: Outcome, error: Option<Error>) -> Event {
        self.ledger.set_progress(place, Progress::Settled);
        let Step { report_id, name, status, .. } = self.ledger.step(place);
        Event::Finished(ReportOutcome { index: place, report_id, name, status, outcome, error })
    }

    fn is_waiting(&self) -> bool {
        let is_waiting = |place| matches!(self.ledger.progress(place), Progress::Awaited | Progress::Listed);
        (0..self.ledger.len()).any(is_waiting)
    }

    fn saw_in_list(&mut self, report: Report) {
        if let Some(place) = self.ledger.find(report.report_id)
            && self.ledger.progress(place) == Progress::Awaited
            && report.report_status.is_some()
        {
            self.ledger.set_progress(place, Progress::Listed);
            self.ledger.note_status(place, report.report_status);
        }
    }

    /// What an earlier list said, or a part of one, counts no more.
    fn forget_list(&mut self) {
        for place in 0..self.ledger.len() {
            if self.ledger.progress(place) == Progress::Listed {
                self.ledger.set_progress(place, Progress::Awaited);
            }
        }
    }
}

/// Sends one request and sorts what comes back.
async fn change_one(shared: Arc<Shared>, place: usize) -> Event {
    if let Some(cause) = shared.halted.get() {
        let message = format!(
            "not tried, because another report failed for a cause that concerns all: {}",
            cause.message().unwrap_or(cause.kind().name())
        );
        let error = cause.clone().with_message(message);
        return shared.book().finish_now(place, Outcome::Failed, Some(error));
    }
    let confirms = shared.change.verify_timeout.is_some();
    let direction = shared.change.direction;
    let id = shared.book().ledger.report_id(place);
    let sent = tokio::select! {
        biased;
        sent = shared.change.send(id) => sent,
        () = overdue(shared.stage.clone()) => {
            let error = Error::new(ErrorKind::Timeout).with_message("the run was stopped before an answer came");
            let mut book = shared.book();
            return if confirms {
                book.look_up(place, Some(error))
            } else {
                book.finish_now(place, Outcome::Unconfirmed, Some(error))
            };
        }
    };
    match sent {
        Ok(report) => {
            shared.unreachable.store(0, Ordering::Relaxed);
            let status = report.and_then(|report| report.report_status);
            let contradicts = status.as_ref().is_some_and(|status| *status != direction.target());
            let mut book = shared.book();
            book.ledger.note_status(place, status);
            if confirms {
                book.look_up(place, None)
            } else if contradicts {
                book.finish_now(place, Outcome::Unconfirmed, None)
            } else {
                book.finish_now(place, direction.done(), None)
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
                let _ = shared.halted.set(error.clone());
            }
            if confirms && may_have_arrived(&error) {
                shared.book().look_up(place, Some(error))
            } else {
                shared.book().finish_now(place, Outcome::of(&error), Some(error))
            }
        }
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
    latest: Option<Look>,
    /// The next place to be held against the latest look.
    next: usize,
}

/// What a look at the list came to.
#[derive(Default)]
struct Look {
    /// Why the list could not be read, if it could not.
    failure: Option<Error>,
    is_out_of_time: bool,
    is_last: bool,
}

/// The next outcome. Looks at the list whenever the latest look settles no more.
async fn confirm(shared: &Arc<Shared>, confirming: &mut Confirming) -> Option<Event> {
    loop {
        if let Some(event) = settle_next(shared, confirming) {
            return Some(event);
        }
        if !shared.book().is_waiting() {
            return None;
        }
        confirming.latest = Some(look(shared, confirming).await);
        confirming.next = 0;
    }
}

/// Reads the list, and notes the status of those that wait for it.
async fn look(shared: &Arc<Shared>, confirming: &mut Confirming) -> Look {
    let limit = shared.change.verify_timeout.unwrap_or_default();
    let since = *confirming.since.get_or_insert_with(Instant::now);
    if confirming.looks > 0 {
        let pause = LOOK_AGAIN.0.saturating_mul(1 << (confirming.looks - 1).min(8)).min(LOOK_AGAIN.1);
        let pause = pause.min(limit.saturating_sub(since.elapsed()));
        let _ = timeout(pause, reached(shared.stage.clone(), Stage::Ending)).await;
    }
    confirming.looks += 1;
    shared.book().forget_list();
    let list = shared.change.client.list_reports(None);
    let list = tokio::select! {
        biased;
        () = reached(shared.stage.clone(), Stage::Aborted) => None,
        () = overdue(shared.stage.clone()) => None,
        list = timeout(limit.saturating_sub(since.elapsed()).max(LOOK_AGAIN.0), list) => list.ok(),
    };
    let failure = match list {
        Some(Ok(reports)) => {
            for report in reports {
                shared.book().saw_in_list(report);
            }
            None
        }
        Some(Err(error)) => Some(error),
        None => None,
    };
    let is_out_of_time = since.elapsed() >= limit;
    Look { failure, is_out_of_time, is_last: is_out_of_time || shared.stage() > Stage::Going }
}

/// The next outcome that the latest look settles.
fn settle_next(shared: &Shared, confirming: &mut Confirming) -> Option<Event> {
    let look = confirming.latest.as_ref()?;
    let direction = shared.change.direction;
    let mut book = shared.book();
    for place in confirming.next..book.ledger.len() {
        let status = match book.ledger.progress(place) {
            Progress::Listed => book.ledger.status(place),
            Progress::Awaited => None,
            _ => continue,
        };
        let reached = status == Some(&direction.target());
        let unchanged = status == Some(&direction.source());
        let is_hopeless = look.failure.as_ref().is_some_and(|error| !error.is_retryable());
        let (outcome, error) = match book.errors.remove(&place) {
            _ if reached => (direction.done(), None),
            // It was not done, and is not being done: whoever was cut off, or too slow, may still be at it.
            Some(error)
                if unchanged
                    && (error.kind() == ErrorKind::ServerError
                        || (look.is_out_of_time && !was_accepted(&error))) =>
            {
                (Outcome::of(&error), Some(error))
            }
            error if look.is_last || is_hopeless => {
                (Outcome::Unconfirmed, error.or_else(|| look.failure.clone()))
            }
            error => {
                book.errors.extend(error.map(|error| (place, error)));
                continue;
            }
        };
        confirming.next = place + 1;
        return Some(book.finish(place, outcome, error));
    }
    confirming.next = book.ledger.len();
    None
}
