//! `show`: a report, the reason for its status, and the next step.

use std::time::SystemTime;

use comfy_table::Cell;
use partner_center_insights::{
    CheckHealth, Health, InsightsClient, Report, ReportId, ReportStatus, Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{self, Global};
use crate::change::selection;
use crate::create::existing;
use crate::exit::{self, Failure};
use crate::output::{Format, Output, Row};
use crate::session::{Session, Warnings};
use crate::table::{text, titled, visible};

pub async fn run(global: &Global, command: args::Show, output: &Output) -> Result<u8, Failure> {
    // Stays alive until the end: dropping it stops the in-process emulator.
    let session = Session::open(global, output).await?;
    let client = &session.client;
    let rows = if let Some(id) = command.id {
        vec![with_id(client, id, &session.warnings).await?]
    } else {
        let check = command
            .filter
            .restrict(client.health(), CheckHealth::name_matches, |check, id| check.query_id(id));
        let checked = check.await?;
        if checked.is_empty() {
            return Err(selection::no_match_of(client, &command.filter).await?);
        }
        let row = |health: Health| ShowRow::new(health.report.clone(), Some(health), &session.warnings);
        checked.into_iter().map(row).collect()
    };
    match output.format() {
        Format::Table => {
            let described: Vec<_> = rows.iter().map(ShowRow::described).collect();
            output.text(&described.join("\n"))?;
        }
        _ => output.rows(&rows)?,
    }
    Ok(exit::OK)
}

async fn with_id(client: &InsightsClient, id: ReportId, warnings: &Warnings) -> Result<ShowRow, Failure> {
    let report = existing(client, id).await?;
    let mut check = client.health();
    if let Some(query_id) = &report.query_id {
        check = check.query_id(query_id);
    }
    let health = check.await?.into_iter().find(|health| health.report.report_id == id);
    Ok(ShowRow::new(report, health, warnings))
}

/// Returns what to do if the report does not deliver its files.
fn next_step(report: &Report, health: Option<&Health>) -> Option<String> {
    let id = report.report_id;
    Some(match &report.report_status {
        Some(ReportStatus::Paused) => format!("`partner-insights resume {id}` resumes it"),
        Some(ReportStatus::Active) if health.is_none_or(|health| health.verdict.is_healthy()) => return None,
        Some(ReportStatus::Active) => {
            let query_id = report.query_id.as_deref().unwrap_or("ID");
            format!(
                "`partner-insights executions {id} --all` lists its executions, \
                 `partner-insights query try --id {query_id}` shows whether its query still works"
            )
        }
        Some(ReportStatus::Inactive) if report.execute_now == Some(true) => {
            format!("`partner-insights create NAME --from {id} --once` runs a copy of it")
        }
        Some(ReportStatus::Inactive) => format!(
            "`partner-insights create NAME --from {id} --earliest` creates a copy that runs; it is unknown whether \
             `update {id} --count N` works"
        ),
        _ => format!(
            "check the report in Partner Center; `partner-insights resume {id} --no-verify` sends a request in any \
             status"
        ),
    })
}

/// A report and what is known about its executions.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShowRow {
    #[serde(flatten)]
    report: Report,
    /// When the next execution is due, by the schedule.
    next_execution: Option<Timestamp>,
    /// When the latest file was written.
    last_file: Option<Timestamp>,
    /// Why the report delivers its files or does not, in one sentence.
    message: Option<String>,
    /// The next step, if the report does not run.
    hint: Option<String>,
    /// Fields of the response that deviate from the spec and were read leniently, or not at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<String>,
}

impl ShowRow {
    fn new(report: Report, health: Option<Health>, warnings: &Warnings) -> Self {
        let hint = next_step(&report, health.as_ref());
        let message = health.as_ref().map(|health| health.message.clone());
        let last = health.and_then(|health| health.last);
        Self {
            next_execution: report.next_execution_after(SystemTime::now()).map(Timestamp::from),
            warnings: warnings.of_both(report.report_id, last.as_ref().map(|last| &*last.execution_id)),
            last_file: last.and_then(|execution| execution.report_generated_time),
            message,
            hint,
            report,
        }
    }

    fn described(&self) -> String {
        let report = &self.report;
        let every = report.recurrence_interval.filter(|hours| *hours > 0).map(|hours| format!("{hours} h"));
        let count = report.recurrence_count.map(|count| count.to_string());
        let id = report.report_id.to_string();
        let callback = report.callback_url.as_ref().map(|url| {
            report.callback_method.as_ref().map_or_else(|| url.clone(), |method| format!("{method} {url}"))
        });
        let lines = [
            ("Report", Some(&*id)),
            ("Name", report.report_name.as_deref()),
            ("Description", report.description.as_deref()),
            ("Status", report.report_status.as_ref().map(ReportStatus::as_str)),
            ("Why", self.message.as_deref()),
            ("Next step", self.hint.as_deref()),
            ("Next execution", self.next_execution.as_ref().map(Timestamp::as_str)),
            ("Last modified", report.modified_time.as_ref().map(Timestamp::as_str)),
            ("Last file", self.last_file.as_ref().map(Timestamp::as_str)),
            ("Every", every.as_deref()),
            ("Count", count.as_deref()),
            ("Start", report.start_time.as_ref().map(Timestamp::as_str)),
            ("Format", report.format.as_deref()),
            ("Callback", callback.as_deref()),
            ("Owner", report.user.as_deref()),
            ("Query ID", report.query_id.as_deref()),
            ("Query", report.query.as_deref()),
        ];
        let known = lines.into_iter().filter_map(|(title, value)| Some((title, value?)));
        known.map(|(title, value)| titled(title, &visible(value))).collect()
    }
}

impl Row for ShowRow {
    const HEADINGS: &'static [&'static str] = &["REPORT", "NAME"];

    fn cells(&self) -> Vec<Cell> {
        vec![Cell::new(self.report.report_id), text(self.report.report_name.as_deref())]
    }

    fn id(&self) -> Option<String> {
        Some(self.report.report_id.to_string())
    }
}
