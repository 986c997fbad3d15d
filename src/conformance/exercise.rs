//! Pauses and resumes one report, and restores its state.

use std::fmt;
use std::time::Duration;

use super::Exchange;
use super::run::{PAUSES, RESUMES, Step, send};
use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::report::{Report, ReportId, ReportStatus};
use crate::spec;

/// Maximum number of attempts to restore the state.
const ATTEMPTS: u32 = 8;
/// The time between two attempts.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Pauses and resumes an active report, or resumes and pauses a paused one, and records the responses.
///
/// Call [`advance`](Self::advance) until it returns `false` or fails, and then always [`restore`](Self::restore). Do
/// not drop either future before it completes: the service may carry out a request even if its response is not read.
///
/// ```
/// # #[cfg(feature = "emulator")]
/// # tokio_test::block_on(async {
/// use partner_center_insights::InsightsClient;
/// use partner_center_insights::conformance::Exercise;
/// use partner_center_insights::emulator::Emulator;
///
/// let emulator = Emulator::start().await?;
/// let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
/// let before = emulator.reports();
///
/// let mut exercise = Exercise::new(&client, before[0].report_id).await?;
/// while exercise.advance().await? {}
/// exercise.restore().await?;
/// assert_eq!(emulator.reports()[0].report_status, before[0].report_status);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct Exercise {
    client: InsightsClient,
    report: Report,
    initial: ReportStatus,
    steps: Vec<&'static Step>,
    exchanges: Vec<Exchange>,
}

impl Exercise {
    /// Looks up a report. Does not change it yet.
    #[doc = concat!("See [the service's page](", env!("DOC_GET_REPORTS"), ").")]
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) if there is no such report, and [`Conflict`](ErrorKind::Conflict) if it is
    /// neither active nor paused. For other errors, see [`ErrorKind`].
    pub async fn new<I>(client: &InsightsClient, report_id: I) -> Result<Self, Error>
    where
        I: TryInto<ReportId, Error: Into<Error>>,
    {
        let id = report_id.try_into().map_err(Into::into)?;
        let report = client.report(id).await?.ok_or_else(|| not_found(id))?;
        let steps: Vec<&Step> = match report.report_status {
            Some(ReportStatus::Active) => PAUSES.iter().chain(&RESUMES).collect(),
            Some(ReportStatus::Paused) => RESUMES.iter().chain(&PAUSES).collect(),
            _ => {
                return Err(Error::new(ErrorKind::Conflict)
                    .with_operation(&spec::GET_REPORTS)
                    .with_message(format!("the report {id} is neither active nor paused")));
            }
        };
        let initial = report.report_status.clone().unwrap_or(ReportStatus::Active);
        Ok(Self { client: client.clone(), report, initial, steps, exchanges: Vec::new() })
    }

    /// Sets the status to restore, such as the status before an exercise that was killed. Default: the current status.
    pub fn with_initial_status(mut self, status: ReportStatus) -> Self {
        self.initial = status;
        self
    }

    /// Returns the report as it was when the exercise was created.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Returns the status to restore.
    pub fn initial_status(&self) -> &ReportStatus {
        &self.initial
    }

    /// Returns the exchanges so far. Requests that were not sent have no response.
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// Sends the next request, and returns whether there are more. After a failed request, the others are skipped.
    #[doc = concat!("See [the service's page](", env!("DOC_PAUSE_REPORT_EXECUTIONS"), ").")]
    ///
    /// # Errors
    ///
    /// If there is no token, or the service requests too long a delay. A request without a response is not an error,
    /// but recorded as an exchange.
    pub async fn advance(&mut self) -> Result<bool, Error> {
        if self.steps.is_empty() {
            return Ok(false);
        }
        let step = self.steps.remove(0);
        let id = self.report.report_id.to_string();
        send(&self.client, step, Some(&id), &mut self.exchanges).await?;
        let status = self.exchanges.last().and_then(|exchange| exchange.response.as_ref()).map(|r| r.status);
        if !status.is_some_and(|status| step.expected.contains(&status)) {
            self.exchanges.extend(self.steps.drain(..).map(Step::exchange));
        }
        Ok(!self.steps.is_empty())
    }

    /// Restores the state, and verifies it. A request that fails is sent again.
    #[doc = concat!("See [the service's page](", env!("DOC_RESUME_REPORT_EXECUTIONS"), ").")]
    ///
    /// # Errors
    ///
    /// The last error, if the state could not be restored. The report may then be active or paused.
    pub async fn restore(&self) -> Result<(), Error> {
        let id = self.report.report_id;
        // A request without a response may still be carried out.
        let mut extra_checks =
            self.exchanges.iter().filter(|exchange| exchange.failure.is_some()).count().min(1);
        let mut last = None;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(RETRY_DELAY).await;
            }
            match self.client.report(id).await {
                Ok(None) => return Err(not_found(id)),
                Ok(Some(report)) if report.report_status.as_ref() == Some(&self.initial) => {
                    if extra_checks == 0 {
                        return Ok(());
                    }
                    extra_checks -= 1;
                    continue;
                }
                Ok(Some(_)) => {}
                Err(error) => last = Some(error),
            }
            let changed = match self.initial {
                ReportStatus::Paused => self.client.pause(id).await,
                _ => self.client.resume(id).await,
            };
            if let Err(error) = changed {
                last = Some(error);
            } else if let Ok(Some(report)) = self.client.report(id).await
                && report.report_status.as_ref() == Some(&self.initial)
            {
                return Ok(());
            }
        }
        Err(last.unwrap_or_else(|| {
            Error::new(ErrorKind::InvalidResponse)
                .with_operation(&spec::GET_REPORTS)
                .with_message(format!("the report {id} was not restored to {}", self.initial))
        }))
    }
}

/// Omits the report, which is data of the tenant.
impl fmt::Debug for Exercise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exercise").field("initial", &self.initial).finish_non_exhaustive()
    }
}

fn not_found(id: ReportId) -> Error {
    Error::new(ErrorKind::NotFound)
        .with_operation(&spec::GET_REPORTS)
        .with_message(format!("there is no report {id}"))
}
