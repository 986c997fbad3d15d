//! The state of the emulator. Executions are derived from the schedules of reports.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use super::catalog::{Catalog, Query};
use super::settings::Settings;
use crate::envelope::Envelope;
use crate::report::{Execution, ExecutionStatus, Report, ReportId, ReportStatus, Timestamp};

pub(super) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// How far back executions are listed.
const HISTORY: Duration = Duration::from_secs(90 * 24 * 60 * 60);

pub(super) struct State {
    pub catalog: Catalog,
    pub settings: Settings,
    entries: Vec<Entry>,
    clock: Clock,
    /// When one-time reports were created, oldest first, including deleted ones, which count against the quota.
    one_time: Vec<SystemTime>,
}

struct Entry {
    report: Report,
    /// The time from the start of an execution to its file.
    duration: Duration,
    /// Whether the report becomes inactive at the end of its schedule. Reports given to the builder keep their status.
    ends: bool,
    /// The completed executions of earlier schedules, newest first, one list for each update.
    earlier: Vec<Vec<Execution>>,
    /// When the schedule was last changed.
    changed: Option<SystemTime>,
    /// The pauses of the report: start, end, start and so on.
    pauses: Vec<SystemTime>,
}

/// Why the status of a report was not changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    NotFound,
    Inactive,
}

impl State {
    pub fn new(reports: Vec<Report>, mut catalog: Catalog, settings: Settings, clock: Clock) -> Self {
        let now = clock();
        for query in reports.iter().filter_map(Query::of) {
            if !catalog.queries.iter().any(|known| known.query_id == query.query_id) {
                catalog.queries.push(query);
            }
        }
        let entry = |report: Report| {
            let modified = report.modified_time.as_ref().and_then(Timestamp::to_system_time);
            let pauses = if report.is_paused() { vec![modified.unwrap_or(now)] } else { Vec::new() };
            Entry { pauses, ..Entry::new(report) }
        };
        let entries = reports.into_iter().map(entry).collect();
        Self { catalog, settings, entries, clock, one_time: Vec::new() }
    }

    pub fn now(&self) -> SystemTime {
        (self.clock)()
    }

    pub fn query(&self, id: &str) -> Option<&Query> {
        self.catalog.queries.iter().find(|query| query.query_id == id)
    }

    /// Counts the one-time reports that were created after this time.
    pub fn one_time_since(&self, time: SystemTime) -> usize {
        self.one_time.iter().filter(|created| **created > time).count()
    }

    /// Adds a report that was created through the API.
    pub fn insert(&mut self, report: Report) {
        let mut entry = Entry { ends: true, ..Entry::new(report) };
        if entry.report.execute_now == Some(true) {
            entry.duration = self.settings.one_time_duration;
            self.one_time.push(self.now());
        }
        self.entries.push(entry);
    }

    /// Changes the schedule of a report. Preserves its completed executions.
    pub fn replace(&mut self, id: ReportId, write: impl FnOnce(&mut Report)) -> Option<Report> {
        let now = self.now();
        let entry = self.entries.iter_mut().find(|entry| entry.report.report_id == id)?;
        let mut completed = entry.scheduled(now);
        completed.retain(|execution| execution.execution_status == Some(ExecutionStatus::Completed));
        entry.earlier.insert(0, completed);
        entry.ends = true;
        entry.changed = Some(now);
        write(&mut entry.report);
        entry.report.modified_time = Some(now.into());
        Some(entry.report.clone())
    }

    /// Removes a report with its executions.
    pub fn remove(&mut self, id: ReportId) -> Option<Report> {
        let index = self.entries.iter().position(|entry| entry.report.report_id == id)?;
        Some(self.entries.remove(index).report)
    }

    /// Deactivates reports whose schedule has ended.
    pub fn settle(&mut self) {
        let now = self.now();
        for entry in self.entries.iter_mut().filter(|entry| entry.ends) {
            let is_over = |time: &Timestamp| time.to_system_time().is_some_and(|end| end <= now);
            let is_last = !due_times(&entry.report, Some(now)).any(|(_, due)| due > now);
            if is_last || entry.report.end_time.as_ref().is_some_and(is_over) {
                entry.report.report_status = Some(ReportStatus::Inactive);
            }
        }
    }

    pub fn reports(&self) -> impl Iterator<Item = &Report> {
        self.entries.iter().map(|entry| &entry.report)
    }

    pub fn report(&self, id: ReportId) -> Option<&Report> {
        self.reports().find(|report| report.report_id == id)
    }

