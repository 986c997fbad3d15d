//! `health`: checks whether reports deliver their files.

use comfy_table::{Cell, Color};
use partner_center_insights::{CheckHealth, Health, ReportId, ReportStatus, Timestamp, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{self, Global};
use crate::change::selection;
use crate::exit::{self, Failure};
use crate::output::{Output, Row};
use crate::session::{Session, Warnings};
use crate::table::{colored, text};

pub async fn run(global: &Global, command: args::Health, output: &Output) -> Result<u8, Failure> {
    let session = Session::open(global, output).await?;
    let check = session.client.health().grace(command.grace);
    let check = command.filter.restrict(check, CheckHealth::name_matches, |check, id| check.query_id(id));
    let rows: Vec<_> =
        check.await?.into_iter().map(|health| HealthRow::new(health, &session.warnings)).collect();
    output.rows(&rows)?;
    if rows.is_empty() {
        if command.filter.is_set() {
            return Err(selection::no_match_of(&session.client, &command.filter).await?);
        }
        // Not a success: a check of the wrong account or program would never raise an alert.
        return Err(Failure::no_match("the account has no reports")
            .hint("check --program, and with `partner-insights auth check` whose account it is"));
    }
    let unhealthy = rows.iter().filter(|row| !row.healthy).count();
    let next = if unhealthy == 0 { "" } else { " `partner-insights show ID` says why, and what to do." };
    output.note(format_args!("{unhealthy} of {} reports need attention.{next}", rows.len()));
    Ok(if unhealthy == 0 { exit::OK } else { exit::NOT_DELIVERED })
}

/// The health of a report.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthRow {
    report_id: ReportId,
    report_name: Option<String>,
    report_status: Option<ReportStatus>,
    /// ok, paused, ended, once, overdue, never-ran, failing or unknown.
    verdict: String,
    /// Whether no action is needed.
    healthy: bool,
    /// The verdict in one sentence.
    message: String,
    /// When the latest file was written.
    last_file: Option<Timestamp>,
    /// When the next execution is due, by the schedule.
    next_execution: Option<Timestamp>,
    /// How many files in a row are missing.
    missed: u64,
    /// Fields of the response that deviate from the spec and were read leniently, or not at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<String>,
}

impl HealthRow {
    fn new(health: Health, warnings: &Warnings) -> Self {
        let report = health.report;
        let last = health.last.as_ref().map(|execution| &*execution.execution_id);
        let warnings = warnings.of_both(report.report_id, last);
        Self {
            report_id: report.report_id,
            report_name: report.report_name,
            report_status: report.report_status,
            verdict: health.verdict.as_str().to_owned(),
            healthy: health.verdict.is_healthy(),
            message: health.message,
            last_file: health.last.and_then(|execution| execution.report_generated_time),
            next_execution: health.next.map(Timestamp::from),
            missed: health.missed,
            warnings,
        }
    }
}

impl Row for HealthRow {
    const HEADINGS: &'static [&'static str] = &["REPORT", "HEALTH", "LAST FILE", "NEXT", "NAME"];
    const HIDES_OTHERS: bool = true;

    fn cells(&self) -> Vec<Cell> {
        let color = match &*self.verdict {
            verdict if verdict == Verdict::Ok.as_str() || verdict == Verdict::Once.as_str() => Color::Green,
            verdict if verdict == Verdict::Paused.as_str() => Color::Yellow,
            _ => Color::Red,
        };
        vec![
            Cell::new(self.report_id),
            colored(&self.verdict, color),
            text(self.last_file.as_ref().map(Timestamp::as_str)),
            text(self.next_execution.as_ref().map(Timestamp::as_str)),
            text(self.report_name.as_deref()),
        ]
    }

    fn id(&self) -> Option<String> {
        (!self.healthy).then(|| self.report_id.to_string())
    }
}
