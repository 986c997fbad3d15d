//! Facts from the spec as Rust constants, so that no URL, path or version is typed twice.

use heck::ToShoutySnakeCase;
use serde_json::Value;

use super::dialect::{self, Operation, entries, resolve};
use super::wire;

/// Returns the constants that `src/spec.rs` includes.
pub fn source(document: &Value) -> String {
    let server = &document["servers"][0];
    let url = text(server, "url");
    // The dialect guarantees `scheme://authority/path`.
    let path = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    let versions: Vec<_> = entries(&server["x-version-of-program"])
        .map(|(program, version)| (program, version.as_str().unwrap_or_default()))
        .collect();
    let mut out = format!(
        "/// Version of the spec, from its `info`.\n\
         pub const VERSION: &str = {:?};\n\
         /// Scheme and host of the public service, from the spec's server.\n\
         pub const ORIGIN: &str = {:?};\n\
         pub(crate) const BASE_PATH: &str = {:?};\n\
         pub(crate) const VERSION_OF_PROGRAM: &[(&str, &str)] = &{versions:?};\n\
         #[cfg(feature = \"emulator\")]\n\
         pub(crate) const SERVER_VARIABLES: &[(&str, &[&str])] = &[{}];\n",
        text(&document["info"], "version"),
        &url[..path],
        &url[path..],
        entries(&server["variables"])
            .map(|(name, variable)| format!("({name:?}, &{:?}), ", words(variable)))
            .collect::<String>(),
    );
    out += &limits(document);
    let mut names = Vec::new();
    for operation in dialect::operations(document) {
        let name = operation.id.to_shouty_snake_case();
        let summary = text(operation.value, "summary");
        out += &format!(
            "/// {summary}.\n\
             pub const {name}: Operation = Operation {{ id: {:?}, method: {:?}, path: {:?}, summary: {summary:?}, documentation: {:?}, parameters: &[{}], request_body: {:?}, statuses: &{:?}, messages: &{:?} }};\n",
            operation.id,
            operation.method.to_uppercase(),
            operation.path,
            text(&operation.value["externalDocs"], "url"),
            parameters(document, &operation),
            request_body(document, &operation),
            responses(document, &operation).map(|(status, _)| status).collect::<Vec<_>>(),
            responses(document, &operation)
                .filter_map(|response| message(document, response))
                .collect::<Vec<_>>(),
        );
        names.push(name);
    }
    out + &format!(
        "/// All operations of the spec.\npub const OPERATIONS: &[Operation] = &[{}];\n",
        names.join(", ")
    )
}

/// Returns a constant for each limit of a property of a request.
fn limits(document: &Value) -> String {
    let mut out = String::new();
    let requests = wire::reach(document).requests;
    for (schema, value) in
        entries(&document["components"]["schemas"]).filter(|(name, _)| requests.contains(*name))
    {
        for (property, value) in entries(&value["properties"]) {
            for (keyword, limit) in entries(value) {
                let literal = match (keyword, limit) {
                    (
                        "minLength" | "maxLength" | "minimum" | "maximum" | "x-minimum-hours-ahead",
                        Value::Number(limit),
                    ) => {
                        format!("i64 = {limit}")
                    }
                    ("x-minimum-in", Value::Object(versions)) => {
                        let versions: Vec<_> = versions
                            .iter()
                            .map(|(version, limit)| format!("({version:?}, {limit})"))
                            .collect();
                        format!("&[(&str, i64)] = &[{}]", versions.join(", "))
                    }
                    ("x-required-in", Value::Array(versions)) => {
                        format!("&[&str] = &{versions:?}").replace("String(", "").replace(')', "")
                    }
                    _ => continue,
                };
                let name = format!("{schema}_{property}_{}", keyword.trim_start_matches("x-"))
                    .to_shouty_snake_case();
                out += &format!("#[allow(dead_code)]\npub(crate) const {name}: {literal};\n");
            }
        }
    }
    out
}

/// Returns the parameters of an operation as Rust expressions.
fn parameters(document: &Value, operation: &Operation) -> String {
    let mut out = String::new();
    for parameter in operation.parameters(document).filter(|parameter| parameter["in"] != "header") {
        let schema = resolve(document, &parameter["schema"]);
        let place = if parameter["in"] == "path" { "Path" } else { "Query" };
        let kind = match (text(schema, "type"), text(schema, "format")) {
            ("boolean", _) => "Boolean",
            ("integer", _) => "Integer",
            (_, "uuid") => "Uuid",
            _ => "String",
        };
        out += &format!(
            "Parameter {{ name: {:?}, place: Place::{place}, kind: Kind::{kind}, values: &{:?}, required: {} }}, ",
            text(parameter, "name"),
            words(schema),
            parameter["required"] == true,
        );
    }
    out
}

/// Returns the name of the schema of the request body.
fn request_body<'a>(document: &'a Value, operation: &Operation<'a>) -> Option<&'a str> {
    let body = resolve(document, &operation.value["requestBody"]);
    text(&body["content"]["application/json"]["schema"], "$ref").rsplit_once('/').map(|(_, name)| name)
}

fn responses<'a>(document: &'a Value, operation: &Operation<'a>) -> impl Iterator<Item = (u16, &'a Value)> {
    entries(&operation.value["responses"])
        .filter_map(|(status, response)| Some((status.parse().ok()?, resolve(document, response))))
}

/// Returns the message in the first example of a response.
fn message<'a>(document: &'a Value, (status, response): (u16, &'a Value)) -> Option<(u16, &'a str)> {
    let content = &response["content"]["application/json"];
    let mut shared = entries(&content["examples"]).map(|(_, example)| &resolve(document, example)["value"]);
    let example = content.get("example").or_else(|| shared.next())?;
    Some((status, example["Message"].as_str()?))
}

/// Returns the values of an `enum`.
fn words(schema: &Value) -> Vec<&str> {
    schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Returns `DOC_<OPERATION>` and the URL of the reference page, for each operation.
pub fn env(document: &Value) -> Vec<(String, String)> {
    dialect::operations(document)
        .map(|operation| {
            let name = format!("DOC_{}", operation.id.to_shouty_snake_case());
            (name, text(&operation.value["externalDocs"], "url").to_owned())
        })
        .collect()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
