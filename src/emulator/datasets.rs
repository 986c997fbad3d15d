//! Lists the datasets.

use serde_json::Value;

use super::catalog::belongs_to;
use super::response::{self, Refusal};
use super::service::{Call, Service, no_item};
use crate::datasets::Dataset;

impl Service {
    pub fn list_datasets(&self, call: &Call<'_>) -> Result<Value, Refusal> {
        let name = call.parameters.get("datasetName");
        let fits = |dataset: &&Dataset| {
            belongs_to(dataset, call.is_marketplace)
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
