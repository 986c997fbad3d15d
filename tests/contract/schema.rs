//! Schemas of OpenAPI 3.0, lowered to JSON Schema, which has no `nullable` and knows no `int32`.

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use crate::document::{Document, entries};

/// What fields that no schema names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownFields {
    /// Allowed, as OpenAPI has it: what a reader must be able to read.
    Allowed,
    /// Refused: what a writer may write.
    Refused,
}

pub fn validator(document: &Document, schema: &Value, unknown: UnknownFields) -> Validator {
    let mut root = lower(schema, unknown);
    let components = entries(&document.0["components"]["schemas"]);
    let schemas: Map<_, _> = components.map(|(name, s)| (name.to_owned(), lower(s, unknown))).collect();
    root["components"] = json!({ "schemas": schemas });
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    options.build(&root).unwrap()
}

/// What is wrong with a value, each with its place.
pub fn errors(validator: &Validator, value: &Value) -> Vec<String> {
    validator
        .iter_errors(value)
        .map(|error| match error.instance_path().as_str() {
            "" => error.to_string(),
            place => format!("{place}: {error}"),
        })
        .collect()
}

fn lower(schema: &Value, unknown: UnknownFields) -> Value {
    // Beside a reference, OpenAPI 3.0 ignores everything.
    if let Some(target) = schema.get("$ref") {
        return json!({ "$ref": target });
    }
    let mut lowered = Map::new();
    for (keyword, value) in entries(schema) {
        let value = match keyword {
            "properties" => {
                entries(value).map(|(name, schema)| (name.to_owned(), lower(schema, unknown))).collect()
            }
            "items" => lower(value, unknown),
            _ => value.clone(),
        };
        lowered.insert(keyword.to_owned(), value);
    }
    if schema["type"] == "object" && unknown == UnknownFields::Refused {
        lowered.insert("additionalProperties".to_owned(), json!(false));
    }
    let range = match schema["format"].as_str() {
        Some("int32") => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
        Some("int64") => Some((i64::MIN, i64::MAX)),
        _ => None,
    };
    if let Some((minimum, maximum)) = range {
        lowered.insert("minimum".to_owned(), json!(minimum));
        lowered.insert("maximum".to_owned(), json!(maximum));
    }
    if schema["nullable"] == true {
        lowered.insert("type".to_owned(), json!([schema["type"], "null"]));
        if let Some(Value::Array(words)) = lowered.get_mut("enum") {
            words.push(Value::Null);
        }
    }
    Value::Object(lowered)
}

#[test]
fn the_lowering_keeps_null_ranges_formats_and_unknown_fields() {
    let document =
        Document(json!({ "components": { "schemas": { "Word": { "type": "string", "enum": ["a"] } } } }));
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
    let grown = json!({ "More": 1 });
    assert!(open.is_valid(&grown) && !closed.is_valid(&grown));
}
