//! The spec as it is on the wire: the YAML is in PascalCase, as documented; responses have been recorded in camelCase,
//! and may contain undocumented values. Times are texts, because generated clients write and read the format
//! `date-time` in their own way.

use std::collections::BTreeSet;

use openapiv3::{Content, OpenAPI};
use serde_json::{Map, Value};

use super::dialect::{entries, resolve};
use super::operations::operations;

/// Names of the schemas that are reachable from responses and from requests.
pub struct Reach {
    pub responses: BTreeSet<String>,
    pub requests: BTreeSet<String>,
}

pub fn reach(spec: &OpenAPI, document: &Value) -> Reach {
    let mut reach = Reach { responses: BTreeSet::new(), requests: BTreeSet::new() };
    let collect = |content: &Content, found: &mut BTreeSet<String>| {
        for schema in content.values().filter_map(|media| media.schema.as_ref()) {
            follow(document, &serde_json::to_value(schema).unwrap_or_default(), found);
        }
    };
    for operation in operations(spec) {
        operation.responses().for_each(|(_, response)| collect(&response.content, &mut reach.responses));
        operation.request_body().into_iter().for_each(|body| collect(&body.content, &mut reach.requests));
    }
    reach
}

/// Collects the schemas that a schema refers to.
fn follow(document: &Value, schema: &Value, found: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|target| target.strip_prefix(SCHEMAS)) {
        if found.insert(name.to_owned()) {
            follow(document, &document["components"]["schemas"][name], found);
        }
        return;
    }
    let members = entries(schema).map(|(_, member)| member);
    members.chain(schema.as_array().into_iter().flatten()).for_each(|inner| follow(document, inner, found));
}

const SCHEMAS: &str = "#/components/schemas/";

/// Keyword for the documented values of an open enum. With `enum`, a generated client would fail on a new value.
const OPEN_ENUM: &str = "x-extensible-enum";

/// Keyword for the format of a time. With `format`, a generated client would send an offset, which the service refuses,
/// and fail on a response without one.
const FORMAT: &str = "x-format";

/// The only format of times that the service accepts.
const TIME: &str =
    "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$";

/// Returns the document with camelCase names and open enums in the schemas and examples of responses, and with times as
/// texts.
pub fn edition(spec: &OpenAPI, document: &Value) -> Value {
    let reach = reach(spec, document);
    let wire = Wire { document, reach: &reach.responses };
    let mut edition = document.clone();
    for (name, schema) in members(edition.pointer_mut("/components/schemas")) {
        loosen_times(schema, reach.requests.contains(name).then_some(TIME));
        if reach.responses.contains(name) {
            wire.schema(schema);
        }
    }
    for (_, parameter) in members(edition.pointer_mut("/components/parameters")) {
        wire.parameter(parameter);
    }
    for (name, member) in members(edition.pointer_mut("/paths")).flat_map(|(_, path)| members(Some(path))) {
        let parameters = if name == "parameters" { Some(member) } else { member.get_mut("parameters") };
        let parameters = parameters.and_then(Value::as_array_mut).into_iter().flatten();
        parameters.for_each(|parameter| wire.parameter(parameter));
    }
    // Shared examples are changed in `components`.
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

/// Replaces the format of times by a pattern, or by nothing.
fn loosen_times(schema: &mut Value, pattern: Option<&str>) {
    if schema["format"] == "date-time"
        && let Some(keywords) = schema.as_object_mut()
    {
        let format = keywords.remove("format");
        keywords.extend(format.map(|format| (FORMAT.to_owned(), format)));
        keywords.extend(pattern.map(|pattern| ("pattern".to_owned(), pattern.into())));
    }
    for inner in ["items", "additionalProperties"] {
        schema.get_mut(inner).into_iter().for_each(|inner| loosen_times(inner, pattern));
    }
    members(schema.get_mut("properties")).for_each(|(_, property)| loosen_times(property, pattern));
}

struct Wire<'a> {
    document: &'a Value,
    /// The schemas that are reachable from responses.
    reach: &'a BTreeSet<String>,
}

impl Wire<'_> {
    /// Copies a closed enum into the parameter, because the schema becomes open if responses share it.
    fn parameter(&self, parameter: &mut Value) {
        let schema = resolve(self.document, &parameter["schema"]);
        if !schema["enum"].is_null() {
            parameter["schema"] = schema.clone();
        }
    }

    fn schema(&self, schema: &mut Value) {
        let declared = schema.clone();
        if let Some(example) = schema.get_mut("example") {
            *example = self.body(&declared, example);
        }
        if let Some(words) = schema.as_object_mut().and_then(|schema| schema.remove("enum")) {
            let known = words.as_array().into_iter().flatten().filter_map(Value::as_str);
            let known: Vec<_> = known.map(|word| format!("`{word}`")).collect();
            let description = schema["description"].as_str().unwrap_or_default().trim_end();
            schema["description"] =
                format!("{description}\nDocumented values: {}. There may be others.", known.join(", "))
                    .into();
            schema[OPEN_ENUM] = words;
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

    /// Renames the properties that the schema defines. Free-form properties are unchanged.
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
