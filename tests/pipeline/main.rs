//! The build pipeline on documents of our own: what a good edit does to the client, and what a bad one is told.

#[path = "../../build/pipeline.rs"]
mod pipeline;

mod edits;
mod rules;

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// The name that problems are reported under.
const FILE: &str = "contract.yaml";

fn run(yaml: &str) -> Result<pipeline::Output, Vec<String>> {
    let _turn = turn();
    pipeline::run(FILE, yaml)
}

/// One test at a time runs the pipeline: it silences the panic hook of the process for a moment.
fn turn() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn contract() -> &'static str {
    include_str!("../../openapi/insights.yaml")
}

/// Where an operation of the contract is.
fn operation(id: &str) -> String {
    let document: Value = serde_saphyr::from_str(contract()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["operationId"] == id {
                return format!("/paths/{}/{method}", path.replace('/', "~1"));
            }
        }
    }
    panic!("the contract has no {id}")
}

/// The contract with some values replaced, as JSON, which is YAML too. A null removes the key.
fn edited(edits: &[(&str, Value)]) -> String {
    let mut document: Value = serde_saphyr::from_str(contract()).unwrap();
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
