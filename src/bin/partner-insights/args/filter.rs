//! The selection of reports by name and query.

use clap::Args;
use partner_center_insights::{CheckHealth, ListReports};

#[derive(Debug, Args)]
pub struct Filter {
    /// Only reports whose name matches, e.g. 'Sales*' (wildcards: * ?)
    #[arg(long, value_name = "PATTERN")]
    pub name: Option<String>,
    /// Only reports that run this query
    #[arg(long, value_name = "ID")]
    pub query_id: Option<String>,
}

impl Filter {
    pub fn is_set(&self) -> bool {
        self.name.is_some() || self.query_id.is_some()
    }

    /// Restricts a list to the reports that match.
    pub fn apply(&self, mut reports: ListReports) -> ListReports {
        if let Some(name) = &self.name {
            reports = reports.name_matches(name);
        }
        if let Some(query_id) = &self.query_id {
            reports = reports.query_id(query_id);
        }
        reports
    }

    /// Restricts a check of the health to the reports that match.
    pub fn apply_to_check(&self, mut check: CheckHealth) -> CheckHealth {
        if let Some(name) = &self.name {
            check = check.name_matches(name);
        }
        if let Some(query_id) = &self.query_id {
            check = check.query_id(query_id);
        }
        check
    }
}
