//! Converts schemas of OpenAPI 3.0 to JSON Schema, which has neither `nullable` nor `int32`.

use jsonschema::{Draft, ValidationError, Validator};
use serde_json::{Map, Value, json};

/// Compiles a schema of a spec. If `is_closed`, it rejects unknown fields, which OpenAPI allows.
pub fn validator(
    document: &Value,
    schema: &Value,
    is_closed: bool,
) -> Result<Validator, ValidationError<'static>> {
    let mut root = convert(schema, is_closed);
    root["components"] = json!({ "schemas": convert_all(&document["components"]["schemas"], is_closed) });
    jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true).build(&root)
}

/// Restores what the wire edition loosens for generated clients, so that deviations are reported: enums are closed, and
/// times have their format.
pub fn tighten(schema: &mut Value) {
    if let Some(keywords) = schema.as_object_mut() {
        if keywords.contains_key("x-format") {
            keywords.remove("pattern");
        }
        for (loose, strict) in [("x-extensible-enum", "enum"), ("x-format", "format")] {
            let value = keywords.remove(loose);
            keywords.extend(value.map(|value| (strict.to_owned(), value)));
        }
        keywords.values_mut().for_each(tighten);
    }
}

fn convert_all(schemas: &Value, is_closed: bool) -> Value {
    let schemas = schemas.as_object().into_iter().flatten();
    schemas.map(|(name, schema)| (name.clone(), convert(schema, is_closed))).collect()
}

fn convert(schema: &Value, is_closed: bool) -> Value {
    // OpenAPI 3.0 ignores everything next to a reference.
    if let Some(target) = schema.get("$ref") {
        return json!({ "$ref": target });
    }
    let mut converted = Map::new();
    for (keyword, value) in schema.as_object().into_iter().flatten() {
        let value = match &**keyword {
            "properties" => convert_all(value, is_closed),
            "items" => convert(value, is_closed),
            _ => value.clone(),
        };
        converted.insert(keyword.clone(), value);
    }
    if schema["type"] == "object" && is_closed {
        // Rows of a query declare `additionalProperties`, because their fields vary.
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
