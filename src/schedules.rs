//! The operations that change what reports there are: create, update, delete.

mod rules;

use std::future::IntoFuture;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::generated::Client;
pub use crate::generated::types::{CallbackMethod, ReportFormat};
use crate::generated::types::{CreateReportRequest, UpdateReportRequest};
use crate::report::{Report, ReportId, Timestamp};
use crate::spec;
use crate::unconfirmed::{NewItem, deleted};

use rules::{check_new, check_update, invalid, least_notice, warn_of_start};

const HOUR: u64 = 60 * 60;
/// Added to the earliest start, for the time until the service has the request.
const MARGIN: Duration = Duration::from_secs(5 * 60);

impl InsightsClient {
    /// Creates a report.
    ///
    /// The documented rules are checked first, and nothing is sent if one is broken. A lost request is not repeated
    /// blindly, because two reports could come of it: the client looks for the report, by name, query and time, and
    /// returns it if it is there.
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
    /// [`InvalidArgument`](ErrorKind::InvalidArgument) if a documented rule is broken, [`ReportQuota`](ErrorKind::ReportQuota)
    /// and [`OneTimeQuota`](ErrorKind::OneTimeQuota) if there are too many, and otherwise see [`ErrorKind`].
    pub async fn create_report<K>(&self, report: NewReport<K>) -> Result<Report, Error> {
        let operation = &spec::CREATE_REPORT;
        let began = SystemTime::now();
        let request = report.request;
        check_new(&request, &self.inner.version, began).map_err(|error| error.with_operation(operation))?;
        let body = &request;
        let sent = self.call(operation, |api: Client| async move { api.create_report(body).await }).await;
        let is_new = |report: &Report| {
            report.report_name.as_deref().map(str::trim) == Some(request.report_name.trim())
                && report
                    .query_id
                    .as_deref()
                    .is_some_and(|id| id.eq_ignore_ascii_case(request.query_id.trim()))
        };
        let created = |report: &Report| report.created_time.as_ref().and_then(Timestamp::to_system_time);
        let list = || self.reports().into_future();
        NewItem { operation, began, is_new, created }.find(sent, list).await
    }

    /// Changes the schedule of a report: reads it, replaces what was given, and sends all editable properties, because
    /// the service does not document what becomes of absent ones.
    ///
    /// A higher count or a later end extends a schedule. Whether that revives one that has ended is unproven: nothing
    /// documents it, nor whether a paused report stays paused. Returns the report, or `None` if the service accepted the
    /// request without a body.
    #[doc = concat!("See [the service's page](", env!("DOC_UPDATE_REPORT"), ").")]
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) if there is no such report, [`Conflict`](ErrorKind::Conflict) if it is a one-time
    /// report, [`InvalidArgument`](ErrorKind::InvalidArgument) if a documented rule is broken, and otherwise see
    /// [`ErrorKind`].
    pub async fn update_report<I>(&self, report_id: I, update: ReportUpdate) -> Result<Option<Report>, Error>
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
        let request = update.applied_to(current);
        let request =
            request.and_then(|request| check_update(&request, &self.inner.version).map(|()| request));
        let body = &request.map_err(|error| error.with_operation(operation))?;
        let sent =
            self.call(operation, |api: Client| async move { api.update_report(&id, body).await }).await?;
        Ok(sent.items.into_iter().next())
    }

    /// Deletes a report and its executions; presumably their files too. Returns it, or `None` if the service does not say
    /// which one it was.
    #[doc = concat!("See [the service's page](", env!("DOC_DELETE_REPORT"), ").")]
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound) if there is no such report; if only a repeated request says so, the report is
    /// deleted, and that is success. Otherwise see [`ErrorKind`].
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

/// Returns the earliest start of a new schedule: four hours from now, and five minutes for the way.
pub fn earliest_start() -> SystemTime {
    SystemTime::now() + least_notice() + MARGIN
}

/// A report that runs on a schedule.
#[derive(Clone, Copy, Debug)]
pub struct Scheduled;

/// A report that runs once.
#[derive(Clone, Copy, Debug)]
pub struct Once;

/// A report to create: a [`schedule`](NewReport::schedule) or a [one-time report](NewReport::once).
#[derive(Clone, Debug, PartialEq)]
#[must_use = "nothing is created until it is sent"]
pub struct NewReport<K = Scheduled> {
    request: CreateReportRequest,
    kind: PhantomData<K>,
}

impl NewReport<Scheduled> {
    /// A report that runs first at `start` and then in this interval, in whole hours.
    ///
    /// `start` must be at least four hours from now; see [`earliest_start`]. The dataset of the query may require a longer
    /// interval than four hours. Without a [`count`](Self::count), it runs for ever, which v1.1 (cmp) does not allow.
    pub fn schedule(
        name: impl Into<String>,
        query_id: impl Into<String>,
        start: SystemTime,
        every: Duration,
    ) -> Self {
        let mut request = request(name.into(), query_id.into());
        request.start_time = Some(start.into());
        request.recurrence_interval = Some(hours(every));
        Self { request, kind: PhantomData }
    }

