//! `create` and `update`: the schedule of a report.

use std::time::{Duration, SystemTime};

use partner_center_insights::{
    CallbackMethod, InsightsClient, NewReport, Report, ReportFormat, ReportId, ReportUpdate, Timestamp,
    earliest_start,
};

use crate::args::{self, Global, Schedule};
use crate::exit::{self, Failure};
use crate::list::ReportRow;
use crate::output::Output;
use crate::session::Session;

pub async fn create(global: &Global, command: args::Create, output: &Output) -> Result<u8, Failure> {
    let session = Session::open(global, output).await?;
    let model = match command.from {
        Some(id) => Some(existing(&session.client, id).await?),
        None => None,
    };
    let model = model.as_ref();
    let query_id = command.query_id.or_else(|| model?.query_id.clone());
    let query_id =
        query_id.ok_or_else(|| Failure::usage("the report to copy has no query; pass --query-id"))?;
    let once = command.once || model.is_some_and(|model| model.execute_now == Some(true));
    let schedule = &command.schedule;
    let report = if once {
        let report = common(NewReport::once(command.name, query_id), schedule, model);
        if command.dry_run {
            return Ok(preview("create a report that runs once", None, output));
        }
        session.client.create_report(report).await?
    } else {
        let start = start(schedule)
            .ok_or_else(|| Failure::usage("no start given").hint("pass --at TIME or --earliest"))?;
        let interval = model.and_then(|model| u64::try_from(model.recurrence_interval?).ok());
        let every = schedule.every.or(interval.map(|hours| Duration::from_secs(hours * 3600)));
        let every =
            every.ok_or_else(|| Failure::usage("no interval given").hint("pass --every 1d, or --once"))?;
        let mut report = NewReport::schedule(command.name, query_id, start, every);
        if let Some(count) = schedule.count.or_else(|| model?.recurrence_count) {
            report = report.count(count);
        }
        if let Some(end) = schedule.end {
            report = report.end(end);
        }
        let report = common(report, schedule, model);
        if command.dry_run {
            return Ok(preview("create a report", Some(start), output));
        }
        session.client.create_report(report).await?
    };
    print(report, &session, output)
}

pub async fn update(global: &Global, command: args::Update, output: &Output) -> Result<u8, Failure> {
    let session = Session::open(global, output).await?;
    let current = existing(&session.client, command.id).await?;
    let schedule = command.schedule;
    let start = start(&schedule);
    let mut update = ReportUpdate::new();
    macro_rules! set {
        ($($value:expr => $setter:ident,)*) => { $(if let Some(value) = $value { update = update.$setter(value); })* };
    }
    set! {
        command.name => name,
        schedule.description => description,
        start => start,
        schedule.every => every,
        schedule.count => count,
        schedule.end => end,
        schedule.format => format,
    }
    if let Some(url) = schedule.callback_url {
        update = update.callback(url, schedule.callback_method);
    }
    if update == ReportUpdate::new() {
        return Err(Failure::usage("nothing to update").hint("pass what is to change, such as --every 1d"));
    }
    if command.dry_run {
        return Ok(preview(&format!("update report {}", command.id), start, output));
    }
    let report = session.client.update_report(command.id, update).await?;
    print(report.unwrap_or(current), &session, output)
}

pub async fn existing(client: &InsightsClient, id: ReportId) -> Result<Report, Failure> {
    client.report(id).await?.ok_or_else(|| {
        Failure::not_found(format!("there is no report {id}")).hint("`partner-insights list` lists them")
    })
}

fn start(schedule: &Schedule) -> Option<SystemTime> {
    schedule.at.or(schedule.earliest.then(earliest_start))
}

/// Sets what schedules and one-time reports share: what was given, or what the model has.
fn common<K>(mut report: NewReport<K>, schedule: &Schedule, model: Option<&Report>) -> NewReport<K> {
    if let Some(description) = schedule.description.clone().or_else(|| model?.description.clone()) {
        report = report.description(description);
    }
    let parsed = || model?.format.as_ref()?.to_ascii_lowercase().parse::<ReportFormat>().ok();
    if let Some(format) = schedule.format.or_else(parsed) {
        report = report.format(format);
    }
    let method = || model?.callback_method.as_ref()?.to_ascii_uppercase().parse::<CallbackMethod>().ok();
    match (&schedule.callback_url, model.and_then(|model| model.callback_url.as_ref())) {
        (Some(url), _) => report.callback(url, schedule.callback_method),
        (None, Some(url)) => report.callback(url, method().unwrap_or(schedule.callback_method)),
        (None, None) => report,
    }
}

fn preview(what: &str, start: Option<SystemTime>, output: &Output) -> u8 {
    let start = start.map(|start| format!(", next at {} (UTC)", Timestamp::from(start))).unwrap_or_default();
    output.note(format_args!("Would {what}{start}; nothing was changed."));
    exit::OK
}

fn print(report: Report, session: &Session, output: &Output) -> Result<u8, Failure> {
    if let Some(start) = &report.start_time {
        output.note(format_args!("Next execution: {start} (UTC)."));
    }
    output.rows(&[ReportRow::new(report, &session.warnings)])?;
    Ok(exit::OK)
}
