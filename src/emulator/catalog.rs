//! The datasets and the queries of the system: a sample of what the service has been seen to offer.

use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::queries::Query;
use super::response::{self, Refusal};
use super::service::{Call, Service, no_item};

/// A table that queries can read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dataset {
    pub dataset_name: String,
    pub selectable_columns: Vec<String>,
    pub available_metrics: Vec<String>,
    pub available_date_ranges: Vec<String>,
    pub minimum_recurrence_interval: i32,
}

/// What exists before anything is created.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Catalog {
    pub datasets: Vec<Dataset>,
    pub queries: Vec<Query>,
}

impl Catalog {
    pub fn load() -> serde_json::Result<Self> {
        serde_json::from_str(include_str!("catalog.json"))
    }

    /// Finds a dataset of a program, in any letter case.
    pub fn dataset(&self, name: &str, call: &Call<'_>) -> Option<&Dataset> {
        let is_named = |dataset: &&Dataset| dataset.dataset_name.eq_ignore_ascii_case(name);
        self.datasets.iter().filter(|dataset| dataset.belongs_to(call)).find(is_named)
    }
}

impl Dataset {
    /// Whether a dataset belongs to the program of the request: those of the commercial marketplace start with `ISV`.
    fn belongs_to(&self, call: &Call<'_>) -> bool {
        self.dataset_name.starts_with("ISV") == call.is_marketplace
    }

    /// Whether the dataset has this column or metric, in any letter case. Metrics with parentheses cannot be queried.
    pub fn has_column(&self, name: &str) -> bool {
        let mut columns = self.selectable_columns.iter().chain(&self.available_metrics);
        !name.contains('(') && columns.any(|column| column.eq_ignore_ascii_case(name))
    }

    pub fn is_metric(&self, name: &str) -> bool {
        self.available_metrics.iter().any(|metric| metric.eq_ignore_ascii_case(name))
    }
}

impl Service {
    pub fn list_datasets(&self, call: &Call<'_>) -> Result<Response, Refusal> {
        let name = call.parameters.get("datasetName");
        let fits = |dataset: &&Dataset| {
            dataset.belongs_to(call)
                && name.is_none_or(|name| name.eq_ignore_ascii_case(&dataset.dataset_name))
        };
        let shared = self.shared();
        let datasets: Vec<_> = shared.state.catalog.datasets.iter().filter(fits).collect();
        if datasets.is_empty() {
            return Err(no_item());
        }
        Ok(response::success_with(&datasets, "Dataset fetched successfully"))
    }
}
