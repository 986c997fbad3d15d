//! `create`: creates a report.

use std::time::{Duration, SystemTime};

use partner_center_insights::{CallbackMethod, InsightsClient, NewReport, Report, ReportFormat, ReportId};

use crate::args::{self, Global, Schedule};
use crate::edit::{EditRow, check_end, preview, print, start};
use crate::exit::Failure;
use crate::output::Output;
use crate::session::Session;
use crate::{query, quota};

pub async fn create(global: &Global, command: args::Create, output: &Output) -> Result<u8, Failure> {
    check_end(global, &command.schedule)?;
    let session = Session::open(global, output).await?;
    let model = match command.from {
        Some(id) => Some(existing(&session.client, id).await?),
        None => None,
    };
    let model = model.as_ref();
    let query_id = command.query_id.or_else(|| model?.query_id.clone());
    let query_id =
        query_id.ok_or_else(|| Failure::usage("the report to copy has no query; pass --query-id"))?;
    let schedule = &command.schedule;
    // A one-time report is copied as such, unless flags give it a schedule.
    let has_schedule = schedule.every.is_some() || start(schedule).is_some();
    let copies_one_time = model.is_some_and(|model| model.execute_now == Some(true));
    let once = command.once || (copies_one_time && !has_schedule);
    if once {
        let report = common(NewReport::once(command.name, query_id), schedule, model)?;
        return send(&session, report, command.dry_run, None, output).await;
    }
    let start = start(schedule)
        .ok_or_else(|| Failure::usage("no start given").hint("pass --at TIME or --earliest"))?;
    let interval = model.and_then(|model| u64::try_from(model.recurrence_interval?).ok());
    let every = schedule.every.or(interval.map(|hours| Duration::from_secs(hours * 3600)));
    let every =
        every.ok_or_else(|| Failure::usage("no interval given").hint("pass --every 1d, or --once"))?;
    let mut report = NewReport::schedule(command.name, &query_id, start, every);
    let model_count = model.filter(|_| !copies_one_time).and_then(|model| model.recurrence_count);
    if let Some(count) = schedule.count.or(model_count) {
        report = report.count(count);
    }
    if let Some(end) = schedule.end {
        report = report.end(end);
    }
    let report = common(report, schedule, model)?;
    let known = model.filter(|model| model.query_id.as_ref() == Some(&query_id));
    let text = known.and_then(|model| model.query.clone());
    session.client.check_report(&report)?;
    if let Some(dataset) = query::dataset_of(&session.client, &query_id, text).await? {
        report.check(&dataset)?;
    }
    send(&session, report, command.dry_run, Some(start), output).await
}

/// Creates a report or, with --dry-run, prints the request.
async fn send<K>(
    session: &Session,
    report: NewReport<K>,
    dry_run: bool,
    start: Option<SystemTime>,
    output: &Output,
) -> Result<u8, Failure> {
    let client = &session.client;
    client.check_report(&report)?;
    if dry_run {
        let what = if start.is_some() { "create a report" } else { "create a report that runs once" };
        return preview(EditRow::created(&report)?, what, start, output);
    }
    match client.create_report(report).await {
        Ok(report) => print(report, session, output),
        Err(error) => Err(quota::failure(client, error).await),
    }
}

pub async fn existing(client: &InsightsClient, id: ReportId) -> Result<Report, Failure> {
    client.report(id).await?.ok_or_else(|| {
        Failure::not_found(format!("there is no report {id}")).hint("`partner-insights list` lists them")
    })
}

/// Sets the options that scheduled and one-time reports share, from the flags or else from the model.
fn common<K>(
    mut report: NewReport<K>,
    schedule: &Schedule,
    model: Option<&Report>,
) -> Result<NewReport<K>, Failure> {
    if let Some(description) = schedule.description.clone().or_else(|| model?.description.clone()) {
        report = report.description(description);
    }
    let parsed = || model?.format.as_ref()?.to_ascii_lowercase().parse::<ReportFormat>().ok();
    if let Some(format) = schedule.format.or_else(parsed) {
        report = report.format(format);
    }
    let url = schedule.callback_url.as_ref().or_else(|| model?.callback_url.as_ref());
    let parsed = || model?.callback_method.as_ref()?.to_ascii_uppercase().parse::<CallbackMethod>().ok();
    match (url, schedule.callback_method) {
        (Some(url), method) => {
            Ok(report.callback(url, method.or_else(parsed).unwrap_or(CallbackMethod::Post)))
        }
        (None, Some(_)) => Err(Failure::usage("--callback-method needs --callback-url")),
        (None, None) => Ok(report),
    }
}
