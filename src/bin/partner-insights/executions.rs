//! `executions`, and the rows of executions.

use comfy_table::{Cell, Color};
use partner_center_insights::{Execution, ExecutionStatus, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{Executions, Global};
use crate::exit::{self, Failure};
use crate::output::{Output, Row};
use crate::session::Session;
use crate::table::{colored, text};

pub async fn run(global: &Global, command: Executions, output: &Output) -> Result<u8, Failure> {
    let session = Session::open(global, output).await?;
    let mut executions = session.client.executions(command.id);
    let default_status =
        if command.status.is_none() { " Without --status, only completed ones are listed." } else { "" };
    if let Some(status) = command.status {
        executions = executions.status(status);
    }
    if !command.all {
        executions = executions.latest();
    }
    let executions = executions.await?.into_iter();
    let rows: Vec<_> = executions.map(|execution| ExecutionRow::new(execution, command.show_links)).collect();
    output.rows(&rows)?;
    if rows.is_empty() {
        output.note(format_args!("No matching executions.{default_status}"));
    }
    Ok(exit::OK)
}

/// An execution of a report, with the field names of the service.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionRow {
    execution_id: String,
    report_id: Option<String>,
    execution_status: Option<ExecutionStatus>,
    /// In UTC, as the service wrote it.
    report_generated_time: Option<Timestamp>,
    format: Option<String>,
    /// The download link, only with --show-links. Anyone with it can read the file.
    report_access_secure_link: Option<String>,
}

impl ExecutionRow {
    fn new(execution: Execution, show_links: bool) -> Self {
        let link = execution.report_access_secure_link.filter(|_| show_links);
        Self {
            execution_id: execution.execution_id,
            report_id: execution.report_id.map(|id| id.to_string()),
            execution_status: execution.execution_status,
            report_generated_time: execution.report_generated_time,
            format: execution.format,
            report_access_secure_link: link.map(|link| link.expose().to_owned()),
        }
    }
}

impl Row for ExecutionRow {
    const HEADINGS: &'static [&'static str] = &["EXECUTION", "STATUS", "GENERATED", "FORMAT", "LINK"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            text(Some(&self.execution_id)),
            match &self.execution_status {
                Some(status @ ExecutionStatus::Completed) => colored(status, Color::Green),
                Some(status @ (ExecutionStatus::Pending | ExecutionStatus::Running)) => {
                    colored(status, Color::Yellow)
                }
                status => text(status.as_ref().map(ExecutionStatus::as_str)),
            },
            text(self.report_generated_time.as_ref().map(Timestamp::as_str)),
            text(self.format.as_deref()),
            text(self.report_access_secure_link.as_deref()),
        ]
    }

    fn id(&self) -> Option<String> {
        Some(self.execution_id.clone())
    }
}
