//! The rows of `resume` and `pause`.

use comfy_table::{Cell, Color};
use partner_center_insights::{
    Direction, Error, ErrorKind, Execution, Outcome, Reason, ReportId, ReportOutcome, ReportStatus, Step,
    Timestamp,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

use crate::executions::ExecutionRow;
use crate::exit::{self, ErrorObject};
use crate::output::Row;
use crate::session::Warnings;
use crate::table::{colored, text, visible};

/// What happened to a report or, with --dry-run, what would happen.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeRow {
    report_id: ReportId,
    report_name: Option<String>,
    /// would-resume and would-pause occur only with --dry-run.
    #[schemars(schema_with = "outcomes")]
    outcome: String,
    /// The last status that the service reported.
    report_status: Option<ReportStatus>,
    /// When the service reported that status, in UTC.
    seen_at: Option<Timestamp>,
    /// A stable identifier of the reason or of the kind of error; null for a success.
    #[schemars(schema_with = "reasons")]
    reason: Option<String>,
    /// The reason in one sentence.
    message: Option<String>,
    /// The error behind the reason, if a request failed.
    error: Option<ErrorObject>,
    /// When the next execution is due, if the report is active and has a schedule.
    next_execution: Option<Timestamp>,
    /// The execution that the resumed report delivered; only with --wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    execution: Option<ExecutionRow>,
    /// `None` with --dry-run, if a request would be sent.
    #[serde(skip)]
    done: Option<Outcome>,
    /// Fields of the response that deviate from the spec and were read leniently, or not at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<String>,
}

fn outcomes(_: &mut SchemaGenerator) -> Schema {
    let outcomes = Outcome::ALL.iter().map(|outcome| outcome.as_str());
    let outcomes: Vec<_> = ["would-resume", "would-pause"].into_iter().chain(outcomes).collect();
    json_schema!({ "type": "string", "enum": outcomes })
}

fn reasons(_: &mut SchemaGenerator) -> Schema {
    let reasons = Reason::ALL.iter().map(Reason::to_string).chain(exit::words()).map(Value::from);
    json_schema!({ "enum": reasons.chain([Value::Null]).collect::<Vec<_>>() })
}

impl ChangeRow {
    /// Creates the row of a report for which a dry run would send a request.
    pub fn planned(step: &Step, direction: Direction) -> Self {
        Self {
            report_id: step.report_id,
            report_name: step.name.clone(),
            outcome: format!("would-{direction}"),
            report_status: step.status.clone(),
            seen_at: step.seen_at.map(Timestamp::from),
            reason: None,
            message: None,
            error: None,
            next_execution: None,
            execution: None,
            done: None,
            warnings: Vec::new(),
        }
    }

    pub fn with_warnings(self, warnings: &Warnings) -> Self {
        Self { warnings: warnings.of(&self.report_id.to_string()), ..self }
    }

    /// Marks a report whose change or wait was cut short by --timeout.
    pub fn time_out(&mut self) {
        self.reason = Some(Reason::Error(ErrorKind::Timeout).to_string());
        if let Some(message) = &mut self.message {
            *message = message.replace("the run was stopped", "--timeout elapsed");
        }
    }

    pub fn report_id(&self) -> ReportId {
        self.report_id
    }

    /// Returns the name, or the ID if the name is unknown.
    pub fn label(&self) -> String {
        match &self.report_name {
            Some(name) => format!("{:?}", visible(name)),
            None => self.report_id.to_string(),
        }
    }

    pub fn is_resumed(&self) -> bool {
        self.done == Some(Outcome::Resumed)
    }

    pub fn was_active(&self) -> bool {
        self.done == Some(Outcome::AlreadyActive)
    }

    /// Adds the execution that the report delivered, or the error of the wait.
    pub fn deliver(&mut self, result: Result<Execution, Error>) {
        match result {
            Ok(execution) => self.execution = Some(ExecutionRow::without_link(execution)),
            Err(error) => {
                let error = ErrorObject::from(&error);
                self.reason = Some(error.kind().to_owned());
                self.message = Some(error.message().to_owned());
                self.error = Some(error);
            }
        }
    }

    pub fn is_undelivered(&self) -> bool {
        self.execution.is_none() && self.error.is_none()
    }

    pub fn stop_waiting(&mut self) {
        self.reason = Some(Reason::Stopped.to_string());
        self.message = Some("the run was stopped before the report delivered a file".to_owned());
    }

    pub fn next_execution(&self) -> Option<&Timestamp> {
        self.next_execution.as_ref()
    }
}

impl From<ReportOutcome> for ChangeRow {
    fn from(report: ReportOutcome) -> Self {
        Self {
            message: report.message(),
            report_id: report.report_id,
            report_name: report.name,
            outcome: report.outcome.to_string(),
            report_status: report.status,
            seen_at: report.seen_at.map(Timestamp::from),
            reason: report.reason.map(|reason| reason.to_string()),
            error: report.error.as_ref().map(ErrorObject::from),
            next_execution: report.next_execution.map(Timestamp::from),
            execution: None,
            done: Some(report.outcome),
            warnings: Vec::new(),
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
            Cell::new(self.report_id),
            colored(&self.outcome, color),
            text(self.report_status.as_ref().map(ReportStatus::as_str)),
            text(self.report_name.as_deref()),
        ]
    }

    fn id(&self) -> Option<String> {
        self.done.is_none_or(Outcome::is_in_requested_status).then(|| self.report_id.to_string())
    }

    fn error(&self) -> Option<(String, String)> {
        let text = self.error.as_ref().map(|error| &error.text).or(self.message.as_ref())?;
        Some((self.report_id.to_string(), visible(text)))
    }
}
