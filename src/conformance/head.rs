//! Checks the head of a response: status, headers and media type.

use std::collections::BTreeSet;

use serde_json::Value;

use super::comparison::Comparisons;
use super::document::{self, entries, text_fits, type_of};
use super::redact::{header_name, media_type};
use super::{Aspect, Conformity, Received};

/// Standard response headers, which the spec need not declare.
const HEADERS: [&str; 15] = [
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "expires",
    "keep-alive",
    "pragma",
    "server",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "www-authenticate",
];

/// Checks the head of a response. Returns the declaration of the response in the spec.
pub(super) fn check(comparisons: &mut Comparisons, response: &Received) -> Option<&'static Value> {
    let declared = document::response(comparisons.exchange.operation, response.status);
    let (found, conformity) = match declared {
        None => (format!("{} (undocumented)", response.status), Conformity::Differs),
        // Any request may exceed the rate limit.
        Some(_) if response.status == 429 || comparisons.exchange.expected.contains(&response.status) => {
            (response.status.to_string(), Conformity::AsDocumented)
        }
        Some(_) => (response.status.to_string(), Conformity::Differs),
    };
    comparisons.add(Aspect::Status, "", statuses(comparisons.exchange.expected), found, conformity);
    let declared = declared?;
    for (name, header) in entries(&declared["headers"]) {
        let header = document::resolve(header);
        let kind = type_of(&header["schema"]);
        let (expected, found, conformity) = match response.header(name) {
            None if header["required"] == true => ("required", "absent", Conformity::Differs),
            None => (kind, "absent", Conformity::NotSeen),
            Some(value) if text_fits(&header["schema"], value) => (kind, kind, Conformity::AsDocumented),
            Some(_) => (kind, "other text", Conformity::Differs),
        };
        comparisons.add(Aspect::Header, name, expected, found, conformity);
    }
    let is_known = |name: &str| {
        let mut known = entries(&declared["headers"]).map(|(name, _)| name).chain(HEADERS);
        known.any(|known| known.eq_ignore_ascii_case(name))
    };
    let names = response.headers.iter().map(|(name, _)| name).filter(|name| !is_known(name));
    let names: BTreeSet<_> = names.map(|name| header_name(name)).collect();
    if !names.is_empty() {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        comparisons.add(Aspect::Header, "", "no other headers", names, Conformity::Undocumented);
    }
    content_type(comparisons, response, declared);
    Some(declared)
}

fn content_type(comparisons: &mut Comparisons, response: &Received, declared: &Value) {
    let known: Vec<_> = entries(&declared["content"]).map(|(name, _)| name).collect();
    let media_type = response.header("content-type").map_or("absent", media_type);
    let is_known = known.contains(&media_type);
    let conformity = if is_known { Conformity::AsDocumented } else { Conformity::Differs };
    comparisons.add(Aspect::ContentType, "Content-Type", known.join(" or "), media_type, conformity);
}

/// Returns the statuses as text, such as `200 or 404`.
pub fn statuses(statuses: &[u16]) -> String {
    statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
}
