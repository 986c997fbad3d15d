//! The summary of a bulk change: counts, an exit code and hints.

use std::collections::BTreeMap;

use partner_center_insights::{Error, ErrorKind, Outcome, Plan, Reason, ReportOutcome};
use schemars::JsonSchema;
use serde::Serialize;

use crate::exit::{self, NOT_DELIVERED, OK, REFUSED, UNCONFIRMED};
use crate::output::Output;
use crate::table::reports;

/// Counts of the rows.
#[derive(Serialize, JsonSchema)]
pub struct Counts {
    /// The number of reports.
    total: usize,
    /// Whether every report is in the requested state or, in a dry run, would be sent a request.
    success: bool,
    /// The number of reports for each outcome that occurs.
    outcomes: BTreeMap<String, usize>,
}

#[derive(Default)]
pub struct Summary {
    outcomes: BTreeMap<String, usize>,
    succeeded: bool,
    /// Exit codes of the failures.
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
        let hint = match (report.outcome, report.reason) {
            (Outcome::NotPausable, _) => Some("only active reports can be paused"),
            (Outcome::NotResumable, Some(Reason::UnknownStatus)) => Some(
                "check the report in Partner Center; `partner-insights resume ID --no-verify` sends the request in \
                 any status",
            ),
            (Outcome::NotResumable, Some(Reason::Ended)) => Some(
                "no executions are left; `partner-insights create NAME --from ID --earliest` creates a copy that runs",
            ),
            (Outcome::NotResumable, Some(Reason::OneTime)) => {
                Some("`partner-insights create NAME --from ID --once` runs the query again")
            }
            (_, reason) => report.error.as_ref().map(exit::hint).or(reason.map(exit::hint_of)),
        };
        self.hints.extend(hint.map(str::to_owned).filter(|hint| !self.hints.contains(hint)));
    }

    /// Adds a resumed report for which the wait failed.
    pub fn add_undelivered(&mut self, error: &Error) {
        match error.kind() {
            ErrorKind::Timeout | ErrorKind::Conflict => self.add_stopped(),
            kind => self.add_code(exit::code(kind)),
        }
    }

    /// Adds a resumed report that delivered no file in time.
    pub fn add_stopped(&mut self) {
        self.add_code(NOT_DELIVERED);
        let hint = "run `partner-insights health` later to check for the files";
        if !self.hints.iter().any(|known| known == hint) {
            self.hints.push(hint.to_owned());
        }
    }

    fn add_code(&mut self, code: u8) {
        if !self.codes.contains(&code) {
            self.codes.push(code);
        }
    }

    /// Counts the reports for which a dry run would send a request as successes.
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

    /// Returns the count of each outcome, as text.
    pub fn text(&self) -> String {
        let counts = self.outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}"));
        counts.collect::<Vec<_>>().join(", ")
    }

    pub fn print_hints(&self, output: &Output) {
        for hint in &self.hints {
            output.note(format_args!("hint: {hint}"));
        }
    }

    pub fn code(&self) -> u8 {
        match self.codes[..] {
            // Not failures: the reports may still reach the requested state, or deliver.
            [code @ (UNCONFIRMED | NOT_DELIVERED)] => code,
            _ => exit::of_failures(&self.codes, !self.succeeded),
        }
    }
}

/// Returns the number of requests of a plan, and the count of each outcome of the skipped reports, as text.
pub fn requests(plan: &Plan) -> String {
    let requests = reports(plan.requests());
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
        // An interrupted run has its own exit code, so this report timed out.
        _ => exit::code(ErrorKind::Timeout),
    }
}
