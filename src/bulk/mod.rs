//! Bulk changes: plan, resume or pause, verify.

mod direction;
mod driver;
mod outcome;
mod plan;
mod run;

use std::collections::HashSet;
use std::time::Duration;

pub use direction::Direction;
pub use outcome::{Outcome, Reason, ReportOutcome};
pub use plan::{Plan, Step};
pub use run::{Event, Run};

use crate::client::InsightsClient;
use crate::error::Error;
use crate::report::{Report, ReportId};
use crate::reports::{ReportFilter, name_pattern};

/// Selects the reports of a bulk change.
#[derive(Clone, Debug)]
#[must_use]
pub struct Selection {
    /// Without duplicates; `None` for all reports.
    ids: Option<Vec<ReportId>>,
    filter: ReportFilter,
    /// Never changed.
    except: HashSet<ReportId>,
    /// Whether reports that cannot be changed are part of the plan.
    any_status: bool,
}

impl Selection {
    /// Selects every report that can be changed: the paused ones for a resume, the active ones for a pause.
    pub fn changeable() -> Self {
        Self { ids: None, filter: ReportFilter::default(), except: HashSet::new(), any_status: false }
    }

    /// Selects every report that the filters match, regardless of its status. Those that cannot be changed are skipped,
    /// with the [reason](Reason).
    ///
    /// ```no_run
    /// # async fn run(client: partner_center_insights::InsightsClient) -> Result<(), partner_center_insights::Error> {
    /// use partner_center_insights::Selection;
    ///
    /// let plan = client.resume_all(Selection::matching().name_matches("Sales*")).plan().await?;
    /// for report in plan.run().outcomes().await.iter().filter(|report| !report.outcome.is_success()) {
    ///     println!("{} does not run: {}", report.report_id, report.message().unwrap_or_default());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn matching() -> Self {
        Self { any_status: true, ..Self::changeable() }
    }

    /// Selects reports by ID. Duplicates are ignored.
    pub fn ids(ids: impl IntoIterator<Item = ReportId>) -> Self {
        let mut seen = HashSet::new();
        let ids = ids.into_iter().filter(|id| seen.insert(*id)).collect();
        Self { ids: Some(ids), any_status: true, ..Self::changeable() }
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

    /// Leaves out these reports, whatever else selects them. An ID that does not exist is no error: compare with
    /// [`Plan::left_out`], because a mistyped ID leaves out nothing.
    pub fn except(mut self, ids: impl IntoIterator<Item = ReportId>) -> Self {
        self.except.extend(ids);
        self
    }

    fn has_filter(&self) -> bool {
        self.filter.name.is_some() || self.filter.query_id.is_some()
    }
}

impl InsightsClient {
    /// Resumes reports in bulk: plans, sends the requests, verifies the result.
    ///
    /// ```no_run
    /// # async fn run(client: partner_center_insights::InsightsClient) -> Result<(), partner_center_insights::Error> {
    /// use partner_center_insights::Selection;
    ///
    /// let plan = client.resume_all(Selection::changeable().name_matches("Sales*")).plan().await?;
    /// for report in plan.run().outcomes().await {
    ///     println!("{} {}", report.report_id, report.outcome);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume_all(&self, selection: Selection) -> BulkChange {
        self.bulk_change(Direction::Resume, selection)
    }

    /// Pauses reports in bulk: plans, sends the requests, verifies the result.
    pub fn pause_all(&self, selection: Selection) -> BulkChange {
        self.bulk_change(Direction::Pause, selection)
    }

    /// Changes reports in bulk, in a direction that is chosen at run time.
    pub fn bulk_change(&self, direction: Direction, selection: Selection) -> BulkChange {
        let verify_timeout = Some(Duration::from_secs(60));
        BulkChange { client: self.clone(), selection, direction, concurrency: 4, verify_timeout }
    }
}

/// Options of a bulk change. Nothing is sent before [`plan`](Self::plan).
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is planned"]
pub struct BulkChange {
    client: InsightsClient,
    selection: Selection,
    direction: Direction,
    concurrency: usize,
    /// `None` to skip verification.
    verify_timeout: Option<Duration>,
}

impl BulkChange {
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
    /// If IDs are selected without filters, the reports are not read beforehand either: the client sends one request
    /// per report, and nothing else.
    pub fn skip_verification(mut self) -> Self {
        self.verify_timeout = None;
        self
    }

    async fn send(&self, id: ReportId) -> Result<Option<Report>, Error> {
        match self.direction {
            Direction::Resume => self.client.resume(id).await,
            Direction::Pause => self.client.pause(id).await,
        }
    }
}
