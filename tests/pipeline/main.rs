//! The build pipeline on edited copies of the spec.

#[path = "../../build/pipeline.rs"]
mod pipeline;

mod edits;
mod rules;
mod wire;

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// The file name in error messages.
const FILE: &str = "spec.yaml";

fn run(yaml: &str) -> Result<pipeline::Output, Vec<String>> {
    let _lock = lock();
    pipeline::run(FILE, yaml)
}

/// Serializes the tests that replace the panic hook of the process.
fn lock() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spec() -> &'static str {
    include_str!("../../openapi/insights.yaml")
}

/// Returns the JSON pointer to an operation of the spec.
fn operation(id: &str) -> String {
    let document: Value = serde_saphyr::from_str(spec()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["operationId"] == id {
                return format!("/paths/{}/{method}", path.replace('/', "~1"));
            }
        }
    }
    panic!("the spec has no {id}")
}

/// Returns the spec with some values replaced, as JSON, which is valid YAML. A null removes the key.
fn edited(edits: &[(&str, Value)]) -> String {
    let mut document: Value = serde_saphyr::from_str(spec()).unwrap();
    for (pointer, value) in edits {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer} has no parent"));
        let key = key.replace("~1", "/");
        match parent {
            Value::Object(map) if value.is_null() => assert!(map.remove(&key).is_some(), "no {pointer}"),
            Value::Object(map) => drop(map.insert(key, value.clone())),
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
            other => panic!("{pointer} is inside {other}"),
        }
    }
    document.to_string()
}
