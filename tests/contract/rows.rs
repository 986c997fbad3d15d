//! The program's rows against the schemas that they show to people: the same names in camelCase, the same types.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::document::{Document, camel, entries};

/// What a row leaves out or has more than its schema, and why.
const DIFFERENCES: [(&str, &str, &str); 6] = [
    ("Execution", "recurrenceInterval", "it is the report's"),
    ("Execution", "recurrenceCount", "it is the report's"),
    ("Execution", "callbackUrl", "it is the report's"),
    ("Execution", "callbackMethod", "it is the report's"),
    ("Execution", "reportLocation", "nothing can be read there"),
    ("Execution", "reportExpiryTime", "it has only been seen as null"),
];

/// The properties of a row, as the program describes them.
fn described(command: &str) -> Value {
    let program = env!("CARGO_BIN_EXE_partner-insights");
    let output = Command::new(program).args(["schema", command]).output().unwrap();
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    let target = |reference: &Value| {
        let pointer = reference["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
        pointer.map(|pointer| schema.pointer(pointer).unwrap().clone())
    };
    let row = target(&schema["items"]).unwrap();
    // A type of its own that may be absent is one of two.
    let resolved = |value: &Value| target(&value["anyOf"][0]).unwrap_or_else(|| value.clone());
    let properties = entries(&row["properties"]).map(|(name, value)| (name.to_owned(), resolved(value)));
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
    let kinds =
        entries(declared).map(|(name, schema)| (name.to_owned(), document.resolve(schema)["type"].clone()));
    // Spelled as the rows are; the values are single words and stay as they are.
    let declared = camel(&Value::Object(kinds.collect()));
    let names: BTreeSet<_> = entries(&declared).chain(entries(row)).map(|(name, _)| name).collect();
    let differs = |name: &&str| declared[*name].as_str() != kind(&row[*name]);
    let (listed, differing): (Vec<_>, Vec<_>) = names
        .into_iter()
        .filter(differs)
        .partition(|name| DIFFERENCES.iter().any(|(c, n, _)| (*c, *n) == (component, *name)));
    let stale = DIFFERENCES.iter().filter(|(c, n, _)| *c == component && !listed.contains(n));
    let stale = stale.map(|(c, n, _)| format!("{c}.{n}: does not differ"));
    differing
        .into_iter()
        .map(|name| format!("{component}.{name}: not the same in the row"))
        .chain(stale)
        .collect()
}

#[test]
fn the_rows_have_the_names_and_types_of_the_document() {
    let document = Document::ours();
    assert_eq!(differing(&document, "Report", &described("list")), Vec::<String>::new());
    assert_eq!(differing(&document, "Execution", &described("executions")), Vec::<String>::new());
    let renamed = document.renamed("/components/schemas/Report/properties/ReportName", "Title");
    assert_eq!(
        differing(&renamed, "Report", &described("list")),
        ["Report.reportName: not the same in the row", "Report.title: not the same in the row"]
    );
}
