//! Checks whether reports deliver files: the last file, the next execution, and missing files.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::time::SystemTime;

use futures_util::{StreamExt, stream};

use crate::client::InsightsClient;
use crate::error::Error;
use crate::report::{Execution, ExecutionStatus, Report, ReportStatus, Timestamp};
use crate::reports::ListReports;

/// Maximum number of concurrent requests for executions. At most 50 reports can be active: ten full rounds.
const CONCURRENCY: usize = 5;

impl InsightsClient {
    /// Checks whether reports deliver their files: one list of reports, and the executions of those that are active.
    ///
    /// ```no_run
    /// # async fn run(client: partner_center_insights::InsightsClient) -> Result<(), partner_center_insights::Error> {
    /// for health in client.health().name_matches("Sales*").await? {
    ///     println!("{} {}: {}", health.report.report_id, health.verdict, health.message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the reports cannot be listed. If the executions of a report cannot be listed, its verdict is
    /// [`Unknown`](Verdict::Unknown), and [`Health::error`] is set.
    pub fn health(&self) -> CheckHealth {
        CheckHealth { client: self.clone(), reports: self.reports(), grace: 0.25, now: None }
    }
}

/// The verdict on a report, from its status, schedule and files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// Every execution that is due has a file.
    Ok,
    /// The report is paused.
    Paused,
    /// The report has nothing left to run.
    Ended,
    /// A one-time report.
    Once,
    /// The file of the latest execution is missing.
    Overdue,
    /// The report is active and due, and has no file.
    NeverRan,
    /// The files of several executions in a row are missing, or the service reports an unknown status of the latest
    /// one.
    Failing,
    /// The status or the schedule cannot be interpreted, or the executions could not be listed.
    Unknown,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: &'static [Self] = &[
        Self::Ok,
        Self::Paused,
        Self::Ended,
        Self::Once,
        Self::Overdue,
        Self::NeverRan,
        Self::Failing,
        Self::Unknown,
    ];

    /// Returns the name, such as `never-ran`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Paused => "paused",
            Self::Ended => "ended",
            Self::Once => "once",
            Self::Overdue => "overdue",
            Self::NeverRan => "never-ran",
            Self::Failing => "failing",
            Self::Unknown => "unknown",
        }
    }

    /// Returns whether nothing has to be done: the report delivers, or is a one-time report.
    pub fn is_healthy(self) -> bool {
        matches!(self, Self::Ok | Self::Once)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The health of one report.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Health {
    /// The report.
    pub report: Report,
    /// The verdict.
    pub verdict: Verdict,
    /// The verdict in one sentence.
    pub message: String,
    /// The latest execution with a file. Only read for active reports.
    pub last: Option<Execution>,
    /// When the report is due next. [`Timestamp::from`](crate::Timestamp) formats it.
    pub next: Option<SystemTime>,
    /// How many executions in a row have no file, the latest included.
    pub missed: u64,
    /// Why the executions could not be listed.
    pub error: Option<Error>,
}

/// A check of reports, created by [`InsightsClient::health`] and sent when it is awaited.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CheckHealth {
    client: InsightsClient,
    reports: ListReports,
    grace: f64,
    now: Option<SystemTime>,
}

impl CheckHealth {
    /// Checks only reports whose whole name matches this pattern, ignoring case: `*` matches any text, `?` one
    /// character.
    pub fn name_matches(mut self, pattern: &str) -> Self {
        self.reports = self.reports.name_matches(pattern);
        self
    }

    /// Checks only reports that run this query.
    pub fn query_id(mut self, query_id: impl Into<String>) -> Self {
        self.reports = self.reports.query_id(query_id);
        self
    }

    /// Sets how late a file may be, as a fraction of the interval between executions. Default: 0.25, which is six hours
    /// for a daily report. How long the service takes is not documented.
    pub fn grace(mut self, part: f64) -> Self {
        self.grace = part.max(0.0);
        self
    }

    /// Sets the current time, for tests. Default: the time of the call.
    pub fn now(mut self, now: SystemTime) -> Self {
        self.now = Some(now);
        self
    }

