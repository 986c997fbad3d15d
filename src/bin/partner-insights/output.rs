//! Prints data to standard output, and everything else to standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use clap::ValueEnum;
use comfy_table::Cell;
use indicatif::ProgressBar;
use serde::Serialize;

use crate::exit::Failure;
use crate::{progress, table};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Human-readable table
    Table,
    /// One JSON document
    Json,
    /// JSON Lines, streamed
    Jsonl,
    /// IDs only, one per line (resume, pause: only those now in the requested state)
    Ids,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// A row that can be printed in every format.
pub trait Row: Serialize {
    const HEADINGS: &'static [&'static str];
    /// The headings that a narrow terminal hides, in that order. Empty for the default order.
    const LEAST_IMPORTANT: &'static [&'static str] = &[];
    /// Whether `--output ids` prints nothing about rows without an ID.
    const HIDES_OTHERS: bool = false;
    fn cells(&self) -> Vec<Cell>;
    /// Returns what `--output ids` prints. Rows without an ID are printed to standard error, unless `HIDES_OTHERS`.
    fn id(&self) -> Option<String>;
    /// Returns the ID and the error of a row that failed.
    fn error(&self) -> Option<(String, String)> {
        None
    }
}

#[derive(Clone, Debug)]
pub struct Output {
    format: Format,
    color: Color,
    quiet: bool,
    /// Shared by all clones.
    bar: ProgressBar,
}

impl Output {
    pub fn new(format: Format, color: Color, quiet: bool) -> Self {
        Self { format, color, quiet, bar: ProgressBar::hidden() }
    }

    pub fn format(&self) -> Format {
        self.format
    }

    /// Returns the progress bar, which is hidden if quiet or if there is only one step.
    pub fn progress(&self, length: usize) -> &ProgressBar {
        if !self.quiet && length > 1 {
            progress::show(&self.bar, length);
        }
        &self.bar
    }

    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Prints text to standard output.
    pub fn text(&self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes()).map(drop)
    }

    /// Prints bytes to standard output. Returns `false` if the reader closed it, which is not an error.
    pub fn bytes(&self, bytes: &[u8]) -> Result<bool, Failure> {
        let written = self.bar.suspend(|| {
            let mut stdout = io::stdout();
            stdout.write_all(bytes).and_then(|()| stdout.flush())
        });
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::unexpected(format!("standard output: {error}")))
            }
            written => Ok(written.is_ok()),
        }
    }

    /// Prints to standard error, even if quiet.
    pub fn prompt(&self, text: impl Display) {
        self.stderr(&table::wrap(&text.to_string(), table::Stream::Stderr));
    }

    fn stderr(&self, text: &str) {
        self.bar.suspend(|| {
            // A closed stderr must not change the exit code.
            let text = text.to_string();
            let lines: Vec<_> = text.split('\n').map(table::visible).collect();
            let _ = writeln!(io::stderr(), "{}", lines.join("\n"));
        });
    }

    /// Prints the failure of a command; in the JSON formats, as one object on one line.
    pub fn failure(&self, failure: &Failure) {
        let json = match self.format {
            Format::Json | Format::Jsonl => serde_json::to_string(&failure.document()).ok(),
            Format::Table | Format::Ids => None,
        };
        match json {
            // Not wrapped, because scripts expect one line.
            Some(json) => self.stderr(&json),
            None => self.prompt(failure),
        }
    }

    /// Prints to standard error, unless quiet.
    pub fn note(&self, text: impl Display) {
        if !self.quiet {
            self.prompt(text);
        }
    }

    /// Reports a wait of more than two seconds; at a terminal, also the first one after a failure, because more may
    /// follow.
    pub fn report_wait(&self, duration: Duration, is_first: bool, reason: impl Display) {
        if duration > Duration::from_secs(2) || (is_first && io::stderr().is_terminal()) {
            self.note(format_args!("{reason}; next try in {} s.", duration.as_secs_f64().ceil()));
        }
    }

    /// Prints a complete list of rows.
    pub fn rows<R: Row>(&self, rows: &[R]) -> Result<(), Failure> {
        rows.iter().try_for_each(|row| self.row(row))?;
        self.end(rows)
    }

    /// Prints a row immediately, if the format is streamed.
    pub fn row<R: Row>(&self, row: &R) -> Result<(), Failure> {
        match (self.format, row.id()) {
            (Format::Jsonl, _) => self.json_line(row),
            (Format::Ids, Some(id)) => self.text(&format!("{id}\n")),
            (Format::Ids, None) if R::HIDES_OTHERS => Ok(()),
            (Format::Ids, None) => {
                let cells: Vec<_> = row.cells().iter().map(Cell::content).collect();
                let line = cells.join("  ");
                match row.error() {
                    Some(_) => self.prompt(line.trim_end()),
                    None => self.note(line.trim_end()),
                }
                Ok(())
            }
            (Format::Table | Format::Json, _) => Ok(()),
        }
    }

    /// Prints all rows, if the format is not streamed, and errors.
    pub fn end<R: Row>(&self, rows: &[R]) -> Result<(), Failure> {
        match self.format {
            Format::Json => self.json(rows),
            Format::Table if rows.is_empty() => Ok(()),
            Format::Table => {
                self.draw(R::HEADINGS, R::LEAST_IMPORTANT, rows.iter().map(Row::cells))?;
                let wrapped = |error: &String| table::wrap(error, table::Stream::Stdout);
                errors(rows).iter().try_for_each(|error| self.text(&format!("{}\n", wrapped(error))))
            }
            Format::Ids => {
                for error in errors(rows) {
                    self.prompt(error);
                }
                Ok(())
            }
            Format::Jsonl => Ok(()),
        }
    }

    /// Prints one JSON document.
    pub fn json(&self, value: &(impl Serialize + ?Sized)) -> Result<(), Failure> {
        self.text(&format!("{}\n", serde_json::to_string_pretty(value).map_err(Failure::unexpected)?))
    }

    pub fn json_line(&self, value: &impl Serialize) -> Result<(), Failure> {
        self.text(&format!("{}\n", serde_json::to_string(value).map_err(Failure::unexpected)?))
    }

    pub fn table(&self, headings: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> Result<(), Failure> {
        self.draw(headings, &[], rows)
    }

    fn draw(
        &self,
        headings: &[&str],
        least_important: &[&str],
        rows: impl Iterator<Item = Vec<Cell>>,
    ) -> Result<(), Failure> {
        self.text(&format!("{}\n", table::draw(headings, least_important, rows, self.is_colored())))
    }

    fn is_colored(&self) -> bool {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                io::stdout().is_terminal()
                    && set("NO_COLOR").is_none()
                    && set("TERM").is_none_or(|terminal| terminal != "dumb")
            }
        }
    }
}

/// Returns the errors of rows. An error that several rows share is listed once.
fn errors<R: Row>(rows: &[R]) -> Vec<String> {
    let mut groups: Vec<(String, String, usize)> = Vec::new();
    for (id, error) in rows.iter().filter_map(Row::error) {
        match groups.iter_mut().find(|(_, text, _)| *text == error) {
            Some((.., more)) => *more += 1,
            None => groups.push((id, error, 0)),
        }
    }
    let line = |(id, error, more)| match more {
        0 => format!("{id}: {error}"),
        more => format!("{id} and {more} more: {error}"),
    };
    groups.into_iter().map(line).collect()
}
