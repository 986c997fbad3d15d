//! An update of a report, and the request that it becomes.

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use super::rules::{check_callback, check_dataset, invalid};
use super::{CallbackMethod, ReportFormat, hours};
use crate::client::InsightsClient;
use crate::datasets::Dataset;
use crate::error::{Error, ErrorKind};
use crate::generated::Client;
use crate::generated::types::UpdateReportRequest;
use crate::report::{Report, Schedule, Timestamp};
use crate::spec;
use crate::warning::Warning;

/// Changes to a report. Properties that are not set keep their value.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "nothing is changed until it is sent"]
pub struct ReportUpdate {
    name: Option<String>,
    description: Option<String>,
    pub(super) start: Option<SystemTime>,
    every: Option<Duration>,
    count: Option<i32>,
    end: Option<SystemTime>,
    format: Option<ReportFormat>,
    callback_url: Option<String>,
    callback_method: Option<CallbackMethod>,
}

impl ReportUpdate {
    /// Creates an update without changes.
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

    /// Sets the URL that the service calls when a file is ready.
    pub fn callback_url(mut self, url: impl Into<String>) -> Self {
        self.callback_url = Some(url.into());
        self
    }

    /// Sets how the service calls the URL.
    pub fn callback_method(mut self, method: CallbackMethod) -> Self {
        self.callback_method = Some(method);
        self
    }

    /// Returns all editable properties: the current values, replaced by the changes.
    pub(super) fn applied_to(self, current: &Report) -> Result<UpdateReportRequest, Error> {
        if current.execute_now == Some(true) {
            return Err(Error::new(ErrorKind::Conflict).with_message("a one-time report cannot be updated"));
        }
        let missing = |what: &str| invalid(&format!("the service reports no {what}; set it"));
        let start = self.start.or(current.start_time.as_ref().and_then(Timestamp::to_system_time));
        let end = self.end.or(current.end_time.as_ref().and_then(Timestamp::to_system_time));
        if let Some(url) = &self.callback_url {
            check_callback(url)?;
        }
        // The current callback is not checked, and a method that the spec does not have is left out.
        let callback_url = self.callback_url.or(current.callback_url.clone());
        if self.callback_method.is_some() && callback_url.is_none() {
            return Err(missing("callback URL"));
        }
        let method = self.callback_method.or(parsed(current.callback_method.as_deref()));
        Ok(UpdateReportRequest {
            report_name: self.name.or(current.report_name.clone()).ok_or_else(|| missing("name"))?,
            description: self.description.or(current.description.clone()),
            // Formatted again: published times lack the `Z`, without which the service responds with 500.
            start_time: start.ok_or_else(|| missing("start"))?.into(),
            recurrence_interval: self.every.map(hours).or(current.recurrence_interval),
            recurrence_count: self.count.or(current.recurrence_count),
            end_time: end.map(Timestamp::from),
            format: self.format.or(parsed(current.format.as_deref())),
            callback_url,
            callback_method: method,
        })
    }
}

/// An update that breaks no documented rule, and has not been sent; created by [`InsightsClient::prepare_update`].
///
/// It is serialized as the body of the request.
#[derive(Clone, Debug)]
#[must_use = "nothing is changed until it is sent"]
pub struct PreparedUpdate {
    pub(super) client: InsightsClient,
    pub(super) current: Report,
    pub(super) request: UpdateReportRequest,
}

impl PreparedUpdate {
    /// Returns the report before the update.
    pub fn current(&self) -> &Report {
        &self.current
    }

    /// Returns when the last execution is due after the update, by start, interval, number of recurrences and end. If
    /// that time has passed, the update ends the report: recurrences are assumed to count from the start of the
    /// schedule.
    ///
    /// `None` if the number of executions is not limited, or if the schedule is not readable.
    pub fn last_execution(&self) -> Option<SystemTime> {
        let request = &self.request;
        let schedule = Schedule::new(
            Some(&request.start_time),
            request.recurrence_interval,
            request.recurrence_count,
            request.end_time.as_ref(),
        );
        schedule?.last()
    }

    /// Compares the interval with the shortest one of the dataset that the query of the report reads.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](ErrorKind::InvalidArgument) if the interval is shorter.
    pub fn check(&self, dataset: &Dataset) -> Result<(), Error> {
        check_dataset(self.request.recurrence_interval, dataset)
    }

    /// Sends the update. Returns the report, or `None` if the service accepted the request without a body.
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`].
    pub async fn send(self) -> Result<Option<Report>, Error> {
        let (id, body) = (&self.current.report_id, &self.request);
        let request = |api: Client| async move { api.update_report(id, body).await };
        let sent = self.client.call(&spec::UPDATE_REPORT, request).await?;
        Ok(sent.items.into_iter().next())
    }
}

impl Serialize for PreparedUpdate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.request.serialize(serializer)
    }
}

/// Returns warnings about words of the report that the request cannot contain. The service may replace them.
pub(super) fn warnings(current: &Report, request: &UpdateReportRequest) -> Vec<Warning> {
    let is_left_out = |word: &Option<String>, sent: bool| word.is_some() && !sent;
    let words = [
        ("callbackMethod", is_left_out(&current.callback_method, request.callback_method.is_some())),
        ("format", is_left_out(&current.format, request.format.is_some())),
    ];
    let warning = |field| Warning {
        id: Some(current.report_id.to_string()),
        ..Warning::new(field, "a word that the spec does not have; left out of the update")
    };
    words.into_iter().filter(|(_, is_left_out)| *is_left_out).map(|(field, _)| warning(field)).collect()
}

/// Parses a word of a response, ignoring case.
fn parsed<T: serde::de::DeserializeOwned>(word: Option<&str>) -> Option<T> {
    let word = word?;
    let spellings = [word.to_ascii_lowercase(), word.to_ascii_uppercase()];
    spellings.into_iter().find_map(|word| serde_json::from_value(word.into()).ok())
}
