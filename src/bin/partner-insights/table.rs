//! Draws tables, and wraps text to the terminal.

use std::fmt;
use std::io::{self, IsTerminal};

use comfy_table::{Cell, ColumnConstraint, Table, Width, presets};
use unicode_width::UnicodeWidthStr;

/// Spaces around a column.
const PADDING: u16 = 2;
/// Minimum width of the last column. If less remains, another column is hidden.
const NARROW: usize = 13;
/// Minimum width of the last column if only the ID and the status are left to hide.
const NARROWEST: usize = 4;
/// Minimum width of a terminal to which text is wrapped.
const TINY: usize = 20;

/// Draws a table that fits the terminal. In a narrow one, the last column is truncated, and columns are hidden in the
/// order of `least_important`. Paths and the IDs in the first column are never truncated.
pub fn draw(
    headings: &[&str],
    least_important: &[&str],
    rows: impl IntoIterator<Item = Vec<Cell>>,
    colored: bool,
) -> String {
    let mut rows: Vec<_> = rows.into_iter().collect();
    let widths = Table::new().set_header(headings).add_rows(rows.clone()).column_max_content_widths();
    let widths: Vec<_> = widths.into_iter().map(usize::from).collect();
    let (shown, last) = match terminal_width(Stream::Stdout) {
        Some(terminal) => fit(&widths, &order(headings, least_important), is_path(headings), terminal),
        None => (vec![true; widths.len()], usize::MAX),
    };
    let end = shown.iter().rposition(|shown| *shown).unwrap_or_default();
    for cell in rows.iter_mut().filter_map(|row| row.get_mut(end)) {
        let (text, cut) = (cell.content(), cut(&cell.content(), last));
        if cut != text {
            *cell = Cell::new(cut);
        }
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(headings).add_rows(rows);
    let widths = table.column_max_content_widths();
    for ((column, width), shown) in table.column_iter_mut().zip(widths).zip(shown) {
        let width = ColumnConstraint::Absolute(Width::Fixed(width.saturating_add(PADDING)));
        column.set_constraint(if shown { width } else { ColumnConstraint::Hidden });
    }
    crossterm::style::force_color_output(colored);
    if colored {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.trim_fmt()
}

/// Whether the last column has paths.
fn is_path(headings: &[&str]) -> bool {
    headings.last() == Some(&"FILE")
}

/// Returns the columns in the order in which they are hidden. By default, from the last but one to the third, then the
/// last, then the second; if there are paths, all others.
fn order(headings: &[&str], least_important: &[&str]) -> Vec<usize> {
    let end = headings.len().saturating_sub(1);
    if !least_important.is_empty() {
        let column = |name: &&str| headings.iter().position(|heading| heading == name);
        return least_important.iter().filter_map(column).collect();
    }
    if is_path(headings) {
        return (0..end).rev().collect();
    }
    (2..end).rev().chain([end, 1]).filter(|column| (1..=end).contains(column)).collect()
}

/// Returns which columns fit, and the width of the last one of them. The last two of `order` are hidden only if the
/// narrowest last column does not fit either.
fn fit(widths: &[usize], order: &[usize], is_path: bool, terminal: usize) -> (Vec<bool>, usize) {
    let end = widths.len().saturating_sub(1);
    let padding = usize::from(PADDING);
    let optional = order.len().saturating_sub(2);
    let stages = (0..=optional).map(|hidden| (hidden, NARROW));
    let stages = stages.chain((optional..=order.len()).map(|hidden| (hidden, NARROWEST)));
    let mut shown = vec![true; widths.len()];
    for (hidden, narrow) in stages {
        for column in &order[..hidden] {
            shown[*column] = false;
        }
        let last = shown.iter().rposition(|shown| *shown).unwrap_or_default();
        let taken =
            (0..last).filter(|column| shown[*column]).map(|column| widths[column] + padding).sum::<usize>();
        let is_cut = !is_path && hidden <= optional && (last > 0 || end == 0);
        let width = widths.get(last).copied().unwrap_or_default();
        let least = if is_cut { width.min(narrow) } else { width };
        if padding + taken + least <= terminal {
            return (shown, if is_cut { terminal - padding - taken } else { usize::MAX });
        }
    }
    (shown, usize::MAX)
}

/// Truncates a text to a width, after a word if one fits. Links stay complete, so that they can be copied.
fn cut(text: &str, width: usize) -> String {
    let is_link = text.starts_with("https://") || text.starts_with("http://");
    if text.width() <= width || is_link {
        return text.to_owned();
    }
    // Leave room for the ellipsis.
    let fits = |end: &usize| *end > 0 && text[..*end].width() < width;
    let word = text.match_indices(' ').map(|(at, _)| at).take_while(fits).last();
    let character = || text.char_indices().map(|(at, _)| at).take_while(|at| *at == 0 || fits(at)).last();
    format!("{}…", &text[..word.or_else(character).unwrap_or_default()])
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// Returns the width of the terminal, if the stream is one.
fn terminal_width(stream: Stream) -> Option<usize> {
    let mut table = Table::new();
    let is_terminal = match stream {
        Stream::Stdout => io::stdout().is_terminal(),
        Stream::Stderr => {
            table.use_stderr();
            io::stderr().is_terminal()
        }
    };
    table.width().filter(|_| is_terminal).map(usize::from).filter(|width| *width >= TINY)
}

/// Wraps lines between words, to the width of the terminal.
pub fn wrap(text: &str, stream: Stream) -> String {
    terminal_width(stream).map_or_else(|| text.to_owned(), |width| wrap_to(text, width))
}

/// Returns a title and its value, which is wrapped in a second column.
pub fn titled(title: &str, value: &str) -> String {
    const TITLE: usize = 16;
    let width = terminal_width(Stream::Stdout).and_then(|width| width.checked_sub(TITLE));
    let value =
        width.filter(|width| *width >= TINY).map_or_else(|| value.to_owned(), |width| wrap_to(value, width));
    format!("{title:<TITLE$}{}\n", value.replace('\n', &format!("\n{:TITLE$}", "")))
}

fn wrap_to(text: &str, width: usize) -> String {
    let mut wrapped = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut column = 0;
        for word in line.split_inclusive(' ') {
            let length = word.trim_end().width();
            if column > 0 && column + length > width {
                wrapped.truncate(wrapped.trim_end_matches(' ').len());
                wrapped.push('\n');
                column = 0;
            }
            wrapped += word;
            column += word.width();
        }
    }
    wrapped
}

/// Returns a number of reports, in words.
pub fn reports(count: usize) -> String {
    if count == 1 { "1 report".to_owned() } else { format!("{count} reports") }
}

/// Replaces control characters in text of the service, which could affect the terminal or break the line.
pub fn visible(text: &str) -> String {
    let acts = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if acts(c) { ' ' } else { c }).collect()
}

/// Creates a cell with text of the service.
pub fn text(text: Option<&str>) -> Cell {
    Cell::new(visible(text.unwrap_or_default()))
}

/// Creates a colored cell: green is the requested state, yellow is pending or paused, red is a failure.
pub fn colored(word: impl fmt::Display, color: comfy_table::Color) -> Cell {
    Cell::new(word).fg(color)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Marks the columns that are shown.
    fn fitted(
        headings: &[&str],
        least_important: &[&str],
        widths: &[usize],
        terminal: usize,
    ) -> (String, usize) {
        let (shown, last) = fit(widths, &order(headings, least_important), is_path(headings), terminal);
        (shown.iter().map(|shown| if *shown { 'x' } else { '-' }).collect(), last)
    }

    #[test]
    fn columns_are_left_out_in_a_fixed_order() {
        // REPORT, STATUS, EVERY, MODIFIED, NAME
        let widths = [36, 8, 5, 10, 22];
        let shown =
            |terminal| fitted(&["REPORT", "STATUS", "EVERY", "MODIFIED", "NAME"], &[], &widths, terminal);
        assert_eq!(shown(100), ("xxxxx".to_owned(), 31));
        assert_eq!(shown(82), ("xxxxx".to_owned(), 13));
        assert_eq!(shown(80), ("xxx-x".to_owned(), 23));
        assert_eq!(shown(70), ("xxx-x".to_owned(), 13));
        assert_eq!(shown(64), ("xx--x".to_owned(), 14));
        assert_eq!(shown(60), ("xx--x".to_owned(), 10));
        assert_eq!(shown(54), ("xx--x".to_owned(), 4));
        assert_eq!(shown(50).0, "xx---");
        assert_eq!(shown(45).0, "x----");
        assert_eq!(shown(20).0, "x----");
    }

    #[test]
    fn verdict_outlasts_the_expectation() {
        let headings = ["OPERATION", "PLACE", "VERDICT", "FOUND", "EXPECTED"];
        let least_important = ["EXPECTED", "PLACE", "FOUND", "VERDICT"];
        let shown = |terminal| fitted(&headings, &least_important, &[22, 20, 13, 15, 40], terminal).0;
        assert_eq!([shown(120), shown(80), shown(60), shown(40)], ["xxxxx", "xxxx-", "x-xx-", "x-x--"]);
    }

    #[test]
    fn path_is_never_cut() {
        let shown = |terminal| fitted(&["EXECUTION", "BYTES", "FILE"], &[], &[36, 5, 30], terminal);
        assert_eq!(shown(80), ("xxx".to_owned(), usize::MAX));
        assert_eq!(shown(70), ("x-x".to_owned(), usize::MAX));
        assert_eq!(shown(60), ("--x".to_owned(), usize::MAX));
        assert_eq!(shown(20), ("--x".to_owned(), usize::MAX));
    }

    #[test]
    fn text_is_cut_after_a_word() {
        assert_eq!(cut("Azure usage, weekly", 19), "Azure usage, weekly");
        assert_eq!(cut("Azure usage, weekly", 18), "Azure usage,…");
        assert_eq!(cut("Azure usage, weekly", 12), "Azure…");
        assert_eq!(cut("https://store.example/file", 10), "https://store.example/file");
    }

    #[test]
    fn overlong_word_is_cut_within_it() {
        assert_eq!(cut("Competency audit", 6), "Compe…");
        assert_eq!(cut("Sales_by_region_and_month", 10), "Sales_by_…");
        assert_eq!(cut("Sales", 1), "…");
    }

    #[test]
    fn wide_and_combining_characters_are_measured() {
        // Two columns each.
        assert_eq!(cut("売上レポート", 12), "売上レポート");
        assert_eq!(cut("売上レポート", 8), "売上レ…");
        assert_eq!(cut("売上 レポート", 8), "売上…");
        // No column of their own.
        assert_eq!(cut("Cafe\u{301}s", 5), "Cafe\u{301}s");
        assert_eq!(cut("Cafe\u{301}bar", 5), "Cafe\u{301}…");
        assert_eq!(cut("📈📈📈", 5), "📈📈…");
        for width in 1..12 {
            assert!(cut("売Cafe\u{301} 📈 上", width).width() <= width, "{width}");
        }
    }

    #[test]
    fn wide_text_in_a_middle_column_is_aligned() {
        let names = ["plain", "売上レポート", "📈 up", "Cafe\u{301}", "مبيعات", "a\u{202e}b"];
        let rows = names.map(|name| vec![Cell::new("id"), text(Some(name)), Cell::new("END")]);
        let table = draw(&["A", "B", "C"], &[], rows, false);
        let ends: Vec<_> =
            table.lines().skip(1).filter_map(|line| Some(line.split_once("END")?.0.width())).collect();
        assert_eq!(ends, [ends[0]; 6], "{table}");
        assert!(!table.contains('\u{202e}'), "{table:?}");
    }

    #[test]
    fn lines_are_wrapped_between_words() {
        assert_eq!(wrap_to("error: one two three\nhint: four", 14), "error: one two\nthree\nhint: four");
        assert_eq!(wrap_to("a  not-found", 40), "a  not-found");
        assert_eq!(wrap_to("売上 レポ ート", 10), "売上 レポ\nート");
        assert_eq!(wrap_to("https://store.example/file is gone", 10), "https://store.example/file\nis gone");
    }
}
