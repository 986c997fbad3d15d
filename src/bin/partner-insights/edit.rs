//! What `create` and `update` share: the start of the schedule, and the report or request that they print.

use std::time::SystemTime;

use comfy_table::Cell;
use partner_center_insights::{Program, Report, ReportId, Timestamp, earliest_start};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::args::{Global, Schedule};
use crate::exit::{self, Failure};
use crate::list::ReportRow;
use crate::output::{Format, Output, Row};
use crate::session::Session;
use crate::table::text;

/// Refuses an end for mpn. The library sends it with a warning in the log, because the service may accept it.
pub fn check_end(global: &Global, schedule: &Schedule) -> Result<(), Failure> {
    if schedule.end.is_some() && global.program == Program::Mpn {
        return Err(Failure::usage("--end is not available for mpn; expected cmp")
            .hint("pass --count N, or --program cmp"));
    }
    Ok(())
}

pub fn start(schedule: &Schedule) -> Option<SystemTime> {
    schedule.at.or(schedule.earliest.then(earliest_start))
}

/// Prints the request that is not sent, and says so.
pub fn preview(row: EditRow, what: &str, start: Option<SystemTime>, output: &Output) -> Result<u8, Failure> {
    match (&row, output.format()) {
        (EditRow::Planned(PlannedRow { changes: Some(changes), .. }), Format::Table) => {
            output.rows(changes)?;
        }
        _ => output.rows(&[row])?,
    }
    let start = start.map(|start| format!(", next at {} (UTC)", Timestamp::from(start))).unwrap_or_default();
    output.note(format_args!("Would {what}{start}; nothing was changed."));
    Ok(exit::OK)
}

pub fn print(report: Report, session: &Session, output: &Output) -> Result<u8, Failure> {
    if let Some(next) = report.next_execution_after(SystemTime::now()) {
        output.note(format_args!("Next execution: {} (UTC).", Timestamp::from(next)));
    }
    output.rows(&[EditRow::Done(Box::new(ReportRow::new(report, &session.warnings)))])?;
    Ok(exit::OK)
}

/// The report that the service returned or, with --dry-run, the request that would be sent.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum EditRow {
    Done(Box<ReportRow>),
    Planned(PlannedRow),
}

/// A request that was not sent.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedRow {
    /// would-create or would-update.
    outcome: String,
    /// The report that would change; null if it would be created.
    report_id: Option<ReportId>,
    /// The properties that would change; null if the report would be created.
    changes: Option<Vec<Change>>,
    /// The body of the request, with the property names that are sent.
    request: Map<String, Value>,
}

/// A property that would change.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    property: String,
    from: Value,
    to: Value,
}

impl Row for Change {
    const HEADINGS: &'static [&'static str] = &["PROPERTY", "NOW", "THEN"];

    fn cells(&self) -> Vec<Cell> {
        let shown = |value: &Value| match value {
            Value::Null => text(None),
            Value::String(value) => text(Some(value)),
            value => text(Some(&value.to_string())),
        };
        vec![Cell::new(&self.property), shown(&self.from), shown(&self.to)]
    }

    fn id(&self) -> Option<String> {
        None
    }
}

impl EditRow {
    pub fn created(request: &impl Serialize) -> Result<Self, Failure> {
        Self::planned("would-create", None, request)
    }

    pub fn updated(current: &Report, request: &impl Serialize) -> Result<Self, Failure> {
        Self::planned("would-update", Some(current), request)
    }

    fn planned(outcome: &str, current: Option<&Report>, request: &impl Serialize) -> Result<Self, Failure> {
        let object = |value| serde_json::from_value::<Map<String, Value>>(value);
        let request = serde_json::to_value(request).and_then(object).map_err(Failure::unexpected)?;
        let now = current.map(|current| serde_json::to_value(current).and_then(object)).transpose();
        let now = now.map_err(Failure::unexpected)?;
        Ok(Self::Planned(PlannedRow {
            outcome: outcome.to_owned(),
            report_id: current.map(|current| current.report_id),
            changes: now.map(|now| changes(&now, &request)),
            request,
        }))
    }
}

/// Compares the properties of a request with those of a report, whose names begin in lower case.
fn changes(now: &Map<String, Value>, request: &Map<String, Value>) -> Vec<Change> {
    let change = |(name, to): (&String, &Value)| {
        let property = name[..1].to_ascii_lowercase() + &name[1..];
        let from = now.get(&property).cloned().unwrap_or_default();
        (!is_same(&from, to)).then(|| Change { property, from, to: to.clone() })
    };
    request.iter().filter_map(change).collect()
}

/// Compares two values; times and words may be spelled differently.
fn is_same(one: &Value, other: &Value) -> bool {
    let (Some(one), Some(other)) = (one.as_str(), other.as_str()) else { return one == other };
    let time = |text: &str| Timestamp::from(text).to_system_time();
    one == other || time(one).is_some_and(|one| time(other) == Some(one))
}

impl Row for EditRow {
    const HEADINGS: &'static [&'static str] = ReportRow::HEADINGS;

    fn cells(&self) -> Vec<Cell> {
        match self {
            Self::Done(row) => row.cells(),
            Self::Planned(PlannedRow { outcome, report_id, request, .. }) => {
                let hours = request.get("RecurrenceInterval");
                vec![
                    text(report_id.map(|id| id.to_string()).as_deref()),
                    Cell::new(outcome),
                    text(Some(&hours.map_or_else(|| "once".to_owned(), |hours| format!("{hours} h")))),
                    text(None),
                    text(request.get("ReportName").and_then(Value::as_str)),
                ]
            }
        }
    }

    fn id(&self) -> Option<String> {
        match self {
            Self::Done(row) => row.id(),
            Self::Planned(row) => row.report_id.map(|id| id.to_string()),
        }
    }
}
