//! Files of ids: one a line, or what `--output` writes as `jsonl` or `json`. Empty lines and lines that begin with # do
//! not count.

use std::borrow::Cow;
use std::path::Path;

use partner_center_insights::{InvalidReportId, ReportId};
use serde_json::Value;

use crate::exit::Failure;
use crate::interrupt;

pub async fn read(file: &Path) -> Result<Vec<ReportId>, Failure> {
    let refuse = |problem: String| Failure::usage(format!("{}{problem}", name(file)));
    let text = interrupt::read_file(file).await.map_err(|error| refuse(format!(": {error}")))?;
    if text.trim_start().starts_with('[') {
        let rows: Vec<Value> = serde_json::from_str(&text)
            .map_err(|error| refuse(format!(": no JSON list of reports: {error}")))?;
        let ids = rows.into_iter().enumerate();
        return ids
            .map(|(index, row)| {
                of_row(row).map_err(|problem| refuse(format!(", report {}: {problem}", index + 1)))
            })
            .collect();
    }
    let lines = text.lines().map(str::trim).enumerate();
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(index, line)| {
            of_line(line).map_err(|problem| refuse(format!(", line {}: {problem}", index + 1)))
        })
        .collect()
}

/// The file, as a person calls it.
pub fn name(file: &Path) -> Cow<'_, str> {
    if file.as_os_str() == "-" { "standard input".into() } else { file.to_string_lossy() }
}

fn of_line(line: &str) -> Result<ReportId, String> {
    match serde_json::from_str(line) {
        Ok(row @ Value::Object(_)) => of_row(row),
        _ => parse(line),
    }
}

fn of_row(row: Value) -> Result<ReportId, String> {
    match row.get("reportId").unwrap_or(&row) {
        Value::String(id) => parse(id),
        _ => Err("this JSON has no reportId".to_owned()),
    }
}

fn parse(id: &str) -> Result<ReportId, String> {
    id.parse().map_err(|error: InvalidReportId| error.to_string())
}
