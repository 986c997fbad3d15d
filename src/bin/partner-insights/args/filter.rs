//! The selection of reports by name and query.

use clap::Args;
use partner_center_insights::ListReports;

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
    pub fn apply(&self, reports: ListReports) -> ListReports {
        self.restrict(reports, ListReports::name_matches, |reports, id| reports.query_id(id))
    }

    /// Restricts a builder by its two methods for the name and the query.
    pub fn restrict<T>(
        &self,
        builder: T,
        by_name: impl FnOnce(T, &str) -> T,
        by_query: impl FnOnce(T, &str) -> T,
    ) -> T {
        let builder = match &self.name {
            Some(name) => by_name(builder, name),
            None => builder,
        };
        match &self.query_id {
            Some(query_id) => by_query(builder, query_id),
            None => builder,
        }
    }
}
