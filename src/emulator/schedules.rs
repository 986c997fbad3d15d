//! Creates, updates and deletes reports.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::input::{Input, bad_request, invalid_report, missing, unknown_word};
use super::queries::{dataset_of, unknown_query};
use super::response::{self, Refusal};
use super::service::{Call, Service, no_item, report_id};
use crate::report::{Report, ReportStatus};
use crate::schedules::check_callback;

const HOUR: Duration = Duration::from_secs(60 * 60);
const MAX_TEXT: usize = 256;
const MAX_INTERVAL: i32 = 2160;
const MAX_ACTIVE: usize = 50;
const MAX_ONE_TIME: usize = 5;

/// The members of a request to create or update a report.
struct Members {
    name: String,
    description: Option<String>,
    start: Option<SystemTime>,
    interval: Option<i32>,
    count: Option<i32>,
    end: Option<SystemTime>,
    format: Option<String>,
    callback_url: Option<String>,
    callback_method: Option<String>,
}

impl Members {
    /// A one-time report ignores the text of its start.
    fn read(input: &Input, is_one_time: bool) -> Result<Self, Refusal> {
        let name = input.required("ReportName")?;
        let description = input.text("Description")?;
        let is_long = |text: &str| text.chars().count() > MAX_TEXT;
        if is_long(&name) || description.as_deref().is_some_and(is_long) {
            let limit = "Limit ReportName and Description length to 256 characters or less";
            return Err(invalid_report(limit));
        }
        let callback_url = input.text("CallbackUrl")?;
        if let Some(url) = callback_url.as_deref().filter(|url| check_callback(url).is_err()) {
            return Err(unknown_word(url));
        }
        if name.contains(';') {
            return Err(invalid_report("Invalid character (;) in ReportName"));
        }
        Ok(Self {
            name,
            description,
            start: if is_one_time { input.text("StartTime")?.and(None) } else { input.time("StartTime")? },
            interval: input.number("RecurrenceInterval")?,
            count: input.number("RecurrenceCount")?,
            end: input.time("EndTime")?,
            format: input.word("Format", &["csv", "tsv"], None)?,
            callback_url,
            callback_method: input.word(
                "CallbackMethod",
                &["GET", "POST"],
                Some("CallbackMethod can only be GET or POST"),
            )?,
        })
    }

    /// Checks the schedule, which one-time reports ignore. `dataset_minimum` is the minimum interval of the dataset.
    fn check_schedule(&self, call: &Call<'_>, dataset_minimum: Option<i32>) -> Result<(), Refusal> {
        let minimum = if call.is_v1_1 { 1 } else { 4 };
        if self.interval.is_some_and(|interval| !(minimum..=MAX_INTERVAL).contains(&interval)) {
            return Err(bad_request("Recurrence Interval must be between 4 and 2160"));
        }
        if self.interval.zip(dataset_minimum).is_some_and(|(interval, minimum)| interval < minimum) {
            return Err(bad_request("Invalid report parameters"));
        }
        if self.count.is_some_and(|count| count < 1) {
            return Err(invalid_report("Recurrence count has to be a positive integer value"));
        }
        if self.start.zip(self.end).is_some_and(|(start, end)| end <= start) {
            return Err(invalid_report("EndTime should be greater than StartTime"));
        }
        Ok(())
    }

    /// Replaces the members that are present.
    fn write(self, report: &mut Report) {
        fn set<T>(target: &mut Option<T>, value: Option<T>) {
            if value.is_some() {
                *target = value;
            }
        }
        report.report_name = Some(self.name);
        set(&mut report.description, self.description);
        set(&mut report.start_time, self.start.map(Into::into));
        set(&mut report.recurrence_interval, self.interval);
        set(&mut report.recurrence_count, self.count);
        set(&mut report.end_time, self.end.map(Into::into));
        set(&mut report.format, self.format);
        set(&mut report.callback_url, self.callback_url);
        set(&mut report.callback_method, self.callback_method);
    }
}

impl Service {
    pub fn create_report(&self, call: &Call<'_>) -> Result<Value, Refusal> {
        let input = Input::parse(call.body)?;
        let execute_now = input.flag("ExecuteNow")?.unwrap_or(false);
        let members = Members::read(&input, execute_now)?;
        let query_id = input.required("QueryId")?;
        let span = (input.time("QueryStartTime")?, input.time("QueryEndTime")?);
        let shared = &mut *self.shared();
        let state = &shared.state;
        let query = state.query(&query_id).ok_or_else(unknown_query)?.query.clone();
        let now = state.now();
        if execute_now {
            if state.settings.quotas && state.one_time_since(now - HOUR) >= MAX_ONE_TIME {
                let quota = "User has exceeded its ExecuteNow report creation quota of 5 reports/60 mins";
                return Err(bad_request(quota));
            }
        } else {
            let start = members.start.ok_or_else(missing)?;
            members.interval.ok_or_else(missing)?;
            if call.is_v1_1 && members.count.is_none() {
                return Err(missing());
            }
            let dataset = dataset_of(&query, state, call);
            members.check_schedule(call, dataset.and_then(|dataset| dataset.minimum_recurrence_interval))?;
            if start < now + 4 * HOUR {
                let earliest = "Start time of report should at least be 4 hours from current UTC time";
                return Err(invalid_report(earliest));
            }
            if state.settings.quotas
                && state.reports().filter(|report| report.is_active()).count() >= MAX_ACTIVE
            {
                return Err(bad_request("User has exceeded its report creation quota of 50 active reports"));
            }
        }
        let mut report = Report::new(shared.random_id().into()).with_query_id(query_id);
        report.query = Some(query);
        report.user = Some(call.user().to_owned());
        report.created_time = Some(now.into());
        report.execute_now = Some(execute_now);
        report.format = Some("csv".to_owned());
        if execute_now {
            report.report_name = Some(members.name);
            report.description = members.description;
            report.format = members.format.or(report.format);
            report.query_start_time = span.0.map(Into::into);
            report.query_end_time = span.1.map(Into::into);
            report = report.with_status(ReportStatus::Inactive).with_schedule(now, -1, 1);
        } else {
            if members.callback_url.is_some() {
                report.callback_method = Some("POST".to_owned());
            }
            members.write(&mut report);
            report.report_status = Some(ReportStatus::Active);
        }
        shared.state.insert(report.clone());
        Ok(response::success_with(&[report], "Report created successfully"))
    }

    pub fn update_report(&self, call: &Call<'_>) -> Result<Value, Refusal> {
        let id = report_id(&call.parameters).ok_or_else(no_item)?;
        let input = Input::parse_update(call.body)?;
        let members = Members::read(&input, false)?;
        members.start.ok_or_else(missing)?;
        let shared = &mut *self.shared();
        let report = shared.state.report(id).ok_or_else(no_item)?;
        if report.execute_now == Some(true) {
            return Err(bad_request("Invalid report parameters"));
        }
        let dataset = report.query.as_ref().and_then(|query| dataset_of(query, &shared.state, call));
        members.check_schedule(call, dataset.and_then(|dataset| dataset.minimum_recurrence_interval))?;
        let updated = shared.state.replace(id, |report| members.write(report)).ok_or_else(no_item)?;
        Ok(response::success(&[updated]))
    }

    pub fn delete_report(&self, call: &Call<'_>) -> Result<Value, Refusal> {
        let id = report_id(&call.parameters).ok_or_else(no_item)?;
        let deleted = self.shared().state.remove(id).ok_or_else(no_item)?;
        Ok(response::success(&[deleted]))
    }
}
