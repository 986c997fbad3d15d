//! Bulk changes: plan, resume or pause, verify.

mod driver;
mod plan;
mod run;

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

pub use plan::{Plan, Step};
pub use run::{Event, ReportOutcome, Run};

use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::report::{Report, ReportId, ReportStatus};
use crate::reports::{ReportFilter, name_pattern};

/// Selects the reports of a bulk change.
#[derive(Clone, Debug)]
#[must_use]
pub struct Selection {
    /// Without duplicates; `None` for all reports.
    ids: Option<Vec<ReportId>>,
    filter: ReportFilter,
}

impl Selection {
    /// Selects every report that can be changed: the paused ones for a resume, the active ones for a pause.
    pub fn all() -> Self {
        Self { ids: None, filter: ReportFilter::default() }
    }

    /// Selects reports by ID. Duplicates are ignored.
    pub fn ids(ids: impl IntoIterator<Item = ReportId>) -> Self {
        let mut seen = HashSet::new();
        let ids = ids.into_iter().filter(|id| seen.insert(*id)).collect();
        Self { ids: Some(ids), filter: ReportFilter::default() }
    }

    /// Keeps only reports whose whole name matches a pattern, ignoring case: `*` matches any text, `?` one character.
    pub fn name_matches(mut self, pattern: &str) -> Self {
        self.filter.name = Some(name_pattern(pattern));
        self
    }

    /// Keeps only reports that run this query.
    pub fn query_id(mut self, query_id: impl Into<String>) -> Self {
        self.filter.query_id = Some(query_id.into());
        self
    }

    fn has_filter(&self) -> bool {
        self.filter.name.is_some() || self.filter.query_id.is_some()
    }
}

/// What a resume and a pause differ in.
#[derive(Debug)]
struct Direction {
    source: ReportStatus,
    target: ReportStatus,
    done: Outcome,
    already_done: Outcome,
    not_possible: Outcome,
}

static RESUME: Direction = Direction {
    source: ReportStatus::Paused,
    target: ReportStatus::Active,
    done: Outcome::Resumed,
    already_done: Outcome::AlreadyActive,
    not_possible: Outcome::NotResumable,
};

static PAUSE: Direction = Direction {
    source: ReportStatus::Active,
    target: ReportStatus::Paused,
    done: Outcome::Paused,
    already_done: Outcome::AlreadyPaused,
    not_possible: Outcome::NotPausable,
};

/// The outcome of a bulk change for one report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The report was paused and is active again.
    Resumed,
    /// The report was active already; nothing was sent.
    AlreadyActive,
    /// The report is inactive or in an unknown status; nothing was sent.
    NotResumable,
    /// The report was active and is paused.
    Paused,
    /// The report was paused already; nothing was sent.
    AlreadyPaused,
    /// The report is inactive or in an unknown status; nothing was sent.
    NotPausable,
    /// There is no such report.
    NotFound,
    /// The service refused the request; repeating it does not help.
    Refused,
    /// The request failed; repeating it may help.
    Failed,
    /// The request was accepted, or may have arrived, but the report did not reach the new status in time.
    Unconfirmed,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: &'static [Self] = &[
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

    /// Returns the name, such as `already-active`.
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

    /// Whether the report is in the requested status.
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
    /// Resumes reports in bulk: plans, sends the requests, verifies the result.
    ///
    /// ```no_run
    /// # async fn run(client: partner_center_insights::InsightsClient) -> Result<(), partner_center_insights::Error> {
    /// use partner_center_insights::Selection;
    ///
    /// let plan = client.resume_all(Selection::all().name_matches("Sales*")).plan().await?;
    /// for report in plan.run().outcomes().await {
    ///     println!("{} {}", report.report_id, report.outcome);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume_all(&self, selection: Selection) -> BulkChange {
        BulkChange::new(self, selection, &RESUME)
    }

    /// Pauses reports in bulk: plans, sends the requests, verifies the result.
    pub fn pause_all(&self, selection: Selection) -> BulkChange {
        BulkChange::new(self, selection, &PAUSE)
    }
}

/// Options of a bulk change. Nothing is sent before [`plan`](Self::plan).
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is planned"]
pub struct BulkChange {
    client: InsightsClient,
    selection: Selection,
    direction: &'static Direction,
    concurrency: usize,
    /// `None` to skip verification.
    verify_timeout: Option<Duration>,
}

impl BulkChange {
    fn new(client: &InsightsClient, selection: Selection, direction: &'static Direction) -> Self {
        let verify_timeout = Some(Duration::from_secs(60));
        Self { client: client.clone(), selection, direction, concurrency: 4, verify_timeout }
    }

    /// Sets the maximum number of concurrent requests. Default: 4, because a limit of ten calls has been observed.
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// Sets how long to wait for the reports to reach the new status. Default: 60 s.
    pub fn verify_timeout(mut self, timeout: Duration) -> Self {
        self.verify_timeout = Some(timeout);
        self
    }

    /// Trusts the service's responses instead of reading the reports again. Only a response that shows another status
    /// is [unconfirmed](Outcome::Unconfirmed).
    ///
    /// A selection of IDs without filters is not read before either: each report gets one request, nothing else.
    pub fn skip_verification(mut self) -> Self {
        self.verify_timeout = None;
        self
    }

    async fn send(&self, id: ReportId) -> Result<Option<Report>, Error> {
        match self.direction.target {
            ReportStatus::Active => self.client.resume(id).await,
            _ => self.client.pause(id).await,
        }
    }
}
