//! Plans a bulk change from the current state of the reports.

use std::collections::{HashMap, HashSet};

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};

use super::{BulkChange, Outcome, Run};
use crate::error::Error;
use crate::pages::List;
use crate::report::{Report, ReportId, ReportStatus};

/// Maximum number of reports to read one by one: a look-up costs 1 KiB and a call, the whole list 0.7 KiB per report.
const MAX_LOOK_UPS: usize = 3;

/// The planned change of one report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The report.
    pub report_id: ReportId,
    /// The name, if the report was read.
    pub name: Option<String>,
    /// The status, if the report was read.
    pub status: Option<ReportStatus>,
    /// The outcome, if no request is needed.
    pub skip: Option<Outcome>,
}

impl Step {
    fn new(report: Report, skip: Option<Outcome>) -> Self {
        Self { report_id: report.report_id, name: report.report_name, status: report.report_status, skip }
    }

    fn unread(report_id: ReportId, skip: Option<Outcome>) -> Self {
        Self { report_id, name: None, status: None, skip }
    }
}

/// A planned bulk change. Nothing has been changed yet.
#[derive(Clone, Debug)]
#[must_use = "nothing is changed until it is run"]
pub struct Plan {
    change: BulkChange,
    steps: Vec<Step>,
    unreadable: usize,
}

impl Plan {
    /// Returns the steps, in the order of the service's list or of the selected IDs.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the number of reports to change.
    pub fn requests(&self) -> usize {
        self.steps.iter().filter(|step| step.skip.is_none()).count()
    }

    /// Returns the number of reports that the service listed without a usable id. They have no step, and any of them may
    /// be one that was selected.
    pub fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// Runs the plan. Nothing is sent until the run is polled.
    ///
    /// Planning and running again is safe: reports that have been changed are skipped.
    pub fn run(self) -> Run {
        Run::new(self.change, self.steps)
    }
}

impl BulkChange {
    /// Reads the reports and plans the change, without changing anything (a dry run). [`Plan::run`] runs the plan.
    ///
    /// # Errors
    ///
    /// If the reports cannot be read. See [`ErrorKind`](crate::ErrorKind).
    pub async fn plan(self) -> Result<Plan, Error> {
        let (steps, unreadable) = match &self.selection.ids {
            None => self.plan_all().await?,
            Some(ids) if self.verify_timeout.is_none() && !self.selection.has_filter() => {
                (ids.iter().map(|id| Step::unread(*id, None)).collect(), 0)
            }
            Some(ids) => (self.plan_ids(ids).await?, 0),
        };
        Ok(Plan { change: self, steps, unreadable })
    }

    async fn plan_all(&self) -> Result<(Vec<Step>, usize), Error> {
        let List { items: mut reports, unreadable } = self.client.list_reports().await?;
        let mut seen = HashSet::new();
        reports.retain(|report| {
            // A report whose status cannot be read may be in any.
            let may_be_in_source =
                report.report_status.as_ref().is_none_or(|status| *status == self.direction.source);
            may_be_in_source && self.selection.filter.matches(report) && seen.insert(report.report_id)
        });
        let step = |report: Report| {
            let skip = report.report_status.is_none().then_some(self.direction.not_possible);
            Step::new(report, skip)
        };
        Ok((reports.into_iter().map(step).collect(), unreadable))
    }

    async fn plan_ids(&self, ids: &[ReportId]) -> Result<Vec<Step>, Error> {
        let lists: Vec<_> = self.read(ids.to_vec()).try_collect().await?;
        // A report that is not listed may be one that cannot be read.
        let is_whole = lists.iter().all(|list| list.unreadable == 0);
        let reports = lists.into_iter().flat_map(|list| list.items);
        let mut reports: HashMap<_, _> = reports.map(|report| (report.report_id, report)).collect();
        let absent = if is_whole { Outcome::NotFound } else { Outcome::Failed };
        let step = |id: &ReportId| match reports.remove(id) {
            None => Some(Step::unread(*id, Some(absent))),
            Some(report) if self.selection.filter.matches(&report) => {
                let skip = match &report.report_status {
                    Some(status) if *status == self.direction.source => None,
                    Some(status) if *status == self.direction.target => Some(self.direction.already_done),
                    _ => Some(self.direction.not_possible),
                };
                Some(Step::new(report, skip))
            }
            Some(_) => None,
        };
        Ok(ids.iter().filter_map(step).collect())
    }

    /// Reads reports: a few selected IDs one by one, otherwise the whole list.
    pub(super) fn read(&self, ids: Vec<ReportId>) -> impl Stream<Item = Result<List<Report>, Error>> {
        let one_by_one = self.selection.ids.is_some() && ids.len() <= MAX_LOOK_UPS;
        let requests = if one_by_one { ids.into_iter().map(Some).collect() } else { vec![None] };
        let request = move |id: Option<ReportId>| async move {
            match id {
                Some(id) => {
                    let report = self.client.report(id).await?;
                    Ok(List { items: Vec::from_iter(report), unreadable: 0 })
                }
                None => self.client.list_reports().await,
            }
        };
        stream::iter(requests).map(request).buffer_unordered(self.concurrency)
    }
}
