//! `update`: changes a report and its schedule.

use std::time::SystemTime;

use partner_center_insights::{PreparedUpdate, Report, ReportStatus, ReportUpdate, Timestamp};

use crate::args::{self, Global};
use crate::confirm::{confirm, require_terminal};
use crate::edit::{EditRow, check_end, preview, print, start};
use crate::exit::Failure;
use crate::output::Output;
use crate::query;
use crate::session::Session;

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
        schedule.callback_url => callback_url,
        schedule.callback_method => callback_method,
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
        let row = EditRow::updated(&current, &prepared)?;
        let start = start.filter(|_| current.is_active());
        let code = preview(row, &format!("update report {}", command.id), start, output)?;
        let unknown = "the report is inactive, and it is unknown whether the update makes it run again";
        if let Some(warning) =
            warning.as_deref().or(Some(unknown).filter(|_| changes_end && is_inactive(&current)))
        {
            output.prompt(format_args!("warning: {warning}"));
        }
        return Ok(code);
    }
    // The warning, or the question, says so already.
    let is_expected = warning.is_some();
    if let (Some(last), Some(warning)) = (last, warning) {
        if is_running && !command.yes && !session.is_emulated() {
            require_terminal(&format!("end the report ({last})"))?;
            confirm(&format!("Note that {warning}. Update it?")).await?;
        } else {
            output.prompt(format_args!("warning: {warning}"));
        }
    }
    let report = prepared.send().await?.unwrap_or(current);
    let stays_inactive = changes_end && is_inactive(&report) && !is_expected;
    let id = report.report_id;
    let code = print(report, &session, output)?;
    if stays_inactive {
        output.prompt(format_args!(
            "warning: the report is inactive and does not run; `partner-insights create NAME --from {id} --earliest` \
             creates a copy that does"
        ));
    }
    Ok(code)
}

fn is_inactive(report: &Report) -> bool {
    report.report_status == Some(ReportStatus::Inactive)
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
