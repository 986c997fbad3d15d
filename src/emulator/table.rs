//! The file of a report as text: the columns of its query, and generated rows.

use serde_json::Value;

use super::catalog::Catalog;
use super::rows;
use crate::datasets::Dataset;
use crate::query::Query;

/// The columns of a report without a valid query, which only the builder can add.
const COLUMNS: [&str; 3] = ["Month", "CustomerName", "Quantity"];

pub(super) struct Table<'a> {
    columns: Vec<String>,
    dataset: Option<&'a Dataset>,
    limit: Option<u64>,
    separator: char,
}

impl<'a> Table<'a> {
    pub fn new(query: &str, is_tsv: bool, catalog: &'a Catalog) -> Self {
        let separator = if is_tsv { '\t' } else { ',' };
        let query = Query::parse(query).ok().filter(|query| query.columns() != ["*"]);
        let Some(query) = query else {
            return Self {
                columns: COLUMNS.map(str::to_owned).into(),
                dataset: None,
                limit: None,
                separator,
            };
        };
        // A report has the same file, whatever the program of the caller.
        let dataset = [false, true].iter().find_map(|is_cmp| catalog.dataset(query.table(), *is_cmp));
        Self { columns: query.columns().to_vec(), dataset, limit: query.limit(), separator }
    }

    /// Returns the maximum number of rows.
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    pub fn header(&self) -> String {
        self.line(self.columns.iter().cloned())
    }

    /// Returns the first rows.
    pub fn rows(&self, count: u64) -> String {
        let row = |number: u64| {
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            let cells = self.columns.iter().map(|column| rows::value(column, self.dataset, number));
            self.line(cells.map(|cell| match cell {
                Value::String(text) => text,
                other => other.to_string(),
            }))
        };
        (1..=count).map(row).collect()
    }

    fn line(&self, cells: impl Iterator<Item = String>) -> String {
        let special = [self.separator, '"', '\r', '\n'];
        let cell = |text: String| {
            if text.contains(special) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
        };
        cells.map(cell).collect::<Vec<_>>().join(&self.separator.to_string()) + "\r\n"
    }
}
