//! The dialect: the part of OpenAPI 3.0 that progenitor turns into the client we want. Outside it, progenitor
//! panics without naming a place, or generates something that compiles and is wrong.
//!
//! `check` tells all violations at once. `openapi/README.md` is the page for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use heck::ToSnakeCase;
use serde_json::Value;

#[path = "dialect/operations.rs"]
mod operations;
#[path = "dialect/schemas.rs"]
mod schemas;

/// One violation: where, which rule, and what to do about it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    pub place: String,
    pub rule: &'static str,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (rule {})", self.place, self.message, self.rule)
    }
}

/// An operation of the document.
pub struct Operation<'a> {
    pub path: &'a str,
    pub method: &'a str,
    /// `operationId`, or nothing.
    pub id: &'a str,
    pub value: &'a Value,
}

impl Operation<'_> {
    fn place(&self) -> String {
        match self.id {
            "" => format!("{} {}", self.method.to_uppercase(), self.path),
            id => id.to_owned(),
        }
    }
}

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];

/// Methods of progenitor's client itself.
const TAKEN: [&str; 6] = ["new", "new_with_client", "api_version", "baseurl", "client", "inner"];

/// Every operation, in the order of the document's paths.
pub fn operations(document: &Value) -> impl Iterator<Item = Operation<'_>> {
    entries(&document["paths"]).flat_map(|(path, item)| {
        entries(item).filter(|(method, _)| METHODS.contains(method)).map(move |(method, value)| Operation {
            path,
            method,
            id: value["operationId"].as_str().unwrap_or_default(),
            value,
        })
    })
}

/// Names of the component schemas that are objects.
pub fn objects(document: &Value) -> impl Iterator<Item = &str> {
    entries(&document["components"]["schemas"])
        .filter(|(_, schema)| schema["type"] == "object")
        .map(|(name, _)| name)
}

/// Checks every rule. `open_enums` are the schemas that have an open type of their own.
pub fn check(document: &Value, open_enums: &[&str]) -> Result<(), Vec<Problem>> {
    let mut check = Check { document, open_enums, found: BTreeSet::new() };
    check.version();
    check.server();
    check.references(document, "document");
    check.operation_ids();
    for operation in operations(document) {
        check.operation(&operation);
        check.parameters(&operation);
        check.responses(&operation);
    }
    for (name, schema) in entries(&document["components"]["schemas"]) {
        check.component(name, schema);
    }
    if check.found.is_empty() { Ok(()) } else { Err(check.found.into_iter().collect()) }
}

struct Check<'a> {
    document: &'a Value,
    open_enums: &'a [&'a str],
    found: BTreeSet<Problem>,
}

impl Check<'_> {
    fn report(&mut self, place: &str, rule: &'static str, message: impl Into<String>) {
        self.found.insert(Problem { place: place.to_owned(), rule, message: message.into() });
    }

    /// progenitor reads 3.0 only.
    fn version(&mut self) {
        if !self.document["openapi"].as_str().is_some_and(|v| v.starts_with("3.0.")) {
            self.report(
                "document",
                "openapi-3.0",
                "`openapi` must be 3.0.x; the generator reads nothing newer",
            );
        }
        if self.document["info"]["version"].as_str().is_none_or(str::is_empty) {
            self.report(
                "document",
                "info-version",
                "`info.version` must be a text; the crate shows it as the contract's version",
            );
        }
    }

    /// The client takes origin, base path, programs and versions from the one server.
    fn server(&mut self) {
        let rule = "server";
        let servers = self.document["servers"].as_array().map_or(&[][..], Vec::as_slice);
        let [server] = servers else {
            return self.report(
                "servers",
                rule,
                "there must be exactly one server; its URL is the client's default",
            );
        };
        let url = server["url"].as_str().unwrap_or_default();
        if !url.strip_prefix("https://").is_some_and(|rest| rest.contains('/') && !rest.ends_with('/')) {
            self.report("servers", rule, "the URL must be `https://host/path` without a slash at its end");
        }
        for variable in ["version", "program"] {
            if !url.contains(&format!("{{{variable}}}")) || !server["variables"][variable]["enum"].is_array()
            {
                self.report(
                    "servers",
                    rule,
                    format!("the URL must hold `{{{variable}}}`, declared with an `enum`"),
                );
            }
        }
        let names = |variable: &str| {
            let list = server["variables"][variable]["enum"].as_array();
            list.into_iter().flatten().filter_map(Value::as_str).collect::<BTreeSet<_>>()
        };
        let of_program = entries(&server["x-version-of-program"]);
        let (programs, versions): (BTreeSet<_>, BTreeSet<_>) =
            of_program.map(|(p, v)| (p, v.as_str().unwrap_or_default())).unzip();
        if programs != names("program") || !versions.is_subset(&names("version")) {
            self.report(
                "servers",
                rule,
                "`x-version-of-program` must give every program one of the versions",
            );
        }
    }

    /// A reference that leads nowhere, or out of the file, makes progenitor panic.
    fn references(&mut self, value: &Value, place: &str) {
        match value {
            Value::Object(map) => {
                if let Some(target) = map.get("$ref").and_then(Value::as_str)
                    && target.strip_prefix('#').and_then(|p| self.document.pointer(p)).is_none()
                {
                    self.report(
                        place,
                        "reference",
                        format!("`{target}` leads nowhere; references must point into this file"),
                    );
                }
                for (key, value) in map {
                    self.references(value, if place == "document" { key } else { place });
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.references(item, place)),
            _ => {}
        }
    }

    /// Method names are made of operation ids; two that meet would not compile.
    fn operation_ids(&mut self) {
        if operations(self.document).next().is_none() {
            self.report("paths", "operation-id", "there is no operation to generate");
        }
        let mut seen = BTreeMap::new();
        for operation in operations(self.document) {
            if TAKEN.contains(&operation.id.to_snake_case().as_str()) {
                self.report(
                    operation.id,
                    "operation-id",
                    "is the name of a method that every generated client has",
                );
            }
            if operation.id.is_empty() {
                self.report(
                    &operation.place(),
                    "operation-id",
                    "`operationId` is missing; it names the generated method",
                );
            } else if let Some(first) = seen.insert(operation.id.to_snake_case(), operation.id) {
                self.report(
                    operation.id,
                    "operation-id",
                    format!("meets `{first}`: both become `{}`", operation.id.to_snake_case()),
                );
            }
        }
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}
