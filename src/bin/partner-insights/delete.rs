//! `delete`: deletes reports with their executions.

use comfy_table::{Cell, Color};
use partner_center_insights::{InsightsClient, Report, ReportId, ReportStatus};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{self, Filter, Global};
use crate::change::selection;
use crate::confirm::{confirm, require_terminal};
use crate::exit::{self, ErrorObject, Failure};
use crate::interrupt::Interrupts;
use crate::output::{Output, Row};
use crate::session::{Session, Warnings};
use crate::table::{colored, reports, text, visible};

const WOULD: &str = "would-delete";
const NOT_FOUND: &str = "not-found";
const NOT_TRIED: &str = "not-tried";
/// Maximum number of reports listed before the question.
const LISTED: usize = 20;

pub async fn run(global: &Global, command: args::Delete, output: &Output) -> Result<u8, Failure> {
    let mut interrupts = Interrupts::listen().map_err(Failure::unexpected)?;
    let plan = Box::pin(plan(global, &command, output));
    let (session, mut rows) = interrupts.or_interrupted(plan).await?;
    let planned: Vec<_> = rows.iter().filter(|row| row.outcome == WOULD).collect();
    let active = planned.iter().filter(|row| row.report_status == Some(ReportStatus::Active)).count();
    let whose = if planned.len() == 1 { "its" } else { "their" };
    let what = format!(
        "{} ({active} active), {whose} executions and presumably {whose} files",
        reports(planned.len())
    );
    if command.caution.dry_run {
        for row in &mut rows {
            row.add_warnings(&session.warnings);
        }
        output.rows(&rows)?;
        output.note(format_args!("Would delete {what}; nothing was changed."));
        print_hint(&rows, output);
        return Ok(code(&rows));
    }
    if !planned.is_empty() && !command.caution.yes && !session.is_emulated() {
        require_terminal("delete")?;
        for row in planned.iter().take(LISTED) {
            let name = visible(row.report_name.as_deref().unwrap_or_default());
            output.prompt(format_args!("{WOULD}  {}  {name}", row.report_id));
        }
        if planned.len() > LISTED {
            output.prompt(format_args!("… and {} more (--dry-run lists all)", planned.len() - LISTED));
        }
        interrupts.or_interrupted(confirm(&format!("Delete {what}?"))).await?;
    }
    let mut is_stopped = false;
    for row in &mut rows {
        if row.outcome == WOULD && is_stopped {
            NOT_TRIED.clone_into(&mut row.outcome);
            row.failed = Some(exit::SOME_FAILED);
        } else if row.outcome == WOULD {
            // Even after Ctrl-C, wait for the result of the request in flight.
            let deletion = delete(&session.client, row);
            let mut deletion = std::pin::pin!(deletion);
            tokio::select! {
                () = &mut deletion => {}
                () = interrupts.next() => {
                    is_stopped = true;
                    deletion.await;
                }
            }
        }
        row.add_warnings(&session.warnings);
        output.row(row)?;
    }
    output.end(&rows)?;
    print_hint(&rows, output);
    match is_stopped {
        true if rows.iter().any(|row| row.outcome == NOT_TRIED) => {
            Err(Failure::interrupted()
                .hint("run the command again to delete the reports that were not tried"))
        }
        true => Err(Failure::interrupted()),
        false => Ok(code(&rows)),
    }
}

fn print_hint(rows: &[DeleteRow], output: &Output) {
    if rows.iter().any(|row| row.outcome == NOT_FOUND) {
        output.note("hint: `partner-insights list` lists the reports; --program selects another program");
    }
}

/// Looks up the selected reports.
async fn plan(
    global: &Global,
    command: &args::Delete,
    output: &Output,
) -> Result<(Session, Vec<DeleteRow>), Failure> {
    let ids = match &command.ids_file {
        // The error about an invalid ID would print the token.
        Some(file) if global.sign_in.reads(file) => {
            return Err(Failure::usage("--ids-file names the file with the token")
                .hint("put the report IDs in a file of their own"));
        }
        Some(file) => selection::read_ids(file).await?,
        None => command.ids.clone(),
    };
    match (ids.is_empty(), command.filter.is_set()) {
        (false, true) => return Err(Failure::usage("--name and --query-id cannot be used with report IDs")),
        (true, false) => {
            return Err(Failure::usage("no reports given")
                .hint("pass report IDs, --ids-file FILE, --name PATTERN or --query-id ID"));
        }
        _ => {}
    }
    let session = Session::open(global, output).await?;
    let rows = if ids.is_empty() {
        matching(&session.client, &command.filter).await?
    } else {
        with_ids(&session.client, ids).await?
    };
    Ok((session, rows))
}

