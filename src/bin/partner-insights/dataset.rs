//! `dataset`: lists datasets, or shows one.

use comfy_table::Cell;
use partner_center_insights::Dataset;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{self, Global};
use crate::exit::{self, Failure};
use crate::output::{Format, Output, Row};
use crate::session::Session;
use crate::table::{text, visible};

pub async fn run(global: &Global, command: args::Dataset, output: &Output) -> Result<u8, Failure> {
    // Stays alive until the end: dropping it stops the in-process emulator.
    let session = Session::open(global, output).await?;
    let client = session.client.clone();
    match command {
        args::Dataset::List => {
            let rows: Vec<_> = client.datasets().await?.into_iter().map(DatasetRow).collect();
            output.rows(&rows)?;
        }
        args::Dataset::Show { name } => {
            let rows: Vec<_> = client.datasets().name(&name).await?.into_iter().map(DatasetRow).collect();
            let Some(DatasetRow(dataset)) = rows.first() else {
                return Err(Failure::not_found(format!("there is no dataset {name:?}"))
                    .hint("`partner-insights dataset list` lists them"));
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
#[serde(transparent)]
pub struct DatasetRow(Dataset);

impl Row for DatasetRow {
    const HEADINGS: &'static [&'static str] = &["DATASET", "EVERY", "COLUMNS", "METRICS", "TIME SPANS"];

    fn cells(&self) -> Vec<Cell> {
        let Dataset { selectable_columns, available_metrics, available_date_ranges, .. } = &self.0;
        let count = |names: &Option<Vec<String>>| Cell::new(names.as_ref().map_or(0, Vec::len));
        let every = self.0.minimum_recurrence_interval.map(|hours| format!("{hours} h"));
        vec![
            text(Some(&self.0.dataset_name)),
            text(every.as_deref()),
            count(selectable_columns),
            count(available_metrics),
            text(Some(&available_date_ranges.iter().flatten().cloned().collect::<Vec<_>>().join(" "))),
        ]
    }

    fn id(&self) -> Option<String> {
        Some(self.0.dataset_name.clone())
    }
}
