//! The rules for reports, checked before a request is sent. A violation of a documented rule is an error with the
//! message of the service; a violation of an assumed rule is only logged as a warning.

use std::time::{Duration, SystemTime};

use reqwest::Url;

use crate::datasets::Dataset;
use crate::error::{Error, ErrorKind};
use crate::generated::types::{CreateReportRequest, UpdateReportRequest};
use crate::report::Timestamp;
use crate::spec;

use super::HOUR;

/// The API version that has its own limits.
const V1_1: &str = "v1.1";

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
    request.callback_url.as_deref().map_or(Ok(()), check_callback)?;
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
    let shortest =
        of_version(spec::CREATE_REPORT_REQUEST_RECURRENCE_INTERVAL_MINIMUM_IN, version).unwrap_or(1);
    let hours = check_interval(interval, shortest, "")?;
    let Some(count) = count.map(i64::from) else { return Ok(()) };
    let fewest = of_version(spec::CREATE_REPORT_REQUEST_RECURRENCE_COUNT_MINIMUM_IN, version).unwrap_or(1);
    if count < fewest {
        return Err(invalid("Recurrence count has to be a positive integer value"));
    }
    let limits = of_version(spec::CREATE_REPORT_REQUEST_RECURRENCE_COUNT_MAXIMUM_FROM_INTERVAL_IN, version);
    let most = limits.and_then(|limits| limits.iter().rev().find(|(from, _)| hours >= *from));
    if let Some((from, most)) = most.filter(|(_, most)| count > *most) {
        tracing::warn!(count, most, "{version} presumably allows fewer executions at {from} hours or more");
    }
    Ok(())
}

/// Checks an interval in hours. `of` is the end of the message, and names the origin of the shortest interval.
fn check_interval(interval: Option<i32>, shortest: i64, of: &str) -> Result<i64, Error> {
    let longest = spec::CREATE_REPORT_REQUEST_RECURRENCE_INTERVAL_MAXIMUM;
    let hours = interval.map(i64::from).filter(|hours| (shortest..=longest).contains(hours));
    hours.ok_or_else(|| {
        invalid(&format!("Recurrence Interval must be between {shortest} and {longest} (whole hours){of}"))
    })
}

/// Checks that a dataset allows the interval of a schedule.
pub fn check_dataset(interval: Option<i32>, dataset: &Dataset) -> Result<(), Error> {
    let Some(shortest) = dataset.minimum_recurrence_interval else { return Ok(()) };
    let of = format!("; the dataset {} allows no shorter one", dataset.dataset_name);
    check_interval(interval, shortest.into(), &of).map(drop)
}

fn of_version<T: Copy>(values: &[(&str, T)], version: &str) -> Option<T> {
    values.iter().find(|(of, _)| *of == version).map(|(_, value)| *value)
}

pub fn check_callback(url: &str) -> Result<(), Error> {
    match Url::parse(url) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
        _ => Err(invalid("invalid CallbackUrl; expected an absolute http or https URL")),
    }
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

/// Logs a warning if the start of an update is too early for a new report. No rule for updates is documented.
pub fn warn_of_start(start: SystemTime, now: SystemTime) {
    if start < now + least_notice() {
        tracing::warn!("a start less than four hours from now is presumably refused for updates too");
    }
}
