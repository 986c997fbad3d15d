//! The copy of the contract that progenitor reads. The contract itself stays truthful; what is lost here
//! is lost for the generator only.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Name of the schema that stands for every `format: date-time`.
pub const TIMESTAMP: &str = "Timestamp";
/// Name of the schema that stands for every `format: password`.
pub const SECURE_LINK: &str = "SecureLink";

pub fn lower(document: &Value) -> Value {
    let mut copy = document.clone();
    keep_success_only(&mut copy);
    name_formats(&mut copy);
    allow_null_lists(&mut copy);
    copy
}

/// Drops every response but the 2xx. progenitor decodes a declared failure as what it was promised, and
/// when the body is something else (HTML, nothing), status and headers are gone. Undeclared, they stay.
fn keep_success_only(document: &mut Value) {
    for operation in members(document.get_mut("paths")).flat_map(|path| members(Some(path))) {
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            responses.retain(|status, _| status.starts_with('2'));
        }
    }
}

/// Gives formats that have a type of our own the name by which progenitor replaces types. Left alone, a
/// date-time would become a strict chrono type, and one odd timestamp would cost the whole answer.
fn name_formats(document: &mut Value) {
    let descriptions = descriptions(document);
    let schemas = document.pointer_mut("/components/schemas");
    for property in members(schemas).flat_map(|schema| members(schema.get_mut("properties"))) {
        let target = match (property["format"].as_str(), property["$ref"].as_str()) {
            (Some("date-time"), _) => reference(TIMESTAMP),
            (Some("password"), _) => reference(SECURE_LINK),
            // A reference has no description of its own; its field would be undocumented.
            (_, Some(target)) => target.to_owned(),
            _ => continue,
        };
        let description = property.get("description").or(descriptions.get(&target)).cloned();
        *property = json!({ "description": description, "allOf": [{ "$ref": target }] });
    }
    for name in [TIMESTAMP, SECURE_LINK] {
        document["components"]["schemas"][name] = json!({ "type": "string" });
    }
}

/// Lets a list be null as well as absent; every other optional field already may be.
fn allow_null_lists(document: &mut Value) {
    let schemas = document.pointer_mut("/components/schemas");
    for property in members(schemas).flat_map(|schema| members(schema.get_mut("properties"))) {
        if property["type"] == "array" {
            property["nullable"] = json!(true);
        }
    }
}

fn reference(name: &str) -> String {
    format!("#/components/schemas/{name}")
}

/// The description of every named schema, by its reference.
fn descriptions(document: &Value) -> BTreeMap<String, Value> {
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    schemas.map(|(name, schema)| (reference(name), schema["description"].clone())).collect()
}

fn members(map: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    map.and_then(Value::as_object_mut).into_iter().flat_map(|map| map.values_mut())
}
