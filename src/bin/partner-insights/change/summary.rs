//! The summary of many outcomes: counts, an exit code and hints.

use std::collections::BTreeMap;

use partner_center_insights::{Error, ErrorKind, Outcome, Plan};

use crate::exit::{self, NOT_FOUND, OK, REFUSED, SOME_FAILED, UNCONFIRMED, UNEXPECTED};
use crate::output::Output;

#[derive(Default)]
pub struct Summary {
    counts: BTreeMap<&'static str, usize>,
    succeeded: bool,
    /// Exit codes of what failed.
    codes: Vec<u8>,
    hints: Vec<String>,
}

impl Summary {
    /// Summarizes the reports that a plan skips.
    pub fn of_skipped(plan: &Plan) -> Self {
        let mut summary = Self::default();
        plan.steps().iter().filter_map(|step| step.skip).for_each(|outcome| summary.add(outcome, None));
        summary
    }

    pub fn add(&mut self, outcome: Outcome, error: Option<&Error>) {
        *self.counts.entry(outcome.as_str()).or_default() += 1;
        match code(outcome, error) {
            OK => self.succeeded = true,
            code if self.codes.contains(&code) => {}
            code => self.codes.push(code),
        }
        let hint = error.map(|error| error.help().to_owned()).or_else(|| hint(outcome).map(str::to_owned));
        self.hints.extend(hint.filter(|hint| !self.hints.contains(hint)));
    }

    /// Counts reports that a dry run would send a request for as successes.
    pub fn add_planned(&mut self, requests: usize) {
        self.succeeded |= requests > 0;
    }

    pub fn reports(&self) -> usize {
        self.counts.values().sum()
    }

    /// The count of each outcome.
    pub fn text(&self) -> String {
        let counts = self.counts.iter().map(|(outcome, count)| format!("{count} {outcome}"));
        counts.collect::<Vec<_>>().join(", ")
    }

    pub fn print_hints(&self, output: &Output) {
        for hint in &self.hints {
            output.note(format_args!("hint: {hint}"));
        }
    }

    /// The exit code: that of the failures if they agree and nothing succeeded.
    pub fn code(&self) -> u8 {
        match self.codes[..] {
            [] => OK,
            // Unconfirmed reports have not failed.
            [UNCONFIRMED] => UNCONFIRMED,
            [code] if !self.succeeded => code,
            _ => SOME_FAILED,
        }
    }
}

/// The number of reports that would be sent a request, and the count of each outcome of the others.
pub fn requests(plan: &Plan) -> String {
    let requests = match plan.requests() {
        1 => "1 report".to_owned(),
        count => format!("{count} reports"),
    };
    match Summary::of_skipped(plan).text() {
        skipped if skipped.is_empty() => requests,
        skipped => format!("{requests} ({skipped})"),
    }
}

fn code(outcome: Outcome, error: Option<&Error>) -> u8 {
    match (outcome, error) {
        (outcome, _) if outcome.is_success() => OK,
        (Outcome::Unconfirmed, _) => UNCONFIRMED,
        (Outcome::NotFound, _) => NOT_FOUND,
        (_, Some(error)) => exit::code(error.kind()),
        (Outcome::NotResumable | Outcome::NotPausable, None) => REFUSED,
        (_, None) => UNEXPECTED,
    }
}

fn hint(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::NotFound => Some(ErrorKind::NotFound.help()),
        Outcome::NotResumable => {
            Some("only paused reports can be resumed; inactive ones have no executions left")
        }
        Outcome::NotPausable => Some("only active reports can be paused"),
        Outcome::Unconfirmed => {
            Some("list the reports in a few minutes to see their status; running the command again is safe")
        }
        _ => None,
    }
}
