//! Files of ids: one a line, or JSON lines with a `reportId`. Empty lines and lines that begin with # do not count.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use partner_center_insights::{InvalidReportId, ReportId};
use serde_json::Value;

use crate::exit::Failure;
use crate::interrupt;

pub async fn read(file: &Path) -> Result<Vec<ReportId>, Failure> {
    let path = file.to_owned();
    let text = interrupt::read(move || {
        if path.as_os_str() == "-" {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map(|_| text)
        } else {
            fs::read_to_string(path)
        }
    });
    let text = text.await.map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    let mut ids = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            let refuse =
                |problem| Failure::usage(format!("{}, line {}: {problem}", file.display(), index + 1));
            ids.push(id(line).map_err(refuse)?);
        }
    }
    Ok(ids)
}

fn id(line: &str) -> Result<ReportId, String> {
    let id = match serde_json::from_str(line) {
        Ok(Value::Object(mut row)) => match row.remove("reportId") {
            Some(Value::String(id)) => id,
            _ => return Err("this JSON has no reportId".to_owned()),
        },
        _ => line.to_owned(),
    };
    id.parse().map_err(|error: InvalidReportId| error.to_string())
}
