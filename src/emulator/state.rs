//! What the emulator remembers: reports, and the executions that follow from them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use crate::generated::types::{Execution, Report, ReportEnvelope};
use crate::report::{ExecutionStatus, ReportId, ReportStatus, SecureLink, Timestamp};

pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// How far back executions are listed.
const HISTORY: Duration = Duration::from_secs(90 * 24 * 60 * 60);

pub(crate) struct State {
    reports: Vec<Report>,
    positions: HashMap<ReportId, usize>,
    /// When each report was paused, as far as it ever was.
    pauses: HashMap<ReportId, Vec<Pause>>,
    clock: Clock,
}

/// A time without executions; open if it goes on.
#[derive(Clone, Copy, Debug)]
struct Pause {
    from: SystemTime,
    to: Option<SystemTime>,
}

impl Pause {
    fn covers(&self, time: SystemTime) -> bool {
        self.from < time && self.to.is_none_or(|end| time < end)
    }
}

/// Why a change of a report was not made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    NoSuchReport,
    Inactive,
}

/// The filters of the list of reports.
#[derive(Debug, Default)]
pub(crate) struct ReportFilter<'a> {
    pub id: Option<ReportId>,
    pub name: Option<&'a str>,
    pub query_id: Option<&'a str>,
}

/// The filters of the list of executions.
#[derive(Debug)]
pub(crate) struct ExecutionFilter<'a> {
    pub id: Option<&'a str>,
    pub status: ExecutionStatus,
    pub latest: bool,
}

impl State {
    pub fn new(reports: Vec<Report>, clock: Clock) -> Self {
        let positions =
            reports.iter().enumerate().map(|(position, report)| (report.report_id, position)).collect();
        let now = clock();
        let since = |report: &Report| {
            report.modified_time.as_ref().and_then(Timestamp::to_system_time).unwrap_or(now)
        };
        let paused = reports.iter().filter(|report| report.is_paused());
        let pauses =
            paused.map(|report| (report.report_id, vec![Pause { from: since(report), to: None }])).collect();
        Self { reports, positions, pauses, clock }
    }

    pub fn reports(&self, filter: &ReportFilter) -> Vec<Report> {
        let fits = |report: &&Report| {
            filter.name.is_none_or(|name| report.report_name.as_deref() == Some(name))
                && filter.query_id.is_none_or(|query| report.query_id.as_deref() == Some(query))
        };
        match filter.id {
            Some(id) => self.get(id).into_iter().filter(fits).cloned().collect(),
            None => self.reports.iter().filter(fits).cloned().collect(),
        }
    }

    /// Resumes or pauses a report. What happens in a state that no page speaks of is listed under *Assumptions*.
    pub fn set_status(&mut self, id: ReportId, status: ReportStatus) -> Result<Report, Refused> {
        let now = (self.clock)();
        let position = *self.positions.get(&id).ok_or(Refused::NoSuchReport)?;
        let report = self.reports.get_mut(position).ok_or(Refused::NoSuchReport)?;
        if report.report_status == Some(ReportStatus::Inactive) {
            return Err(Refused::Inactive);
        }
        if report.report_status.as_ref() != Some(&status) {
            let pauses = self.pauses.entry(id).or_default();
            match pauses.last_mut().filter(|pause| pause.to.is_none()) {
                Some(pause) => pause.to = Some(now),
                None => pauses.push(Pause { from: now, to: None }),
            }
            report.report_status = Some(status);
            report.modified_time = Some(now.into());
        }
        Ok(report.clone())
    }

    pub fn executions(&self, id: ReportId, filter: &ExecutionFilter) -> Result<Vec<Execution>, Refused> {
        let report = self.get(id).ok_or(Refused::NoSuchReport)?;
        let fits = |execution: &Execution| {
            filter.id.is_none_or(|id| execution.execution_id == id)
                && execution.execution_status.as_ref() == Some(&filter.status)
        };
        let newest_first = self.schedule(report).into_iter().rev().filter(fits);
        Ok(newest_first.take(if filter.latest { 1 } else { usize::MAX }).collect())
    }

    fn get(&self, id: ReportId) -> Option<&Report> {
        self.reports.get(*self.positions.get(&id)?)
    }

    /// The executions of the last 90 days, oldest first, and the next one.
    fn schedule(&self, report: &Report) -> Vec<Execution> {
        let now = (self.clock)();
        let Some(start) = report.start_time.as_ref().and_then(Timestamp::to_system_time) else {
            return Vec::new();
        };
        let hours = u64::try_from(report.recurrence_interval.unwrap_or(-1)).unwrap_or_default();
        let interval = Duration::from_secs(hours * 60 * 60);
        let limit = u32::try_from(report.recurrence_count.unwrap_or(i32::MAX)).unwrap_or_default();
        let paused = report.is_paused();
        let pauses = self.pauses.get(&report.report_id).map_or(&[][..], Vec::as_slice);
        // Straight to the first one that is young enough, however old the report is.
        let age = now.checked_sub(HISTORY).and_then(|oldest| oldest.duration_since(start).ok());
        let first = age.and_then(|age| age.as_secs().checked_div(interval.as_secs())).unwrap_or_default();
        let mut executions = Vec::new();
        let limit = if interval.is_zero() { limit.min(1) } else { limit };
        for number in (u32::try_from(first).unwrap_or(u32::MAX)..).take_while(|number| *number < limit) {
            let Some(due) = interval.checked_mul(number).and_then(|after| start.checked_add(after)) else {
                break;
            };
            let status = match (due <= now, paused) {
                // What was due in a pause was missed.
                (true, _) if pauses.iter().any(|pause| pause.covers(due)) => continue,
                (true, _) => ExecutionStatus::Completed,
                (false, true) => ExecutionStatus::Paused,
                (false, false) => ExecutionStatus::Pending,
            };
            let last = status != ExecutionStatus::Completed;
            executions.push(execution(report, number, status, due));
            if last {
                break;
            }
        }
        executions
    }
}

fn execution(report: &Report, number: u32, status: ExecutionStatus, due: SystemTime) -> Execution {
    // Ids follow from report and number, so that they are the same in every run.
    let id = Uuid::from_u128(report.report_id.as_uuid().as_u128() ^ (u128::from(number) + 1));
    let done = status == ExecutionStatus::Completed;
    let file = format!("https://storage.example/exports/{id}.{}", report.format.as_deref().unwrap_or("csv"));
    Execution {
        execution_id: id.to_string(),
        report_id: Some(report.report_id),
        recurrence_interval: report.recurrence_interval,
        recurrence_count: report.recurrence_count,
        callback_url: report.callback_url.clone(),
        callback_method: report.callback_method.clone(),
        format: report.format.clone(),
        execution_status: Some(status),
        report_location: done.then(|| file.clone()),
        report_access_secure_link: done.then(|| SecureLink::from(format!("{file}?sig=emulated").as_str())),
        report_expiry_time: None,
        report_generated_time: done.then(|| due.into()),
    }
}

/// A handful of believable reports.
pub(crate) fn sample() -> serde_json::Result<Vec<Report>> {
    parse_reports(include_str!("sample.json"))
}

/// Reads a list of reports, alone or in the service's envelope.
pub(crate) fn parse_reports(json: &str) -> serde_json::Result<Vec<Report>> {
    // Not by trial, which would lose what is wrong with the one that was meant.
    if json.trim_start().starts_with('[') {
        return serde_json::from_str(json);
    }
    let answer: ReportEnvelope = serde_json::from_str(json)?;
    answer.value.ok_or_else(|| serde::de::Error::missing_field("value"))
}
