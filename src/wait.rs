//! Waits until a report has delivered a file.

use std::collections::HashSet;
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::report::{Execution, Report, ReportId, ReportStatus, Timestamp};

/// The first and the longest time between two requests once an execution is due.
const POLL: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(5 * 60));
/// One-time reports are done within minutes.
const MAX_POLL_ONCE: Duration = Duration::from_secs(60);
/// The clock is read this often, because timers may stop while a machine sleeps.
const TICK: Duration = Duration::from_secs(20);

impl InsightsClient {
    /// Waits until an execution of a report is completed, and returns it: the next one, or the first one since
    /// [`after`](WaitForExecution::after). For a one-time report, that is its only one.
    ///
    /// Sleeps until the execution is due, then polls with growing pauses of at most five minutes. An empty list or a
    /// pending execution means "not yet". Retryable errors are retried until the timeout.
    ///
    /// ```no_run
    /// # async fn run(client: partner_center_insights::InsightsClient) -> Result<(), partner_center_insights::Error> {
    /// use std::time::Duration;
    ///
    /// let wait = client.wait_for_execution("3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4");
    /// let execution = wait.timeout(Duration::from_secs(6 * 60 * 60)).await?;
    /// println!("{}", execution.execution_id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Timeout`](ErrorKind::Timeout) if no such execution is completed in time, [`Conflict`](ErrorKind::Conflict) if
    /// the report is paused or has nothing left to run, and otherwise as for [`executions`](Self::executions).
    pub fn wait_for_execution<I>(&self, report_id: I) -> WaitForExecution
    where
        I: TryInto<ReportId, Error: Into<Error>>,
    {
        WaitForExecution {
            client: self.clone(),
            report_id: report_id.try_into().map_err(Into::into),
            after: None,
            timeout: None,
            on_progress: None,
        }
    }
}

type OnProgress = Box<dyn Fn(&WaitProgress<'_>) + Send + Sync>;

/// A wait, created by [`InsightsClient::wait_for_execution`] and started when it is awaited.
#[must_use = "nothing is sent until it is awaited"]
pub struct WaitForExecution {
    client: InsightsClient,
    report_id: Result<ReportId, Error>,
    after: Option<SystemTime>,
    timeout: Option<Duration>,
    on_progress: Option<OnProgress>,
}

/// A request that found no new file.
#[derive(Debug)]
#[non_exhaustive]
pub struct WaitProgress<'a> {
    /// The report, if it could be read.
    pub report: Option<&'a Report>,
    /// When the awaited execution is due, by the schedule.
    pub due: Option<SystemTime>,
    /// When the next request is sent.
    pub next: SystemTime,
    /// Why the request failed, if it did.
    pub error: Option<&'a Error>,
}

impl WaitForExecution {
    /// Waits for the first execution whose file was written at this time or later, by the clock of the service.
    /// Default: the first one that was not completed when the wait began.
    pub fn after(mut self, time: SystemTime) -> Self {
        self.after = Some(time);
        self
    }

