//! `dataset`: lists datasets, or shows one.

use comfy_table::Cell;
use partner_center_insights::Dataset;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{self, Global};
use crate::change::selection;
use crate::exit::{self, Failure};
use crate::output::{Format, Output, Row};
use crate::session::{Session, Warnings};
use crate::table::{text, visible};

pub async fn run(global: &Global, command: args::Dataset, output: &Output) -> Result<u8, Failure> {
    // Stays alive until the end: dropping it stops the in-process emulator.
    let session = Session::open(global, output).await?;
    let client = session.client.clone();
    let row = |dataset: Dataset| DatasetRow::new(dataset, &session.warnings);
    match command {
        args::Dataset::List => {
            let rows: Vec<_> = client.datasets().await?.into_iter().map(row).collect();
            output.rows(&rows)?;
        }
        args::Dataset::Show { name } => {
            let rows: Vec<_> = client.datasets().name(&name).await?.into_iter().map(row).collect();
            let Some(DatasetRow { dataset, .. }) = rows.first() else {
                let all = client.datasets().await?;
                let similar =
                    selection::similar_names(&name, all.iter().map(|dataset| &*dataset.dataset_name));
                return Err(Failure::not_found(format!("there is no dataset {name:?}")).hint(
                    similar.unwrap_or_else(|| "`partner-insights dataset list` lists them".to_owned()),
                ));
            };
            match output.format() {
                Format::Table => output.text(&described(dataset))?,
                _ => output.rows(&rows)?,
            }
        }
    }
    Ok(exit::OK)
}

fn described(dataset: &Dataset) -> String {
    let lists = [
        ("Columns", &dataset.selectable_columns),
        ("Metrics", &dataset.available_metrics),
        ("Time spans", &dataset.available_date_ranges),
    ];
    let mut text = visible(&dataset.dataset_name) + "\n";
    for (title, names) in lists {
        text += &format!("\n{title}:\n");
        for name in names.iter().flatten() {
            text += &format!("  {}\n", visible(name));
        }
    }
    text
}

/// A dataset.
#[derive(Serialize, JsonSchema)]
pub struct DatasetRow {
    #[serde(flatten)]
    dataset: Dataset,
    /// Fields of the response that deviate from the spec and were read leniently, or not at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    warnings: Vec<String>,
}

impl DatasetRow {
    fn new(dataset: Dataset, warnings: &Warnings) -> Self {
        let warnings = warnings.of(&dataset.dataset_name);
        Self { dataset, warnings }
    }
}

impl Row for DatasetRow {
    const HEADINGS: &'static [&'static str] = &["DATASET", "EVERY", "COLUMNS", "METRICS", "TIME SPANS"];

    fn cells(&self) -> Vec<Cell> {
        let Dataset { selectable_columns, available_metrics, available_date_ranges, .. } = &self.dataset;
        let count = |names: &Option<Vec<String>>| Cell::new(names.as_ref().map_or(0, Vec::len));
        let every = self.dataset.minimum_recurrence_interval.map(|hours| format!("{hours} h"));
        vec![
            text(Some(&self.dataset.dataset_name)),
            text(every.as_deref()),
            count(selectable_columns),
            count(available_metrics),
            text(Some(&available_date_ranges.iter().flatten().cloned().collect::<Vec<_>>().join(" "))),
        ]
    }

    fn id(&self) -> Option<String> {
        Some(self.dataset.dataset_name.clone())
    }
}
