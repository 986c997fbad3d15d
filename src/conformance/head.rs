//! Status, headers and media type.

use serde_json::Value;
use uuid::Uuid;

use super::document::{self, entries};
use super::{Check, Findings, Received, Verdict};

/// Checks the head of a response. Returns what the spec declares about the status.
pub(super) fn check(findings: &mut Findings, response: &Received) -> Option<&'static Value> {
    let declared = document::response(findings.exchange.operation, response.status);
    let (found, verdict) = match declared {
        None => (format!("{} (undocumented)", response.status), Verdict::Differs),
        Some(_) if findings.exchange.expected.contains(&response.status) => {
            (response.status.to_string(), Verdict::AsDocumented)
        }
        Some(_) => (response.status.to_string(), Verdict::Differs),
    };
    findings.add(Check::Status, "", statuses(findings.exchange.expected), found, verdict);
    let declared = declared?;
    for (name, header) in entries(&declared["headers"]) {
        let header = document::resolve(header);
        let kind = kind(&header["schema"]);
        let (found, verdict) = match response.header(name) {
            None if header["required"] == true => ("absent", Verdict::Differs),
            None => ("absent", Verdict::NotSeen),
            Some(value) if fits(&header["schema"], value) => (kind, Verdict::AsDocumented),
            Some(_) => ("other text", Verdict::Differs),
        };
        findings.add(Check::Header, name, kind, found, verdict);
    }
    content_type(findings, response, declared);
    Some(declared)
}

fn content_type(findings: &mut Findings, response: &Received, declared: &Value) {
    let known: Vec<_> = entries(&declared["content"]).map(|(name, _)| name).collect();
    let value = response.header("content-type").unwrap_or("absent");
    let media_type = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_known = known.contains(&&*media_type);
    let verdict = if is_known { Verdict::AsDocumented } else { Verdict::Differs };
    findings.add(Check::ContentType, "Content-Type", known.join(" or "), media_type, verdict);
}

/// Returns the statuses as text, such as `200 or 404`.
pub fn statuses(statuses: &[u16]) -> String {
    statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
}

fn kind(schema: &Value) -> &str {
    let named = |name: &str| schema[name].as_str();
    match named("format") {
        Some("uuid") => "uuid",
        _ => named("type").unwrap_or("string"),
    }
}

fn fits(schema: &Value, value: &str) -> bool {
    match kind(schema) {
        "uuid" => Uuid::try_parse(value).is_ok(),
        "integer" => value.parse::<i64>().is_ok(),
        "boolean" => value.parse::<bool>().is_ok(),
        _ => true,
    }
}
