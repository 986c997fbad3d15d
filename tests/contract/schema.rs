//! Validators of bodies, from the conversion that `conformance` uses.

#[path = "../../src/conformance/schema.rs"]
pub mod conversion;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::document::Document;

/// How fields that are not in a schema are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownFields {
    /// Allowed, as in OpenAPI: for bodies that a client must accept.
    Allowed,
    /// Refused: for bodies that a server may send.
    Refused,
}

pub fn validator(document: &Document, schema: &Value, unknown: UnknownFields) -> Validator {
    conversion::validator(&document.0, schema, unknown == UnknownFields::Refused).unwrap()
}

/// Returns what is wrong with a value, each with its place.
pub fn errors(validator: &Validator, value: &Value) -> Vec<String> {
    validator
        .iter_errors(value)
        .map(|error| match error.instance_path().as_str() {
            "" => error.to_string(),
            place => format!("{place}: {error}"),
        })
        .collect()
}

#[test]
fn null_ranges_formats_and_enums_are_converted() {
    let document = Document::from(
        json!({ "components": { "schemas": { "Word": { "type": "string", "enum": ["a"] } } } }),
    );
    let schema = json!({ "type": "object", "properties": {
        "Count": { "type": "integer", "format": "int32" },
        "Big": { "type": "integer", "format": "int64" },
        "When": { "type": "string", "format": "date-time", "nullable": true },
        "Id": { "type": "string", "format": "uuid" },
        "Word": { "$ref": "#/components/schemas/Word" },
        "Choice": { "type": "string", "enum": ["b"], "nullable": true },
    }});
    let rows = [
        (json!({ "Count": 2_147_483_647, "Big": 9_223_372_036_854_775_807_i64 }), true),
        (json!({ "Count": 2_147_483_648_i64 }), false),
        (json!({ "Big": 9_223_372_036_854_775_808_u64 }), false),
        (json!({ "Count": null }), false),
        (json!({ "When": null, "Choice": null }), true),
        (json!({ "When": "2026-01-12T14:00:00Z" }), true),
        (json!({ "When": "2026-01-12" }), false),
        (json!({ "Id": "3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4" }), true),
        (json!({ "Id": "3f0c2a5e6c1b4d7f9a430d6a8f2b71c4" }), false),
        (json!({ "Word": "a" }), true),
        (json!({ "Word": "b" }), false),
        (json!({ "Choice": "a" }), false),
    ];
    let open = validator(&document, &schema, UnknownFields::Allowed);
    let closed = validator(&document, &schema, UnknownFields::Refused);
    for (value, valid) in rows {
        assert_eq!(open.is_valid(&value), valid, "{value}");
        assert_eq!(closed.is_valid(&value), valid, "{value}");
    }
}

#[test]
fn unknown_fields_are_refused_on_request() {
    let (document, schema, body) =
        (Document::from(json!({})), json!({ "type": "object" }), json!({ "New": 1 }));
    assert!(validator(&document, &schema, UnknownFields::Allowed).is_valid(&body));
    assert!(!validator(&document, &schema, UnknownFields::Refused).is_valid(&body));
}

#[test]
fn free_form_rows_allow_every_column() {
    let (document, row) = (Document::ours(), json!({ "$ref": "#/components/schemas/QueryRow" }));
    let rows = validator(&document, &row, UnknownFields::Refused);
    assert!(rows.is_valid(&json!({ "CustomerName": "a", "PaidUnits": 7, "Month": null })));
    assert!(!rows.is_valid(&json!("a")));
}

#[test]
fn request_schemas_keep_their_limits() {
    let (document, schema) =
        (Document::ours(), json!({ "$ref": "#/components/schemas/CreateReportRequest" }));
    let requests = validator(&document, &schema, UnknownFields::Refused);
    let with = |name: &str, value: Value| {
        let mut body = json!({ "ReportName": "Sales", "QueryId": "q" });
        body[name] = value;
        requests.is_valid(&body)
    };
    assert!(with("RecurrenceInterval", json!(4)) && with("Format", json!("tsv")));
    // Accepted with ExecuteNow only, which a schema cannot express.
    assert!(with("RecurrenceInterval", json!(0)) && with("RecurrenceCount", json!(0)));
    for (name, value) in [
        ("RecurrenceInterval", json!(-1)),
        ("RecurrenceInterval", json!(2161)),
        ("RecurrenceCount", json!(-1)),
        ("ReportName", json!("a".repeat(257))),
        ("Format", json!("xlsx")),
        ("CallbackMethod", json!("PUT")),
        ("Description", Value::Null),
        ("format", json!("csv")),
    ] {
        assert!(!with(name, value.clone()), "{name} {value}");
    }
}
