//! Checks a request: path, parameters, headers and body.

use serde_json::Value;

use super::comparison::Comparisons;
use super::document::{self, document, parameters, path_values, text_fits, type_of};
use super::redact::{field, header_name};
use super::{Aspect, Conformity, SentRequest, body, schema};

/// Request headers that are allowed although they are not in the spec, and why.
const HEADERS: [(&str, &str); 6] = [
    ("host", "HTTP"),
    ("accept", "HTTP: the media type of the responses"),
    ("accept-encoding", "HTTP: compression"),
    ("content-length", "HTTP: 0, because front ends refuse a PUT without it"),
    ("content-type", "every reference page lists it, even for requests without a body"),
    ("user-agent", "identification: the client and its version"),
];

/// Compares a request with the spec.
pub(super) fn check(comparisons: &mut Comparisons, sent: &SentRequest) {
    let operation = comparisons.exchange.operation;
    match path_values(operation.path, sent.path()) {
        Some(values) => {
            let values: Vec<_> =
                values.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            check_parameters(comparisons, "path", &values);
        }
        None => comparisons.add(Aspect::Request, "path", operation.path, "another path", Conformity::Differs),
    }
    if sent.method != operation.method {
        comparisons.add(Aspect::Request, "method", operation.method, "another method", Conformity::Differs);
    }
    check_parameters(comparisons, "query", &sent.query());
    check_headers(comparisons, sent);
    check_body(comparisons, sent);
    comparisons.settle(Aspect::Request, "parameters, headers and body");
}

fn check_parameters(comparisons: &mut Comparisons, place: &str, sent: &[(String, String)]) {
    let declared = parameters(comparisons.exchange.operation, place);
    let mut differs = |name: &str, expected: &str, found: &str| {
        comparisons.add(Aspect::Request, format!("{place} {name}"), expected, found, Conformity::Differs);
    };
    for parameter in &declared {
        let name = parameter["name"].as_str().unwrap_or_default();
        match sent.iter().filter(|(known, _)| known == name).count() {
            0 if parameter["required"] == true => differs(name, "required", "absent"),
            0 | 1 => {}
            _ => differs(name, "one value", "several values"),
        }
    }
    for (name, value) in sent {
        match declared.iter().find(|parameter| parameter["name"] == **name) {
            None => differs(field(name), "no such parameter", "present"),
            Some(parameter) if text_fits(&parameter["schema"], value) => {}
            Some(parameter) => differs(name, type_of(&parameter["schema"]), "another value"),
        }
    }
}

fn check_headers(comparisons: &mut Comparisons, sent: &SentRequest) {
    let declared = parameters(comparisons.exchange.operation, "header");
    let mut differs = |name: &str, expected: &str, found: &str| {
        comparisons.add(Aspect::Request, format!("header {name}"), expected, found, Conformity::Differs);
    };
    // Every operation requires a token.
    let token = sent.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    if token.is_none_or(|token| token.is_empty() || token.contains(' ')) {
        differs("authorization", "bearer token", "no bearer token");
    }
    let is_same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    for (index, (name, value)) in sent.headers.iter().enumerate() {
        let named =
            |parameter: &&&Value| parameter["name"].as_str().is_some_and(|known| is_same(known, name));
        let known = HEADERS.iter().any(|(known, _)| is_same(known, name)) || is_same(name, "authorization");
        match declared.iter().find(named) {
            Some(parameter) if text_fits(&parameter["schema"], value) => {}
            Some(parameter) => differs(name, type_of(&parameter["schema"]), "another value"),
            None if known => {}
            None => differs(&header_name(name), "no such header", "present"),
        }
        if sent.headers[..index].iter().any(|(earlier, _)| is_same(earlier, name)) {
            differs(&header_name(name), "one value", "several values");
        }
    }
}

/// Compares the body. The schema requires names in PascalCase, and excludes null.
fn check_body(comparisons: &mut Comparisons, sent: &SentRequest) {
    let declared = document::request_schema(comparisons.exchange.operation);
    let mut differs = |place: String, expected: String, found: String| {
        comparisons.add(Aspect::Request, place, expected, found, Conformity::Differs);
    };
    let Some(declared) = declared else {
        if !sent.body.is_empty() {
            differs("body".to_owned(), "no body".to_owned(), "a body".to_owned());
        }
        return;
    };
    let media_type = sent.header("content-type").unwrap_or_default();
    if media_type != "application/json" {
        return differs("body".to_owned(), "application/json".to_owned(), "another media type".to_owned());
    }
    let Ok(value) = serde_json::from_slice::<Value>(&sent.body) else {
        return differs("body".to_owned(), "JSON".to_owned(), "no JSON".to_owned());
    };
    for error in
        schema::validator(document(), declared, true).iter().flat_map(|schema| schema.iter_errors(&value))
    {
        for problem in body::problems(&error) {
            differs(format!("body {}", problem.place), problem.expected, problem.found);
        }
    }
}
