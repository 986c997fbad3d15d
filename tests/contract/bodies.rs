//! Bodies generated from the schemas of the spec: the client must accept every valid one, and every invalid one that it
//! accepts must be listed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fastrand::Rng;
use partner_center_insights::{ErrorKind, InsightsClientBuilder};
use serde_json::{Map, Value, json};

use crate::document::{Document, Operation, entries, pascal, without_nulls};
use crate::drivers::Outcome;
use crate::mutants::{self, Mutant};
use crate::recorder::{Recorder, Response};
use crate::schema::{UnknownFields, validator};

/// Valid bodies that the client refuses on purpose.
const REFUSALS: [(&str, fn(&Operation, &Value) -> bool, Option<ErrorKind>); 5] = [
    // The HTTP status is 200, but the envelope states a failure.
    ("a failure inside 200", |_, body| body["statusCode"].as_i64() >= Some(400), None),
    // The schema allows any JSON object; one without `value` and `statusCode` is not an envelope.
    (
        "no envelope",
        |_, body| body["value"].is_null() && body["statusCode"].is_null() && body["totalCount"] != 0,
        Some(ErrorKind::InvalidResponse),
    ),
    // A missing or partial list must not be returned as an empty or complete one.
    (
        "fewer elements than there are",
        |operation, body| {
            let elements = body["value"].as_array().map(|elements| i64::try_from(elements.len()).unwrap());
            let total = body["totalCount"].as_i64();
            // A tried query returns only its first rows.
            let total =
                if operation.id == "tryReportQuery" { total.filter(|_| elements.is_none()) } else { total };
            operation.method == "GET"
                && elements.map_or(total != Some(0), |elements| total.is_some_and(|total| total > elements))
        },
        Some(ErrorKind::InvalidResponse),
    ),
    // A partial list must not be returned as the whole list.
    (
        "another page",
        |operation, body| {
            operation.method == "GET"
                && operation.id != "tryReportQuery"
                && body["nextLink"].as_str().is_some_and(|link| !link.trim().is_empty())
        },
        Some(ErrorKind::InvalidResponse),
    ),
    // Only the response has the id of the created item.
    (
        "a create without its result",
        |operation, body| operation.method == "POST" && body["value"].as_array().is_none_or(Vec::is_empty),
        Some(ErrorKind::InvalidResponse),
    ),
];

/// Invalid bodies that the client accepts on purpose: change, class of the value, reason.
pub const LENIENCIES: [(&str, &str, &str); 12] = [
    ("too large", "int32", "a status of that size is a failure"),
    ("null", "any", "the service does not distinguish absent and null"),
    ("free text", "date-time", "one malformed time must not fail the whole response"),
    ("no offset", "date-time", "a published sample has no offset"),
    ("unknown value", "enum", "new values may appear at any time"),
    ("lower case", "enum", "letter case does not matter"),
    ("no hyphens", "uuid", "the id is the same"),
    ("in braces", "uuid", "the id is the same"),
    ("as a urn", "uuid", "the id is the same"),
    ("spaces around", "uuid", "published samples have them"),
    ("spaces around", "enum", "published samples have them around other values"),
    ("fields as an array", "object", "derived decoders allow it; no response looks like this"),
];

/// Generates a valid value of a schema.
fn generate(document: &Document, schema: &Value, rng: &mut Rng) -> Value {
    let schema = document.resolve(schema);
    if schema["nullable"] == true && rng.u8(..) < 64 {
        return Value::Null;
    }
    if let Some(values) = schema["enum"].as_array() {
        return values[rng.usize(..values.len())].clone();
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("uuid")) => json!(uuid::Uuid::from_u128(rng.u128(..)).to_string()),
        (Some("string"), Some("date-time")) => {
            let times = ["2026-01-12T14:00:00Z", "1999-12-31T23:59:59.123456Z", "2026-06-01T00:00:00+05:30"];
            json!(times[rng.usize(..times.len())])
        }
        (Some("string"), _) => {
            let texts = ["", "a", " a\r\nb\t", "Überschuß 報告 🧾", "null", "\u{0}\u{7f}", "\"\\/{}[]"];
            json!(texts[rng.usize(..texts.len())])
        }
        (Some("boolean"), _) => json!(rng.bool()),
        (Some("integer"), Some("int32")) => {
            let numbers = [0, 1, -1, 24, 2160, 200, 404, i32::MIN, i32::MAX];
            json!(numbers[rng.usize(..numbers.len())])
        }
        (Some("integer"), _) => json!([0, 1, -1, i64::MIN, i64::MAX][rng.usize(..5)]),
        (Some("array"), _) => {
            (0..rng.usize(..4)).map(|_| generate(document, &schema["items"], rng)).collect()
        }
        (Some("object"), _) if schema["additionalProperties"] == true => {
            let cells =
                [("CustomerName", json!("Überschuß")), ("PaidUnits", json!(7.5)), ("Month", Value::Null)];
            cells.into_iter().filter(|_| rng.bool()).map(|(name, cell)| (name.to_owned(), cell)).collect()
        }
        (Some("object"), _) => {
            let mut object = Map::new();
            for (name, property) in entries(&schema["properties"]) {
                let required = schema["required"].as_array().is_some_and(|list| list.contains(&json!(name)));
                if required || rng.u8(..) < 192 {
                    object.insert(name.to_owned(), generate(document, property, rng));
                }
            }
            if rng.u8(..) < 64 {
                object.insert("newField".to_owned(), json!({ "deep": [1] }));
            }
            let mut object = Value::Object(object);
            refuse_link(&mut object);
            object
        }
        other => panic!("no value for {other:?}"),
    }
}

