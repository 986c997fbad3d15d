//! Facts from the spec as Rust constants, so that no URL, path or version is typed twice.

use heck::ToShoutySnakeCase;
use openapiv3::{OpenAPI, Parameter, ParameterSchemaOrContent, SchemaKind, Type, VariantOrUnknownOrEmpty};
use serde_json::Value;

use super::dialect::{entries, named_schema};
use super::operations::{Operation, examples, operations, resolve};
use super::wire;

/// Returns the constants that `src/spec.rs` includes.
pub fn source(spec: &OpenAPI, document: &Value) -> String {
    // The dialect guarantees one server, and `scheme://authority/path`.
    let server = spec.servers.first().cloned().unwrap_or_default();
    let url = server.url;
    let path = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    let versions: Vec<_> =
        server.extensions.get("x-version-of-program").into_iter().flat_map(entries).collect();
    let variables = server.variables.unwrap_or_default();
    let mut out = format!(
        "/// Version of the spec, from its `info`.\n\
         pub const VERSION: &str = {:?};\n\
         /// Scheme and host of the public service, from the spec's server.\n\
         pub const ORIGIN: &str = {:?};\n\
         pub(crate) const BASE_PATH: &str = {:?};\n\
         pub(crate) const VERSION_OF_PROGRAM: &[(&str, &str)] = &[{}];\n\
         #[cfg(feature = \"emulator\")]\n\
         pub(crate) const SERVER_VARIABLES: &[(&str, &[&str])] = &[{}];\n",
        spec.info.version,
        &url[..path],
        &url[path..],
        versions.iter().map(|(program, version)| format!("({program:?}, {version}), ")).collect::<String>(),
        variables
            .iter()
            .map(|(name, variable)| format!("({name:?}, &{:?}), ", variable.enumeration))
            .collect::<String>(),
    );
    out += &limits(spec, document);
    let mut names = Vec::new();
    for operation in operations(spec) {
        let name = operation.id().to_shouty_snake_case();
        let summary = operation.item.summary.as_deref().unwrap_or_default();
        let responses: Vec<_> = operation.responses().collect();
        let messages = responses.iter().filter_map(|(status, response)| {
            Some((status, examples(spec, &response.content).next()?["Message"].as_str()?))
        });
        out += &format!(
            "/// {summary}.\n\
             pub const {name}: Operation = Operation {{ id: {:?}, method: {:?}, path: {:?}, summary: {summary:?}, documentation: {:?}, parameters: &[{}], request_body: {:?}, statuses: &{:?}, messages: &{:?} }};\n",
            operation.id(),
            operation.method.to_uppercase(),
            operation.path,
            documentation(&operation),
            operation.parameters().filter_map(|p| parameter(spec, p)).collect::<String>(),
            operation.request_body().and_then(|body| named_schema(&body.content)),
            responses.iter().map(|(status, _)| status).collect::<Vec<_>>(),
            messages.collect::<Vec<_>>(),
        );
        names.push(name);
    }
    out + &format!(
        "/// All operations of the spec.\npub const OPERATIONS: &[Operation] = &[{}];\n",
        names.join(", ")
    )
}

/// Returns a constant for each limit of a request property.
fn limits(spec: &OpenAPI, document: &Value) -> String {
    let mut out = String::new();
    let requests = wire::reach(spec, document).requests;
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
                    ("x-maximum-from-interval-in", Value::Object(versions)) => {
                        let limits = |limits: &Value| limits.to_string().replace('[', "(").replace(']', ")");
                        let versions: Vec<_> = versions
                            .iter()
                            .map(|(version, list)| {
                                let list = list.as_array().into_iter().flatten().map(limits);
                                format!("({version:?}, &[{}])", list.collect::<Vec<_>>().join(", "))
                            })
                            .collect();
                        format!("&[(&str, &[(i64, i64)])] = &[{}]", versions.join(", "))
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

/// Returns a path or query parameter as a Rust expression, and `None` for others: the client sets them itself.
fn parameter(spec: &OpenAPI, parameter: &Parameter) -> Option<String> {
    let place = match parameter {
        Parameter::Path { .. } => "Path",
        Parameter::Query { .. } => "Query",
        Parameter::Header { .. } | Parameter::Cookie { .. } => return None,
    };
    let data = parameter.parameter_data_ref();
    let ParameterSchemaOrContent::Schema(schema) = &data.format else { return None };
    let (kind, words) = match &resolve(spec, schema)?.schema_kind {
        SchemaKind::Type(Type::Boolean(_)) => ("Boolean", Vec::new()),
        SchemaKind::Type(Type::Integer(_)) => ("Integer", Vec::new()),
        SchemaKind::Type(Type::String(text)) => {
            let is_uuid =
                matches!(&text.format, VariantOrUnknownOrEmpty::Unknown(format) if format == "uuid");
            (if is_uuid { "Uuid" } else { "String" }, text.enumeration.iter().flatten().collect())
        }
        _ => return None,
    };
    Some(format!(
        "Parameter {{ name: {:?}, place: Place::{place}, kind: Kind::{kind}, values: &{words:?}, required: {} }}, ",
        data.name, data.required,
    ))
}

/// Returns `DOC_<OPERATION>` and the URL of the reference page, for each operation.
pub fn env(spec: &OpenAPI) -> Vec<(String, String)> {
    let name = |id: &str| format!("DOC_{}", id.to_shouty_snake_case());
    operations(spec).map(|operation| (name(operation.id()), documentation(&operation).to_owned())).collect()
}

fn documentation<'a>(operation: &Operation<'a>) -> &'a str {
    operation.item.external_docs.as_ref().map_or("", |page| &page.url)
}
