//! The rows that the CLI prints, compared with the schemas of the spec: same names, same types.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::document::{Document, entries};

/// Returns the properties of a row, according to `partner-insights schema`.
fn described(command: &str) -> Value {
    let output =
        Command::new(env!("CARGO_BIN_EXE_partner-insights")).args(["schema", command]).output().unwrap();
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    let target = |reference: &Value| {
        let pointer = reference["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
        pointer.map(|pointer| schema.pointer(pointer).unwrap().clone())
    };
    let row = target(&schema["items"]).unwrap();
    // An optional named type is the first of two alternatives.
    let resolved =
        |value: &Value| target(value).or_else(|| target(&value["anyOf"][0])).unwrap_or_else(|| value.clone());
    // These members describe the response, and are not in the spec.
    let properties =
        entries(&row["properties"]).filter(|(name, _)| !["linkHidden", "warnings"].contains(name));
    let properties = properties.map(|(name, value)| (name.to_owned(), resolved(value)));
    Value::Object(properties.collect())
}

/// The JSON type, apart from null.
fn kind(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        kind => kind.as_str(),
    }
}

fn differing(document: &Document, component: &str, row: &Value) -> Vec<String> {
    let declared = &document.0["components"]["schemas"][component]["properties"];
    let names: BTreeSet<_> = entries(declared).chain(entries(row)).map(|(name, _)| name).collect();
    let differs = |name: &&str| document.resolve(&declared[*name])["type"].as_str() != kind(&row[*name]);
    let differing = names.into_iter().filter(differs);
    differing.map(|name| format!("{component}.{name}: differs in the row")).collect()
}

#[test]
fn rows_have_the_names_and_types_of_the_spec() {
    let document = Document::ours();
    assert_eq!(differing(&document, "Report", &described("list")), Vec::<String>::new());
    assert_eq!(differing(&document, "Execution", &described("executions")), Vec::<String>::new());
}

#[test]
fn renamed_property_differs_from_the_row() {
    let renamed = Document::ours().renamed("/components/schemas/Report/properties/reportName", "title");
    assert_eq!(
        differing(&renamed, "Report", &described("list")),
        ["Report.reportName: differs in the row", "Report.title: differs in the row"]
    );
}
