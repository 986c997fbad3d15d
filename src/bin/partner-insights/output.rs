//! Data on standard output, everything else on standard error.

use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::iter;
use std::time::Duration;

use comfy_table::{Cell, Color, ColumnConstraint, Table, Width, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Serialize, Serializer};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::args::{Format, Global, When};
use crate::exit::Failure;

/// Blanks around a column.
const PADDING: u16 = 2;
/// A last column with less room than this is not worth breaking.
const NARROW: u16 = 10;
/// So many rows are made into a table at once, for a row of a table takes some kilobytes.
const PART: usize = 256;

/// A row that can be written in every format.
pub trait Row: Serialize {
    /// Headings of the table.
    const HEADINGS: &'static [&'static str];
    fn cells(&self) -> Vec<Cell>;
    /// Its id and what is told of it below the table, in a line that is not broken.
    fn remark(&self) -> Option<(&str, String)> {
        None
    }
    /// What `--output ids` writes; nothing if the row is left out there, and told on standard error.
    fn id(&self) -> Option<&str>;
}

impl<R: Row> Row for &R {
    const HEADINGS: &'static [&'static str] = R::HEADINGS;

    fn cells(&self) -> Vec<Cell> {
        (**self).cells()
    }

    fn remark(&self) -> Option<(&str, String)> {
        (**self).remark()
    }

    fn id(&self) -> Option<&str> {
        (**self).id()
    }
}

#[derive(Clone, Debug)]
pub struct Output {
    format: Format,
    color: When,
    quiet: bool,
    /// The reader has gone; what follows is not written, and that is no error.
    closed: bool,
    remarks: Remarks,
}

impl Output {
    pub fn new(global: &Global) -> Self {
        Self {
            format: global.output,
            color: global.color,
            quiet: global.quiet,
            closed: false,
            remarks: Remarks::default(),
        }
    }

    /// Writes text as it is.
    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.write_all(text.as_bytes()).and_then(|()| self.flush()).map_err(not_written)
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
                self.text(&format!("{json}\n"))
            }
            Format::Ids => {
                if let Some(id) = row.id() {
                    return self.text(&format!("{id}\n"));
                }
                let cells = row.cells();
                prompt(cells.iter().map(Cell::content).collect::<Vec<_>>().join("  ").trim_end());
                if let Some(before) = row.remark().and_then(|(id, remark)| self.remarks.add(id, remark)) {
                    prompt(&before);
                }
                Ok(())
            }
            Format::Table | Format::Json => Ok(()),
        }
    }

    /// Ends what was written [line by line](Self::line).
    pub fn end_lines(&mut self) {
        if let Some(last) = self.remarks.end() {
            prompt(&last);
        }
    }

    /// Writes rows as a whole, if the format is not one of lines.
    pub fn whole<R: Row>(&mut self, rows: impl Iterator<Item = R> + Clone) -> Result<(), Failure> {
        match self.format {
            Format::Json => {
                let mut buffer = BufWriter::new(&mut *self);
                serde_json::Serializer::pretty(&mut buffer).collect_seq(rows).map_err(not_written)?;
                writeln!(buffer).and_then(|()| buffer.flush()).map_err(not_written)
            }
            Format::Table => self.table(rows),
            Format::Jsonl | Format::Ids => Ok(()),
        }
    }

    /// Writes rows that are all known.
    pub fn rows<R: Row>(&mut self, rows: impl Iterator<Item = R> + Clone) -> Result<(), Failure> {
        for row in rows.clone() {
            self.line(&row)?;
        }
        self.end_lines();
        self.whole(rows)
    }

    /// Whether rows must be kept until the end.
    pub fn keeps_rows(&self) -> bool {
        matches!(self.format, Format::Json | Format::Table)
    }

    /// Writes a table part by part, with columns as wide as all parts need.
    fn table<R: Row>(&mut self, rows: impl Iterator<Item = R> + Clone) -> Result<(), Failure> {
        let mut widths = vec![0; R::HEADINGS.len()];
        for table in tables(rows.clone()) {
            for (width, part) in widths.iter_mut().zip(table.column_max_content_widths()) {
                *width = part.max(*width);
            }
        }
        // The last column takes what the others leave; an id that is broken in two could not be copied.
        if let Some((last, others)) = widths.split_last_mut() {
            let taken = others
                .iter()
                .fold(PADDING, |taken, width| taken.saturating_add(width.saturating_add(PADDING)));
            // A reader that is no terminal gets whole lines.
            let width = Table::new().width().filter(|_| io::stdout().is_terminal());
            if let Some(room) =
                width.and_then(|width| width.checked_sub(taken)).filter(|room| *room >= NARROW)
            {
                *last = room.min(*last);
            }
        }
        crossterm::style::force_color_output(self.is_colored());
        for mut table in tables(rows.clone()) {
            if self.is_colored() {
                table.enforce_styling();
            } else {
                table.force_no_tty();
            }
            for (column, width) in table.column_iter_mut().zip(&widths) {
                column
                    .set_constraint(ColumnConstraint::Absolute(Width::Fixed(width.saturating_add(PADDING))));
            }
            self.text(&format!("{}\n", table.trim_fmt()))?;
        }
        for row in rows {
            if let Some(before) = row.remark().and_then(|(id, remark)| self.remarks.add(id, remark)) {
                self.text(&format!("{before}\n"))?;
            }
        }
        self.remarks.end().map_or(Ok(()), |last| self.text(&format!("{last}\n")))
    }

    fn is_colored(&self) -> bool {
        match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => {
                io::stdout().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                    && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
            }
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
        // The time goes on while a limit or a confirmation is waited for.
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

/// Standard output, until its reader has gone.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        self.heed_close(io::stdout().write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        self.heed_close(io::stdout().flush(), ())
    }
}

impl Output {
    fn heed_close<T>(&mut self, result: io::Result<T>, otherwise: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(otherwise)
            }
            result => result,
        }
    }
}

/// What is told of rows, one after the other; the same of many in a row only once.
#[derive(Clone, Debug, Default)]
struct Remarks {
    /// The latest, the row that it was first told of, and how many more there are.
    latest: Option<(String, String, usize)>,
}

impl Remarks {
    /// The remark before, if this is another one.
    fn add(&mut self, id: &str, remark: String) -> Option<String> {
        if let Some((_, _, more)) = self.latest.as_mut().filter(|(same, ..)| *same == remark) {
            *more += 1;
            return None;
        }
        let before = self.end();
        self.latest = Some((remark, id.to_owned(), 0));
        before
    }

    fn end(&mut self) -> Option<String> {
        self.latest.take().map(|(remark, id, more)| match more {
            0 => format!("{id}: {remark}"),
            more => format!("{id} and {more} more: {remark}"),
        })
    }
}

fn parts<R>(mut rows: impl Iterator<Item = R>) -> impl Iterator<Item = Vec<R>> {
    iter::from_fn(move || {
        let part: Vec<_> = rows.by_ref().take(PART).collect();
        (!part.is_empty()).then_some(part)
    })
}

/// Tables that are one together: the first has the headings.
fn tables<R: Row>(rows: impl Iterator<Item = R>) -> impl Iterator<Item = Table> {
    parts(rows).enumerate().map(|(index, part)| {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        if index == 0 {
            table.set_header(R::HEADINGS.iter().copied());
        }
        table.add_rows(part.iter().map(Row::cells));
        table
    })
}

fn not_written(error: impl fmt::Display) -> Failure {
    Failure::unexpected(format!("standard output: {error}"))
}

/// Says what somebody has to do now, or what went wrong, quiet or not.
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