    async fn send(self) -> Result<Vec<Health>, Error> {
        let Self { client, reports, grace, now } = self;
        let now = now.unwrap_or_else(SystemTime::now);
        let checks = reports.await?.into_iter().map(|report| async {
            let executions =
                if report.is_active() { client.executions(report.report_id).await } else { Ok(Vec::new()) };
            Health::assess(report, executions, now, grace)
        });
        Ok(stream::iter(checks).buffered(CONCURRENCY).collect().await)
    }
}

impl IntoFuture for CheckHealth {
    type Output = Result<Vec<Health>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl Health {
    fn assess(
        report: Report,
        executions: Result<Vec<Execution>, Error>,
        now: SystemTime,
        grace: f64,
    ) -> Self {
        let next = report.next_execution_after(now);
        let (executions, error) = match executions {
            Ok(executions) => (executions, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let latest = executions.iter().max_by_key(|execution| execution.generated());
        let failed =
            latest.and_then(|latest| latest.execution_status.as_ref()).filter(|status| is_unknown(status));
        let last = executions.iter().filter(|execution| execution.is_completed());
        let last = last.max_by_key(|execution| execution.generated());
        let missed = missed(&report, last, now, grace);
        let (verdict, message) = match (&report.report_status, &error) {
            _ if report.execute_now == Some(true) => (Verdict::Once, "a one-time report".to_owned()),
            (Some(ReportStatus::Paused), _) => {
                let since = report.modified_time.as_ref().map(|time| format!("; last modified {time}"));
                (Verdict::Paused, format!("paused{}; resume it", since.unwrap_or_default()))
            }
            (Some(ReportStatus::Inactive), _) => (Verdict::Ended, "inactive: nothing left to run".to_owned()),
            (Some(ReportStatus::Active), Some(error)) => {
                (Verdict::Unknown, format!("the executions could not be listed: {error}"))
            }
            (Some(ReportStatus::Active), None) => match (failed, missed, last) {
                (Some(status), ..) => {
                    (Verdict::Failing, format!("the latest execution is in status {status}"))
                }
                (None, None, _) => (Verdict::Unknown, "active, but the schedule cannot be read".to_owned()),
                (None, Some(0), Some(last)) if next.is_none() => (
                    Verdict::Ended,
                    format!("all recurrences have run; the last file was written at {}", written(last)),
                ),
                (None, Some(0), Some(last)) => {
                    (Verdict::Ok, format!("the last file was written at {}", written(last)))
                }
                (None, Some(0), None) => (Verdict::Ok, "no execution was due yet".to_owned()),
                (None, Some(missed), None) => {
                    (Verdict::NeverRan, format!("active, but without a file; executions due: {missed}"))
                }
                (None, Some(1), Some(last)) => (
                    Verdict::Overdue,
                    format!("the latest file is missing; the last one was written at {}", written(last)),
                ),
                (None, Some(missed), Some(last)) => (
                    Verdict::Failing,
                    format!("{missed} files are missing; the last one was written at {}", written(last)),
                ),
            },
            (Some(ReportStatus::Other(status)), _) => {
                (Verdict::Unknown, format!("in status {status}, which the spec does not define"))
            }
            (None, _) => (Verdict::Unknown, "the service reports no status".to_owned()),
        };
        let last = last.cloned();
        Self { report, verdict, message, last, next, missed: missed.unwrap_or_default(), error }
    }
}

/// Counts the executions in a row that are due and have no file. Those before the last modification do not count: the
/// report may have been paused. `None` without a readable schedule.
fn missed(report: &Report, last: Option<&Execution>, now: SystemTime, grace: f64) -> Option<u64> {
    let schedule = report.schedule()?;
    let due = schedule.due_by(now.checked_sub(schedule.interval().mul_f64(grace.min(1e6)))?);
    let delivered = last.and_then(Execution::generated).map_or(0, |time| schedule.due_by(time));
    let modified = report.modified_time.as_ref().and_then(Timestamp::to_system_time);
    let excused = modified.map_or(0, |time| schedule.due_by(time));
    Some(due.saturating_sub(delivered.max(excused)))
}

fn written(execution: &Execution) -> String {
    execution.report_generated_time.as_ref().map_or_else(|| "an unknown time".to_owned(), ToString::to_string)
}

fn is_unknown(status: &ExecutionStatus) -> bool {
    matches!(status, ExecutionStatus::Other(_))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::ErrorKind;

    fn hour(hour: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + hour * 3600)
    }

    /// A daily report that began at hour 0.
    fn report(status: &str) -> Report {
        let report = Report::new(uuid::Uuid::nil().into()).with_status(status.into());
        report.with_schedule(hour(0), 24, 100)
    }

    fn files(hours: &[u64]) -> Vec<Execution> {
        let file = |at: &u64| Execution::new(at.to_string()).with_status(ExecutionStatus::Completed);
        hours.iter().map(|at| file(at).with_file("https://store.example/f", hour(*at))).collect()
    }

    fn verdict(report: Report, executions: Vec<Execution>, now: u64) -> (Verdict, u64) {
        let health = Health::assess(report, Ok(executions), hour(now), 0.25);
        (health.verdict, health.missed)
    }

    #[test]
    fn active_report_is_judged_by_its_files() {
        let rows: [(&[u64], u64, Verdict, u64); 7] = [
            (&[], 5, Verdict::Ok, 0),
            (&[], 7, Verdict::NeverRan, 1),
            (&[0], 7, Verdict::Ok, 0),
            (&[0, 24], 53, Verdict::Ok, 0),
            (&[24, 0], 55, Verdict::Overdue, 1),
            (&[0], 55, Verdict::Failing, 2),
            (&[0, 25, 49], 55, Verdict::Ok, 0),
        ];
        for (generated, now, expected, missed) in rows {
            let found = verdict(report("Active"), files(generated), now);
            assert_eq!(found, (expected, missed), "{generated:?} at {now}");
        }
    }

    #[test]
    fn grace_is_a_fraction_of_the_interval() {
        let overdue = |grace| Health::assess(report("Active"), Ok(files(&[0])), hour(37), grace).verdict;
        assert_eq!(overdue(0.5), Verdict::Overdue);
        assert_eq!(overdue(0.6), Verdict::Ok);
    }

    #[test]
    fn executions_before_a_resume_are_not_missed() {
        let resumed = report("Active").with_modified_time(hour(60));
        assert_eq!(verdict(resumed.clone(), files(&[0]), 70), (Verdict::Ok, 0));
        assert_eq!(verdict(resumed, files(&[0]), 80), (Verdict::Overdue, 1));
    }

    #[test]
    fn last_recurrence_ends_a_report() {
        let report = report("Active").with_schedule(hour(0), 24, 2);
        assert_eq!(verdict(report, files(&[0, 24]), 70), (Verdict::Ended, 0));
    }

    #[test]
    fn inactive_reports_are_judged_by_status() {
        let mut once = report("Inactive");
        once.execute_now = Some(true);
        assert_eq!(verdict(once, Vec::new(), 70).0, Verdict::Once);
        assert_eq!(verdict(report("Inactive"), Vec::new(), 70).0, Verdict::Ended);
        assert_eq!(verdict(report("Paused"), Vec::new(), 70).0, Verdict::Paused);
        assert_eq!(verdict(report("Suspended"), Vec::new(), 70).0, Verdict::Unknown);
    }

    #[test]
    fn unknown_execution_status_is_a_failure() {
        let mut executions = files(&[0, 24]);
        executions[1].execution_status = Some("Failed".into());
        assert_eq!(verdict(report("Active"), executions, 30).0, Verdict::Failing);
    }

    #[test]
    fn unreadable_executions_are_unknown() {
        let error = Error::new(ErrorKind::Timeout);
        let health = Health::assess(report("Active"), Err(error), hour(70), 0.25);
        assert_eq!(health.verdict, Verdict::Unknown);
        assert!(health.error.is_some());
    }
}
