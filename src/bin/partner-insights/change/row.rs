//! The rows of `resume` and `pause`.

use comfy_table::{Cell, Color};
use partner_center_insights::{Error, Outcome, ReportOutcome, ReportStatus, Step};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::output::Row;
use crate::session::Warnings;
use crate::table::{colored, text, visible};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Resume,
    Pause,
}

impl Direction {
    pub fn verb(self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::Pause => "pause",
        }
    }
}

/// What happened to a report, or would.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeRow {
    /// The ID of the report, a UUID.
    report_id: String,
    report_name: Option<String>,
    /// The last known status.
    report_status: Option<ReportStatus>,
    /// would-resume and would-pause only with --dry-run.
    #[schemars(schema_with = "outcomes")]
    outcome: String,
    /// Nothing if the request would be sent.
    #[serde(skip)]
    done: Option<Outcome>,
    error: Option<ErrorRow>,
    /// What could only be read leniently, or not at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<String>,
}

/// What went wrong, and what to do about it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ErrorRow {
    kind: String,
    /// The HTTP status, if there was a response.
    status: Option<u16>,
    service_code: Option<String>,
    message: Option<String>,
    help: String,
    request_id: Option<String>,
    correlation_id: Option<String>,
    /// Seconds to wait, as requested by the service.
    retry_after: Option<u64>,
    attempts: u32,
    /// For people, in one line.
    #[serde(skip)]
    display: String,
}

fn outcomes(_: &mut SchemaGenerator) -> Schema {
    let outcomes = Outcome::ALL.iter().map(|outcome| outcome.as_str());
    let outcomes: Vec<_> = ["would-resume", "would-pause"].into_iter().chain(outcomes).collect();
    json_schema!({ "type": "string", "enum": outcomes })
}

impl ChangeRow {
    pub fn planned(step: Step, direction: Direction) -> Self {
        Self {
            report_id: step.report_id.to_string(),
            report_name: step.name,
            report_status: step.status,
            outcome: step.skip.map_or(format!("would-{}", direction.verb()), |outcome| outcome.to_string()),
            done: step.skip,
            error: None,
            warnings: Vec::new(),
        }
    }

    pub fn with_warnings(self, warnings: &Warnings) -> Self {
        Self { warnings: warnings.of(&self.report_id), ..self }
    }
}

impl From<ReportOutcome> for ChangeRow {
    fn from(report: ReportOutcome) -> Self {
        Self {
            report_id: report.report_id.to_string(),
            report_name: report.name,
            report_status: report.status,
            outcome: report.outcome.to_string(),
            done: Some(report.outcome),
            error: report.error.as_ref().map(ErrorRow::from),
            warnings: Vec::new(),
        }
    }
}

impl From<&Error> for ErrorRow {
    fn from(error: &Error) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            kind: error.kind().to_string(),
            status: error.status(),
            service_code: owned(error.service_code()),
            message: owned(error.message()),
            help: error.help().to_owned(),
            request_id: owned(error.request_id()),
            correlation_id: owned(error.correlation_id()),
            retry_after: error.retry_after().map(|wait| wait.as_secs()),
            attempts: error.attempts(),
            display: visible(&error.to_string()),
        }
    }
}

impl Row for ChangeRow {
    const HEADINGS: &'static [&'static str] = &["REPORT", "OUTCOME", "STATUS", "NAME"];

    fn cells(&self) -> Vec<Cell> {
        let color = match self.done {
            None => Color::Yellow,
            Some(outcome) if outcome.is_success() => Color::Green,
            Some(_) => Color::Red,
        };
        vec![
            Cell::new(&self.report_id),
            colored(&self.outcome, color),
            text(self.report_status.as_ref().map(ReportStatus::as_str)),
            text(self.report_name.as_deref()),
        ]
    }

    fn id(&self) -> Option<String> {
        self.done.is_none_or(Outcome::is_success).then(|| self.report_id.clone())
    }

    fn error(&self) -> Option<(&str, &str)> {
        Some((&self.report_id, &self.error.as_ref()?.display))
    }
}
