//! The language of report queries: parse a text, and check it against a dataset before the service sees it.
//!
//! The service rejects an invalid query without naming the place; this module names it.
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
//! The clauses have a fixed order: `SELECT`, `FROM`, `WHERE`, `ORDER BY`, `LIMIT`, `TIMESPAN`. Letter case does not matter.

use std::fmt;
use std::str::FromStr;

mod check;
mod error;
mod parser;

pub use check::Finding;
pub use error::ParseError;

/// A query that follows the grammar. `Display` writes it in one line, with keywords in capitals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    distinct: bool,
    columns: Vec<String>,
    table: String,
    filters: Vec<Filter>,
    order: Vec<Order>,
    limit: Option<u64>,
    timespan: Option<String>,
}

impl Query {
    /// Parses the text of a query.
    ///
    /// `SELECT *` and names with parentheses are parsed too, although the service rejects them: [`Query::check`] reports them.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] with the position of the first mistake.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parser::parse(text)
    }

    /// Returns whether the query says `SELECT DISTINCT`.
    pub fn is_distinct(&self) -> bool {
        self.distinct
    }

    /// Returns the selected columns and metrics, as written; `*` alone for `SELECT *`.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Returns the name of the dataset.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Returns the conditions of `WHERE`; all of them must hold.
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// Returns the columns of `ORDER BY`.
    pub fn order(&self) -> &[Order] {
        &self.order
    }

    /// Returns the maximum number of rows, greater than zero.
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// Returns the word after `TIMESPAN`. Without one, the service reads six months.
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

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let distinct = if self.distinct { "DISTINCT " } else { "" };
        write!(f, "SELECT {distinct}{} FROM {}", self.columns.join(", "), self.table)?;
        for (index, filter) in self.filters.iter().enumerate() {
            write!(f, " {} {filter}", if index == 0 { "WHERE" } else { "AND" })?;
        }
        if !self.order.is_empty() {
            write!(f, " ORDER BY {}", join(&self.order))?;
        }
        if let Some(limit) = self.limit {
            write!(f, " LIMIT {limit}")?;
        }
        self.timespan.iter().try_for_each(|word| write!(f, " TIMESPAN {word}"))
    }
}

/// A condition of `WHERE`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Filter {
    /// The column or metric, as written.
    pub column: String,
    /// How it is compared.
    pub operator: Operator,
    /// One value, or at least one with `IN` and `NOT IN`.
    pub values: Vec<Value>,
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { column, operator, values } = self;
        let values = join(values);
        match operator {
            Operator::In | Operator::NotIn => write!(f, "{column} {operator} ({values})"),
            _ => write!(f, "{column} {operator} {values}"),
        }
    }
}

macro_rules! operators {
    ($($name:ident $text:literal,)*) => {
        /// An operator of a condition.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Operator {
            $(#[doc = concat!("`", $text, "`")] $name,)*
        }

        impl fmt::Display for Operator {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$name => $text,)* })
            }
        }
    };
}

operators! {
    Equal "=",
    NotEqual "!=",
    Greater ">",
    GreaterOrEqual ">=",
    Less "<",
    LessOrEqual "<=",
    Like "LIKE",
    NotLike "NOT LIKE",
    In "IN",
    NotIn "NOT IN",
}

/// A literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number, as written.
    Number(String),
    /// The text between single quotes. The service converts it to the type of the column.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => f.write_str(number),
            Self::Text(text) => write!(f, "'{text}'"),
        }
    }
}

/// A column of `ORDER BY`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Order {
    /// The column or metric, as written.
    pub column: String,
    /// Whether the order is ascending; the default of the service is descending.
    pub ascending: bool,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.column, if self.ascending { "ASC" } else { "DESC" })
    }
}

fn join(items: &[impl fmt::Display]) -> String {
    items.iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
