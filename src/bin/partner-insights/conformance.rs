//! `conformance`: whether a service does what the spec says.

use std::fs;
use std::path::Path;

use comfy_table::{Cell, Color};
use partner_center_insights::conformance::{self, Finding, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{self, Global};
use crate::exit::{self, Failure};
use crate::output::{Output, Row};
use crate::session::Session;
use crate::table::{colored, text};

pub async fn run(global: &Global, command: args::Conformance, output: &Output) -> Result<u8, Failure> {
    let failed = |file: &Path, error| Failure::unexpected(format!("{}: {error}", file.display()));
    let exchanges = match &command.replay {
        Some(file) => {
            let evidence = fs::read_to_string(file).map_err(|error| failed(file, error))?;
            conformance::replay(&evidence)?
        }
        None => conformance::run(&Session::open(global, output).await?.client).await?,
    };
    if let Some(file) = &command.evidence {
        let evidence = conformance::evidence(&exchanges) + "\n";
        fs::write(file, evidence).map_err(|error| failed(file, error))?;
    }
    let assumptions = conformance::assumptions(&exchanges);
    let mut findings: Vec<_> = exchanges.iter().flat_map(conformance::check).collect();
    findings.extend(assumptions.answered);
    let rows: Vec<_> = findings.into_iter().map(ConformanceRow::from).collect();
    output.rows(&rows)?;
    for place in &assumptions.open {
        output.note(format_args!("Assumption not tested: {place}."));
    }
    let count = |verdict: Verdict| rows.iter().filter(|row| row.verdict == verdict.as_str()).count();
    let differs = count(Verdict::Differs);
    output.note(format_args!(
        "Of {} checks, {differs} differ from the spec, and {} found something undocumented.",
        rows.len(),
        count(Verdict::Undocumented),
    ));
    Ok(if differs == 0 { exit::OK } else { exit::DIFFERS })
}

/// The result of one check.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConformanceRow {
    operation: String,
    /// Which request of the operation.
    request: String,
    /// status, header, content-type, json, spelling, schema, fields, words, count, paging or assumption.
    check: String,
    /// The field or header; empty if the check is about the whole response.
    place: String,
    /// What the spec says.
    expected: String,
    /// What was received: a type or a word.
    found: String,
    /// as-documented, differs, undocumented or not-seen.
    verdict: String,
}

impl ConformanceRow {
    fn is_deviation(&self) -> bool {
        [Verdict::Differs, Verdict::Undocumented].iter().any(|verdict| verdict.as_str() == self.verdict)
    }
}

impl From<Finding> for ConformanceRow {
    fn from(finding: Finding) -> Self {
        Self {
            operation: finding.operation.to_owned(),
            request: finding.request.to_owned(),
            check: finding.check.to_string(),
            place: finding.place,
            expected: finding.expected,
            found: finding.found,
            verdict: finding.verdict.to_string(),
        }
    }
}

impl Row for ConformanceRow {
    const HEADINGS: &'static [&'static str] =
        &["OPERATION", "REQUEST", "CHECK", "PLACE", "VERDICT", "FOUND", "EXPECTED"];

    fn cells(&self) -> Vec<Cell> {
        let color = match &*self.verdict {
            verdict if verdict == Verdict::AsDocumented.as_str() => Color::Green,
            verdict if verdict == Verdict::NotSeen.as_str() => Color::Yellow,
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

    /// Operation and place of a deviation.
    fn id(&self) -> Option<String> {
        let name = format!("{} {}", self.operation, self.place);
        self.is_deviation().then(|| name.trim_end().to_owned())
    }
}
