//! The summary of many outcomes: counts, an exit code and hints.

use std::collections::BTreeMap;

use partner_center_insights::{Error, ErrorKind, Outcome, Plan, Reason, ReportOutcome};
use schemars::JsonSchema;
use serde::Serialize;

use crate::exit::{self, OK, REFUSED, SOME_FAILED, STANDS_STILL, UNCONFIRMED};
use crate::output::Output;

/// Counts of the rows.
#[derive(Serialize, JsonSchema)]
pub struct Counts {
    /// The number of reports.
    total: usize,
    /// Whether every report is in the requested state or, in a dry run, would be sent a request.
    success: bool,
    /// How many reports have each outcome, without those that do not occur.
    outcomes: BTreeMap<String, usize>,
}

#[derive(Default)]
pub struct Summary {
    outcomes: BTreeMap<String, usize>,
    succeeded: bool,
    /// Exit codes of what failed.
    codes: Vec<u8>,
    hints: Vec<String>,
}

impl Summary {
    /// Summarizes the reports that a plan skips.
    pub fn of_skipped(plan: &Plan) -> Self {
        let mut summary = Self::default();
        plan.skipped().for_each(|report| summary.add(&report));
        summary
    }

    pub fn add(&mut self, report: &ReportOutcome) {
        self.count(report.outcome.as_str(), 1);
        match code(report) {
            OK => self.succeeded = true,
            code => self.add_code(code),
        }
        let hint = match report.outcome {
            Outcome::NotPausable => Some("only active reports can be paused"),
            _ => report.error.as_ref().map(Error::help).or(report.reason.map(Reason::help)),
        };
        self.hints.extend(hint.map(str::to_owned).filter(|hint| !self.hints.contains(hint)));
    }

    /// A report that was resumed, and whose file could not be waited for.
    pub fn add_undelivered(&mut self, error: &Error) {
        match error.kind() {
            ErrorKind::Timeout | ErrorKind::Conflict => self.add_stopped(),
            kind => self.add_code(exit::code(kind)),
        }
    }

    /// A report that was resumed, and whose file was not there in time.
    pub fn add_stopped(&mut self) {
        self.add_code(STANDS_STILL);
        let hint = "`partner-insights health` shows later whether the files have come";
        if !self.hints.iter().any(|known| known == hint) {
            self.hints.push(hint.to_owned());
        }
    }

    fn add_code(&mut self, code: u8) {
        if !self.codes.contains(&code) {
            self.codes.push(code);
        }
    }

    /// Counts reports that a dry run would send a request for as successes.
    pub fn add_planned(&mut self, requests: usize, verb: &str) {
        if requests > 0 {
            self.succeeded = true;
            self.count(&format!("would-{verb}"), requests);
        }
    }

    fn count(&mut self, outcome: &str, reports: usize) {
        *self.outcomes.entry(outcome.to_owned()).or_default() += reports;
    }

    pub fn counts(&self) -> Counts {
        Counts { total: self.reports(), success: self.code() == OK, outcomes: self.outcomes.clone() }
    }

    pub fn reports(&self) -> usize {
        self.outcomes.values().sum()
    }

    /// The count of each outcome.
    pub fn text(&self) -> String {
        let counts = self.outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}"));
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
            // These reports have not failed.
            [code @ (UNCONFIRMED | STANDS_STILL)] => code,
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

fn code(report: &ReportOutcome) -> u8 {
    match (report.outcome, &report.error, report.reason) {
        (outcome, ..) if outcome.is_success() => OK,
        (Outcome::Unconfirmed, ..) => UNCONFIRMED,
        (_, Some(error), _) => exit::code(error.kind()),
        (_, None, Some(Reason::Error(kind))) => exit::code(kind),
        (Outcome::NotResumable | Outcome::NotPausable, ..) => REFUSED,
        // The run was stopped, and that has a code of its own; or it took too long.
        _ => exit::code(ErrorKind::Timeout),
    }
}
