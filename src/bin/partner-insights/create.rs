//! `create` and `update`: creates a report, or changes its schedule.

use std::time::{Duration, SystemTime};

use comfy_table::Cell;
use partner_center_insights::{
    CallbackMethod, InsightsClient, NewReport, PreparedUpdate, Program, Report, ReportFormat, ReportId,
    ReportUpdate, Timestamp, earliest_start,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::args::{self, Global, Schedule};
use crate::confirm::{confirm, require_terminal};
use crate::exit::{self, Failure};
use crate::list::ReportRow;
use crate::output::{Output, Row};
use crate::session::Session;
use crate::table::text;
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
        let report = common(NewReport::once(command.name, query_id), schedule, model);
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
    let report = common(report, schedule, model);
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
        return preview(EditRow::planned("would-create", None, &report)?, what, start, output);
    }
    match client.create_report(report).await {
        Ok(report) => print(report, session, output),
        Err(error) => Err(quota::failure(client, error).await),
    }
}

pub async fn update(global: &Global, command: args::Update, output: &Output) -> Result<u8, Failure> {
    let schedule = command.schedule;
    check_end(global, &schedule)?;
    let start = start(&schedule);
    // Any other change does not end the report.
    let changes_end =
        start.is_some() || schedule.every.is_some() || schedule.count.is_some() || schedule.end.is_some();
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
        return Err(
            Failure::usage("nothing to update").hint("pass the properties to change, such as --every 1d")
        );
    }
    let session = Session::open(global, output).await?;
    let prepared = session.client.prepare_update(command.id, update).await?;
    let current = prepared.current().clone();
    if let (Some(_), Some(query_id)) = (schedule.every, &current.query_id)
        && let Some(dataset) = query::dataset_of(&session.client, query_id, current.query.clone()).await?
    {
        prepared.check(&dataset)?;
    }
    let last = if changes_end { last_execution(&prepared, schedule.count) } else { None };
    let is_running = current.is_active() || current.is_paused();
    let effect = if is_running { "this ends the report" } else { "none is left" };
    let warning = last.as_ref().map(|last| format!("{last}, so {effect}"));
    if command.dry_run {
        let row = EditRow::planned("would-update", Some(command.id), &prepared)?;
        let code = preview(row, &format!("update report {}", command.id), start, output)?;
        if let Some(warning) = warning {
            output.prompt(format_args!("warning: {warning}"));
        }
        return Ok(code);
    }
    if let (Some(last), Some(warning)) = (last, warning) {
        if is_running && !command.yes && !session.is_emulated() {
            require_terminal(&format!("end the report ({last})"))?;
            confirm(&format!("Note that {warning}. Update it?")).await?;
        } else {
            output.prompt(format_args!("warning: {warning}"));
        }
    }
    let report = prepared.send().await?;
    print(report.unwrap_or(current), &session, output)
}

/// Explains when the last execution of the updated report was due, if it is in the past.
fn last_execution(prepared: &PreparedUpdate, count: Option<i32>) -> Option<String> {
    let last = prepared.last_execution().filter(|last| *last <= SystemTime::now())?;
    let which = match count.or(prepared.current().recurrence_count).filter(|count| *count > 0) {
        Some(count) => format!("the last of {count} executions"),
        None => "the last execution".to_owned(),
    };
    Some(format!("{which} was due at {}", Timestamp::from(last)))
}

pub async fn existing(client: &InsightsClient, id: ReportId) -> Result<Report, Failure> {
    client.report(id).await?.ok_or_else(|| {
        Failure::not_found(format!("there is no report {id}")).hint("`partner-insights list` lists them")
    })
}

/// Refuses an end for mpn. The library sends it with a warning in the log, because the service may accept it.
fn check_end(global: &Global, schedule: &Schedule) -> Result<(), Failure> {
    if schedule.end.is_some() && global.program == Program::Mpn {
        return Err(Failure::usage("--end is not available for mpn; expected cmp")
            .hint("pass --count N, or --program cmp"));
    }
    Ok(())
}

fn start(schedule: &Schedule) -> Option<SystemTime> {
    schedule.at.or(schedule.earliest.then(earliest_start))
}

/// Sets the options that scheduled and one-time reports share, from the flags or else from the model.
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

fn preview(row: EditRow, what: &str, start: Option<SystemTime>, output: &Output) -> Result<u8, Failure> {
    output.rows(&[row])?;
    let start = start.map(|start| format!(", next at {} (UTC)", Timestamp::from(start))).unwrap_or_default();
    output.note(format_args!("Would {what}{start}; nothing was changed."));
    Ok(exit::OK)
}

fn print(report: Report, session: &Session, output: &Output) -> Result<u8, Failure> {
    if let Some(next) = report.next_execution_after(SystemTime::now()) {
        output.note(format_args!("Next execution: {} (UTC).", Timestamp::from(next)));
    }
    output.rows(&[EditRow::Done(Box::new(ReportRow::new(report, &session.warnings)))])?;
    Ok(exit::OK)
}

/// The report that the service returned or, with --dry-run, the request that would be sent.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum EditRow {
    Done(Box<ReportRow>),
    Planned(PlannedRow),
}

/// A request that was not sent.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedRow {
    /// would-create or would-update.
    outcome: String,
    /// The report that would change; null if it would be created.
    report_id: Option<ReportId>,
    /// The body of the request, with the property names that are sent.
    request: Map<String, Value>,
}

impl EditRow {
    fn planned(
        outcome: &str,
        report_id: Option<ReportId>,
        request: &impl Serialize,
    ) -> Result<Self, Failure> {
        let request = serde_json::to_value(request).and_then(serde_json::from_value);
        let request = request.map_err(Failure::unexpected)?;
        Ok(Self::Planned(PlannedRow { outcome: outcome.to_owned(), report_id, request }))
    }
}

impl Row for EditRow {
    const HEADINGS: &'static [&'static str] = ReportRow::HEADINGS;

    fn cells(&self) -> Vec<Cell> {
        match self {
            Self::Done(row) => row.cells(),
            Self::Planned(PlannedRow { outcome, report_id, request }) => {
                let hours = request.get("RecurrenceInterval");
                vec![
                    text(report_id.map(|id| id.to_string()).as_deref()),
                    Cell::new(outcome),
                    text(Some(&hours.map_or_else(|| "once".to_owned(), |hours| format!("{hours} h")))),
                    text(None),
                    text(request.get("ReportName").and_then(Value::as_str)),
                ]
            }
        }
    }

    fn id(&self) -> Option<String> {
        match self {
            Self::Done(row) => row.id(),
            Self::Planned(row) => row.report_id.map(|id| id.to_string()),
        }
    }
}
