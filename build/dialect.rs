//! The dialect: the part of OpenAPI 3.0 that progenitor turns into the client we want. For anything else, progenitor
//! panics without naming a place, or generates code that compiles and is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use heck::ToSnakeCase;
use serde_json::Value;

#[path = "dialect/operations.rs"]
mod operations;
#[path = "dialect/rules.rs"]
pub mod rules;
#[path = "dialect/schemas.rs"]
mod schemas;

use super::wire;
use rules::Rule;
pub use schemas::LIMITS;

/// A violation of a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    place: String,
    message: String,
    rule: Rule,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, message, rule: Rule { name, expected } } = self;
        write!(f, "{place}: {message}; expected {expected} (rule {name})")
    }
}

/// An operation of the document.
pub struct Operation<'a> {
    pub path: &'a str,
    pub method: &'a str,
    /// The `operationId`, or an empty string.
    pub id: &'a str,
    pub value: &'a Value,
}

impl<'a> Operation<'a> {
    /// Returns the parameters of the path and of the operation itself, resolved.
    pub fn parameters(&self, document: &'a Value) -> impl Iterator<Item = &'a Value> {
        let shared = document["paths"][self.path]["parameters"].as_array();
        let own = self.value["parameters"].as_array();
        shared.into_iter().chain(own).flatten().map(|parameter| resolve(document, parameter))
    }

    fn place(&self) -> String {
        match self.id {
            "" => format!("{} {}", self.method.to_uppercase(), self.path),
            id => id.to_owned(),
        }
    }
}

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];

/// Methods that every generated client has.
const RESERVED: [&str; 6] = ["new", "new_with_client", "api_version", "baseurl", "client", "inner"];

/// Returns all operations, in the order of the paths.
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

/// Returns the names of all object schemas.
pub fn objects(document: &Value) -> impl Iterator<Item = &str> {
    let schemas = entries(&document["components"]["schemas"]);
    schemas.filter(|(_, schema)| schema["type"] == "object").map(|(name, _)| name)
}

/// Returns the names of the string schemas with an `enum` and without an open type: those of requests.
pub fn closed_enums<'a>(document: &'a Value, open_enums: &[&str]) -> impl Iterator<Item = &'a str> {
    let schemas = entries(&document["components"]["schemas"]);
    schemas
        .filter(|(name, schema)| !schema["enum"].is_null() && !open_enums.contains(name))
        .map(|(name, _)| name)
}

/// Checks all rules and returns all violations at once. `open_enums` are the schemas with an open type.
pub fn check(document: &Value, open_enums: &[&str]) -> Result<(), BTreeSet<Problem>> {
    let reach = wire::reach(document);
    let mut check = Check { document, open_enums, reach: &reach, problems: BTreeSet::new() };
    check.versions();
    check.server();
    for (section, value) in entries(document) {
        check.references(section, value);
    }
    check.operation_ids();
    for operation in operations(document) {
        check.operation(&operation);
        check.parameters(&operation);
        check.responses(&operation);
    }
    for (name, schema) in entries(&document["components"]["schemas"]) {
        check.component(name, schema);
        let has_properties = !schema["properties"].is_null();
        if has_properties && reach.requests.contains(name) && reach.responses.contains(name) {
            check.report(name, rules::ONE_DIRECTION, "both requests and responses reach the schema");
        }
    }
    if check.problems.is_empty() { Ok(()) } else { Err(check.problems) }
}

struct Check<'a> {
    document: &'a Value,
    open_enums: &'a [&'a str],
    reach: &'a wire::Reach,
    problems: BTreeSet<Problem>,
}

impl Check<'_> {
    fn report(&mut self, place: &str, rule: Rule, message: impl Into<String>) {
        self.problems.insert(Problem { place: place.to_owned(), message: message.into(), rule });
    }

    fn versions(&mut self) {
        let openapi = &self.document["openapi"];
        if !openapi.as_str().is_some_and(|version| version.starts_with("3.0.")) {
            self.report("document", rules::OPENAPI, format!("`openapi` is {openapi}"));
        }
        if is_empty(&self.document["info"]["version"]) {
            self.report("document", rules::INFO_VERSION, "`info.version` is missing or not a string");
        }
    }

    fn server(&mut self) {
        let document = self.document;
        let servers = document["servers"].as_array().map_or(&[][..], Vec::as_slice);
        let mut wrong = |message: String| self.report("servers", rules::SERVER, message);
        let [server] = servers else { return wrong(format!("there are {} servers", servers.len())) };
        let url = server["url"].as_str().unwrap_or_default();
        if !url.strip_prefix("https://").is_some_and(|rest| rest.contains('/') && !rest.ends_with('/')) {
            wrong(format!("`{url}` is not `https://host/path`, without a slash at the end"));
        }
        for variable in ["version", "program"] {
            if !url.contains(&format!("{{{variable}}}")) {
                wrong(format!("the URL does not contain `{{{variable}}}`"));
            }
        }
        let values = |variable: &str| {
            let values = server["variables"][variable]["enum"].as_array();
            values.into_iter().flatten().filter_map(Value::as_str).collect::<BTreeSet<_>>()
        };
        let (programs, versions): (BTreeSet<_>, BTreeSet<_>) = entries(&server["x-version-of-program"])
            .map(|(program, version)| (program, version.as_str().unwrap_or_default()))
            .unzip();
        if programs.is_empty() || programs != values("program") || !versions.is_subset(&values("version")) {
            wrong("`x-version-of-program` does not map every `program` to a `version`".to_owned());
        }
    }

    fn references(&mut self, section: &str, value: &Value) {
        if let Some(target) = value["$ref"].as_str()
            && target.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer)).is_none()
        {
            self.report(section, rules::REFERENCE, format!("`{target}` does not exist"));
        }
        let members = entries(value).map(|(_, member)| member);
        for inner in members.chain(value.as_array().into_iter().flatten()) {
            self.references(section, inner);
        }
    }

    fn operation_ids(&mut self) {
        if operations(self.document).next().is_none() {
            self.report("paths", rules::OPERATION_ID, "there are no operations");
        }
        let mut seen = BTreeMap::new();
        for operation in operations(self.document) {
            let method = operation.id.to_snake_case();
            let message = if operation.id.is_empty() {
                "`operationId` is missing".to_owned()
            } else if RESERVED.contains(&method.as_str()) {
                format!("`{method}` is a method of every generated client")
            } else if let Some(first) = seen.insert(method.clone(), operation.id) {
                format!("both this and `{first}` become `{method}`")
            } else {
                continue;
            };
            self.report(&operation.place(), rules::OPERATION_ID, message);
        }
    }
}

pub fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn is_empty(text: &Value) -> bool {
    text.as_str().is_none_or(str::is_empty)
}

pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}