    /// Sets how long to wait. Default: without a limit.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Calls a function after each request that found no new file, for example to show progress.
    pub fn on_progress(mut self, on_progress: impl Fn(&WaitProgress<'_>) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Box::new(on_progress));
        self
    }

    async fn send(self) -> Result<Execution, Error> {
        let Self { client, report_id, after, timeout, on_progress } = self;
        let id = report_id?;
        let start = SystemTime::now();
        let deadline = timeout.and_then(|timeout| start.checked_add(timeout));
        let mut search = Search { after: after.map(whole_second), known: None };
        let mut pause = POLL.0;
        loop {
            let (report, error) = match search.poll(&client, id).await {
                Ok(Found::Execution(execution)) => return Ok(*execution),
                Ok(Found::Nothing(report)) => (Some(*report), None),
                Err(error) if error.is_retryable() => (None, Some(error)),
                Err(error) => return Err(error),
            };
            let now = SystemTime::now();
            let due = report.as_ref().and_then(|report| report.next_execution_after(after.unwrap_or(start)));
            let is_once = report.as_ref().is_some_and(|report| report.execute_now == Some(true));
            let mut next = due.filter(|due| *due > now);
            if next.is_none() {
                next = now.checked_add(pause);
                pause = (pause * 2).min(if is_once { MAX_POLL_ONCE } else { POLL.1 });
            }
            let next = next.into_iter().chain(deadline).min().unwrap_or(now);
            if deadline.is_some_and(|deadline| now >= deadline) {
                return Err(timed_out(due, error));
            }
            if let Some(on_progress) = &on_progress {
                on_progress(&WaitProgress { report: report.as_ref(), due, next, error: error.as_ref() });
            }
            sleep_until(next).await;
        }
    }
}

/// The search for the awaited execution.
struct Search {
    after: Option<SystemTime>,
    /// The executions that were completed when the wait began.
    known: Option<HashSet<String>>,
}

enum Found {
    Execution(Box<Execution>),
    Nothing(Box<Report>),
}

impl Search {
    async fn poll(&mut self, client: &InsightsClient, id: ReportId) -> Result<Found, Error> {
        let executions = match client.executions(id).await {
            // The request for the report, below, shows whether it exists.
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            executions => executions?,
        };
        let completed = || executions.iter().filter(|execution| execution.is_completed());
        let is_first = self.known.is_none();
        let known = self.known.get_or_insert_with(|| completed().map(|e| e.execution_id.clone()).collect());
        let is_new = |execution: &&Execution| match self.after {
            Some(after) => execution.generated().is_some_and(|time| time >= after),
            None => !known.contains(&execution.execution_id),
        };
        if let Some(execution) = completed().filter(is_new).min_by_key(|execution| execution.generated()) {
            return Ok(Found::Execution(Box::new(execution.clone())));
        }
        let report = client.report(id).await?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound).with_message(format!("there is no report {id}"))
        })?;
        let is_once = report.execute_now == Some(true);
        if is_once && self.after.is_none() && is_first {
            // It may have been completed before the first request.
            if let Some(execution) = completed().min_by_key(|execution| execution.generated()) {
                return Ok(Found::Execution(Box::new(execution.clone())));
            }
        }
        let conflict = |message: &str| Err(Error::new(ErrorKind::Conflict).with_message(message));
        match report.report_status {
            Some(ReportStatus::Paused) => {
                conflict("the report is paused, so it does not run until it is resumed")
            }
            Some(ReportStatus::Inactive) if !is_once || completed().next().is_some() => {
                conflict("the report is inactive and has nothing left to run")
            }
            _ => Ok(Found::Nothing(Box::new(report))),
        }
    }
}

/// Rounds down to whole seconds, because the service reports no fractions.
fn whole_second(time: SystemTime) -> SystemTime {
    Timestamp::from(time).to_system_time().unwrap_or(time)
}

fn timed_out(due: Option<SystemTime>, error: Option<Error>) -> Error {
    let message = match (due, &error) {
        (_, Some(error)) => format!("no new file in time; the last request failed: {error}"),
        (Some(due), None) => format!("no new file in time; the execution is due at {}", Timestamp::from(due)),
        (None, None) => "no new file in time".to_owned(),
    };
    let help = error.is_none().then_some("allow more time, or see whether the report is active");
    Error::new(ErrorKind::Timeout).with_message(message).with_help(help)
}

/// Sleeps by the wall clock.
async fn sleep_until(time: SystemTime) {
    while let Ok(left) = time.duration_since(SystemTime::now()) {
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(TICK)).await;
    }
}

impl IntoFuture for WaitForExecution {
    type Output = Result<Execution, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl fmt::Debug for WaitForExecution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForExecution").field("report_id", &self.report_id).finish_non_exhaustive()
    }
}
