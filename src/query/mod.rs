//! Parses report queries, and checks them against a dataset before they are sent.
//!
//! The service rejects an invalid query without a position; this module reports the position of the error.
//!
//! ```
//! use partner_center_insights::query::Query;
//!
//! let query = Query::parse("SELECT MPNId, PartnerName FROM Profile WHERE Country = 'DE' LIMIT 10")?;
//! assert_eq!(query.table(), "Profile");
//! assert_eq!(query.columns(), ["MPNId", "PartnerName"]);
//!
//! let error = Query::parse("SELECT MPNId FROM Profile WHERE City = 'A' OR City = 'B'").unwrap_err();
//! assert_eq!(error.position(), 43);
//! println!("{error}\n{}", error.caret());
//! # Ok::<(), partner_center_insights::query::ParseError>(())
//! ```
//!
//! The clauses have a fixed order: `SELECT`, `FROM`, `WHERE`, `ORDER BY`, `LIMIT`, `TIMESPAN`. Letter case does not
//! matter.

use std::str::FromStr;

mod check;
mod error;
mod parser;

pub use check::Finding;
pub use error::ParseError;

/// A query that follows the grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    columns: Vec<String>,
    table: String,
    /// The columns of `WHERE` and `ORDER BY`.
    used: Vec<String>,
    limit: Option<u64>,
    timespan: Option<String>,
}

impl Query {
    /// Parses the text of a query.
    ///
    /// Accepts `SELECT *` and names with parentheses, although the service rejects them; [`Query::check`] reports them.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] with the position of the first error.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parser::parse(text)
    }

    /// Returns the selected columns and metrics, as written; `*` alone for `SELECT *`.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Returns the name of the dataset.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Returns the maximum number of rows, greater than zero.
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// Returns the word after `TIMESPAN`. Without `TIMESPAN`, the service reads six months.
    pub fn timespan(&self) -> Option<&str> {
        self.timespan.as_deref()
    }
}

impl FromStr for Query {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}
