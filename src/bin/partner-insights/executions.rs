//! `executions`, and the rows of executions.

use std::collections::HashSet;

use comfy_table::{Cell, Color};
use partner_center_insights::{Execution, ExecutionStatus, SecureLink, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{Executions, Global};
use crate::change::selection;
use crate::exit::{self, Failure};
use crate::output::{Output, Row};
use crate::session::{Session, Warnings};
use crate::table::{colored, text};

pub async fn run(global: &Global, command: Executions, output: &Output) -> Result<u8, Failure> {
    let session = Session::open(global, output).await?;
    let status_note =
        if command.status.is_none() { " Without --status, only completed ones are listed." } else { "" };
    let mut ids = command.ids;
    if ids.is_empty() {
        let reports = command.filter.apply(session.client.reports());
        ids = reports.await?.into_iter().map(|report| report.report_id).collect();
        if ids.is_empty() {
            output.rows::<ExecutionRow>(&[])?;
            return Err(selection::no_match_of(&session.client, &command.filter).await?);
        }
    }
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(*id));
    let mut rows = Vec::new();
    for id in ids {
        let mut executions = session.client.executions(id);
        if let Some(status) = command.status.clone() {
            executions = executions.status(status);
        }
        if !command.all {
            executions = executions.latest();
        }
        for mut execution in executions.await? {
            let hidden = execution.report_access_secure_link.take_if(|_| !command.show_links);
            let warnings = session.warnings.of(&execution.execution_id);
            rows.push(ExecutionRow { execution, link_hidden: hidden.is_some(), warnings });
        }
    }
    output.rows(&rows)?;
    if rows.is_empty() {
        output.note(format_args!("No matching executions.{status_note}"));
    }
    Ok(exit::OK)
}

/// An execution of a report.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionRow {
    #[serde(flatten)]
    execution: Execution,
    /// Whether there is a download link that is not shown; --show-links shows it.
    link_hidden: bool,
    /// Fields of the response that deviate from the spec and were read leniently, or not at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<String>,
}

impl ExecutionRow {
    /// Creates a row without the download link.
    pub fn without_link(mut execution: Execution) -> Self {
        let hidden = execution.report_access_secure_link.take();
        Self { execution, link_hidden: hidden.is_some(), warnings: Vec::new() }
    }

    pub fn with_warnings(self, warnings: &Warnings) -> Self {
        Self { warnings: warnings.of(&self.execution.execution_id), ..self }
    }
}

impl Row for ExecutionRow {
    const HEADINGS: &'static [&'static str] = &["EXECUTION", "STATUS", "GENERATED", "FORMAT", "LINK"];

    fn cells(&self) -> Vec<Cell> {
        let execution = &self.execution;
        vec![
            text(Some(&execution.execution_id)),
            match &execution.execution_status {
                Some(status @ ExecutionStatus::Completed) => colored(status, Color::Green),
                Some(status @ (ExecutionStatus::Pending | ExecutionStatus::Running)) => {
                    colored(status, Color::Yellow)
                }
                status => text(status.as_ref().map(ExecutionStatus::as_str)),
            },
            text(execution.report_generated_time.as_ref().map(Timestamp::as_str)),
            text(execution.format.as_deref()),
            if self.link_hidden {
                Cell::new("hidden (--show-links)")
            } else {
                text(execution.report_access_secure_link.as_ref().map(SecureLink::expose))
            },
        ]
    }

    fn id(&self) -> Option<String> {
        Some(self.execution.execution_id.clone())
    }
}
