//! The copy of the spec that progenitor reads. The spec itself remains accurate: simplifications for the generator
//! are made only in this copy.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::dialect::LIMITS;

/// Name of the schema that replaces every `format: date-time`.
pub const TIMESTAMP: &str = "Timestamp";
/// Name of the schema that replaces every `format: password`.
pub const SECURE_LINK: &str = "SecureLink";

pub fn lower(document: &Value) -> Value {
    let mut copy = document.clone();
    remove_failures(&mut copy);
    remove_headers(&mut copy);
    lower_properties(&mut copy);
    copy
}

/// Removes every response but the 2xx. progenitor decodes a declared failure into its schema; if the body is
/// something else (HTML, nothing), status and headers are lost. An undeclared failure keeps them.
fn remove_failures(document: &mut Value) {
    for operation in members(document.get_mut("paths")).flat_map(|path| members(Some(path))) {
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            responses.retain(|status, _| status.starts_with('2'));
        }
    }
}

/// Removes the parameters in headers, which hooks set for every attempt: generated, they would be arguments of each method.
fn remove_headers(document: &mut Value) {
    let components = document["components"]["parameters"].clone();
    let is_header = |parameter: &Value| {
        let name =
            parameter["$ref"].as_str().and_then(|target| target.strip_prefix("#/components/parameters/"));
        name.map_or(parameter, |name| &components[name])["in"] == "header"
    };
    let remove = |owner: &mut Value| {
        if let Some(parameters) = owner.get_mut("parameters").and_then(Value::as_array_mut) {
            parameters.retain(|parameter| !is_header(parameter));
        }
    };
    for path in members(document.get_mut("paths")) {
        remove(path);
        members(Some(path)).filter(|member| member.is_object()).for_each(remove);
    }
}

/// Gives formats with a hand-written type the name by which progenitor replaces types, and lets arrays be null.
/// Otherwise a date-time would be a strict chrono type, and one malformed time would fail the whole response.
fn lower_properties(document: &mut Value) {
    let components = document["components"]["schemas"].as_object().into_iter().flatten();
    let descriptions: BTreeMap<_, _> =
        components.map(|(name, schema)| (reference(name), schema["description"].clone())).collect();
    let schemas = document.pointer_mut("/components/schemas");
    for property in members(schemas).flat_map(|schema| members(schema.get_mut("properties"))) {
        if let Some(property) = property.as_object_mut() {
            // Each would be a type of its own; the client checks them.
            property.retain(|keyword, _| !LIMITS.contains(&keyword.as_str()));
        }
        if property["type"] == "array" {
            property["nullable"] = json!(true);
        }
        let target = match (property["format"].as_str(), property["$ref"].as_str()) {
            (Some("date-time"), _) => reference(TIMESTAMP),
            (Some("password"), _) => reference(SECURE_LINK),
            // A reference has no description of its own; the field would be undocumented.
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

fn reference(name: &str) -> String {
    format!("#/components/schemas/{name}")
}

fn members(map: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    map.and_then(Value::as_object_mut).into_iter().flat_map(|map| map.values_mut())
}
