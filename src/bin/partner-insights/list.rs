//! `list`

use comfy_table::{Cell, Color};
use partner_center_insights::ReportStatus;

use crate::args::{Global, List};
use crate::exit::{self, Failure};
use crate::output::{Output, Row, meaning, plain};
use crate::rows::ReportRow;
use crate::session::Session;

pub async fn run(global: &Global, command: List, output: &mut Output) -> Result<u8, Failure> {
    let session = Session::open(global, output).await?;
    let mut reports = session.client.reports();
    if let Some(status) = command.status {
        reports = reports.status(status);
    }
    if let Some(name) = &command.filter.name {
        reports = reports.name_matches(name);
    }
    if let Some(query_id) = command.filter.query_id {
        reports = reports.query_id(query_id);
    }
    let rows: Vec<ReportRow> = reports.await?.into_iter().map(ReportRow::from).collect();
    output.rows(rows.iter())?;
    if rows.is_empty() {
        output.note("No report fits.");
    }
    Ok(exit::OK)
}

/// The day of a time; the whole of it is in the other formats.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or_default()
}

impl Row for ReportRow {
    const HEADINGS: &'static [&'static str] = &["REPORT", "STATUS", "EVERY", "MODIFIED", "NAME"];

    fn cells(&self) -> Vec<Cell> {
        let every = match self.recurrence_interval {
            Some(hours) if hours > 0 => format!("{hours} h"),
            Some(_) => "once".to_owned(),
            None => String::new(),
        };
        vec![
            Cell::new(&self.report_id),
            match &self.report_status {
                Some(status @ ReportStatus::Active) => meaning(status, Color::Green),
                Some(status @ ReportStatus::Paused) => meaning(status, Color::Yellow),
                status => plain(status.as_ref().map(ReportStatus::as_str)),
            },
            Cell::new(every),
            plain(self.modified_time.as_deref().map(day)),
            plain(self.report_name.as_deref()),
        ]
    }

    fn id(&self) -> Option<&str> {
        Some(&self.report_id)
    }
}