    /// Resumes or pauses a report. For undocumented behavior, see the *Assumptions* of the [module](super).
    pub fn set_status(&mut self, id: ReportId, status: ReportStatus) -> Result<Report, Refused> {
        let now = (self.clock)();
        let entry = self.entries.iter_mut().find(|entry| entry.report.report_id == id);
        let Entry { report, pauses, .. } = entry.ok_or(Refused::NotFound)?;
        if report.report_status == Some(ReportStatus::Inactive) {
            return Err(Refused::Inactive);
        }
        if report.report_status.as_ref() != Some(&status) {
            // A report in an unknown status is not paused.
            if report.is_paused() || status == ReportStatus::Paused {
                pauses.push(now);
            }
            report.report_status = Some(status);
            report.modified_time = Some(now.into());
        }
        Ok(report.clone())
    }

    /// Returns the executions of the last 90 days and the next one, newest first.
    pub fn executions(&self, id: ReportId) -> Option<Vec<Execution>> {
        let entry = self.entries.iter().find(|entry| entry.report.report_id == id)?;
        let now = self.now();
        let mut executions = entry.scheduled(now);
        executions.extend(entry.earlier.iter().flatten().cloned());
        let oldest = now.checked_sub(HISTORY);
        executions.retain(|execution| {
            let is_old = execution.generated().zip(oldest).is_some_and(|(time, oldest)| time < oldest);
            !is_old && self.settings.lists(id, execution)
        });
        Some(executions)
    }
}

impl Entry {
    fn new(report: Report) -> Self {
        let (earlier, pauses) = (Vec::new(), Vec::new());
        Self { report, duration: Duration::ZERO, ends: false, earlier, changed: None, pauses }
    }

    /// Returns the executions of the current schedule.
    fn scheduled(&self, now: SystemTime) -> Vec<Execution> {
        let Self { report, duration, pauses, .. } = self;
        let missed = |due: SystemTime| {
            self.changed.is_some_and(|changed| due <= changed)
                || pauses.chunks(2).any(|pause| pause[0] < due && pause.get(1).is_none_or(|end| due < *end))
        };
        let end = report.end_time.as_ref().and_then(Timestamp::to_system_time);
        let generation = (self.earlier.len() as u128) << 64;
        let mut executions = Vec::new();
        for (number, due) in due_times(report, now.checked_sub(HISTORY)) {
            if end.is_some_and(|end| due > end) {
                break;
            }
            let due = due + *duration;
            let status = if due > now {
                if report.is_paused() { ExecutionStatus::Paused } else { ExecutionStatus::Pending }
            } else if missed(due) {
                continue;
            } else {
                ExecutionStatus::Completed
            };
            executions.push(execution(report, generation + u128::from(number), status, due));
            if due > now {
                break;
            }
        }
        executions.reverse();
        executions
    }
}

/// Returns the number and the due time of each execution of a report, starting with the last one before `oldest`.
fn due_times(report: &Report, oldest: Option<SystemTime>) -> impl Iterator<Item = (u32, SystemTime)> {
    let hours = u64::try_from(report.recurrence_interval.unwrap_or(-1)).unwrap_or_default();
    let interval = Duration::from_secs(hours * 60 * 60);
    let count = u32::try_from(report.recurrence_count.unwrap_or(i32::MAX)).unwrap_or_default();
    let count = if interval.is_zero() { count.min(1) } else { count };
    let start = report.start_time.as_ref().and_then(Timestamp::to_system_time);
    let age = start.zip(oldest).and_then(|(start, oldest)| oldest.duration_since(start).ok());
    let first = age.and_then(|age| age.as_secs().checked_div(interval.as_secs())).unwrap_or_default();
    let numbers = u32::try_from(first).unwrap_or(u32::MAX)..count;
    numbers.map_while(move |number| Some((number, start?.checked_add(interval.checked_mul(number)?)?)))
}

fn execution(report: &Report, number: u128, status: ExecutionStatus, due: SystemTime) -> Execution {
    // Derived from report and number, so that the IDs are the same in every run.
    let id = Uuid::from_u128(report.report_id.as_uuid().as_u128() ^ (number + 1));
    let completed = status == ExecutionStatus::Completed;
    let mut execution = Execution::new(id.to_string()).with_report_id(report.report_id).with_status(status);
    execution.recurrence_interval = report.recurrence_interval;
    execution.recurrence_count = report.recurrence_count;
    execution.callback_url.clone_from(&report.callback_url);
    execution.callback_method.clone_from(&report.callback_method);
    execution.format.clone_from(&report.format);
    if completed {
        execution.report_generated_time = Some(due.into());
    }
    execution
}

/// Parses a list of reports, bare or in the service's envelope.
pub(super) fn parse_reports(json: &str) -> serde_json::Result<Vec<Report>> {
    // Trying one format after the other would report the wrong error.
    if json.trim_start().starts_with('[') {
        return serde_json::from_str(json);
    }
    let envelope: Envelope<Report> = serde_json::from_str(json)?;
    envelope.value.ok_or_else(|| serde::de::Error::missing_field("value"))
}
