//! The spec as it is on the wire: the YAML is in PascalCase, as documented; responses have been recorded in camelCase.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::dialect::{self, entries, resolve};

/// Names of the schemas that responses and requests reach.
pub struct Reach {
    pub responses: BTreeSet<String>,
    pub requests: BTreeSet<String>,
}

pub fn reach(document: &Value) -> Reach {
    let mut reach = Reach { responses: BTreeSet::new(), requests: BTreeSet::new() };
    for operation in dialect::operations(document) {
        for (_, response) in entries(&operation.value["responses"]) {
            follow(document, response, &mut reach.responses);
        }
        follow(document, &operation.value["requestBody"], &mut reach.requests);
    }
    reach
}

/// Collects the schemas that a value refers to.
fn follow(document: &Value, value: &Value, found: &mut BTreeSet<String>) {
    if let Some(target) = value["$ref"].as_str() {
        let is_new = target.strip_prefix(SCHEMAS).is_none_or(|name| found.insert(name.to_owned()));
        let target = resolve(document, value);
        if is_new && target["$ref"].is_null() {
            follow(document, target, found);
        }
        return;
    }
    let members = entries(value).map(|(_, member)| member);
    members.chain(value.as_array().into_iter().flatten()).for_each(|inner| follow(document, inner, found));
}

const SCHEMAS: &str = "#/components/schemas/";

/// Returns the document with camelCase names in the schemas and examples of responses.
pub fn edition(document: &Value) -> Value {
    let reach = reach(document);
    let wire = Wire { document, reach: &reach.responses };
    let mut edition = document.clone();
    for (name, schema) in members(edition.pointer_mut("/components/schemas")) {
        if reach.responses.contains(name) {
            wire.schema(schema);
        }
    }
    // Examples that several responses share.
    let mut shared = Map::new();
    let operations = members(edition.pointer_mut("/paths")).flat_map(|(_, path)| members(Some(path)));
    for (_, response) in operations.flat_map(|(_, operation)| members(operation.get_mut("responses"))) {
        wire.response(response, &mut shared);
    }
    for (_, response) in members(edition.pointer_mut("/components/responses")) {
        wire.response(response, &mut shared);
    }
    for (name, example) in shared {
        edition["components"]["examples"][name] = example;
    }
    edition
}

struct Wire<'a> {
    document: &'a Value,
    /// The schemas of responses.
    reach: &'a BTreeSet<String>,
}

impl Wire<'_> {
    fn schema(&self, schema: &mut Value) {
        let declared = schema.clone();
        if let Some(example) = schema.get_mut("example") {
            *example = self.body(&declared, example);
        }
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            *properties = std::mem::take(properties)
                .into_iter()
                .map(|(name, mut property)| {
                    self.schema(&mut property);
                    (camel_case(&name), property)
                })
                .collect();
        }
        for name in schema.get_mut("required").and_then(Value::as_array_mut).into_iter().flatten() {
            *name = name.as_str().map(camel_case).into();
        }
    }

    fn response(&self, response: &mut Value, shared: &mut Map<String, Value>) {
        for (_, content) in members(response.pointer_mut("/content")) {
            let schema = content["schema"].clone();
            if let Some(example) = content.get_mut("example") {
                *example = self.body(&schema, example);
            }
            for (_, example) in members(content.pointer_mut("/examples")) {
                let name = example["$ref"].as_str().and_then(|to| to.strip_prefix("#/components/examples/"));
                if let Some(name) = name.map(str::to_owned) {
                    let mut example = resolve(self.document, example).clone();
                    example["value"] = self.body(&schema, &example["value"]);
                    shared.insert(name, example);
                } else {
                    example["value"] = self.body(&schema, &example["value"]);
                }
            }
        }
    }

    /// Renames the properties that the schema names, and no free-form ones.
    fn body(&self, schema: &Value, body: &Value) -> Value {
        let target = schema["$ref"].as_str().and_then(|target| target.strip_prefix(SCHEMAS));
        if target.is_some_and(|name| !self.reach.contains(name)) {
            return body.clone();
        }
        let schema = resolve(self.document, schema);
        match body {
            Value::Object(map) => map
                .iter()
                .map(|(name, value)| match schema["properties"].get(name) {
                    Some(property) => (camel_case(name), self.body(property, value)),
                    None => (name.clone(), value.clone()),
                })
                .collect(),
            Value::Array(items) => items.iter().map(|item| self.body(&schema["items"], item)).collect(),
            other => other.clone(),
        }
    }
}

/// Converts `ReportId` to `reportId`.
pub fn camel_case(name: &str) -> String {
    let mut rest = name.chars();
    rest.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + rest.as_str())
}

fn members(map: Option<&mut Value>) -> impl Iterator<Item = (&String, &mut Value)> {
    map.and_then(Value::as_object_mut).into_iter().flatten()
}
