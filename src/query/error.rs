//! The error for a text that is not a valid query.

use std::fmt;

/// Number of characters in the excerpt before and after the error.
const AROUND: usize = 36;

/// A syntax error in a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    position: usize,
    line: usize,
    column: usize,
    message: String,
    excerpt: String,
    caret: usize,
}

impl ParseError {
    pub(super) fn new(text: &str, position: usize, expected: Option<&str>) -> Self {
        let (before, rest) = text.split_at(position);
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let column = text[start..position].chars().count();
        let skipped = column.saturating_sub(AROUND);
        let excerpt = text[start..].lines().next().unwrap_or_default().chars().skip(skipped).take(2 * AROUND);
        let found = rest.split_whitespace().next().unwrap_or_default();
        Self {
            position,
            line: before.matches('\n').count() + 1,
            column: column + 1,
            message: message(found, expected),
            // A tab would move the caret.
            excerpt: excerpt.map(|character| if character.is_control() { ' ' } else { character }).collect(),
            caret: column - skipped,
        }
    }

    /// Returns the position of the error, in bytes from the start of the text.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Returns the line and the column of the error, counted from 1.
    pub fn line_and_column(&self) -> (usize, usize) {
        (self.line, self.column)
    }

    /// Returns the part of the text around the error, and a second line with a caret under the position.
    pub fn caret(&self) -> String {
        format!("{}\n{:>width$}", self.excerpt, '^', width = self.caret + 1)
    }
}

fn message(found: &str, expected: Option<&str>) -> String {
    let word: String = found.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let found = match found.chars().take(AROUND).collect::<String>() {
        text if text.is_empty() => "the end".to_owned(),
        text => format!("{text:?}"),
    };
    match (expected, word.to_ascii_uppercase().as_str()) {
        (Some(expected), _) => format!("expected {expected}, found {found}"),
        (None, "OR") => "OR does not exist; expected AND, or IN for several values of a column".to_owned(),
        (None, "GROUP") => {
            "GROUP BY does not exist; metrics are computed for the selected columns".to_owned()
        }
        (None, word @ ("WHERE" | "ORDER" | "LIMIT" | "TIMESPAN")) => {
            format!("{word} is misplaced; expected the order WHERE, ORDER BY, LIMIT, TIMESPAN, each once")
        }
        (None, _) => format!("expected the next clause or the end, found {found}"),
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid query at line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ParseError {}
