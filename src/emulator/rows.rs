//! Generates rows for tried queries and for files.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::datasets::Dataset;

/// Returns rows with a value for each column: numbers for metrics, and texts that fit the name for other columns.
pub(super) fn generate(columns: &[String], dataset: &Dataset, count: usize) -> Vec<Map<String, Value>> {
    let row = |number: usize| {
        let cell = |column: &String| (column.clone(), value(column, Some(dataset), number));
        columns.iter().map(cell).collect()
    };
    (1..=count).map(row).collect()
}

/// Returns the value of a column in a row.
pub(super) fn value(column: &str, dataset: Option<&Dataset>, number: usize) -> Value {
    let name = column.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let mut metrics = dataset.and_then(|dataset| dataset.available_metrics.as_ref()).into_iter().flatten();
    if metrics.any(|metric| metric.eq_ignore_ascii_case(column))
        || has(&["count", "units", "activeusers", "duration", "quantity"])
    {
        return (number * 7).into();
    }
    if name.starts_with("is") {
        return ["0", "1"][number % 2].into();
    }
    if has(&["month"]) {
        return format!("2026-{:02}-01", number % 12 + 1).into();
    }
    if has(&["date", "time"]) {
        return format!("2026-10-{:02}", number % 28 + 1).into();
    }
    if name.ends_with("mpnid") {
        return (1_000_000 + number).to_string().into();
    }
    if name.ends_with("id") {
        return Uuid::from_u128(0x1111_1111_0000_4000_8000_0000_0000_0000 + number as u128)
            .to_string()
            .into();
    }
    format!("{column} {number}").into()
}
