//! The wire edition of the spec as JSON values.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::schema;
use crate::spec::{self, Operation};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document: Value = serde_json::from_str(spec::WIRE_JSON).unwrap_or_default();
    document.pointer_mut("/components/schemas").into_iter().for_each(schema::tighten);
    document
});

/// Returns the complete spec.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// Follows references inside the spec.
pub fn resolve(mut value: &'static Value) -> &'static Value {
    while let Some(target) = value.get("$ref").and_then(Value::as_str) {
        let pointer = target.trim_start_matches('#');
        value = DOCUMENT.pointer(pointer).unwrap_or(&Value::Null);
    }
    value
}

/// Returns the declaration of a response of an operation.
pub fn response(operation: &Operation, status: u16) -> Option<&'static Value> {
    declared(operation)["responses"].get(status.to_string()).map(resolve)
}

/// Returns the schema of the JSON body of a request.
pub fn request_schema(operation: &Operation) -> Option<&'static Value> {
    let body = declared(operation).get("requestBody").map(resolve)?;
    body.pointer("/content/application~1json/schema")
}

/// Returns the parameters of an operation and of its path in this place: `path`, `query` or `header`.
pub fn parameters(operation: &Operation, place: &str) -> Vec<&'static Value> {
    let lists = [&DOCUMENT["paths"][operation.path], declared(operation)];
    let all = lists.into_iter().filter_map(|list| list["parameters"].as_array()).flatten().map(resolve);
    all.filter(|parameter| parameter["in"] == place).collect()
}

fn declared(operation: &Operation) -> &'static Value {
    &DOCUMENT["paths"][operation.path][operation.method.to_ascii_lowercase()]
}

/// Returns the values of the parameters in a path, if it ends with a base path of the service and matches the template.
pub fn path_values<'a>(template: &'static str, path: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
    let template: Vec<_> =
        [spec::BASE_PATH, template].iter().flat_map(|part| part.split('/').skip(1)).collect();
    let path: Vec<_> = path.split('/').collect();
    // A gateway may have a prefix.
    let start = path.len().checked_sub(template.len()).filter(|start| *start > 0)?;
    let variables = &DOCUMENT["servers"][0]["variables"];
    let mut values = Vec::new();
    for (part, value) in template.into_iter().zip(&path[start..]) {
        match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => match variables[name]["enum"].as_array() {
                Some(known) if known.iter().any(|known| known == value) => {}
                Some(_) => return None,
                None => values.push((name, *value)),
            },
            None if part == *value => {}
            None => return None,
        }
    }
    Some(values)
}

/// Whether a value that is sent as text matches its schema.
pub fn text_fits(schema: &'static Value, text: &str) -> bool {
    let schema = resolve(schema);
    let value = match schema["type"].as_str() {
        Some("boolean" | "integer" | "number") => serde_json::from_str(text).unwrap_or(json!(text)),
        _ => json!(text),
    };
    // The schema of a text contains no references, so the spec is not needed.
    schema::validator(&Value::Null, schema, true).is_ok_and(|validator| validator.is_valid(&value))
}

/// Returns the format of a schema, or its type if it has no format.
pub fn type_of(schema: &'static Value) -> &'static str {
    let schema = resolve(schema);
    schema["format"].as_str().or(schema["type"].as_str()).unwrap_or("string")
}

/// Returns the members of an object, and none for any other value.
pub fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
