//! `conformance`: compares a service with the spec.

mod exercise;
mod note;

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

use comfy_table::{Cell, Color};
use partner_center_insights::conformance::{self, Aspect, Comparison, Conformity, EvidenceSource, Exchange};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{self, Global};
use crate::exit::{self, Failure};
use crate::input;
use crate::interrupt::Interrupts;
use crate::output::{Format, Output, Row};
use crate::session::Session;
use crate::table::{colored, text};
use crate::target;

pub async fn run(global: &Global, command: args::Conformance, output: &Output) -> Result<u8, Failure> {
    if let Some(file) = &command.replay {
        let evidence = input::read_file(file)
            .await
            .map_err(|error| Failure::usage(format!("{}: {error}", input::name(file))))?;
        let exchanges = conformance::replay(&evidence).map_err(|error| {
            let problem = error.message().unwrap_or_default();
            Failure::usage(format!("{} is not an evidence file: {problem}", input::name(file)))
                .hint("`partner-insights conformance --evidence FILE` writes one")
        })?;
        return report(&exchanges, command.all, output);
    }
    if let Some(file) = &command.evidence {
        target::check_writable(file)
            .map_err(|error| Failure::usage(unwritten(file, &error)).hint(target::HINT))?;
    }
    let mut interrupts = Interrupts::listen().map_err(Failure::unexpected)?;
    let session = interrupts.or_interrupted(Session::open(global, output)).await?;
    exercise::remind(global, &session, command.exercise, output);
    let agreed = match command.exercise {
        Some(id) => {
            let prepare = Box::pin(exercise::prepare(global, &session, id, command.yes, output));
            Some(interrupts.or_interrupted(prepare).await?)
        }
        None => None,
    };
    let reads = Box::pin(async { Ok(conformance::run(&session.client).await?) });
    let mut exchanges = interrupts.or_interrupted(reads).await?;
    let mut ended = Ok(());
    if let Some(agreed) = agreed {
        let (more, result) = Box::pin(agreed.run(&mut interrupts, output)).await;
        exchanges.extend(more);
        ended = result;
    }
    let written = command.evidence.as_ref().map_or(Ok(()), |file| {
        let source = match &global.base_url {
            _ if session.is_emulated() => EvidenceSource::Emulator,
            None => EvidenceSource::Service,
            Some(_) => EvidenceSource::Other,
        };
        let evidence = conformance::evidence(source, &exchanges) + "\n";
        fs::write(file, evidence).map_err(|error| Failure::unexpected(unwritten(file, &error)))
    });
    let code = report(&exchanges, command.all, output);
    if command.evidence.is_some() {
        name_fields(&exchanges, output);
    }
    // A report whose state was not restored is the most important failure.
    ended.and(written).and(code)
}

/// Lists the names of unknown fields, which the evidence does not contain.
fn name_fields(exchanges: &[Exchange], output: &Output) {
    let unknown = exchanges.iter().flat_map(conformance::check);
    let unknown = unknown.filter(|comparison| {
        comparison.aspect == Aspect::Fields && comparison.conformity == Conformity::Undocumented
    });
    let names: BTreeSet<_> = unknown.map(|comparison| comparison.place).collect();
    if !names.is_empty() {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        output.note(format_args!(
            "The spec does not have these fields; their names are not in the evidence: {names}."
        ));
    }
}

fn unwritten(file: &Path, error: &io::Error) -> String {
    format!("cannot write the evidence to {}: {error}", file.display())
}

/// Prints the comparisons, and the assumptions that were not checked. A table has only the deviations, unless `all`.
fn report(exchanges: &[Exchange], all: bool, output: &Output) -> Result<u8, Failure> {
    let assumptions = conformance::assumptions(exchanges);
    let mut comparisons: Vec<_> = exchanges.iter().flat_map(conformance::check).collect();
    comparisons.extend(assumptions.answered);
    let mut rows: Vec<_> = comparisons.into_iter().map(ConformanceRow::from).collect();
    let checks = rows.len();
    let count = |conformity: Conformity| rows.iter().filter(|row| row.verdict == conformity.as_str()).count();
    let [differs, undocumented, not_seen, conforms] =
        [Conformity::Differs, Conformity::Undocumented, Conformity::NotSeen, Conformity::AsDocumented]
            .map(count);
    let is_short = !all && output.format() == Format::Table;
    if is_short {
        rows.retain(ConformanceRow::is_deviation);
    }
    output.rows(&rows)?;
    for assumption in assumptions.open.iter().filter(|_| !is_short) {
        output.note(format_args!("Not tried: {}: {}", assumption.place, assumption.text));
    }
    output.note(format_args!(
        "{checks} checks: {differs} differ from the spec, {undocumented} found something undocumented, {conforms} are \
         as documented, {not_seen} had nothing to check.{}",
        if is_short { " --all lists them." } else { "" },
    ));
    Ok(if differs == 0 { exit::OK } else { exit::DIFFERS })
}

/// The result of one check.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConformanceRow {
    operation: String,
    /// Distinguishes the requests of an operation, such as `unknown id`.
    request: String,
    /// request, status, header, content-type, json, spelling, schema, fields, words, count, paging or assumption.
    check: String,
    /// The field or header; empty if the check is about the whole response.
    place: String,
    /// What the spec says.
    expected: String,
    /// What was received: a type or an enum value.
    found: String,
    /// as-documented, differs, undocumented or not-seen.
    verdict: String,
}

impl ConformanceRow {
    fn is_deviation(&self) -> bool {
        [Conformity::Differs, Conformity::Undocumented].iter().any(|verdict| verdict.as_str() == self.verdict)
    }
}

impl From<Comparison> for ConformanceRow {
    fn from(comparison: Comparison) -> Self {
        Self {
            operation: comparison.operation.to_owned(),
            request: comparison.request.to_owned(),
            check: comparison.aspect.to_string(),
            place: comparison.place,
            expected: comparison.expected,
            found: comparison.found,
            verdict: comparison.conformity.to_string(),
        }
    }
}

impl Row for ConformanceRow {
    const HEADINGS: &'static [&'static str] =
        &["OPERATION", "REQUEST", "CHECK", "PLACE", "VERDICT", "FOUND", "EXPECTED"];
    const LEAST_IMPORTANT: &'static [&'static str] =
        &["REQUEST", "CHECK", "EXPECTED", "PLACE", "FOUND", "VERDICT"];
    const HIDES_OTHERS: bool = true;

    fn cells(&self) -> Vec<Cell> {
        let color = match &*self.verdict {
            verdict if verdict == Conformity::AsDocumented.as_str() => Color::Green,
            verdict if verdict == Conformity::NotSeen.as_str() => Color::Yellow,
            _ => Color::Red,
        };
        vec![
            text(Some(&self.operation)),
            text(Some(&self.request)),
            text(Some(&self.check)),
            text(Some(&self.place)),
            colored(&self.verdict, color),
            text(Some(&self.found)),
            text(Some(&self.expected)),
        ]
    }

    /// Returns the operation and the place, if this is a deviation.
    fn id(&self) -> Option<String> {
        let name = format!("{} {}", self.operation, self.place);
        self.is_deviation().then(|| name.trim_end().to_owned())
    }
}
