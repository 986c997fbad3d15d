//! A valid body with all properties, and every copy of it with one change.

use serde_json::{Map, Value, json};

use crate::document::{Document, entries};

/// A body with one change.
pub struct Mutant {
    /// Schema and property, such as `Report.ReportId`.
    pub place: String,
    pub change: &'static str,
    /// What the spec says about the value: `enum`, a format, or a type.
    pub class: String,
    pub body: Value,
}

/// Returns a value with all properties and one element in each array.
pub fn full(document: &Document, schema: &Value) -> Value {
    let schema = document.resolve(schema);
    if let Some(values) = schema["enum"].as_array() {
        return values[0].clone();
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("uuid")) => json!(crate::drivers::ID),
        (Some("string"), Some("date-time")) => json!("2026-01-12T14:00:00Z"),
        (Some("string"), _) => json!("text"),
        (Some("boolean"), _) => json!(true),
        (Some("integer"), _) => json!(200),
        (Some("array"), _) => json!([full(document, &schema["items"])]),
        (Some("object"), _) => {
            let properties = entries(&schema["properties"]);
            properties.map(|(name, property)| (name.to_owned(), full(document, property))).collect()
        }
        other => panic!("no value for {other:?}"),
    }
}

/// Returns a mutant for every change at every place of a full body.
pub fn all(document: &Document, schema: &Value, full: &Value) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    let name = name(schema).unwrap_or("body");
    let mut put = |place: &str, change, class: &str, body| {
        mutants.push(Mutant { place: place.to_owned(), change, class: class.to_owned(), body });
    };
    visit(document, schema, name, full, true, &|body| body, &mut put);
    mutants
}

fn name(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str().and_then(|target| target.rsplit('/').next())
}

/// Changes the value at one place, then the values inside it. `whole` puts a value into the rest of the body.
fn visit(
    document: &Document,
    schema: &Value,
    place: &str,
    value: &Value,
    required: bool,
    whole: &dyn Fn(Value) -> Value,
    put: &mut dyn FnMut(&str, &'static str, &str, Value),
) {
    let resolved = document.resolve(schema);
    let class = class(resolved);
    for (change, changed) in changes(class, value) {
        let change = if required && changed.is_null() { "null, required" } else { change };
        put(place, change, class, whole(changed));
    }
    if let Some(object) = value.as_object() {
        let owner = name(schema).unwrap_or(place);
        for (property, inner) in object {
            let place = format!("{owner}.{property}");
            let with = |changed: Option<Value>| {
                let mut copy: Map<_, _> = object.clone();
                match changed {
                    Some(changed) => drop(copy.insert(property.clone(), changed)),
                    None => drop(copy.remove(property)),
                }
                whole(Value::Object(copy))
            };
            put(
                &place,
                "absent",
                self::class(document.resolve(&resolved["properties"][property])),
                with(None),
            );
            let schema = &resolved["properties"][property];
            let required =
                resolved["required"].as_array().is_some_and(|list| list.contains(&json!(property)));
            visit(document, schema, &place, inner, required, &|changed| with(Some(changed)), put);
        }
    }
    if let Some([element]) = value.as_array().map(Vec::as_slice) {
        let whole = |changed| whole(json!([changed]));
        visit(document, &resolved["items"], &format!("{place}[0]"), element, true, &whole, put);
    }
}

fn class(schema: &Value) -> &str {
    let kind = schema["type"].as_str().unwrap_or_default();
    if schema["enum"].is_array() { "enum" } else { schema["format"].as_str().unwrap_or(kind) }
}

fn changes(class: &str, value: &Value) -> Vec<(&'static str, Value)> {
    let others = [
        ("null", json!(null)),
        ("text", json!("text")),
        ("number", json!(7)),
        ("fraction", json!(7.5)),
        ("boolean", json!(false)),
        ("list", json!([])),
        ("object", json!({})),
    ];
    let mut changes: Vec<_> = others.into_iter().filter(|(_, other)| other != value).collect();
    let text = value.as_str().unwrap_or_default();
    match class {
        "date-time" => {
            changes.retain(|(change, _)| *change != "text");
            changes.push(("free text", json!("soon")));
            changes.push(("no offset", json!(text.trim_end_matches('Z'))));
        }
        "uuid" => {
            changes.push(("no hyphens", json!(text.replace('-', ""))));
            changes.push(("in braces", json!(format!("{{{text}}}"))));
            changes.push(("as a urn", json!(format!("urn:uuid:{text}"))));
            changes.push(("spaces around", json!(format!(" {text} "))));
            changes.push(("too short", json!(text[1..])));
        }
        "enum" => {
            changes.retain(|(change, _)| *change != "text");
            changes.push(("unknown value", json!("Hibernating")));
            changes.push(("lower case", json!(text.to_lowercase())));
            changes.push(("spaces around", json!(format!(" {text} "))));
        }
        "int32" => changes.push(("too large", json!(i64::from(i32::MAX) + 1))),
        "int64" => changes.push(("too large", json!(1_u64 << 63))),
        "object" => {
            changes.push(("fields as an array", value.as_object().unwrap().values().cloned().collect()));
        }
        _ => {}
    }
    changes
}
