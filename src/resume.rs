//! The workflow: plan, change, verify. One report or thousands.
//!
//! The plain operation, one request exactly as documented, is [`InsightsClient::resume`].

mod ledger;
mod run;

use std::fmt;
use std::time::Duration;

pub use run::{Event, ReportOutcome, Run};

use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};

use crate::report::{Report, ReportId, ReportStatus};
use crate::reports::{ReportFilter, name_pattern};
use ledger::{Ledger, Progress};

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
        Self { ids: Some(ids.into_iter().collect()), filter: ReportFilter::default() }
    }

    /// Of these, only reports whose whole name fits this pattern, in any letter case: `*` stands for any text, `?` for
    /// one character.
    pub fn name_matches(mut self, pattern: &str) -> Self {
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

    /// The outcome of a report that needs no request, or cannot be helped by one.
    fn skip(self, status: Option<&ReportStatus>) -> Option<Outcome> {
        if status == Some(&self.source()) {
            return None;
        }
        let there = status == Some(&self.target());
        Some(match (self, there) {
            (Direction::Resume, true) => Outcome::AlreadyActive,
            (Direction::Resume, false) => Outcome::NotResumable,
            (Direction::Pause, true) => Outcome::AlreadyPaused,
            (Direction::Pause, false) => Outcome::NotPausable,
        })
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
    /// The request was accepted, or may have arrived, but the report was not seen in its new state in time.
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
    /// Begins a resume of many reports: plan, resume, verify. However many they are, no more is held of each than its
    /// id, its name and how far it is.
    ///
    /// ```no_run
    /// # async fn run(client: partner_center_insights::InsightsClient) -> Result<(), partner_center_insights::Error> {
    /// use partner_center_insights::{Event, Selection};
    ///
    /// let plan = client.resume_all(Selection::all().name_matches("Sales*")).plan().await?;
    /// let mut run = plan.run();
    /// while let Some(event) = run.next().await {
    ///     if let Event::Finished(report) = event {
    ///         println!("{} {}", report.report_id, report.outcome);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume_all(&self, selection: Selection) -> BulkChange {
        BulkChange::new(self, selection, Direction::Resume)
    }

    /// Begins a pause of many reports: plan, pause, verify.
    pub fn pause_all(&self, selection: Selection) -> BulkChange {
        BulkChange::new(self, selection, Direction::Pause)
    }
}

/// Settings of a change of many reports. Nothing is sent before [`plan`](Self::plan).
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is planned"]
pub struct BulkChange {
    client: InsightsClient,
    selection: Selection,
    direction: Direction,
    concurrency: usize,
    verify_timeout: Option<Duration>,
}

impl BulkChange {
    fn new(client: &InsightsClient, selection: Selection, direction: Direction) -> Self {
        let verify_timeout = Some(Duration::from_secs(60));
        Self { client: client.clone(), selection, direction, concurrency: 4, verify_timeout }
    }

    /// At most so many requests are under way at once. Default: 4, because a limit of ten calls in a window of unknown
    /// length has been seen.
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// How long to wait for a report to be seen in its new state. Default: 60 s.
    pub fn verify_timeout(mut self, time: Duration) -> Self {
        self.verify_timeout = Some(time);
        self
    }

    /// Believes the answer of the service and does not read the reports back; only an answer that shows the report
    /// in another state is [unconfirmed](Outcome::Unconfirmed). With a selection of ids, the list is
    /// not read beforehand either: what is sent is the bare operation for each, and nothing else.
    pub fn skip_verification(mut self) -> Self {
        self.verify_timeout = None;
        self
    }

    /// Reads the list once and says what would be done. This is the dry run; [`Plan::run`] does it.
    ///
    /// # Errors
    ///
    /// If the list cannot be read. See [`ErrorKind`].
    pub async fn plan(self) -> Result<Plan, Error> {
        let mut change = self;
        let ledger = match change.selection.ids.take() {
            None => change.read_all().await?,
            Some(ids) if change.verify_timeout.is_none() => Ledger::of_ids(ids),
            Some(ids) => change.read_ids(ids).await?,
        };
        Ok(Plan { change, ledger })
    }

    async fn read_all(&self) -> Result<Ledger, Error> {
        let filter = ReportFilter { status: Some(self.direction.source()), ..self.selection.filter.clone() };
        let mut ledger = Ledger::default();
        for report in self.client.list_reports(None).await? {
            if filter.matches(&report) {
                ledger.add(report);
            }
        }
        Ok(ledger.close())
    }

    async fn read_ids(&self, ids: Vec<ReportId>) -> Result<Ledger, Error> {
        let (filter, direction) = (self.selection.filter.clone(), self.direction);
        let mut ledger = Ledger::of_ids(ids);
        ledger.begin();
        for report in self.client.list_reports(None).await? {
            if let Some(place) = ledger.find(report.report_id) {
                if filter.matches(&report) {
                    let skip = direction.skip(report.report_status.as_ref());
                    ledger.note(place, report, skip);
                } else {
                    ledger.set_progress(place, Progress::LeftOut);
                }
            }
        }
        Ok(ledger.close())
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

/// What would be done, report by report. Nothing has been changed.
#[derive(Clone, Debug)]
#[must_use = "nothing is changed until it is run"]
pub struct Plan {
    change: BulkChange,
    ledger: Ledger,
}

impl Plan {
    /// The steps, in the order of the service's list or of the given ids.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = Step> + Clone {
        (0..self.ledger.len()).map(|place| self.ledger.step(place))
    }

    /// How many reports would be sent a request.
    pub fn requests(&self) -> usize {
        (0..self.ledger.len()).filter(|place| self.ledger.skip(*place).is_none()).count()
    }

    /// Does it. The run begins when it is first polled.
    ///
    /// Running twice is safe: what is done already is skipped by the second plan.
    pub fn run(self) -> Run {
        run::start(self.change, self.ledger)
    }
}
