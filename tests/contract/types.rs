//! The hand-written types against the schemas that they stand for, both ways.

use partner_center_insights::{ExecutionStatus, ReportId, ReportStatus, Timestamp};
use schemars::JsonSchema;
use serde_json::{Value, json};

use crate::document::{Document, entries};

/// Where a type differs on purpose: the type, the keyword, the reason.
const DIFFERENCES: [(&str, &str, &str); 3] = [
    ("ReportStatus", "open", "a word that the document does not know is kept"),
    ("ExecutionStatus", "open", "a word that the document does not know is kept"),
    ("Timestamp", "format", "a time that cannot be read is kept as it came"),
];

/// Each type with the place of its schema. `Timestamp` stands for every time; one of them is as good as another,
/// because the dialect knows only one format for all.
fn pairs() -> [(&'static str, Value); 4] {
    fn schema<T: JsonSchema>() -> Value {
        schemars::SchemaGenerator::default().into_root_schema_for::<T>().into()
    }
    [
        ("/components/schemas/ReportId", schema::<ReportId>()),
        ("/components/schemas/ReportStatus", schema::<ReportStatus>()),
        ("/components/schemas/ExecutionStatus", schema::<ExecutionStatus>()),
        ("/components/schemas/Report/properties/CreatedTime", schema::<Timestamp>()),
    ]
}

/// The keywords that say what is valid. An enum with a way out is one that is open.
fn meaning(schema: &Value) -> Value {
    let mut meaning: Value = entries(schema)
        .filter(|(key, _)| {
            !["description", "title", "$schema", "anyOf"].contains(key) && !key.starts_with("x-")
        })
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .collect();
    match schema["anyOf"].as_array().map(Vec::as_slice) {
        None => {}
        Some([words, any]) if *any == json!({}) && words["enum"].is_array() => {
            meaning["enum"] = words["enum"].clone();
            meaning["open"] = json!(true);
        }
        Some(other) => panic!("an alternative of another kind: {other:?}"),
    }
    meaning
}

/// Differences that are on no list, and listed ones that are none.
pub fn differing(document: &Document) -> Vec<String> {
    let mut problems = Vec::new();
    let mut deliberate = Vec::new();
    for (place, rust) in pairs() {
        let name = rust["title"].as_str().unwrap().to_owned();
        let Some(declared) = document.0.pointer(place) else {
            problems.push(format!("{name}: {place} is not in the document"));
            continue;
        };
        let (declared, rust) = (meaning(declared), meaning(&rust));
        let mut keywords: Vec<_> = entries(&declared).chain(entries(&rust)).map(|(key, _)| key).collect();
        keywords.sort_unstable();
        keywords.dedup();
        for keyword in keywords.into_iter().filter(|keyword| declared[keyword] != rust[keyword]) {
            match DIFFERENCES.iter().find(|(of, key, _)| *of == name && *key == keyword) {
                Some(row) => deliberate.push(row),
                None => problems.push(format!(
                    "{name}: `{keyword}` is {} in the document and {} in the type",
                    declared[keyword], rust[keyword]
                )),
            }
        }
    }
    let stale = DIFFERENCES.iter().filter(|row| !deliberate.contains(row));
    problems.extend(stale.map(|(name, keyword, _)| format!("{name}: `{keyword}` does not differ")));
    problems
}

#[test]
fn hand_written_types_differ_from_their_schemas_only_on_purpose() {
    assert_eq!(differing(&Document::ours()), Vec::<String>::new());
}

#[test]
fn a_word_more_a_format_less_and_a_missing_schema_are_named() {
    let status = "/components/schemas/ReportStatus";
    let rows = [
        (format!("{status}/enum"), json!(["Active", "Paused"]), "ReportStatus: `enum`"),
        (status.to_owned(), Value::Null, "ReportStatus: "),
        ("/components/schemas/ReportId/format".to_owned(), Value::Null, "ReportId: `format`"),
        (
            "/components/schemas/Report/properties/CreatedTime/format".to_owned(),
            Value::Null,
            "Timestamp: `format` does not differ",
        ),
        ("/components/schemas/ReportId/nullable".to_owned(), json!(true), "ReportId: `nullable`"),
    ];
    for (pointer, value, expected) in rows {
        let problems = differing(&Document::ours().edited(&pointer, value));
        assert!(problems.iter().any(|problem| problem.starts_with(expected)), "{expected}: {problems:?}");
    }
}

#[test]
fn what_the_types_write_is_valid_for_their_own_schemas() {
    let values = [
        json!("3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4".parse::<ReportId>().unwrap()),
        json!(ReportStatus::from("Hibernating")),
        json!(ExecutionStatus::Running),
        json!(Timestamp::from("soon")),
    ];
    for ((_, schema), value) in pairs().into_iter().zip(values) {
        let options = jsonschema::options().should_validate_formats(true);
        assert!(options.build(&schema).unwrap().is_valid(&value), "{value} for {schema}");
    }
}
