//! Plans a bulk change from the current state of the reports.

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};

use super::{BulkChange, Outcome, Reason, ReportOutcome, Run};
use crate::error::{Error, ErrorKind};
use crate::report::{Report, ReportId, ReportStatus, Schedule};
use crate::response::List;

/// Maximum number of reports to read one by one. Each costs a call and 1 KiB; the list costs one call and 0.7 KiB per
/// report.
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
    /// When that status was seen.
    pub seen_at: Option<SystemTime>,
    /// The outcome, if no request is needed.
    pub skip: Option<Outcome>,
    /// Why it is skipped, unless the outcome is a success.
    pub reason: Option<Reason>,
    schedule: Option<Schedule>,
}

impl Step {
    fn unread(report_id: ReportId) -> Self {
        Self { report_id, name: None, status: None, seen_at: None, skip: None, reason: None, schedule: None }
    }

    fn not_found(report_id: ReportId) -> Self {
        let (skip, reason) = (Some(Outcome::NotFound), Some(Reason::Error(ErrorKind::NotFound)));
        Self { skip, reason, ..Self::unread(report_id) }
    }

    /// Creates the step of a report that was not listed, but may be one of those without a usable id.
    fn unreadable(report_id: ReportId) -> Self {
        let (skip, reason) = (Some(Outcome::Failed), Some(Reason::Error(ErrorKind::InvalidResponse)));
        Self { skip, reason, ..Self::unread(report_id) }
    }

    /// Updates the step from a report. Absent properties keep their value.
    pub(super) fn update(&mut self, report: Report) {
        self.schedule = report.schedule().or(self.schedule);
        self.name = report.report_name.or(self.name.take());
        if report.report_status.is_some() {
            self.status = report.report_status;
            self.seen_at = Some(SystemTime::now());
        }
    }

    /// Creates the outcome of the step.
    pub(super) fn finish(
        &self,
        index: usize,
        outcome: Outcome,
        reason: Option<Reason>,
        error: Option<Error>,
    ) -> ReportOutcome {
        let Self { report_id, name, status, seen_at, .. } = self.clone();
        let is_active = matches!(outcome, Outcome::Resumed | Outcome::AlreadyActive)
            || status == Some(ReportStatus::Active);
        let schedule = self.schedule.filter(|_| is_active);
        let next_execution = schedule.and_then(|schedule| schedule.next_after(SystemTime::now()));
        ReportOutcome { index, report_id, name, status, seen_at, outcome, reason, error, next_execution }
    }
}

/// A planned bulk change. Nothing has been changed yet.
#[derive(Clone, Debug)]
#[must_use = "nothing is changed until it is run"]
pub struct Plan {
    change: BulkChange,
    steps: Vec<Step>,
    unreadable: usize,
    matched: usize,
    left_out: Vec<Report>,
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

    /// Returns the number of reports that the service listed without a usable id. They have no step, and any of them
    /// may be a selected one.
    pub fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// Returns the number of selected reports, regardless of their status. If it is 0, a filter may be misspelled.
    pub fn matched(&self) -> usize {
        self.matched
    }

    /// Returns the reports that were listed but are not part of the plan, such as those with other names.
    pub fn left_out(&self) -> &[Report] {
        &self.left_out
    }

    /// Returns the outcome of a run that sends nothing, for each report that is skipped.
    pub fn skipped(&self) -> impl Iterator<Item = ReportOutcome> {
        let skipped = self.steps.iter().enumerate();
        skipped.filter_map(|(index, step)| Some(step.finish(index, step.skip?, step.reason, None)))
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
        let (steps, left_out, matched, unreadable) = match &self.selection.ids {
            None => self.plan_all().await?,
            Some(ids) => {
                let ids: Vec<_> =
                    ids.iter().copied().filter(|id| !self.selection.except.contains(id)).collect();
                let is_unread = self.verify_timeout.is_none() && !self.selection.has_filter();
                let steps = if is_unread {
                    ids.into_iter().map(Step::unread).collect()
                } else {
                    self.plan_ids(&ids).await?
                };
                let matched = steps.len();
                (steps, Vec::new(), matched, 0)
            }
        };
        Ok(Plan { change: self, steps, unreadable, matched, left_out })
    }

    /// Plans from the whole list. Also returns the reports without a step, the number that match, and the number that
    /// cannot be read.
    async fn plan_all(&self) -> Result<(Vec<Step>, Vec<Report>, usize, usize), Error> {
        let List { items: mut reports, unreadable } = self.client.list_reports().await?;
        let mut seen = HashSet::new();
        reports.retain(|report| seen.insert(report.report_id));
        let matched = reports.iter().filter(|report| self.selection.filter.matches(report)).count();
        let (reports, left_out): (Vec<_>, Vec<_>) = reports
            .into_iter()
            .partition(|report| self.selection.filter.matches(report) && self.concerns(report));
        let steps = reports.into_iter().map(|report| self.step(report)).collect();
        Ok((steps, left_out, matched, unreadable))
    }

    /// Whether a report that the filters match is part of the plan: it is not an exception, and can be changed. A report without a status is part of it, because
    /// any status is possible.
    fn concerns(&self, report: &Report) -> bool {
        let status = report.report_status.as_ref();
        let may_change =
            self.selection.any_status || status.is_none_or(|status| *status == self.direction.source());
        may_change && !self.selection.except.contains(&report.report_id)
    }

    async fn plan_ids(&self, ids: &[ReportId]) -> Result<Vec<Step>, Error> {
        let lists: Vec<_> = self.read(ids.to_vec()).try_collect().await?;
        // A report that is not listed may be one that cannot be read.
        let is_whole = lists.iter().all(|list| list.unreadable == 0);
        let reports = lists.into_iter().flat_map(|list| list.items);
        let mut reports: HashMap<_, _> = reports.map(|report| (report.report_id, report)).collect();
        let step = |id: &ReportId| match reports.remove(id) {
            None if is_whole => Some(Step::not_found(*id)),
            None => Some(Step::unreadable(*id)),
            Some(report) => self.selection.filter.matches(&report).then(|| self.step(report)),
        };
        Ok(ids.iter().filter_map(step).collect())
    }

    /// Plans the change of a report that was read.
    fn step(&self, report: Report) -> Step {
        let direction = self.direction;
        let mut step = Step::unread(report.report_id);
        (step.skip, step.reason) = match &report.report_status {
            Some(status) if *status == direction.source() => (None, None),
            Some(status) if *status == direction.target() => (Some(direction.already_done()), None),
            _ => match Reason::of_status(&report, SystemTime::now()) {
                // A one-time report is a failure only if it was selected by ID.
                Reason::OneTime if self.selection.ids.is_none() => (Some(Outcome::Completed), None),
                reason => (Some(direction.not_possible()), Some(reason)),
            },
        };
        step.update(report);
        step
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
