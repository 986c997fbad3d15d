//! Bodies drawn from the document's own schemas: every valid one must be read, and every invalid one that is read
//! must be on the list of leniencies.

use std::collections::BTreeSet;

use fastrand::Rng;
use partner_center_insights::ErrorKind;
use serde_json::{Map, Value, json};

use crate::document::{Document, Operation, camel, entries, without_nulls};
use crate::drivers::Outcome;
use crate::mutants::{self, Mutant};
use crate::recorder::{Answer, Recorder};
use crate::schema::{UnknownFields, validator};

/// Valid bodies that are refused on purpose.
const REFUSALS: [(&str, fn(&Operation, &Value) -> bool, Option<ErrorKind>); 3] = [
    // HTTP says 200 and the envelope says that the call failed: the envelope is right.
    ("a failure inside 200", |_, body| body["StatusCode"].as_i64() >= Some(400), None),
    // Any JSON object would fit the schema; one without both is some other service's.
    (
        "no envelope",
        |_, body| body["Value"].is_null() && body["StatusCode"].is_null(),
        Some(ErrorKind::InvalidResponse),
    ),
    // A part of a list must not pass for the whole, and nobody knows how to get the rest.
    (
        "a further page",
        |operation, body| {
            operation.method == "GET" && body["NextLink"].as_str().is_some_and(|link| !link.trim().is_empty())
        },
        Some(ErrorKind::InvalidResponse),
    ),
];

/// Invalid bodies that are read on purpose: the change, the kind of value that it is made to, the reason.
pub const LENIENCIES: [(&str, &str, &str); 11] = [
    ("null", "any", "absent and null are alike; the service is loose with both"),
    ("free text", "date-time", "one odd time must not cost the whole answer"),
    ("no offset", "date-time", "a published sample has none"),
    ("unknown word", "enum", "new words come without notice"),
    ("lower case", "enum", "words are known in any letter case"),
    ("no hyphens", "uuid", "the id is the same"),
    ("in braces", "uuid", "the id is the same"),
    ("as a urn", "uuid", "the id is the same"),
    ("blanks around", "uuid", "published samples have them"),
    ("blanks around", "enum", "published samples have them around other values"),
    ("fields as a list", "object", "derived decoders allow it; no answer looks like this"),
];

/// A valid value of a schema.
fn draw(document: &Document, schema: &Value, rng: &mut Rng) -> Value {
    let schema = document.resolve(schema);
    if schema["nullable"] == true && rng.u8(..) < 64 {
        return Value::Null;
    }
    if let Some(words) = schema["enum"].as_array() {
        return words[rng.usize(..words.len())].clone();
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
        (Some("array"), _) => (0..rng.usize(..4)).map(|_| draw(document, &schema["items"], rng)).collect(),
        (Some("object"), _) => {
            let mut object = Map::new();
            for (name, property) in entries(&schema["properties"]) {
                let required = schema["required"].as_array().is_some_and(|list| list.contains(&json!(name)));
                if required || rng.u8(..) < 192 {
                    object.insert(name.to_owned(), draw(document, property, rng));
                }
            }
            if rng.u8(..) < 64 {
                object.insert("FieldOfTomorrow".to_owned(), json!({ "deep": [1] }));
            }
            Value::Object(object)
        }
        other => panic!("nothing is drawn for {other:?}"),
    }
}

