//! Converts schemas of OpenAPI 3.0 to JSON Schema, which has neither `nullable` nor `int32`.

use jsonschema::{Draft, ValidationError, Validator};
use serde_json::{Map, Value, json};

use super::document::{document, entries};

/// Compiles a schema of the spec, which then refuses unknown fields.
pub fn validator(schema: &Value) -> Result<Validator, ValidationError<'static>> {
    let mut root = convert(schema);
    let components = entries(&document()["components"]["schemas"]);
    let schemas: Map<_, _> = components.map(|(name, schema)| (name.to_owned(), convert(schema))).collect();
    root["components"] = json!({ "schemas": schemas });
    jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true).build(&root)
}

fn convert(schema: &Value) -> Value {
    // OpenAPI 3.0 ignores everything next to a reference.
    if let Some(target) = schema.get("$ref") {
        return json!({ "$ref": target });
    }
    let mut converted = Map::new();
    for (keyword, value) in entries(schema) {
        let value = match keyword {
            "properties" => entries(value).map(|(name, schema)| (name.to_owned(), convert(schema))).collect(),
            "items" => convert(value),
            _ => value.clone(),
        };
        converted.insert(keyword.to_owned(), value);
    }
    if schema["type"] == "object" {
        // Rows are free-form.
        converted.entry("additionalProperties").or_insert(json!(false));
    }
    let range = match schema["format"].as_str() {
        Some("int32") => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
        Some("int64") => Some((i64::MIN, i64::MAX)),
        _ => None,
    };
    if let Some((minimum, maximum)) = range {
        converted.entry("minimum").or_insert(json!(minimum));
        converted.entry("maximum").or_insert(json!(maximum));
    }
    if schema["nullable"] == true {
        converted.insert("type".to_owned(), json!([schema["type"], "null"]));
        if let Some(Value::Array(values)) = converted.get_mut("enum") {
            values.push(Value::Null);
        }
    }
    Value::Object(converted)
}
