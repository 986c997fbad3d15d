//! What the program writes: one type for each kind of row. Names are stable; `partner-insights schema` describes them.

use std::borrow::Cow;
use std::fmt;

use partner_center_insights::{
    Error, Execution, ExecutionStatus, Outcome, Report, ReportOutcome, ReportStatus, Step,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// A scheduled report, in the names of the service.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportRow {
    /// The id of the report, a UUID.
    pub report_id: String,
    pub report_name: Option<String>,
    pub report_status: Option<ReportStatus>,
    pub description: Option<String>,
    pub query_id: Option<String>,
    pub query: Option<String>,
    pub user: Option<String>,
    /// Times are as the service wrote them, in UTC.
    pub created_time: Option<String>,
    pub modified_time: Option<String>,
    pub start_time: Option<String>,
    pub end_time: Option<String>,
    pub execute_now: Option<bool>,
    pub query_start_time: Option<String>,
    pub query_end_time: Option<String>,
    /// Hours between executions.
    pub recurrence_interval: Option<i32>,
    /// Executions in all.
    pub recurrence_count: Option<i32>,
    pub callback_url: Option<String>,
    pub callback_method: Option<String>,
    pub format: Option<String>,
}

impl From<Report> for ReportRow {
    fn from(report: Report) -> Self {
        let text =
            |value: Option<_>| value.map(|value: partner_center_insights::Timestamp| value.to_string());
        Self {
            report_id: report.report_id.to_string(),
            report_name: report.report_name,
            report_status: report.report_status,
            description: report.description,
            query_id: report.query_id,
            query: report.query,
            user: report.user,
            created_time: text(report.created_time),
            modified_time: text(report.modified_time),
            start_time: text(report.start_time),
            end_time: text(report.end_time),
            execute_now: report.execute_now,
            query_start_time: text(report.query_start_time),
            query_end_time: text(report.query_end_time),
            recurrence_interval: report.recurrence_interval,
            recurrence_count: report.recurrence_count,
            callback_url: report.callback_url,
            callback_method: report.callback_method,
            format: report.format,
        }
    }
}

/// An execution of a report, in the names of the service.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionRow {
    pub execution_id: String,
    pub report_id: Option<String>,
    pub execution_status: Option<ExecutionStatus>,
    /// As the service wrote it, in UTC.
    pub report_generated_time: Option<String>,
    pub format: Option<String>,
    /// The download link, only with --show-links: whoever has it can read the file.
    pub report_access_secure_link: Option<String>,
}

impl ExecutionRow {
    pub fn new(execution: Execution, show_links: bool) -> Self {
        let link = execution.report_access_secure_link.filter(|_| show_links);
        Self {
            execution_id: execution.execution_id,
            report_id: execution.report_id.map(|id| id.to_string()),
            execution_status: execution.execution_status,
            report_generated_time: execution.report_generated_time.map(|time| time.to_string()),
            format: execution.format,
            report_access_secure_link: link.map(|link| link.expose().to_owned()),
        }
    }
}

/// Resume or pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Resume,
    Pause,
}

impl Direction {
    const ALL: [Self; 2] = [Self::Resume, Self::Pause];

    pub fn verb(self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::Pause => "pause",
        }
    }
}

/// What would happen to a report, or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Would(Direction),
    Did(Outcome),
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Would(direction) => write!(f, "would-{}", direction.verb()),
            Self::Did(outcome) => outcome.fmt(f),
        }
    }
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Word {
    fn schema_name() -> Cow<'static, str> {
        "Outcome".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let would = Direction::ALL.into_iter().map(Word::Would);
        let words: Vec<_> = would.chain(Outcome::ALL.iter().copied().map(Word::Did)).collect();
        json_schema!({ "type": "string", "enum": words })
    }
}

/// What happened to a report, or what would.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeRow {
    /// The id of the report, a UUID.
    pub report_id: String,
    pub report_name: Option<String>,
    /// The last status that was seen.
    pub report_status: Option<ReportStatus>,
    /// The first ones only with --dry-run.
    pub outcome: Word,
    pub error: Option<ErrorRow>,
}

/// Why it did not work, and what to do about it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorRow {
    pub kind: String,
    /// The HTTP status, if an answer came.
    pub status: Option<u16>,
    pub service_code: Option<String>,
    pub message: Option<String>,
    pub help: String,
    pub request_id: Option<String>,
    pub correlation_id: Option<String>,
    /// Seconds that the service asks to wait.
    pub retry_after: Option<u64>,
    pub attempts: u32,
}

impl ChangeRow {
    pub fn of(report: &ReportOutcome) -> Self {
        Self {
            report_id: report.report_id.to_string(),
            report_name: report.name.clone(),
            report_status: report.status.clone(),
            outcome: Word::Did(report.outcome),
            error: report.error.as_ref().map(ErrorRow::from),
        }
    }

    pub fn planned(step: Step, direction: Direction) -> Self {
        Self {
            report_id: step.report_id.to_string(),
            report_name: step.name,
            report_status: step.status,
            outcome: step.skip.map_or(Word::Would(direction), Word::Did),
            error: None,
        }
    }
}

impl ErrorRow {
    /// Everything a person needs, in one line.
    pub fn explanation(&self) -> String {
        let mut text = self.kind.clone();
        if let Some(status) = self.status {
            text += &format!(" (HTTP {status})");
        }
        if let Some(message) = &self.message {
            text += &format!(": {}", message.trim_end_matches('.'));
        }
        text += &format!("; {}", self.help);
        if let Some(wait) = self.retry_after {
            text += &format!("; the service asks to wait {wait} s");
        }
        if let (Some(request), Some(correlation)) = (&self.request_id, &self.correlation_id) {
            text += &format!(" [request {request}, correlation {correlation}]");
        }
        text
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
        }
    }
}