async fn matching(client: &InsightsClient, filter: &Filter) -> Result<Vec<DeleteRow>, Failure> {
    let reports = filter.apply(client.reports()).await?;
    if reports.is_empty() {
        return Err(selection::no_match_of(client, filter).await?);
    }
    Ok(reports.into_iter().map(|report| DeleteRow::new(report.report_id, Some(report))).collect())
}

async fn with_ids(client: &InsightsClient, ids: Vec<ReportId>) -> Result<Vec<DeleteRow>, Failure> {
    let mut rows: Vec<DeleteRow> = Vec::new();
    // List once instead of looking up each report.
    let reports = if ids.len() > 1 { client.reports().await? } else { Vec::new() };
    for id in ids {
        if rows.iter().any(|row| row.report_id == id) {
            continue;
        }
        let listed = reports.iter().find(|report| report.report_id == id).cloned();
        let report = match listed {
            Some(report) => Some(report),
            None => client.report(id).await?,
        };
        rows.push(DeleteRow::new(id, report));
    }
    Ok(rows)
}

async fn delete(client: &InsightsClient, row: &mut DeleteRow) {
    match client.delete_report(row.report_id).await {
        Ok(_) => "deleted".clone_into(&mut row.outcome),
        Err(error) => {
            "failed".clone_into(&mut row.outcome);
            row.failed = Some(exit::code(error.kind()));
            let error = ErrorObject::from(&error);
            row.message = Some(error.message().to_owned());
            row.error = Some(error);
        }
    }
}

fn code(rows: &[DeleteRow]) -> u8 {
    let failed: Vec<u8> = rows.iter().filter_map(|row| row.failed).collect();
    exit::of_failures(&failed, failed.len() == rows.len())
}

/// The result of deleting a report.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeleteRow {
    report_id: ReportId,
    report_name: Option<String>,
    /// The status before the report was deleted.
    report_status: Option<ReportStatus>,
    /// deleted, would-delete, not-found, failed, or not-tried if the command was interrupted.
    outcome: String,
    /// Why the report cannot be deleted, in one sentence; null for the other outcomes.
    message: Option<String>,
    /// The error, if the deletion failed.
    error: Option<ErrorObject>,
    /// Fields of the response that deviate from the spec and were read leniently, or not at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<String>,
    /// The exit code for this failure.
    #[serde(skip)]
    failed: Option<u8>,
}

impl DeleteRow {
    fn new(report_id: ReportId, report: Option<Report>) -> Self {
        let (outcome, failed, message) = match report {
            Some(_) => (WOULD, None, None),
            None => (NOT_FOUND, Some(exit::NOT_FOUND), Some("no report has this ID".to_owned())),
        };
        let (report_name, report_status) =
            report.map_or((None, None), |report| (report.report_name, report.report_status));
        Self {
            report_id,
            report_name,
            report_status,
            outcome: outcome.to_owned(),
            message,
            error: None,
            warnings: Vec::new(),
            failed,
        }
    }

    /// Adds the warnings so far, which include those about the response to the deletion.
    fn add_warnings(&mut self, warnings: &Warnings) {
        self.warnings = warnings.of(&self.report_id.to_string());
    }
}

impl Row for DeleteRow {
    const HEADINGS: &'static [&'static str] = &["REPORT", "OUTCOME", "STATUS", "NAME"];

    fn cells(&self) -> Vec<Cell> {
        let color = if self.failed.is_some() { Color::Red } else { Color::Green };
        vec![
            Cell::new(self.report_id),
            colored(&self.outcome, color),
            text(self.report_status.as_ref().map(ReportStatus::as_str)),
            text(self.report_name.as_deref()),
        ]
    }

    fn id(&self) -> Option<String> {
        self.failed.is_none().then(|| self.report_id.to_string())
    }

    fn error(&self) -> Option<(String, String)> {
        let text = self.error.as_ref().map(|error| &error.text).or(self.message.as_ref())?;
        Some((self.report_id.to_string(), visible(text)))
    }
}
