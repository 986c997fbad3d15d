//! Checks a query against a dataset.

use std::fmt;

use super::Query;
use crate::Dataset;

/// A reason why the service would reject a query.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// The query reads another dataset.
    UnknownTable {
        /// The name in the query.
        name: String,
        /// The dataset that it was checked against.
        dataset: String,
    },
    /// `SELECT *`, which the language does not have.
    SelectAll,
    /// The dataset has no such column or metric.
    UnknownColumn {
        /// The name in the query.
        name: String,
        /// The most similar name in the dataset.
        nearest: Option<String>,
    },
    /// A metric with parentheses in its name. Datasets list them, but queries cannot use them.
    UnusableMetric {
        /// The name in the query.
        name: String,
    },
    /// The dataset does not offer this time span.
    UnknownTimespan {
        /// The word in the query.
        name: String,
        /// The words that the dataset offers.
        available: Vec<String>,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownTable { name, dataset } => {
                write!(f, "unknown dataset {name:?}; checked against {dataset}")
            }
            Self::SelectAll => f.write_str("SELECT * is rejected; name the columns"),
            Self::UnknownColumn { name, nearest: Some(nearest) } => {
                write!(f, "unknown column {name:?}; the nearest is {nearest}")
            }
            Self::UnknownColumn { name, nearest: None } => write!(f, "unknown column {name:?}"),
            Self::UnusableMetric { name } => {
                write!(f, "metric {name:?} cannot be used: names with parentheses are rejected")
            }
            Self::UnknownTimespan { name, available } => {
                write!(f, "unknown time span {name:?}; expected {}", available.join(", "))
            }
        }
    }
}

impl Query {
    /// Compares the query with the dataset that it reads, and returns every reason why the service would reject it.
    ///
    /// Ignores letter case. Skips checks for which the dataset has no list.
    pub fn check(&self, dataset: &Dataset) -> Vec<Finding> {
        if !self.table.eq_ignore_ascii_case(&dataset.dataset_name) {
            let (name, dataset) = (self.table.clone(), dataset.dataset_name.clone());
            return vec![Finding::UnknownTable { name, dataset }];
        }
        let known: Vec<&str> = dataset.columns().collect();
        let mut findings = Vec::new();
        for name in self.columns.iter().chain(&self.used) {
            let finding = check_name(name, &known, dataset.selectable_columns.is_some());
            findings.extend(finding.filter(|finding| !findings.contains(finding)));
        }
        if let (Some(name), Some(available)) = (&self.timespan, &dataset.available_date_ranges)
            && !available.iter().any(|word| word.eq_ignore_ascii_case(name))
        {
            findings.push(Finding::UnknownTimespan { name: name.clone(), available: available.clone() });
        }
        findings
    }
}

fn check_name(name: &str, known: &[&str], complete: bool) -> Option<Finding> {
    let owned = name.to_owned();
    if name == "*" {
        return Some(Finding::SelectAll);
    }
    if name.contains('(') {
        return Some(Finding::UnusableMetric { name: owned });
    }
    let unknown = complete && !known.iter().any(|column| column.eq_ignore_ascii_case(name));
    unknown.then(|| Finding::UnknownColumn { name: owned, nearest: nearest(name, known) })
}

/// Returns the usable name with the smallest edit distance, if it is small.
fn nearest(name: &str, known: &[&str]) -> Option<String> {
    let usable = known.iter().filter(|column| !column.contains('('));
    let (distance, column) =
        usable.map(|column| (distance(name, column), *column)).min_by_key(|(d, _)| *d)?;
    let length = name.chars().count().min(column.chars().count());
    (distance <= 1.max(length / 3)).then(|| column.to_owned())
}

/// Returns the Levenshtein distance, ignoring case.
fn distance(left: &str, right: &str) -> usize {
    let [left, right] = [left, right].map(|text| text.to_lowercase().chars().collect::<Vec<_>>());
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, a) in left.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}
