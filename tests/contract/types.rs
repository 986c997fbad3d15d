//! The hand-written types, compared with the schemas that they replace, and the closed types of requests.

use partner_center_insights::{
    CallbackMethod, ExecutionStatus, ReportFormat, ReportId, ReportStatus, Timestamp,
};
use schemars::JsonSchema;
use serde_json::{Value, json};

use crate::document::{Document, entries};

/// Deliberate differences: type, keyword, reason.
const DIFFERENCES: [(&str, &str, &str); 3] = [
    ("ReportStatus", "open", "an unknown value is preserved"),
    ("ExecutionStatus", "open", "an unknown value is preserved"),
    ("Timestamp", "format", "a malformed time is preserved"),
];

/// Each type with the place of its schema. All times have the same schema, so that one of them is enough.
fn pairs() -> [(&'static str, Value); 6] {
    fn schema<T: JsonSchema>() -> Value {
        schemars::SchemaGenerator::default().into_root_schema_for::<T>().into()
    }
    [
        ("/components/schemas/ReportId", schema::<ReportId>()),
        ("/components/schemas/ReportStatus", schema::<ReportStatus>()),
        ("/components/schemas/ExecutionStatus", schema::<ExecutionStatus>()),
        ("/components/schemas/Report/properties/createdTime", schema::<Timestamp>()),
        ("/components/schemas/ReportFormat", schema::<ReportFormat>()),
        ("/components/schemas/CallbackMethod", schema::<CallbackMethod>()),
    ]
}

/// Returns the keywords that decide what is valid. An enum with an alternative for any value is open.
fn meaning(schema: &Value) -> Value {
    let mut meaning: Value = entries(schema)
        .filter(|(key, _)| {
            !["description", "title", "$schema", "anyOf"].contains(key) && !key.starts_with("x-")
        })
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .collect();
    match schema["anyOf"].as_array().map(Vec::as_slice) {
        None => {}
        Some([values, any]) if *any == json!({}) && values["enum"].is_array() => {
            meaning["enum"] = values["enum"].clone();
            meaning["open"] = json!(true);
        }
        Some(other) => panic!("unexpected alternatives: {other:?}"),
    }
    meaning
}

/// Returns the differences that are not listed, and the listed ones that do not exist.
pub fn differing(document: &Document) -> Vec<String> {
    let mut problems = Vec::new();
    let mut deliberate = Vec::new();
    for (place, rust) in pairs() {
        let name = rust["title"].as_str().unwrap().to_owned();
        let Some(declared) = document.0.pointer(place) else {
            problems.push(format!("{name}: {place} is not in the spec"));
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
                    "{name}: `{keyword}` is {} in the spec and {} in the type",
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
fn hand_written_types_match_their_schemas() {
    assert_eq!(differing(&Document::ours()), Vec::<String>::new());
}

#[test]
fn differing_schema_is_noticed() {
    let status = "/components/schemas/ReportStatus";
    let rows = [
        (format!("{status}/enum"), json!(["Active", "Paused"]), "ReportStatus: `enum`"),
        (status.to_owned(), Value::Null, "ReportStatus: "),
        ("/components/schemas/ReportId/format".to_owned(), Value::Null, "ReportId: `format`"),
        (
            "/components/schemas/Report/properties/createdTime/format".to_owned(),
            Value::Null,
            "Timestamp: `format` does not differ",
        ),
        ("/components/schemas/ReportFormat/enum".to_owned(), json!(["csv"]), "ReportFormat: `enum`"),
        ("/components/schemas/ReportId/nullable".to_owned(), json!(true), "ReportId: `nullable`"),
    ];
    for (pointer, value, expected) in rows {
        let problems = differing(&Document::ours().edited(&pointer, value));
        assert!(problems.iter().any(|problem| problem.starts_with(expected)), "{expected}: {problems:?}");
    }
}

#[test]
fn serialized_types_match_their_own_schemas() {
    let values = [
        json!("3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4".parse::<ReportId>().unwrap()),
        json!(ReportStatus::from("Hibernating")),
        json!(ExecutionStatus::Running),
        json!(Timestamp::from("soon")),
        json!(ReportFormat::Tsv),
        json!(CallbackMethod::Get),
    ];
    for ((_, schema), value) in pairs().into_iter().zip(values) {
        let options = jsonschema::options().should_validate_formats(true);
        assert!(options.build(&schema).unwrap().is_valid(&value), "{value} for {schema}");
    }
}