/// Points a link to the next page at another origin, because the client would follow it otherwise.
fn refuse_link(body: &mut Value) {
    if body["nextLink"].as_str().is_some_and(|link| !link.trim().is_empty()) {
        body["nextLink"] = json!("https://another.example/");
    }
}

/// Returns the elements that the client must return for a valid body, without unknown fields.
fn expected(document: &Document, operation: &Operation, body: &Value) -> Value {
    let schema = operation.schema(200).unwrap();
    let envelope = document.resolve(&schema);
    let item = document.resolve(&envelope["properties"]["value"]["items"]);
    let known = |object: &Map<String, Value>| -> Value {
        let fields = object.iter().filter(|(name, _)| item["properties"].get(name).is_some());
        fields.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let items = body["value"].as_array().into_iter().flatten().filter_map(Value::as_object).map(known);
    // Operations on one item return at most that one.
    let max = if operation.method == "GET" { usize::MAX } else { 1 };
    if item["additionalProperties"] == true {
        return body["value"].as_array().cloned().unwrap_or_default().into();
    }
    without_nulls(&items.take(max).collect())
}

/// Returns the valid bodies that are not read correctly, and the refusals that no body needs.
pub async fn refused(document: &Document, seed: u64, bodies: usize) -> Vec<String> {
    let mut recorder = Recorder::start().await;
    let mut rng = Rng::with_seed(seed);
    let mut problems = Vec::new();
    let mut needed = BTreeSet::new();
    for operation in document.operations() {
        let schema = &operation.schema(200).unwrap();
        let valid = validator(document, schema, UnknownFields::Allowed);
        for _ in 0..bodies {
            let body = generate(document, schema, &mut rng);
            assert!(valid.is_valid(&body), "generated, but not valid: {body}");
            let refusal = REFUSALS.iter().find(|(_, applies, _)| applies(&operation, &body));
            let expected = expected(document, &operation, &body);
            for body in [body.clone(), pascal(&body)] {
                let (_, outcome) = recorder.drive(operation.id, Response::json(200, &body)).await;
                let right = match (&outcome, refusal) {
                    (Ok(items), None) => Value::from(items.clone()) == expected,
                    (Err(error), Some((name, _, kind))) => {
                        needed.insert(*name);
                        kind.is_none_or(|kind| kind == error.kind())
                    }
                    _ => false,
                };
                if !right {
                    problems.push(format!("{} 200: not read correctly: {body}", operation.id));
                }
            }
        }
    }
    let stale = REFUSALS.iter().filter(|(name, ..)| !needed.contains(name));
    problems.extend(stale.map(|(name, ..)| format!("refusal `{name}`: no body needs it")));
    problems
}

/// Returns the invalid bodies that are accepted but not listed, and the leniencies that no body needs.
pub async fn accepted(document: &Document) -> Vec<String> {
    let warnings = Arc::<AtomicUsize>::default();
    let counter = warnings.clone();
    let settings = move |builder: InsightsClientBuilder| {
        let counter = counter.clone();
        builder.on_warning(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        })
    };
    let mut recorder = Recorder::with("", settings).await;
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    // One operation for each envelope, if possible one that returns all elements.
    let mut operations = document.operations();
    operations.sort_by_key(|operation| operation.method != "GET");
    let mut envelopes = BTreeSet::new();
    for operation in operations {
        let schema = &operation.schema(200).unwrap();
        if !envelopes.insert(schema.to_string()) {
            continue;
        }
        let valid = validator(document, schema, UnknownFields::Allowed);
        let mut full = mutants::full(document, schema);
        // With another page, every body would be refused.
        full["nextLink"] = Value::Null;
        full["totalCount"] = json!(full["value"].as_array().unwrap().len());
        assert!(valid.is_valid(&full), "{full}");
        for Mutant { place, change, class, mut body } in mutants::all(document, schema, &full) {
            refuse_link(&mut body);
            let refusal = REFUSALS.iter().any(|(_, applies, _)| applies(&operation, &body));
            let is_valid = valid.is_valid(&body) && !refusal;
            for body in [body.clone(), pascal(&body)] {
                let (_, outcome) = recorder.drive(operation.id, Response::json(200, &body)).await;
                let read = is_read(&outcome);
                let is_warned = warnings.swap(0, Ordering::Relaxed) > 0;
                let lenient =
                    LENIENCIES.iter().find(|(c, on, _)| *c == change && (*on == class || *on == "any"));
                match (is_valid, read, lenient) {
                    (true, true, _) | (false, false, _) => {}
                    // A value that is read with a warning is not accepted silently.
                    (false, true, None) if is_warned => {}
                    (false, true, Some(row)) => drop(used.insert(row)),
                    (false, true, None) => {
                        problems.push(format!("{place}: `{change}` is accepted, but not valid"));
                    }
                    (true, false, _) => {
                        problems.push(format!("{place}: `{change}` is refused, but valid"));
                    }
                }
            }
        }
    }
    let stale = LENIENCIES.iter().filter(|row| !used.contains(row));
    problems
        .extend(stale.map(|(change, class, _)| format!("leniency `{change}` on {class}: no body needs it")));
    problems
}

/// A body was read if there is no error, or if the error is the one that the envelope states.
fn is_read(outcome: &Outcome) -> bool {
    outcome.as_ref().err().is_none_or(|error| error.kind() != ErrorKind::InvalidResponse)
}

#[tokio::test]
async fn valid_bodies_are_read_in_both_spellings() {
    assert_eq!(refused(&Document::ours(), 20_260_112, 100).await, Vec::<String>::new());
}

#[tokio::test]
async fn accepted_invalid_bodies_are_listed() {
    assert_eq!(accepted(&Document::ours()).await, Vec::<String>::new());
}
