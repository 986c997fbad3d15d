//! Shared by the benchmarks: alternating rounds, their median and spread, and a table.

// No benchmark uses all of it.
#![allow(dead_code)]

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};

/// Whether `cargo bench` runs this. `cargo test --benches` only checks that it starts.
pub fn is_bench() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Measures in turns, so that a slow phase of the machine affects all, and in another order in each round, so that no
/// measurement always comes after the same one. The first round is a warm-up. Returns the results of each measurement,
/// round by round.
pub fn rounds(count: usize, measurements: &mut [&mut dyn FnMut() -> f64]) -> Vec<Vec<f64>> {
    let number = measurements.len();
    let mut results = vec![Vec::with_capacity(count); number];
    for round in 0..=count {
        for turn in 0..number {
            // Backward in every other round.
            let turn = if round % 2 == 0 { turn } else { number - 1 - turn };
            let which = (turn + round / 2) % number;
            let result = measurements[which]();
            if round > 0 {
                results[which].push(result);
            }
        }
    }
    results
}

/// Median, minimum and maximum of several rounds.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Spread {
    pub fn of(rounds: &[f64]) -> Self {
        let mut sorted = rounds.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
        let median = f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        Self { median, low, high }
    }

    /// The spread of the ratios of two results, one ratio per round.
    pub fn of_ratio(rounds: &[f64], others: &[f64]) -> Self {
        let ratios: Vec<_> = rounds.iter().zip(others).map(|(own, other)| own / other).collect();
        Self::of(&ratios)
    }
}

/// `1.03 (1.01 to 1.06)`, with two decimals unless a precision is given.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(2);
        let Self { median, low, high } = self;
        write!(f, "{median:.decimals$} ({low:.decimals$} to {high:.decimals$})")
    }
}

/// A Markdown table: a column of names, and columns of numbers.
pub fn table(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(columns.iter().copied());
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
