//! The operations that create, update and delete reports.

mod new;
mod rules;
mod update;

use std::future::IntoFuture;
use std::time::{Duration, SystemTime};

use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::generated::Client;
pub use crate::generated::types::{CallbackMethod, ReportFormat};
use crate::report::{Report, ReportId};
use crate::spec;
use crate::unconfirmed::{NewItem, deleted};

pub use new::{NewReport, Once, Scheduled};
#[cfg(feature = "emulator")]
pub(crate) use rules::check_callback;
use rules::{check_new, check_update, least_notice, warn_of_start};
use update::warnings;
pub use update::{PreparedUpdate, ReportUpdate};

const HOUR: u64 = 60 * 60;
/// Added to the earliest start, for the time until the service receives the request.
const MARGIN: Duration = Duration::from_secs(5 * 60);

impl InsightsClient {
    /// Creates a report.
    ///
    /// The documented rules are checked first, as by [`check_report`](Self::check_report). A lost request is not
    /// retried blindly, because that could create two reports. The client lists reports before the request, and again
    /// if the response is lost, and returns the report with this name and query whose id is new. A client sends its
    /// creates one after the other.
    ///
    /// ```no_run
    /// # async fn run(client: partner_center_insights::InsightsClient) -> Result<(), partner_center_insights::Error> {
    /// use partner_center_insights::{NewReport, earliest_start};
    /// use std::time::Duration;
    ///
    /// let query_id = "5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11";
    /// let day = Duration::from_secs(24 * 60 * 60);
    /// let daily = NewReport::schedule("Sales daily", query_id, earliest_start(), day).count(180);
    /// let report = client.create_report(daily).await?;
    ///
    /// let once = client.create_report(NewReport::once("Sales now", query_id)).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc = concat!("See [the service's page](", env!("DOC_CREATE_REPORT"), ").")]
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](ErrorKind::InvalidArgument) if a documented rule is broken,
    /// [`ReportQuota`](ErrorKind::ReportQuota) and [`OneTimeQuota`](ErrorKind::OneTimeQuota) if there are too many, and
    /// otherwise see [`ErrorKind`]. [`Error::may_be_done`] returns whether the report may have been created
    /// nevertheless.
    pub async fn create_report<K>(&self, report: NewReport<K>) -> Result<Report, Error> {
        let operation = &spec::CREATE_REPORT;
        self.check_report(&report)?;
        let request = report.request;
        let is_like = |report: &Report| {
            let query_id = report.query_id.as_deref();
            report.report_name.as_deref().map(str::trim) == Some(request.report_name.trim())
                && query_id.is_some_and(|id| id.eq_ignore_ascii_case(request.query_id.trim()))
        };
        let id = |report: &Report| report.report_id;
        let body = &request;
        let send = || self.call(operation, |api: Client| async move { api.create_report(body).await });
        let list = || self.reports().into_future();
        NewItem { client: self, operation, is_like, id }.create(list, send).await
    }

    /// Checks the documented rules for a report. Nothing is sent.
    ///
    /// The shortest interval of the dataset is checked by [`NewReport::check`].
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](ErrorKind::InvalidArgument) with the rule that is broken.
    pub fn check_report<K>(&self, report: &NewReport<K>) -> Result<(), Error> {
        check_new(&report.request, &self.inner.version, SystemTime::now())
            .map_err(|error| error.with_operation(&spec::CREATE_REPORT))
    }

    /// Changes the schedule of a report: reads the report, applies the changes, and sends all editable properties,
    /// because the service does not document the effect of absent ones.
    ///
    /// A higher count or a later end extends a schedule. It is not documented whether that reactivates a schedule that
    /// has ended, and whether a paused report stays paused. Returns the report, or `None` if the service accepted the
    /// request without a body.
    #[doc = concat!("See [the service's page](", env!("DOC_UPDATE_REPORT"), ").")]
    ///
    /// # Errors
    ///
    /// As for [`prepare_update`](Self::prepare_update), and otherwise see [`ErrorKind`].
    pub async fn update_report<I>(&self, report_id: I, update: ReportUpdate) -> Result<Option<Report>, Error>
    where
        I: TryInto<ReportId, Error: Into<Error>>,
    {
        self.prepare_update(report_id, update).await?.send().await
    }

    /// Reads a report, and prepares an update of it: applies the changes, and checks the documented rules.
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) if there is no such report, [`Conflict`](ErrorKind::Conflict) if it is a
    /// one-time report, [`InvalidArgument`](ErrorKind::InvalidArgument) if a documented rule is broken, and otherwise
    /// see [`ErrorKind`].
    pub async fn prepare_update<I>(&self, report_id: I, update: ReportUpdate) -> Result<PreparedUpdate, Error>
    where
        I: TryInto<ReportId, Error: Into<Error>>,
    {
        let operation = &spec::UPDATE_REPORT;
        let id = report_id.try_into().map_err(Into::into)?;
        let current = self.report(id).await?.ok_or_else(|| {
            Error::new(ErrorKind::NotFound)
                .with_operation(operation)
                .with_message(format!("there is no report {id}"))
        })?;
        if let Some(start) = update.start {
            warn_of_start(start, SystemTime::now());
        }
        let request = update.applied_to(&current).and_then(|request| {
            check_update(&request, &self.inner.version)?;
            Ok(request)
        });
        let request = request.map_err(|error| error.with_operation(operation))?;
        for warning in warnings(&current, &request) {
            self.inner.warn(&warning);
        }
        Ok(PreparedUpdate { client: self.clone(), current, request })
    }

    /// Deletes a report and its executions; presumably their files too. Returns the report, or `None` if it is not in
    /// the response.
    #[doc = concat!("See [the service's page](", env!("DOC_DELETE_REPORT"), ").")]
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) if there is no such report. It is not an error after a request whose response
    /// was lost: that request deleted the report. Otherwise see [`ErrorKind`].
    pub async fn delete_report<I>(&self, report_id: I) -> Result<Option<Report>, Error>
    where
        I: TryInto<ReportId, Error: Into<Error>>,
    {
        let id = report_id.try_into().map_err(Into::into)?;
        deleted(
            self.call(&spec::DELETE_REPORT, |api: Client| async move { api.delete_report(&id).await }).await,
        )
    }
}

/// Returns the earliest start of a new schedule: four hours from now, plus five minutes until the service receives the
/// request.
pub fn earliest_start() -> SystemTime {
    SystemTime::now() + least_notice() + MARGIN
}

/// Converts an interval to hours. Returns 0, which the rules reject, for anything but whole hours.
fn hours(interval: Duration) -> i32 {
    let hours = interval.as_secs() / HOUR;
    let is_whole = interval == Duration::from_secs(hours * HOUR);
    if is_whole { i32::try_from(hours).unwrap_or(i32::MAX) } else { 0 }
}
