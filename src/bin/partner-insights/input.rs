//! Files, standard input, and the report IDs in them.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::Path;

use partner_center_insights::{InvalidReportId, ReportId};
use serde::Deserialize;
use serde_json::Value;

use crate::exit::Failure;

/// What `resume --output json` and `pause --output json` print.
#[derive(Deserialize)]
struct Document {
    reports: Vec<Value>,
}

/// The last line of `--output jsonl`.
const SUMMARY: &str = "{\"summary\":";

/// Reads a file, or standard input if its name is `-`, without a byte order mark.
pub async fn read_file(file: &Path) -> io::Result<String> {
    let file = file.to_owned();
    blocking(move || {
        let text =
            if file.as_os_str() == "-" { io::read_to_string(io::stdin()) } else { fs::read_to_string(file) };
        text.map(|text| text.trim_start_matches('\u{feff}').to_owned())
    })
    .await
}

/// Reads a line from standard input.
pub async fn read_line() -> io::Result<String> {
    blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    })
    .await
}

/// Reads on another thread, so that Ctrl-C works meanwhile. The thread may outlive the wait.
async fn blocking(read: impl FnOnce() -> io::Result<String> + Send + 'static) -> io::Result<String> {
    tokio::task::spawn_blocking(read).await?
}

/// Reads report IDs: one per line, or what `--output json` and `jsonl` print. Ignores empty lines and comments (#).
pub async fn read_ids(file: &Path) -> Result<Vec<ReportId>, Failure> {
    let invalid = |problem: String| Failure::usage(format!("{}{problem}", name(file)));
    let text = read_file(file).await.map_err(|error| invalid(format!(": {error}")))?;
    let document = serde_json::from_str::<Document>(&text).ok();
    if document.is_some() || text.trim_start().starts_with('[') {
        let rows: Vec<Value> = match document {
            Some(Document { reports }) => reports,
            None => serde_json::from_str(&text)
                .map_err(|error| invalid(format!(": invalid JSON list: {error}")))?,
        };
        let ids = rows.into_iter().zip(1..).map(|(row, number)| {
            id_of_row(row).map_err(|problem| invalid(format!(", report {number}: {problem}")))
        });
        return ids.collect();
    }
    let lines = text.lines().map(str::trim).zip(1..);
    lines
        .filter(|(line, _)| !line.is_empty() && !line.starts_with('#') && !line.starts_with(SUMMARY))
        .map(|(line, number)| {
            id_of_line(line).map_err(|problem| invalid(format!(", line {number}: {problem}")))
        })
        .collect()
}

/// The name of the file in messages.
pub fn name(file: &Path) -> Cow<'_, str> {
    if file.as_os_str() == "-" { "standard input".into() } else { file.to_string_lossy() }
}

fn id_of_line(line: &str) -> Result<ReportId, String> {
    match serde_json::from_str(line) {
        Ok(row @ Value::Object(_)) => id_of_row(row),
        _ => parse(line),
    }
}

fn id_of_row(row: Value) -> Result<ReportId, String> {
    match row.get("reportId").unwrap_or(&row) {
        Value::String(id) => parse(id),
        _ => Err("missing reportId".to_owned()),
    }
}

fn parse(id: &str) -> Result<ReportId, String> {
    id.parse().map_err(|error: InvalidReportId| error.to_string())
}
