//! Data on standard output, everything else on standard error.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::args::{Format, Global, When};
use crate::exit::Failure;

/// Blanks around a column.
const PADDING: u16 = 2;
/// A last column with less room than this is not worth breaking.
const NARROW: u16 = 10;

/// A row that can be written in every format.
pub trait Row: Serialize {
    /// Headings of the table.
    const HEADINGS: &'static [&'static str];
    fn cells(&self) -> Vec<Cell>;
    /// What is told of it below the table, in a line that is not broken.
    fn remark(&self) -> Option<String> {
        None
    }
    /// What `--output ids` writes; nothing if the row is left out there.
    fn id(&self) -> Option<&str>;
}

#[derive(Clone, Debug)]
pub struct Output {
    format: Format,
    color: When,
    quiet: bool,
    /// The reader has gone; what follows is not written, and that is no error.
    closed: bool,
}

impl Output {
    pub fn new(global: &Global) -> Self {
        Self { format: global.output, color: global.color, quiet: global.quiet, closed: false }
    }

    /// Writes text as it is.
    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.write(text)
    }

    /// Says something to the person at the terminal.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            // Nobody to tell is no error.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    pub fn is_table(&self) -> bool {
        self.format == Format::Table
    }

    /// Writes a row at once, if the format is one of lines.
    pub fn line(&mut self, row: &impl Row) -> Result<(), Failure> {
        match self.format {
            Format::Jsonl => {
                let json = serde_json::to_string(row).map_err(Failure::unexpected)?;
                self.write(&format!("{json}\n"))
            }
            Format::Ids => match row.id() {
                Some(id) => self.write(&format!("{id}\n")),
                None => Ok(()),
            },
            Format::Table | Format::Json => Ok(()),
        }
    }

    /// Writes rows as a whole, if the format is not one of lines.
    pub fn whole<R: Row>(&mut self, rows: &[R]) -> Result<(), Failure> {
        match self.format {
            Format::Json => {
                let json = serde_json::to_string_pretty(rows).map_err(Failure::unexpected)?;
                self.write(&format!("{json}\n"))
            }
            Format::Table if !rows.is_empty() => {
                self.write(&format!("{}\n", self.table(rows).trim_fmt()))?;
                let remarks: String =
                    rows.iter().filter_map(Row::remark).map(|remark| remark + "\n").collect();
                self.write(&remarks)
            }
            _ => Ok(()),
        }
    }

    /// Writes rows that are all known.
    pub fn rows<R: Row>(&mut self, rows: &[R]) -> Result<(), Failure> {
        for row in rows {
            self.line(row)?;
        }
        self.whole(rows)
    }

    /// Whether rows must be kept until the end.
    pub fn keeps_rows(&self) -> bool {
        matches!(self.format, Format::Json | Format::Table)
    }

    fn table<R: Row>(&self, rows: &[R]) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(R::HEADINGS.iter().copied());
        // A reader that is no terminal gets whole lines.
        let width = table.width().filter(|_| io::stdout().is_terminal());
        let colored = match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => {
                io::stdout().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                    && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
            }
        };
        if colored {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        for row in rows {
            table.add_row(row.cells());
        }
        // The last column takes what the others leave; an id that is broken in two could not be copied.
        let widths = table.column_max_content_widths();
        let (_, others) = widths.split_last().unwrap_or((&0, &[]));
        let taken: u16 = others.iter().map(|width| width + PADDING).sum();
        if let Some(width) = width.filter(|width| *width >= taken + PADDING + NARROW) {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
            for column in table.column_iter_mut().take(others.len()) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        table
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        if self.closed {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            result => result.map_err(Failure::unexpected),
        }
    }

    /// A bar on standard error while work runs; none if nobody would see it.
    pub fn progress(&self, length: usize) -> ProgressBar {
        if self.quiet || length < 2 || !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(length as u64);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {elapsed} so far") {
            bar.set_style(style);
        }
        bar
    }
}

/// Says what somebody has to do now, quiet or not.
pub fn prompt(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// A text of the service, which may hold anything: nothing in it acts on the terminal or breaks the line.
pub fn visible(text: &str) -> String {
    let acts = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if acts(c) { ' ' } else { c }).collect()
}

/// A cell with such a text.
pub fn plain(text: Option<&str>) -> Cell {
    Cell::new(visible(text.unwrap_or_default()))
}

/// A cell whose colour has a meaning: green is as it should be, yellow is yet to come or stands still, red is trouble.
pub fn meaning(word: impl fmt::Display, color: Color) -> Cell {
    Cell::new(word).fg(color)
}

const LIBRARY: &str = "partner_center_insights";

/// Sends what the library traces to standard error.
pub fn log(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    // Of the layers below, only whoever asks for everything wants to hear.
    let of_whom = if verbose > 1 {
        Targets::new().with_default(level)
    } else {
        Targets::new().with_target(LIBRARY, level)
    };
    let log = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(verbose > 1);
    // Where nobody reads the log, complaining on the same stream would be a panic.
    tracing_subscriber::registry().with(log.log_internal_errors(false)).with(of_whom).init();
}
