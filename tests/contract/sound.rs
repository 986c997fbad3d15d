//! The spec by itself: it is valid OpenAPI, described, and its examples fit. What the build checks is not repeated
//! here.

use partner_center_insights::spec;
use serde_json::Value;

use crate::document::{Document, entries};
use crate::exchanges::KINDS;
use crate::schema::{UnknownFields, errors, validator};

/// The checks, by name.
pub const CHECKS: [(&str, fn(&Document) -> Vec<String>); 6] = [
    ("openapi", openapi),
    ("statuses", statuses),
    ("descriptions", descriptions),
    ("examples", examples_exist),
    ("fitting examples", examples_fit),
    ("extensions", extensions),
];

/// Checks against the official schema, which refuses unknown keys.
fn openapi(document: &Document) -> Vec<String> {
    let schema: Value = serde_json::from_str(include_str!("openapi-3.0/schema.json")).unwrap();
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft4).should_validate_formats(true);
    let official = options.build(&schema).unwrap();
    official.iter_errors(&document.0).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Statuses that the reference page of an operation does not list.
const NOT_DECLARED: [(&str, u16); 1] = [("createReportQuery", 404)];

/// The reference pages list the same statuses for all other operations.
fn statuses(document: &Document) -> Vec<String> {
    let mut problems = Vec::new();
    for operation in document.operations() {
        let declared: Vec<_> = operation.responses().into_iter().map(|(status, _)| status).collect();
        let all = [200].into_iter().chain(KINDS.map(|(status, _)| status));
        let expected: Vec<_> =
            all.filter(|status| !NOT_DECLARED.contains(&(operation.id, *status))).collect();
        for status in expected.iter().filter(|status| !declared.contains(status)) {
            problems.push(format!("{} {status}: the status is not declared", operation.id));
        }
        for status in declared.iter().filter(|status| !expected.contains(status)) {
            problems.push(format!("{} {status}: no error kind is listed for it", operation.id));
        }
    }
    problems
}

fn descriptions(document: &Document) -> Vec<String> {
    let mut problems = Vec::new();
    let mut described = |place: String, text: Option<&String>| {
        if text.is_none_or(|text| text.trim().is_empty()) {
            problems.push(format!("{place}: no description"));
        }
    };
    for operation in document.operations() {
        for parameter in operation.parameters() {
            described(
                format!("{} {}", operation.id, parameter.data.name),
                parameter.data.description.as_ref(),
            );
        }
        if let Some(body) = operation.request_body() {
            described(format!("{} request body", operation.id), body.description.as_ref());
        }
        for (status, response) in operation.responses() {
            described(format!("{} {status}", operation.id), Some(&response.description));
            for (name, header) in document.headers(response) {
                described(format!("{} {status} {name}", operation.id), header.description.as_ref());
            }
        }
    }
    problems
}

fn examples_exist(document: &Document) -> Vec<String> {
    let mut problems = Vec::new();
    for operation in document.operations() {
        let responses = operation.responses().into_iter();
        let responses = responses.map(|(status, body)| (status.to_string(), &body.content));
        let request = operation.request_body().map(|body| ("request body".to_owned(), &body.content));
        for (place, content) in responses.chain(request) {
            if document.examples(content).is_empty() {
                problems.push(format!("{} {place}: no example", operation.id));
            }
        }
    }
    problems
}

/// Examples are valid, have no unknown properties, and state their own status and number of elements.
fn examples_fit(document: &Document) -> Vec<String> {
    let mut problems = Vec::new();
    let mut check = |place: String, schema: &Value, example: &Value| {
        let errors = errors(&validator(document, schema, UnknownFields::Refused), example);
        problems.extend(errors.into_iter().map(|error| format!("{place}: {error}")));
    };
    let mut wrong = Vec::new();
    for operation in document.operations() {
        for parameter in operation.parameters() {
            let place = format!("{} {}", operation.id, parameter.data.name);
            check(place, &parameter.schema, parameter.data.example.as_ref().unwrap_or(&Value::Null));
        }
        if let Some((body, schema)) = operation.request_body().zip(operation.request_schema()) {
            for example in document.examples(&body.content) {
                check(format!("{} request body", operation.id), &schema, example);
            }
        }
        for (status, response) in operation.responses() {
            let Some(schema) = operation.schema(status) else {
                wrong.push(format!("{} {status}: no schema of the body", operation.id));
                continue;
            };
            for example in document.examples(&response.content) {
                let place = format!("{} {status}", operation.id);
                check(place.clone(), &schema, example);
                // Letter case differs between the two editions that are checked.
                let member = |name: &str| {
                    let mut members = entries(example);
                    members.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
                };
                let [stated, value, count] = ["statusCode", "value", "totalCount"].map(member);
                if stated.is_none_or(|stated| *stated != status) {
                    wrong.push(format!("{place}: statusCode is {stated:?}"));
                }
                let elements = value.and_then(Value::as_array).map(Vec::len);
                if elements.is_some_and(|elements| count.is_none_or(|count| *count != elements)) {
                    wrong.push(format!("{place}: totalCount is {count:?}"));
                }
            }
        }
    }
    for (name, header) in entries(&document.0["components"]["headers"]) {
        check(format!("header {name}"), &header["schema"], &header["example"]);
    }
    problems.extend(wrong);
    problems
}

/// The official schema allows every `x-` key, misspelled ones as well.
fn extensions(document: &Document) -> Vec<String> {
    fn walk(value: &Value, place: &str, problems: &mut Vec<String>) {
        for (key, value) in entries(value) {
            let place = format!("{place}/{key}");
            let text = value.as_str().is_some_and(|text| !text.trim().is_empty());
            let right = match key {
                "x-source" => value == "observed",
                "x-assumption" => text,
                "x-version-of-program" | "x-minimum-in" | "x-maximum-from-interval-in" => value.is_object(),
                "x-format" => value == "date-time",
                "x-minimum-hours-ahead" => value.is_u64(),
                "x-required-in" | "x-extensible-enum" => value.is_array(),
                _ => !key.starts_with("x-"),
            };
            if !right {
                problems.push(format!("{place}: not explained in openapi/README.md"));
            }
            walk(value, &place, problems);
        }
        for (i, value) in value.as_array().into_iter().flatten().enumerate() {
            walk(value, &format!("{place}/{i}"), problems);
        }
    }
    let mut problems = Vec::new();
    walk(&document.0, "", &mut problems);
    problems
}

#[test]
fn spec_is_sound() {
    for document in [Document::ours(), Document::written()] {
        for (name, check) in CHECKS {
            assert_eq!(check(&document), Vec::<String>::new(), "{name}");
        }
    }
    let published = Document::from(serde_json::from_str::<Value>(spec::WIRE_JSON).unwrap());
    assert_eq!([openapi(&published), extensions(&published)].concat(), Vec::<String>::new());
}