/// The elements that must come out of a valid body: those fields that the document names.
fn expected(document: &Document, operation: &Operation, body: &Value) -> Value {
    let envelope = document.resolve(operation.schema(200).unwrap());
    let item = document.resolve(&envelope["properties"]["Value"]["items"]);
    let known = |object: &Map<String, Value>| -> Value {
        let fields = object.iter().filter(|(name, _)| item["properties"].get(name).is_some());
        fields.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let items = body["Value"].as_array().into_iter().flatten().filter_map(Value::as_object).map(known);
    // Operations on one report answer with that report.
    let most = if operation.method == "GET" { usize::MAX } else { 1 };
    without_nulls(&items.take(most).collect())
}

/// Valid bodies that are not read as what they say, and refusals that no body met.
pub async fn refused(document: &Document, seed: u64, bodies: usize) -> Vec<String> {
    let mut recorder = Recorder::start().await;
    let mut rng = Rng::with_seed(seed);
    let mut problems = Vec::new();
    let mut met = BTreeSet::new();
    for operation in document.operations() {
        let schema = operation.schema(200).unwrap();
        let valid = validator(document, schema, UnknownFields::Allowed);
        for _ in 0..bodies {
            let body = draw(document, schema, &mut rng);
            assert!(valid.is_valid(&body), "drawn, but not valid: {body}");
            let refusal = REFUSALS.iter().find(|(_, applies, _)| applies(&operation, &body));
            for body in [body.clone(), camel(&body)] {
                let (_, outcome) = recorder.drive(operation.id, Answer::json(200, &body)).await;
                let expected = expected(document, &operation, &crate::document::pascal(&body));
                let right = match (&outcome, refusal) {
                    (Ok(items), None) => Value::from(items.clone()) == expected,
                    (Err(error), Some((name, _, kind))) => {
                        met.insert(*name);
                        kind.is_none_or(|kind| kind == error.kind())
                    }
                    _ => false,
                };
                if !right {
                    problems.push(format!("{} 200: not read as it stands: {body}", operation.id));
                }
            }
        }
    }
    let stale = REFUSALS.iter().filter(|(name, ..)| !met.contains(name));
    problems.extend(stale.map(|(name, ..)| format!("refusal `{name}`: no body meets it")));
    problems
}

/// Invalid bodies that are read although no leniency says so, and leniencies that nothing needs.
pub async fn accepted(document: &Document) -> Vec<String> {
    let mut recorder = Recorder::start().await;
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    // One operation for each envelope; of two, the one that gives all elements back.
    let mut operations = document.operations();
    operations.sort_by_key(|operation| operation.method != "GET");
    let mut envelopes = BTreeSet::new();
    for operation in operations {
        let schema = operation.schema(200).unwrap();
        if !envelopes.insert(schema.to_string()) {
            continue;
        }
        let valid = validator(document, schema, UnknownFields::Allowed);
        let mut full = mutants::full(document, schema);
        // With a further page nothing would be read, whatever else is changed.
        full["NextLink"] = Value::Null;
        assert!(valid.is_valid(&full), "{full}");
        for Mutant { place, change, class, body } in mutants::all(document, schema, &full) {
            // Valid for the schema, and refused all the same.
            let refusal = REFUSALS.iter().any(|(_, applies, _)| applies(&operation, &body));
            let is_valid = valid.is_valid(&body) && !refusal;
            for body in [body.clone(), camel(&body)] {
                let (_, outcome) = recorder.drive(operation.id, Answer::json(200, &body)).await;
                let read = is_read(&outcome);
                let lenient =
                    LENIENCIES.iter().find(|(c, on, _)| *c == change && (*on == class || *on == "any"));
                match (is_valid, read, lenient) {
                    (true, true, _) | (false, false, _) => {}
                    (false, true, Some(row)) => drop(used.insert(row)),
                    (false, true, None) => {
                        problems.push(format!("{place}: `{change}` is read, and is not valid"));
                    }
                    (true, false, _) => {
                        problems.push(format!("{place}: `{change}` is valid, and is refused"));
                    }
                }
            }
        }
    }
    let stale = LENIENCIES.iter().filter(|row| !used.contains(row));
    problems
        .extend(stale.map(|(change, class, _)| format!("leniency `{change}` on {class}: nothing needs it")));
    problems
}

/// A failure that the envelope states is one that was read.
fn is_read(outcome: &Outcome) -> bool {
    outcome.as_ref().err().is_none_or(|error| error.kind() != ErrorKind::InvalidResponse)
}

#[tokio::test]
async fn every_valid_body_is_read_in_both_spellings() {
    assert_eq!(refused(&Document::ours(), 20_260_112, 100).await, Vec::<String>::new());
}

#[tokio::test]
async fn every_invalid_body_that_is_read_is_on_the_list() {
    assert_eq!(accepted(&Document::ours()).await, Vec::<String>::new());
}
