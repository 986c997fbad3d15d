//! `executions`

use comfy_table::{Cell, Color};
use partner_center_insights::ExecutionStatus;

use crate::args::{Executions, Global};
use crate::exit::{self, Failure};
use crate::output::{Output, Row, meaning, plain};
use crate::rows::ExecutionRow;
use crate::session::Session;

pub async fn run(global: &Global, command: Executions, output: &mut Output) -> Result<u8, Failure> {
    let session = Session::open(global, output).await?;
    let mut executions = session.client.executions(command.id);
    let asked = command.status.is_some();
    if let Some(status) = command.status {
        executions = executions.status(status);
    }
    if !command.all {
        executions = executions.latest();
    }
    let executions = executions.await?;
    let rows: Vec<_> = executions.into_iter().map(|e| ExecutionRow::new(e, command.show_links)).collect();
    output.rows(rows.iter())?;
    if rows.is_empty() {
        let why = if asked { "" } else { " Without --status, only completed ones are listed." };
        output.note(&format!("No execution fits.{why}"));
    }
    Ok(exit::OK)
}

impl Row for ExecutionRow {
    const HEADINGS: &'static [&'static str] = &["EXECUTION", "STATUS", "GENERATED", "FORMAT", "LINK"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            plain(Some(&self.execution_id)),
            match &self.execution_status {
                Some(status @ ExecutionStatus::Completed) => meaning(status, Color::Green),
                Some(status @ (ExecutionStatus::Pending | ExecutionStatus::Running)) => {
                    meaning(status, Color::Yellow)
                }
                status => plain(status.as_ref().map(ExecutionStatus::as_str)),
            },
            plain(self.report_generated_time.as_deref()),
            plain(self.format.as_deref()),
            plain(self.report_access_secure_link.as_deref()),
        ]
    }

    fn id(&self) -> Option<&str> {
        Some(&self.execution_id)
    }
}
