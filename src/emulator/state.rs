//! The reports that the emulator holds, and the executions that follow from their schedules.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use crate::envelope::Envelope;
use crate::report::{Execution, ExecutionStatus, Report, ReportId, ReportStatus, Timestamp};

pub(super) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// How far back executions are listed.
const HISTORY: Duration = Duration::from_secs(90 * 24 * 60 * 60);

pub(super) struct State {
    entries: Vec<Entry>,
    clock: Clock,
}

struct Entry {
    report: Report,
    /// Start, end, start … of the periods without executions.
    pauses: Vec<SystemTime>,
}

/// Why the status of a report was not changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    NotFound,
    Inactive,
}

impl State {
    pub fn new(reports: Vec<Report>, clock: Clock) -> Self {
        let now = clock();
        let entry = |report: Report| {
            let modified = report.modified_time.as_ref().and_then(Timestamp::to_system_time);
            let pauses = if report.is_paused() { vec![modified.unwrap_or(now)] } else { Vec::new() };
            Entry { report, pauses }
        };
        Self { entries: reports.into_iter().map(entry).collect(), clock }
    }

    pub fn now(&self) -> SystemTime {
        (self.clock)()
    }

    pub fn reports(&self) -> impl Iterator<Item = &Report> {
        self.entries.iter().map(|entry| &entry.report)
    }

    /// Resumes or pauses a report. The module's *Assumptions* list what is undocumented.
    pub fn set_status(&mut self, id: ReportId, status: ReportStatus) -> Result<Report, Refused> {
        let now = (self.clock)();
        let entry = self.entries.iter_mut().find(|entry| entry.report.report_id == id);
        let Entry { report, pauses } = entry.ok_or(Refused::NotFound)?;
        if report.report_status == Some(ReportStatus::Inactive) {
            return Err(Refused::Inactive);
        }
        if report.report_status.as_ref() != Some(&status) {
            pauses.push(now);
            report.report_status = Some(status);
            report.modified_time = Some(now.into());
        }
        Ok(report.clone())
    }

    /// Returns the executions of the last 90 days and the next one, newest first.
    pub fn executions(&self, id: ReportId) -> Option<Vec<Execution>> {
        let Entry { report, pauses } = self.entries.iter().find(|entry| entry.report.report_id == id)?;
        let now = (self.clock)();
        let missed = |due: SystemTime| {
            pauses.chunks(2).any(|pause| pause[0] < due && pause.get(1).is_none_or(|end| due < *end))
        };
        let mut executions = Vec::new();
        for (number, due) in due_times(report, now.checked_sub(HISTORY)) {
            let status = if due > now {
                if report.is_paused() { ExecutionStatus::Paused } else { ExecutionStatus::Pending }
            } else if missed(due) {
                continue;
            } else {
                ExecutionStatus::Completed
            };
            executions.push(execution(report, number, status, due));
            if due > now {
                break;
            }
        }
        executions.reverse();
        Some(executions)
    }
}

/// Numbers the executions of a report and says when each is due, starting shortly before `oldest`.
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

fn execution(report: &Report, number: u32, status: ExecutionStatus, due: SystemTime) -> Execution {
    // Derived from report and number, so that every run has the same ids.
    let id = Uuid::from_u128(report.report_id.as_uuid().as_u128() ^ (u128::from(number) + 1));
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
    // Not by trial and error, which would report the wrong problem.
    if json.trim_start().starts_with('[') {
        return serde_json::from_str(json);
    }
    let envelope: Envelope<Report> = serde_json::from_str(json)?;
    envelope.value.ok_or_else(|| serde::de::Error::missing_field("value"))
}
