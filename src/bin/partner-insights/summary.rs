//! What became of many reports, in a sentence, an exit code and the next steps.

use std::collections::BTreeMap;

use partner_center_insights::{Error, ErrorKind, Outcome, Plan};

use crate::exit::Tally;
use crate::output::Output;

#[derive(Default)]
pub struct Summary {
    pub tally: Tally,
    counts: BTreeMap<&'static str, usize>,
    /// Outcomes that came about without an error.
    advised: Vec<Outcome>,
}

impl Summary {
    /// Of the reports that a plan sends no request.
    pub fn of_skipped(plan: &Plan) -> Self {
        let mut summary = Self::default();
        plan.steps().iter().filter_map(|step| step.skip).for_each(|outcome| summary.add(outcome, None));
        summary
    }

    pub fn add(&mut self, outcome: Outcome, error: Option<&Error>) {
        self.tally.add(outcome, error);
        *self.counts.entry(outcome.as_str()).or_default() += 1;
        // Errors tell the next step themselves.
        if error.is_none() && !self.advised.contains(&outcome) {
            self.advised.push(outcome);
        }
    }

    /// How many reports it is about.
    pub fn reports(&self) -> usize {
        self.counts.values().sum()
    }

    /// How many came to which outcome.
    pub fn text(&self) -> String {
        let counts = self.counts.iter().map(|(outcome, count)| format!("{count} {outcome}"));
        counts.collect::<Vec<_>>().join(", ")
    }

    /// Says what to do about outcomes that have no error to tell it.
    pub fn advise(&self, output: &Output) {
        for outcome in Outcome::ALL.iter().filter(|outcome| self.advised.contains(outcome)) {
            if let Some(advice) = advice(*outcome) {
                output.note(&format!("{outcome}: {advice}."));
            }
        }
    }
}

/// How many reports would be sent a request, and what is with the others.
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

/// The next step after an outcome.
fn advice(outcome: Outcome) -> Option<&'static str> {
    Some(match outcome {
        Outcome::NotFound => ErrorKind::NotFound.help(),
        Outcome::NotResumable => {
            "only a paused report can be resumed; an inactive one has nothing left to run"
        }
        Outcome::NotPausable => "only an active report can be paused",
        Outcome::Unconfirmed => {
            "list the reports in a few minutes to see what became of it; running this again is safe"
        }
        _ => return None,
    })
}
