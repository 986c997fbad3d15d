//! The workflow: plan, change, verify. One report or thousands.
//!
//! The plain operation, one request exactly as documented, is [`InsightsClient::resume`].

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::list::{ReportFilter, name_pattern};
use crate::report::{Report, ReportId, ReportStatus};

/// So many failures to reach the service in a row stop a run: it is the service, not the report.
const UNREACHABLE_IN_A_ROW: u32 = 8;
/// First and longest pause between two looks at the list.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// Which reports are meant.
#[derive(Clone, Debug)]
#[must_use]
pub struct Selection {
    ids: Option<Vec<ReportId>>,
    filter: ReportFilter,
}

impl Selection {
    /// Every report that the change applies to: for a resume the paused ones, for a pause the active ones.
    pub fn all() -> Self {
        Self { ids: None, filter: ReportFilter::default() }
    }

    /// These reports, each once.
    pub fn ids(ids: impl IntoIterator<Item = ReportId>) -> Self {
        let mut seen = HashSet::new();
        let ids = ids.into_iter().filter(|id| seen.insert(*id)).collect();
        Self { ids: Some(ids), filter: ReportFilter::default() }
    }

    /// Of these, only reports whose whole name fits this pattern, in any letter case: `*` stands for any text, `?` for
    /// one character.
    pub fn name(mut self, pattern: &str) -> Self {
        self.filter.name = Some(name_pattern(pattern));
        self
    }

    /// Of these, only reports that run this query.
    pub fn query_id(mut self, query_id: impl Into<String>) -> Self {
        self.filter.query_id = Some(query_id.into());
        self
    }
}

/// Resume or pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Resume,
    Pause,
}

impl Direction {
    fn target(self) -> ReportStatus {
        match self {
            Self::Resume => ReportStatus::Active,
            Self::Pause => ReportStatus::Paused,
        }
    }

    fn source(self) -> ReportStatus {
        match self {
            Self::Resume => ReportStatus::Paused,
            Self::Pause => ReportStatus::Active,
        }
    }

    fn done(self) -> Outcome {
        match self {
            Self::Resume => Outcome::Resumed,
            Self::Pause => Outcome::Paused,
        }
    }
}

/// How it ended for one report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It was paused and runs again.
    Resumed,
    /// It ran already; nothing was sent.
    AlreadyActive,
    /// It is inactive, or in a state that is not known; nothing was sent.
    NotResumable,
    /// It ran and is paused.
    Paused,
    /// It was paused already; nothing was sent.
    AlreadyPaused,
    /// It is inactive, or in a state that is not known; nothing was sent.
    NotPausable,
    /// There is no such report.
    NotFound,
    /// The service refused, and will refuse again.
    Refused,
    /// It did not work, and may work another time.
    Failed,
    /// The service accepted the request, but the report was not seen in its new state in time.
    Unconfirmed,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 10] = [
        Self::Resumed,
        Self::AlreadyActive,
        Self::NotResumable,
        Self::Paused,
        Self::AlreadyPaused,
        Self::NotPausable,
        Self::NotFound,
        Self::Refused,
        Self::Failed,
        Self::Unconfirmed,
    ];

    /// The word for it, such as `already-active`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resumed => "resumed",
            Self::AlreadyActive => "already-active",
            Self::NotResumable => "not-resumable",
            Self::Paused => "paused",
            Self::AlreadyPaused => "already-paused",
            Self::NotPausable => "not-pausable",
            Self::NotFound => "not-found",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unconfirmed => "unconfirmed",
        }
    }

    /// Whether the report is in the wanted state.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Resumed | Self::AlreadyActive | Self::Paused | Self::AlreadyPaused)
    }

    fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::BadRequest | ErrorKind::Conflict | ErrorKind::Forbidden => Self::Refused,
            _ => Self::Failed,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl InsightsClient {
    /// Begins a resume of many reports: plan, resume, verify.
    ///
    /// ```no_run
    /// # async fn run(client: partner_center_insights::InsightsClient) -> Result<(), partner_center_insights::Error> {
    /// use partner_center_insights::{Event, Selection};
    ///
    /// let plan = client.resume_all(Selection::all().name("Sales*")).plan().await?;
    /// let mut run = plan.run();
    /// while let Some(event) = run.next().await {
    ///     if let Event::Finished(report) = event {
    ///         println!("{} {}", report.report_id, report.outcome);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume_all(&self, selection: Selection) -> ChangeAll {
        ChangeAll::new(self, selection, Direction::Resume)
    }

    /// Begins a pause of many reports: plan, pause, verify.
    pub fn pause_all(&self, selection: Selection) -> ChangeAll {
        ChangeAll::new(self, selection, Direction::Pause)
    }
}

/// Settings of a change of many reports. Nothing is sent before [`plan`](Self::plan).
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is planned"]
pub struct ChangeAll {
    client: InsightsClient,
    selection: Selection,
    direction: Direction,
    concurrency: usize,
    confirm_within: Option<Duration>,
}

impl ChangeAll {
    fn new(client: &InsightsClient, selection: Selection, direction: Direction) -> Self {
        let confirm_within = Some(Duration::from_secs(60));
        Self { client: client.clone(), selection, direction, concurrency: 4, confirm_within }
    }

