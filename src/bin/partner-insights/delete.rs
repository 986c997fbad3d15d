//! `delete`: reports, with their executions.

use comfy_table::{Cell, Color};
use partner_center_insights::{InsightsClient, ReportId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{self, Global};
use crate::confirm::{confirm, require_terminal};
use crate::exit::{self, Failure};
use crate::output::{Output, Row};
use crate::session::Session;
use crate::table::{colored, text, visible};

pub async fn run(global: &Global, command: args::Delete, output: &Output) -> Result<u8, Failure> {
    // The emulator, if there is one, ends with the session.
    let session = Session::open(global, output).await?;
    let client = session.client.clone();
    let mut rows = Vec::new();
    for id in command.ids {
        if rows.iter().all(|row: &DeleteRow| row.report_id != id) {
            rows.push(look_up(&client, id).await?);
        }
    }
    let known = rows.iter().filter(|row| row.outcome == WOULD).count();
    if command.caution.dry_run {
        output.rows(&rows)?;
        output.note(format_args!("Would delete {known} reports, {WITH_THEM}; nothing was changed."));
        return Ok(code(&rows));
    }
    if known > 0 && !command.caution.yes {
        for row in rows.iter().filter(|row| row.outcome == WOULD) {
            output.prompt(format_args!(
                "would-delete  {}  {}",
                row.report_id,
                visible(row.report_name.as_deref().unwrap_or_default())
            ));
        }
        require_terminal("delete")?;
        confirm(&format!("Delete {known} reports, {WITH_THEM}?")).await?;
    }
    for row in &mut rows {
        if row.outcome == WOULD {
            delete(&client, row).await;
        }
        output.row(row)?;
    }
    output.end(&rows)?;
    Ok(code(&rows))
}

const WOULD: &str = "would-delete";
const WITH_THEM: &str = "their executions and presumably their files";

async fn look_up(client: &InsightsClient, id: ReportId) -> Result<DeleteRow, Failure> {
    let report = client.report(id).await?;
    let (outcome, failed) = match report {
        Some(_) => (WOULD, None),
        None => ("not-found", Some(exit::NOT_FOUND)),
    };
    let report_name = report.and_then(|report| report.report_name);
    Ok(DeleteRow { report_id: id, report_name, outcome: outcome.to_owned(), error: None, failed })
}

async fn delete(client: &InsightsClient, row: &mut DeleteRow) {
    match client.delete_report(row.report_id).await {
        Ok(_) => "deleted".clone_into(&mut row.outcome),
        Err(error) => {
            "failed".clone_into(&mut row.outcome);
            row.failed = Some(exit::code(error.kind()));
            row.error = Some(error.to_string());
        }
    }
}

/// The code of what failed, if everything did.
fn code(rows: &[DeleteRow]) -> u8 {
    let failed: Vec<u8> = rows.iter().filter_map(|row| row.failed).collect();
    match failed[..] {
        [] => exit::OK,
        [first, ..] if failed.len() == rows.len() && failed.iter().all(|code| *code == first) => first,
        _ => exit::SOME_FAILED,
    }
}

/// What became of a report.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeleteRow {
    report_id: ReportId,
    report_name: Option<String>,
    /// deleted, would-delete, not-found or failed.
    outcome: String,
    /// What the service said, if it failed.
    error: Option<String>,
    /// The exit code if only this had failed.
    #[serde(skip)]
    failed: Option<u8>,
}

impl Row for DeleteRow {
    const HEADINGS: &'static [&'static str] = &["REPORT", "OUTCOME", "NAME"];

    fn cells(&self) -> Vec<Cell> {
        let color = if self.failed.is_some() { Color::Red } else { Color::Green };
        vec![Cell::new(self.report_id), colored(&self.outcome, color), text(self.report_name.as_deref())]
    }

    fn id(&self) -> Option<String> {
        self.failed.is_none().then(|| self.report_id.to_string())
    }

    fn error(&self) -> Option<(String, String)> {
        Some((self.report_id.to_string(), self.error.clone()?))
    }
}
