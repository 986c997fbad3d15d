//! The rules for reports, checked before a request is sent. What is documented is refused, in the words of the service;
//! what is assumed is logged as a warning.

use std::time::{Duration, SystemTime};

use crate::error::{Error, ErrorKind};
use crate::generated::types::{CreateReportRequest, UpdateReportRequest};
use crate::report::Timestamp;
use crate::spec;

use super::HOUR;

/// The version with limits of its own.
const V1_1: &str = "v1.1";
/// From this interval in hours, the most executions of a schedule that the portal allows. The API presumably does the same.
const MOST_RUNS: [(i32, i32); 4] = [(28 * 24, 24), (7 * 24, 52), (24, 180), (0, 720)];

/// Returns how far ahead the start of a new schedule must be.
pub fn least_notice() -> Duration {
    Duration::from_secs(spec::CREATE_REPORT_REQUEST_START_TIME_MINIMUM_HOURS_AHEAD.unsigned_abs() * HOUR)
}

pub fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument).with_message(message)
}

/// Checks the documented rules, with the messages of the service.
pub fn check_new(request: &CreateReportRequest, version: &str, now: SystemTime) -> Result<(), Error> {
    if request.query_id.trim().is_empty() {
        return Err(invalid("Null or missing value: a report needs the id of a query"));
    }
    check_texts(&request.report_name, request.description.as_deref())?;
    if request.execute_now == Some(true) {
        if request.callback_url.is_some() {
            tracing::warn!("one-time reports presumably do not call back");
        }
        return Ok(());
    }
    let start = request.start_time.as_ref().and_then(Timestamp::to_system_time);
    if start.is_none_or(|start| start < now + least_notice()) {
        return Err(invalid("Start time of report should at least be 4 hours from current UTC time"));
    }
    if request.recurrence_count.is_none()
        && spec::CREATE_REPORT_REQUEST_RECURRENCE_COUNT_REQUIRED_IN.contains(&version)
    {
        return Err(invalid(&format!("{version} requires a number of recurrences")));
    }
    check_recurrence(request.recurrence_interval, request.recurrence_count, version)?;
    check_end(start, request.end_time.as_ref(), version)
}

pub fn check_update(request: &UpdateReportRequest, version: &str) -> Result<(), Error> {
    check_texts(&request.report_name, request.description.as_deref())?;
    check_recurrence(request.recurrence_interval, request.recurrence_count, version)?;
    check_end(request.start_time.to_system_time(), request.end_time.as_ref(), version)
}

fn check_texts(name: &str, description: Option<&str>) -> Result<(), Error> {
    let is_long =
        |text: &str, limit: i64| i64::try_from(text.chars().count()).is_ok_and(|length| length > limit);
    if name.trim().is_empty() {
        return Err(invalid("Null or missing value: a report needs a name"));
    }
    if name.contains(';') {
        return Err(invalid("Invalid character (;) in ReportName"));
    }
    if is_long(name, spec::CREATE_REPORT_REQUEST_REPORT_NAME_MAX_LENGTH)
        || description.is_some_and(|text| is_long(text, spec::CREATE_REPORT_REQUEST_DESCRIPTION_MAX_LENGTH))
    {
        return Err(invalid("Limit ReportName and Description length to 256 characters or less"));
    }
    Ok(())
}

fn check_recurrence(interval: Option<i32>, count: Option<i32>, version: &str) -> Result<(), Error> {
    let own =
        spec::CREATE_REPORT_REQUEST_RECURRENCE_INTERVAL_MINIMUM_IN.iter().find(|(of, _)| *of == version);
    let shortest = own.map_or(spec::CREATE_REPORT_REQUEST_RECURRENCE_INTERVAL_MINIMUM, |(_, hours)| *hours);
    let longest = spec::CREATE_REPORT_REQUEST_RECURRENCE_INTERVAL_MAXIMUM;
    if !interval.is_some_and(|hours| (shortest..=longest).contains(&hours.into())) {
        return Err(invalid(&format!(
            "Recurrence Interval must be between {shortest} and {longest} (whole hours)"
        )));
    }
    if count.is_some_and(|count| i64::from(count) < spec::CREATE_REPORT_REQUEST_RECURRENCE_COUNT_MINIMUM) {
        return Err(invalid("Recurrence count has to be a positive integer value"));
    }
    let hours = interval.unwrap_or_default();
    let most = MOST_RUNS.iter().find(|(from, _)| hours >= *from).map(|(_, most)| *most);
    if version == V1_1 && most.zip(count).is_some_and(|(most, count)| count > most) {
        tracing::warn!(count, most, "{V1_1} presumably allows fewer executions at this interval");
    }
    if i64::from(hours) < spec::CREATE_REPORT_REQUEST_RECURRENCE_INTERVAL_MINIMUM {
        tracing::warn!(hours, "only some datasets presumably allow so short an interval");
    }
    Ok(())
}

fn check_end(start: Option<SystemTime>, end: Option<&Timestamp>, version: &str) -> Result<(), Error> {
    if end.is_some() && version != V1_1 {
        tracing::warn!(version, "the end of a schedule is documented for {V1_1} only");
    }
    let end = end.and_then(Timestamp::to_system_time);
    match start.zip(end) {
        Some((start, end)) if end <= start => Err(invalid("EndTime should be greater than StartTime")),
        _ => Ok(()),
    }
}

/// Warns of a new start that is too early for a new report. For updates, nothing is documented.
pub fn warn_of_start(start: SystemTime, now: SystemTime) {
    if start < now + least_notice() {
        tracing::warn!("an earlier start than four hours from now is presumably refused for updates too");
    }
}
