//! What the benchmarks share: rounds that take turns, their median with its spread, and a table.

// No benchmark needs all of it.
#![allow(dead_code)]

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};

/// Whether `cargo bench` runs this. `cargo test --benches` only wants to see that it starts.
pub fn asked() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Lets the contestants measure something in turns, so that what slows the machine down for a while slows all of them.
/// The first round warms up and does not count. Gives the results of each contestant, round by round.
pub fn rounds(count: usize, contestants: &mut [&mut dyn FnMut() -> f64]) -> Vec<Vec<f64>> {
    let mut results = vec![Vec::with_capacity(count); contestants.len()];
    for round in 0..=count {
        for (contestant, results) in contestants.iter_mut().zip(&mut results) {
            let result = contestant();
            if round > 0 {
                results.push(result);
            }
        }
    }
    results
}

/// The median of some rounds, with the lowest and the highest.
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
        let median = (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0;
        Self { median, low, high }
    }

    /// Round by round, how many times the other's result this one is.
    pub fn of_ratio(rounds: &[f64], others: &[f64]) -> Self {
        let ratios: Vec<_> = rounds.iter().zip(others).map(|(own, other)| own / other).collect();
        Self::of(&ratios)
    }
}

/// `1.03 (1.01 to 1.06)`, with as many decimals as asked for, two if none.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(2);
        let Self { median, low, high } = self;
        write!(f, "{median:.decimals$} ({low:.decimals$} to {high:.decimals$})")
    }
}

/// A table that can be pasted into `benches/README.md`: the first column says what, the others how much.
pub fn table(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(columns.iter().copied());
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
