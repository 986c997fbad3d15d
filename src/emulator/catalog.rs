//! Sample datasets and queries. The queries `Profile` and `MSLearn` name columns that their datasets lack, because half
//! of the documented system queries do.

use serde::{Deserialize, Serialize};

use crate::datasets::Dataset;
use crate::report::{Report, Timestamp};

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
    pub fn dataset(&self, name: &str, is_marketplace: bool) -> Option<&Dataset> {
        let is_named = |dataset: &&Dataset| dataset.dataset_name.eq_ignore_ascii_case(name);
        self.datasets.iter().filter(|dataset| belongs_to(dataset, is_marketplace)).find(is_named)
    }
}

/// Whether a dataset belongs to a program: those of the commercial marketplace start with `ISV`.
pub(super) fn belongs_to(dataset: &Dataset, is_marketplace: bool) -> bool {
    dataset.dataset_name.starts_with("ISV") == is_marketplace
}

/// A stored query.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Query {
    pub query_id: String,
    pub name: String,
    pub description: Option<String>,
    pub query: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub user: Option<String>,
    pub created_time: Option<Timestamp>,
    pub modified_time: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Kind {
    UserDefined,
    System,
}

impl Query {
    /// Returns the query from which a report must have been created.
    pub(super) fn of(report: &Report) -> Option<Self> {
        Some(Self {
            query_id: report.query_id.clone()?,
            name: report.report_name.clone().unwrap_or_default(),
            description: None,
            query: report.query.clone()?,
            kind: Kind::UserDefined,
            user: report.user.clone(),
            created_time: report.created_time.clone(),
            modified_time: None,
        })
    }

    pub(super) fn is_own(&self) -> bool {
        self.kind == Kind::UserDefined
    }
}
