//! The document by itself: it is OpenAPI, it says enough, and its examples fit.

use std::collections::BTreeMap;

use heck::ToSnakeCase;
use serde_json::Value;

use crate::document::{Document, entries};
use crate::exchanges::{KINDS, examples};
use crate::schema::{UnknownFields, errors, validator};

/// The check functions, by name.
pub const CHECKS: [(&str, fn(&Document) -> Vec<String>); 7] = [
    ("openapi", openapi),
    ("ids", ids),
    ("statuses", statuses),
    ("descriptions", descriptions),
    ("operations", operations),
    ("fitting examples", fitting_examples),
    ("extensions", extensions),
];

/// Against the official schema, which refuses keys that it does not know.
fn openapi(document: &Document) -> Vec<String> {
    let schema: Value = serde_json::from_str(include_str!("openapi-3.0/schema.json")).unwrap();
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft4).should_validate_formats(true);
    let official = options.build(&schema).unwrap();
    let deepest = |error: jsonschema::ValidationError| format!("{}: {error}", error.instance_path());
    official.iter_errors(&document.0).map(deepest).collect()
}

fn ids(document: &Document) -> Vec<String> {
    let mut seen = BTreeMap::new();
    let mut problems = Vec::new();
    for operation in document.operations() {
        if let Some(other) = seen.insert(operation.id.to_snake_case(), operation.path) {
            problems.push(format!("{}: {other} has the same id", operation.id));
        }
        if operation.id.is_empty() {
            problems.push(format!("{} {}: no operationId", operation.method, operation.path));
        }
    }
    problems
}

/// The pages list the same statuses for all operations; a missing one is a slip.
fn statuses(document: &Document) -> Vec<String> {
    let mut problems = Vec::new();
    for operation in document.operations() {
        let declared: Vec<_> = operation.responses().into_iter().map(|(status, _)| status).collect();
        let expected: Vec<_> = [200].into_iter().chain(KINDS.map(|(status, _)| status)).collect();
        for status in expected.iter().filter(|status| !declared.contains(status)) {
            problems.push(format!("{} {status}: the status is not declared", operation.id));
        }
        for status in declared.iter().filter(|status| !expected.contains(status)) {
            problems.push(format!("{} {status}: no kind of error is named for it", operation.id));
        }
        if declared.len() != entries(&operation.value["responses"]).count() {
            problems.push(format!("{}: a response that is no status", operation.id));
        }
    }
    problems
}

fn descriptions(document: &Document) -> Vec<String> {
    let mut problems = Vec::new();
    let mut described = |place: String, value: &Value| {
        if value["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
            problems.push(format!("{place}: no description"));
        }
    };
    for operation in document.operations() {
        described(operation.id.to_owned(), operation.value);
        for parameter in operation.parameters() {
            described(format!("{} {}", operation.id, parameter["name"]), parameter);
        }
        for (status, response) in operation.responses() {
            described(format!("{} {status}", operation.id), response);
            for (name, header) in entries(&response["headers"]) {
                described(format!("{} {status} {name}", operation.id), document.resolve(header));
            }
        }
    }
    for (name, schema) in entries(&document.0["components"]["schemas"]) {
        described(name.to_owned(), schema);
        for (property, schema) in entries(&schema["properties"]) {
            described(format!("{name}.{property}"), document.resolve(schema));
        }
    }
    problems
}

fn operations(document: &Document) -> Vec<String> {
    let mut problems = Vec::new();
    for operation in document.operations() {
        let own = operation.value["security"].as_array();
        if own.is_none_or(|list| list.is_empty() || list.iter().any(|one| entries(one).next().is_none())) {
            problems.push(format!("{}: no security of its own", operation.id));
        }
        if operation.value["externalDocs"]["url"].as_str().is_none_or(|url| !url.starts_with("https://")) {
            problems.push(format!("{}: no externalDocs", operation.id));
        }
        for (status, response) in operation.responses() {
            if examples(response).is_empty() {
                problems.push(format!("{} {status}: no example", operation.id));
            }
        }
    }
    problems
}

/// Examples hold what their schema names and nothing else, and state the status that they stand under.
fn fitting_examples(document: &Document) -> Vec<String> {
    let mut problems = Vec::new();
    let mut check = |place: String, schema: &Value, example: &Value| {
        let wrong = errors(&validator(document, schema, UnknownFields::Refused), example);
        problems.extend(wrong.into_iter().map(|error| format!("{place}: {error}")));
    };
    let mut lies = Vec::new();
    for operation in document.operations() {
        for parameter in operation.parameters() {
            let place = format!("{} {}", operation.id, parameter["name"]);
            check(place, &parameter["schema"], &parameter["example"]);
        }
        for (status, response) in operation.responses() {
            let Some(schema) = operation.schema(status) else {
                lies.push(format!("{} {status}: no schema of the body", operation.id));
                continue;
            };
            for example in examples(response) {
                let place = format!("{} {status}", operation.id);
                check(place.clone(), schema, example);
                if example["StatusCode"] != status {
                    lies.push(format!("{place}: StatusCode is {}", example["StatusCode"]));
                }
                let elements = example["Value"].as_array().map(Vec::len);
                if elements.is_some_and(|elements| example["TotalCount"] != elements) {
                    lies.push(format!("{place}: TotalCount is {}", example["TotalCount"]));
                }
            }
        }
    }
    for (name, header) in entries(&document.0["components"]["headers"]) {
        check(format!("header {name}"), &header["schema"], &header["example"]);
    }
    problems.extend(lies);
    problems
}

/// The official schema lets every `x-` key pass, a misspelt one too.
fn extensions(document: &Document) -> Vec<String> {
    fn walk(value: &Value, place: &str, problems: &mut Vec<String>) {
        for (key, value) in entries(value) {
            let place = format!("{place}/{key}");
            let text = value.as_str().is_some_and(|text| !text.trim().is_empty());
            let right = match key {
                "x-source" => value == "observed",
                "x-assumption" => text,
                "x-version-of-program" => value.is_object(),
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
fn the_document_is_sound() {
    let document = Document::ours();
    for (name, check) in CHECKS {
        assert_eq!(check(&document), Vec::<String>::new(), "{name}");
    }
}
