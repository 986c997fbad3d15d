//! What a run says about the assumptions of the spec.

use serde_json::Value;

use super::document::{document, entries};
use super::{Check, Exchange, Finding, Findings, Received, Verdict, check};

/// The assumptions of the spec, by what a run says about them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Assumptions {
    /// One finding for each assumption that the run confirmed or refuted.
    pub answered: Vec<Finding>,
    /// The places in the spec of all others, such as `components.responses.Forbidden`.
    pub open: Vec<String>,
}

/// Compares the assumptions of the spec with the exchanges of a run.
pub fn assumptions(exchanges: &[Exchange]) -> Assumptions {
    let mut places = Vec::new();
    collect(document(), "", &mut places);
    let (mut answered, mut open) = (Vec::new(), Vec::new());
    for (place, text) in places {
        let answers = exchanges.iter().filter_map(|exchange| {
            let (found, verdict) = answer(&place, exchange, exchange.response.as_ref()?)?;
            let mut findings = Findings { exchange, list: Vec::new() };
            findings.add(Check::Assumption, &place, text, found, verdict);
            findings.list.pop()
        });
        // One response that contradicts it is enough.
        let answer = answers.min_by_key(|finding| finding.verdict.is_conformant());
        match answer {
            Some(finding) => answered.push(finding),
            None => open.push(place),
        }
    }
    Assumptions { answered, open }
}

/// Lists the assumptions, each with its place and its first line.
fn collect(value: &'static Value, place: &str, found: &mut Vec<(String, &'static str)>) {
    if let Some(text) = value["x-assumption"].as_str() {
        found.push((place.to_owned(), text.lines().next().unwrap_or_default()));
    }
    let join = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    for (name, member) in entries(value) {
        collect(member, &join(name), found);
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        collect(item, &format!("{place}[{index}]"), found);
    }
}

/// Returns what a response says about an assumption, if anything.
fn answer(place: &str, exchange: &Exchange, response: &Received) -> Option<(String, Verdict)> {
    let status = response.status;
    let of_status = |wanted: u16| (status == wanted).then(|| (status.to_string(), Verdict::AsDocumented));
    match place {
        "components.schemas.ErrorEnvelope" if status >= 400 => {
            let findings = check(exchange);
            let differs = |finding: &&Finding| {
                matches!(finding.verdict, Verdict::Differs | Verdict::Undocumented)
                    && finding.check != Check::Status
            };
            Some(match findings.iter().find(differs) {
                None => (format!("{status} with the documented envelope"), Verdict::AsDocumented),
                Some(finding) => (format!("{status}: {} {}", finding.check, finding.place), Verdict::Differs),
            })
        }
        "components.parameters.MS-CorrelationIdSent" => {
            let (sent, received) =
                (exchange.correlation_id.as_deref()?, response.header("MS-CorrelationId")?);
            // An id of the service's own says nothing.
            let is_repeated = received.eq_ignore_ascii_case(sent);
            is_repeated.then(|| ("the response repeats the id".to_owned(), Verdict::AsDocumented))
        }
        "components.responses.Forbidden" => of_status(403),
        "components.responses.TooManyRequests" => of_status(429),
        "components.headers.Retry-After" => response.header("Retry-After").map(|value| {
            let is_seconds = value.parse::<u32>().is_ok();
            if is_seconds {
                ("seconds".to_owned(), Verdict::AsDocumented)
            } else {
                ("other text".to_owned(), Verdict::Differs)
            }
        }),
        _ => None,
    }
}
