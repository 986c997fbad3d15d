//! Compares the assumptions of the spec with the exchanges of a run.

use serde_json::Value;

use super::comparison::Comparisons;
use super::document::{document, entries};
use super::{Aspect, Comparison, Conformity, Exchange, Received, body, check};
use crate::spec::{self, Operation};

/// The assumptions of the spec, grouped by whether a run confirmed or refuted them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Assumptions {
    /// One comparison for each assumption that the run confirmed or refuted.
    pub answered: Vec<Comparison>,
    /// The assumptions that the run neither confirmed nor refuted.
    pub open: Vec<Assumption>,
}

/// An assumption of the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Assumption {
    /// The place in the spec, such as `components.responses.Forbidden`.
    pub place: String,
    /// The first sentence of the assumption.
    pub text: String,
}

/// Compares the assumptions of the spec with the exchanges of a run.
pub fn assumptions(exchanges: &[Exchange]) -> Assumptions {
    let mut all = Vec::new();
    collect(document(), "", &mut all);
    let (mut answered, mut open) = (Vec::new(), Vec::new());
    for assumption in all {
        let answers = exchanges.iter().filter_map(|exchange| {
            let (found, conformity) = answer(&assumption.place, exchange, exchange.response.as_ref()?)?;
            let mut comparisons = Comparisons { exchange, list: Vec::new() };
            comparisons.add(Aspect::Assumption, &assumption.place, &assumption.text, found, conformity);
            comparisons.list.pop()
        });
        // A single response that contradicts the assumption refutes it.
        match answers.min_by_key(|comparison| comparison.conformity.is_conformant()) {
            Some(comparison) => answered.push(comparison),
            None => open.push(assumption),
        }
    }
    Assumptions { answered, open }
}

/// Collects the assumptions in a part of the spec.
fn collect(value: &'static Value, place: &str, found: &mut Vec<Assumption>) {
    if let Some(text) = value["x-assumption"].as_str() {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let end = text.find(". ").map_or(text.len(), |end| end + 1);
        found.push(Assumption { place: place.to_owned(), text: text[..end].to_owned() });
    }
    let join = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    for (name, member) in entries(value) {
        collect(member, &join(name), found);
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        collect(item, &format!("{place}[{index}]"), found);
    }
}

/// Compares a response with an assumption. Returns `None` if the response neither confirms nor refutes it.
fn answer(place: &str, exchange: &Exchange, response: &Received) -> Option<(String, Conformity)> {
    let status = response.status;
    let of_status = |wanted: u16| (status == wanted).then(|| (status.to_string(), Conformity::AsDocumented));
    match place {
        "components.schemas.ErrorEnvelope" if status >= 400 => {
            let comparisons = check(exchange);
            let differs = |comparison: &&Comparison| {
                matches!(comparison.conformity, Conformity::Differs | Conformity::Undocumented)
                    && !matches!(comparison.aspect, Aspect::Status | Aspect::Header | Aspect::Request)
            };
            Some(match comparisons.iter().find(differs) {
                None => (format!("{status} with the documented envelope"), Conformity::AsDocumented),
                Some(Comparison { aspect, place, .. }) => {
                    let text = format!("{status}: {aspect} {place}");
                    (text.trim_end().to_owned(), Conformity::Differs)
                }
            })
        }
        "components.parameters.MS-CorrelationIdSent" => {
            // A different ID neither confirms nor refutes the assumption.
            let is_repeated = exchange.repeats_correlation_id()?;
            is_repeated.then(|| ("the response repeats the id".to_owned(), Conformity::AsDocumented))
        }
        "components.headers.MS-CorrelationId" if (200..300).contains(&status) => {
            Some(match response.header("MS-CorrelationId") {
                Some(_) => (format!("{status} with the id"), Conformity::AsDocumented),
                None => (format!("{status} without the id"), Conformity::Differs),
            })
        }
        // The gateway may omit the id.
        "components.headers.MS-CorrelationIdOfFailure" if status >= 400 => response
            .header("MS-CorrelationId")
            .map(|_| (format!("{status} with the id"), Conformity::AsDocumented)),
        "components.responses.ChangedReport" if status == 200 => state(exchange, response),
        _ if is_operation(place, exchange.operation) => {
            let (_, repeated) = wanted(exchange)?;
            match status {
                _ if exchange.request != repeated => None,
                200 => state(exchange, response),
                429 => None,
                _ => Some((status.to_string(), Conformity::Differs)),
            }
        }
        "components.responses.Forbidden" => of_status(403),
        "components.responses.TooManyRequests" => of_status(429),
        "components.headers.Retry-After" => response.header("Retry-After").map(|value| {
            let is_seconds = value.parse::<u32>().is_ok();
            if is_seconds {
                ("seconds".to_owned(), Conformity::AsDocumented)
            } else {
                ("other text".to_owned(), Conformity::Differs)
            }
        }),
        _ => None,
    }
}

/// Whether a place in the spec is this operation.
fn is_operation(place: &str, operation: &Operation) -> bool {
    place == format!("paths.{}.{}", operation.path, operation.method.to_ascii_lowercase())
}

/// Returns the status of a report after a change, and the name of the request that repeats the change.
fn wanted(exchange: &Exchange) -> Option<(&'static str, &'static str)> {
    match (exchange.operation, exchange.request) {
        (operation, _) if *operation == spec::RESUME_REPORT_EXECUTIONS => Some(("Active", "active report")),
        (operation, _) if *operation == spec::PAUSE_REPORT_EXECUTIONS => Some(("Paused", "paused report")),
        (operation, "active report") if *operation == spec::GET_REPORTS => Some(("Active", "")),
        (operation, "paused report") if *operation == spec::GET_REPORTS => Some(("Paused", "")),
        _ => None,
    }
}

/// Compares the status of the report in a response with the status that the request sets.
fn state(exchange: &Exchange, response: &Received) -> Option<(String, Conformity)> {
    let (wanted, _) = wanted(exchange)?;
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let member = |value: &Value, names: [&str; 2]| names.iter().find_map(|name| value.get(name).cloned());
    let report =
        member(&body, ["value", "Value"]).and_then(|items| items.get(0).cloned()).unwrap_or_default();
    let status = member(&report, ["reportStatus", "ReportStatus"]).unwrap_or_default();
    let conformity = if status == wanted { Conformity::AsDocumented } else { Conformity::Differs };
    let found =
        if status.is_null() { "no status".to_owned() } else { format!("status {}", body::word(&status)) };
    Some((format!("{}, {found}", response.status), conformity))
}
