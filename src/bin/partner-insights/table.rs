//! Tables for people.

use std::fmt;
use std::io::{self, IsTerminal};

use comfy_table::{Cell, ColumnConstraint, Table, Width, presets};

/// Spaces around a column.
const PADDING: u16 = 2;
/// Width below which the last column is not wrapped.
const NARROW: u16 = 10;

/// Draws a table as wide as the terminal. Only the last column wraps: an ID in two parts could not be copied.
pub fn draw(headings: &[&str], rows: impl IntoIterator<Item = Vec<Cell>>, colored: bool) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(headings).add_rows(rows);
    let mut widths = table.column_max_content_widths();
    if let Some((last, others)) = widths.split_last_mut() {
        let taken =
            others.iter().fold(PADDING, |sum, width| sum.saturating_add(width.saturating_add(PADDING)));
        let terminal = table.width().filter(|_| io::stdout().is_terminal());
        let left = terminal.and_then(|width| width.checked_sub(taken)).filter(|left| *left >= NARROW);
        *last = left.map_or(*last, |left| left.min(*last));
    }
    for (column, width) in table.column_iter_mut().zip(&widths) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width.saturating_add(PADDING))));
    }
    crossterm::style::force_color_output(colored);
    if colored {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.trim_fmt()
}

/// Replaces characters of the service's text that would act on the terminal or break the line.
pub fn visible(text: &str) -> String {
    let acts = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if acts(c) { ' ' } else { c }).collect()
}

/// A cell with text of the service.
pub fn text(text: Option<&str>) -> Cell {
    Cell::new(visible(text.unwrap_or_default()))
}

/// A colored cell: green is the requested state, yellow is pending or paused, red is a failure.
pub fn colored(word: impl fmt::Display, color: comfy_table::Color) -> Cell {
    Cell::new(word).fg(color)
}