    /// Sets the number of executions.
    pub fn count(mut self, count: i32) -> Self {
        self.request.recurrence_count = Some(count);
        self
    }

    /// Sets when the schedule ends. Documented for v1.1 (cmp) only.
    pub fn end(mut self, end: SystemTime) -> Self {
        self.request.end_time = Some(end.into());
        self
    }
}

impl NewReport<Once> {
    /// A report that runs once, at once. A caller can create five of them in an hour.
    pub fn once(name: impl Into<String>, query_id: impl Into<String>) -> Self {
        let mut request = request(name.into(), query_id.into());
        request.execute_now = Some(true);
        Self { request, kind: PhantomData }
    }

    /// Replaces the time span of the query, from start to end.
    pub fn time_span(mut self, start: SystemTime, end: SystemTime) -> Self {
        self.request.query_start_time = Some(start.into());
        self.request.query_end_time = Some(end.into());
        self
    }
}

impl<K> NewReport<K> {
    /// Sets the description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.request.description = Some(description.into());
        self
    }

    /// Sets the format of the files. The default is CSV.
    pub fn format(mut self, format: ReportFormat) -> Self {
        self.request.format = Some(format);
        self
    }

    /// Sets the URL that the service calls when a file is ready, and how. One-time reports presumably do not call it.
    pub fn callback(mut self, url: impl Into<String>, method: CallbackMethod) -> Self {
        self.request.callback_url = Some(url.into());
        self.request.callback_method = Some(method);
        self
    }
}

/// Changes of a report. What is not set stays as it is.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "nothing is changed until it is sent"]
pub struct ReportUpdate {
    name: Option<String>,
    description: Option<String>,
    start: Option<SystemTime>,
    every: Option<Duration>,
    count: Option<i32>,
    end: Option<SystemTime>,
    format: Option<ReportFormat>,
    callback: Option<(String, CallbackMethod)>,
}

impl ReportUpdate {
    /// Changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets when the report runs next.
    pub fn start(mut self, start: SystemTime) -> Self {
        self.start = Some(start);
        self
    }

    /// Sets the interval between executions, in whole hours.
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = Some(interval);
        self
    }

    /// Sets the number of executions.
    pub fn count(mut self, count: i32) -> Self {
        self.count = Some(count);
        self
    }

    /// Sets when the schedule ends. Documented for v1.1 (cmp) only.
    pub fn end(mut self, end: SystemTime) -> Self {
        self.end = Some(end);
        self
    }

    /// Sets the format of the files.
    pub fn format(mut self, format: ReportFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets the URL that the service calls when a file is ready, and how.
    pub fn callback(mut self, url: impl Into<String>, method: CallbackMethod) -> Self {
        self.callback = Some((url.into(), method));
        self
    }

    /// All editable properties: the current ones, and the changes.
    fn applied_to(self, current: Report) -> Result<UpdateReportRequest, Error> {
        if current.execute_now == Some(true) {
            return Err(Error::new(ErrorKind::Conflict).with_message("a one-time report cannot be updated"));
        }
        let missing = |what: &str| invalid(&format!("the service reports no {what}; set it"));
        let start = self.start.or(current.start_time.as_ref().and_then(Timestamp::to_system_time));
        let end = self.end.or(current.end_time.as_ref().and_then(Timestamp::to_system_time));
        let (url, method) = match self.callback {
            Some((url, method)) => (Some(url), Some(method)),
            // A callback that the spec does not know is left to the service.
            None => (current.callback_url, parsed(current.callback_method.as_deref())),
        };
        Ok(UpdateReportRequest {
            report_name: self.name.or(current.report_name).ok_or_else(|| missing("name"))?,
            description: self.description.or(current.description),
            // Written anew: a published time lacks the `Z`, without which the service answers 500.
            start_time: start.ok_or_else(|| missing("start"))?.into(),
            recurrence_interval: self.every.map(hours).or(current.recurrence_interval),
            recurrence_count: self.count.or(current.recurrence_count),
            end_time: end.map(Timestamp::from),
            format: self.format.or(parsed(current.format.as_deref())),
            callback_url: url,
            callback_method: method,
        })
    }
}

/// Parses a word of a response, ignoring case.
fn parsed<T: serde::de::DeserializeOwned>(word: Option<&str>) -> Option<T> {
    let word = word?;
    let spellings = [word.to_ascii_lowercase(), word.to_ascii_uppercase()];
    spellings.into_iter().find_map(|word| serde_json::from_value(word.into()).ok())
}

fn request(name: String, query_id: String) -> CreateReportRequest {
    CreateReportRequest {
        report_name: name,
        query_id,
        description: None,
        start_time: None,
        execute_now: None,
        query_start_time: None,
        query_end_time: None,
        recurrence_interval: None,
        recurrence_count: None,
        end_time: None,
        format: None,
        callback_url: None,
        callback_method: None,
    }
}

/// Converts to hours; anything but whole hours to one that no rule allows.
fn hours(interval: Duration) -> i32 {
    let hours = interval.as_secs() / HOUR;
    let is_whole = interval == Duration::from_secs(hours * HOUR);
    if is_whole { i32::try_from(hours).unwrap_or(i32::MAX) } else { 0 }
}