    /// At most so many requests are under way at once. Default: 4, because a limit of ten calls in a window of unknown
    /// length has been seen.
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// How long to wait for a report to be seen in its new state. Default: 60 s.
    pub fn confirm_within(mut self, time: Duration) -> Self {
        self.confirm_within = Some(time);
        self
    }

    /// Believes the answer of the service and does not read the reports back. With a selection of ids, the list is
    /// not read beforehand either: what is sent is the bare operation for each, and nothing else.
    pub fn without_confirmation(mut self) -> Self {
        self.confirm_within = None;
        self
    }

    /// Reads the list once and says what would be done. This is the dry run; [`Plan::run`] does it.
    ///
    /// # Errors
    ///
    /// If the list cannot be read. See [`ErrorKind`].
    pub async fn plan(self) -> Result<Plan, Error> {
        let steps = match self.selection.ids.clone() {
            Some(ids) if self.confirm_within.is_none() => ids.into_iter().map(Step::unseen).collect(),
            ids => self.steps(ids, self.client.reports().await?),
        };
        Ok(Plan { change: self, steps })
    }

    fn steps(&self, ids: Option<Vec<ReportId>>, reports: Vec<Report>) -> Vec<Step> {
        let filter = &self.selection.filter;
        let Some(ids) = ids else {
            let source = Some(self.direction.source());
            let wanted =
                reports.into_iter().filter(|report| report.report_status == source && filter.fits(report));
            return wanted.map(|report| Step::seen(report, None)).collect();
        };
        let mut by_id: HashMap<_, _> = reports.into_iter().map(|report| (report.report_id, report)).collect();
        let step = |id| match by_id.remove(&id) {
            Some(report) if !filter.fits(&report) => None,
            Some(report) => {
                let skip = self.skip(report.report_status.as_ref());
                Some(Step::seen(report, skip))
            }
            None => Some(Step { skip: Some(Outcome::NotFound), ..Step::unseen(id) }),
        };
        ids.into_iter().filter_map(step).collect()
    }

    /// The outcome of a report that needs no request, or cannot be helped by one.
    fn skip(&self, status: Option<&ReportStatus>) -> Option<Outcome> {
        if status == Some(&self.direction.source()) {
            return None;
        }
        let there = status == Some(&self.direction.target());
        Some(match (self.direction, there) {
            (Direction::Resume, true) => Outcome::AlreadyActive,
            (Direction::Resume, false) => Outcome::NotResumable,
            (Direction::Pause, true) => Outcome::AlreadyPaused,
            (Direction::Pause, false) => Outcome::NotPausable,
        })
    }

    async fn send(&self, id: ReportId) -> Result<Option<Report>, Error> {
        match self.direction {
            Direction::Resume => self.client.resume(id).await,
            Direction::Pause => self.client.pause(id).await,
        }
    }
}

/// What would be done with one report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The report.
    pub report_id: ReportId,
    /// Its name, if it was read.
    pub name: Option<String>,
    /// Its status, if it was read.
    pub status: Option<ReportStatus>,
    /// The outcome, if nothing is to be sent.
    pub skip: Option<Outcome>,
}

impl Step {
    fn unseen(report_id: ReportId) -> Self {
        Self { report_id, name: None, status: None, skip: None }
    }

    fn seen(report: Report, skip: Option<Outcome>) -> Self {
        Self { report_id: report.report_id, name: report.report_name, status: report.report_status, skip }
    }

    fn finished(self, outcome: Outcome, error: Option<Error>) -> Event {
        let Self { report_id, name, status, .. } = self;
        Event::Finished(ReportOutcome { report_id, name, status, outcome, error })
    }
}

/// What would be done, report by report. Nothing has been changed.
#[derive(Clone, Debug)]
#[must_use = "nothing is changed until it is run"]
pub struct Plan {
    change: ChangeAll,
    steps: Vec<Step>,
}

impl Plan {
    /// The steps, in the order of the service's list or of the given ids.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How many reports would be sent a request.
    pub fn requests(&self) -> usize {
        self.steps.iter().filter(|step| step.skip.is_none()).count()
    }

    /// Does it. The run begins when it is first polled.
    ///
    /// Running twice is safe: what is done already is skipped by the second plan.
    pub fn run(self) -> Run {
        let Plan { change, steps } = self;
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
}

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
            step.status = report.and_then(|report| report.report_status).or(step.status);
            if confirms {
                shared.look_up(step, None)
            } else {
                step.finished(shared.change.direction.done(), None)
            }
        }
        Err(error) => {
            let missed =
                if error.is_retryable() { shared.unreachable.fetch_add(1, Ordering::Relaxed) + 1 } else { 0 };
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

/// After these nobody knows whether the service did what it was asked.
fn may_have_arrived(error: &Error) -> bool {
    error.is_retryable()
        || (error.kind() == ErrorKind::BrokenContract && error.status().is_some_and(|s| s < 300))
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
    let last_look = since.elapsed() >= limit || shared.stop.is_asked();
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
            // It never arrived.
            Some(error) if unchanged => settled.push(step.finished(Outcome::of(&error), Some(error))),
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
