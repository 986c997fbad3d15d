//! Sample datasets and queries, as observed on the service.

use axum::response::Response;
use serde::Deserialize;

use super::queries::Query;
use super::response::{self, Refusal};
use super::service::{Call, Service, no_item};
use crate::datasets::Dataset;

/// The datasets, and the queries that exist at the start.
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
        self.datasets.iter().filter(|dataset| belongs_to(dataset, call)).find(is_named)
    }
}

/// Whether a dataset belongs to the program of the request: those of the commercial marketplace start with `ISV`.
fn belongs_to(dataset: &Dataset, call: &Call<'_>) -> bool {
    dataset.dataset_name.starts_with("ISV") == call.is_marketplace
}

impl Service {
    pub fn list_datasets(&self, call: &Call<'_>) -> Result<Response, Refusal> {
        let name = call.parameters.get("datasetName");
        let fits = |dataset: &&Dataset| {
            belongs_to(dataset, call)
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
