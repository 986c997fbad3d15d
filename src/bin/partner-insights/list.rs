//! `list`, and the rows of reports.

use comfy_table::{Cell, Color};
use partner_center_insights::{Report, ReportStatus, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{Global, List};
use crate::change::selection;
use crate::exit::{self, Failure};
use crate::output::{Output, Row};
use crate::session::{Session, Warnings};
use crate::table::{colored, text};

pub async fn run(global: &Global, command: List, output: &Output) -> Result<u8, Failure> {
    let session = Session::open(global, output).await?;
    let filter = &command.filter;
    let mut reports = filter.apply(session.client.reports());
    if let Some(status) = command.status.clone() {
        reports = reports.status(status);
    }
    let row = |report: Report| ReportRow::new(report, &session.warnings);
    let rows: Vec<_> = reports.await?.into_iter().map(row).collect();
    output.rows(&rows)?;
    if rows.is_empty() {
        // If reports match the filter, that none has the status is a result.
        let is_unmatched = filter.is_set()
            && (command.status.is_none() || filter.apply(session.client.reports()).await?.is_empty());
        if is_unmatched {
            return Err(selection::no_match_of(&session.client, filter).await?);
        }
        output.note("No matching reports.");
    }
    Ok(exit::OK)
}

#[derive(Serialize, JsonSchema)]
pub struct ReportRow {
    #[serde(flatten)]
    report: Report,
    /// Fields of the response that deviate from the spec and were read leniently, or not at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<String>,
}

/// Returns the date in UTC, or the text up to a `T` if it is not a valid time.
fn date(time: &Timestamp) -> String {
    let time = time.to_system_time().map_or_else(|| time.clone(), Timestamp::from);
    time.as_str().split('T').next().unwrap_or_default().to_owned()
}

impl ReportRow {
    pub fn new(report: Report, warnings: &Warnings) -> Self {
        let warnings = warnings.of(&report.report_id.to_string());
        Self { report, warnings }
    }
}

impl Row for ReportRow {
    const HEADINGS: &'static [&'static str] = &["REPORT", "STATUS", "EVERY", "MODIFIED", "NAME"];

    fn cells(&self) -> Vec<Cell> {
        let report = &self.report;
        let every = match report.recurrence_interval {
            Some(hours) if hours > 0 => format!("{hours} h"),
            Some(_) => "once".to_owned(),
            None => String::new(),
        };
        vec![
            Cell::new(report.report_id),
            match &report.report_status {
                Some(status @ ReportStatus::Active) => colored(status, Color::Green),
                Some(status @ ReportStatus::Paused) => colored(status, Color::Yellow),
                status => text(status.as_ref().map(ReportStatus::as_str)),
            },
            Cell::new(every),
            // Only the date; the other output formats include the time.
            text(report.modified_time.as_ref().map(date).as_deref()),
            text(report.report_name.as_deref()),
        ]
    }

    fn id(&self) -> Option<String> {
        Some(self.report.report_id.to_string())
    }
}
