//! Adds the members that a response has as null if they have no value, as recorded responses do.

use std::sync::LazyLock;

use serde_json::Value;

use crate::spec::{self, Operation};

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(spec::WIRE_JSON).unwrap_or_default());

/// Adds every member that may be null, and that the spec's example of the response has: the schemas also have members
/// of some versions only.
pub(super) fn fill(operation: &Operation, body: &mut Value) {
    let declared = &DOCUMENT["paths"][operation.path][operation.method.to_ascii_lowercase()];
    let media = &resolve(&declared["responses"]["200"])["content"]["application/json"];
    let mut examples = media["examples"].as_object().into_iter().flatten();
    let example = match media.get("example") {
        Some(example) => example,
        None => examples.next().map_or(&Value::Null, |(_, example)| &resolve(example)["value"]),
    };
    fill_value(&media["schema"], example, body);
}

fn fill_value(schema: &Value, example: &Value, value: &mut Value) {
    let schema = resolve(schema);
    match value {
        Value::Object(members) => {
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                let Some(example) = example.get(name) else { continue };
                match members.get_mut(name) {
                    Some(member) => fill_value(property, example, member),
                    None if property["nullable"] == true => drop(members.insert(name.clone(), Value::Null)),
                    None => {}
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                fill_value(&schema["items"], &example[0], item);
            }
        }
        _ => {}
    }
}

/// Follows a reference inside the spec.
fn resolve(value: &Value) -> &Value {
    let target = value["$ref"].as_str().map(|target| target.trim_start_matches('#'));
    target.and_then(|pointer| DOCUMENT.pointer(pointer)).unwrap_or(value)
}
