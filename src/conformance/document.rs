//! The wire edition of the spec as plain JSON.

use std::sync::LazyLock;

use serde_json::Value;

use crate::spec::{self, Operation};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document: Value = serde_json::from_str(spec::WIRE_JSON).unwrap_or_default();
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for schema in
        schemas.into_iter().flat_map(|schemas| schemas.values_mut()).filter_map(Value::as_object_mut)
    {
        // Closed, so that a word that is not documented is found.
        if let Some(words) = schema.remove("x-extensible-enum") {
            schema.insert("enum".to_owned(), words);
        }
    }
    document
});

/// Returns the whole document.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// Follows references inside the document.
pub fn resolve(mut value: &'static Value) -> &'static Value {
    while let Some(target) = value.get("$ref").and_then(Value::as_str) {
        let pointer = target.trim_start_matches('#');
        value = DOCUMENT.pointer(pointer).unwrap_or(&Value::Null);
    }
    value
}

/// Returns what the spec declares about the responses of an operation with this status.
pub fn response(operation: &Operation, status: u16) -> Option<&'static Value> {
    let operation = &DOCUMENT["paths"][operation.path][operation.method.to_ascii_lowercase()];
    operation["responses"].get(status.to_string()).map(resolve)
}

/// Returns the members of an object; of anything else, none.
pub fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
