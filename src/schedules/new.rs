//! A report to create.

use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use super::rules::check_dataset;
use super::{CallbackMethod, ReportFormat, hours};
use crate::datasets::Dataset;
use crate::error::Error;
use crate::generated::types::CreateReportRequest;

/// Marks a [`NewReport`] that runs on a schedule.
#[derive(Clone, Copy, Debug)]
pub struct Scheduled;

/// Marks a [`NewReport`] that runs once.
#[derive(Clone, Copy, Debug)]
pub struct Once;

/// A report to create: a [`schedule`](NewReport::schedule) or a [one-time report](NewReport::once).
///
/// It is serialized as the body of the request.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "nothing is created until it is sent"]
pub struct NewReport<K = Scheduled> {
    pub(super) request: CreateReportRequest,
    kind: PhantomData<K>,
}

impl NewReport<Scheduled> {
    /// Creates a report that runs first at `start`, and then at this interval of whole hours.
    ///
    /// `start` must be at least four hours from now; see [`earliest_start`](crate::earliest_start). The dataset of the
    /// query may require a longer interval than four hours. Without a [`count`](Self::count), it runs forever, which
    /// v1.1 (cmp) does not allow.
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

    /// Compares the interval with the shortest one of the dataset that the query reads.
    ///
    /// ```
    /// use partner_center_insights::{Dataset, ErrorKind, NewReport, earliest_start};
    /// use std::time::Duration;
    ///
    /// // One of `client.datasets()`.
    /// let mut dataset = Dataset::new("OfficeUsage");
    /// dataset.minimum_recurrence_interval = Some(24);
    /// let hours = |hours: u64| Duration::from_secs(hours * 60 * 60);
    /// let report = |every| NewReport::schedule("Usage", "a-query-id", earliest_start(), every);
    /// assert!(report(hours(24)).check(&dataset).is_ok());
    /// let error = report(hours(4)).check(&dataset).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument) if the interval is shorter.
    pub fn check(&self, dataset: &Dataset) -> Result<(), Error> {
        check_dataset(self.request.recurrence_interval, dataset)
    }
}

impl NewReport<Once> {
    /// Creates a report that runs once, immediately. A caller can create five of them in 60 minutes.
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

impl<K> Serialize for NewReport<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.request.serialize(serializer)
    }
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
