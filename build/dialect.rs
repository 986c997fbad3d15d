//! The dialect: the part of OpenAPI 3.0 that progenitor turns into the client we want. For anything else, progenitor
//! panics without naming the location, or generates code that compiles but is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use heck::ToSnakeCase;
use openapiv3::{Content, OpenAPI, ReferenceOr, Server};
use serde_json::{Value, json};

#[path = "dialect/methods.rs"]
mod methods;
#[path = "dialect/rules.rs"]
pub mod rules;
#[path = "dialect/schemas.rs"]
mod schemas;

use super::operations::{Operation, operations};
use super::wire;
use rules::Rule;

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

/// Methods that every generated client has.
const RESERVED: [&str; 6] = ["new", "new_with_client", "api_version", "baseurl", "client", "inner"];

/// Returns the names of all object schemas.
pub fn objects(document: &Value) -> impl Iterator<Item = &str> {
    let schemas = entries(&document["components"]["schemas"]);
    schemas.filter(|(_, schema)| schema["type"] == "object").map(|(name, _)| name)
}

/// Returns the names of the schemas with a closed `enum`. Only requests have them.
pub fn closed_enums<'a>(document: &'a Value, open_enums: &[&str]) -> impl Iterator<Item = &'a str> {
    let schemas = entries(&document["components"]["schemas"]);
    schemas
        .filter(|(name, schema)| !schema["enum"].is_null() && !open_enums.contains(name))
        .map(|(name, _)| name)
}

/// Parses the document into the OpenAPI types that the other rules need.
pub fn parse(document: &Value) -> Result<OpenAPI, Problem> {
    serde_json::from_value(document.clone()).map_err(|error| Problem {
        place: unreadable(document).unwrap_or("document").to_owned(),
        message: error.to_string(),
        rule: rules::STRUCTURE,
    })
}

/// Returns the first path or component that cannot be parsed, because the error of serde does not name it.
fn unreadable(document: &Value) -> Option<&str> {
    let is_wrong = |paths: Value, components: Value| {
        let info = json!({ "title": "", "version": "" });
        let part = json!({ "openapi": "", "info": info, "paths": paths, "components": components });
        serde_json::from_value::<OpenAPI>(part).is_err()
    };
    let mut paths = entries(&document["paths"]);
    let path = paths.find(|(path, item)| is_wrong(json!({ *path: item }), json!({})));
    let components = entries(&document["components"])
        .flat_map(|(section, members)| entries(members).map(move |(name, value)| (section, name, value)));
    let component = components
        .filter(|(section, name, value)| is_wrong(json!({}), json!({ *section: { *name: value } })))
        .map(|(_, name, _)| name);
    path.map(|(path, _)| path).into_iter().chain(component).next()
}

/// Checks all rules and returns all violations at once. `open_enums` are the schemas with an open type.
pub fn check(spec: &OpenAPI, document: &Value, open_enums: &[&str]) -> Result<(), BTreeSet<Problem>> {
    let reach = wire::reach(spec, document);
    let mut check = Check { spec, document, open_enums, reach: &reach, problems: BTreeSet::new() };
    check.version();
    check.server();
    for (section, value) in entries(document) {
        check.references(section, value);
    }
    check.operation_ids();
    for operation in operations(spec) {
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
    spec: &'a OpenAPI,
    document: &'a Value,
    open_enums: &'a [&'a str],
    reach: &'a wire::Reach,
    problems: BTreeSet<Problem>,
}

impl Check<'_> {
    fn report(&mut self, place: &str, rule: Rule, message: impl Into<String>) {
        self.problems.insert(Problem { place: place.to_owned(), message: message.into(), rule });
    }

    fn version(&mut self) {
        let version = &self.spec.openapi;
        if !version.starts_with("3.0.") {
            self.report("document", rules::OPENAPI, format!("`openapi` is {version:?}"));
        }
    }

    fn server(&mut self) {
        let servers = &self.spec.servers;
        let mut wrong = |message: String| self.report("servers", rules::SERVER, message);
        let [Server { url, variables, extensions, .. }] = &servers[..] else {
            return wrong(format!("there are {} servers", servers.len()));
        };
        if !url.strip_prefix("https://").is_some_and(|rest| rest.contains('/') && !rest.ends_with('/')) {
            wrong(format!("`{url}` is not `https://host/path`, without a slash at the end"));
        }
        for variable in ["version", "program"] {
            if !url.contains(&format!("{{{variable}}}")) {
                wrong(format!("the URL does not contain `{{{variable}}}`"));
            }
        }
        let values = |name: &str| -> BTreeSet<&str> {
            let variable = variables.as_ref().and_then(|variables| variables.get(name));
            variable.into_iter().flat_map(|variable| &variable.enumeration).map(String::as_str).collect()
        };
        let (programs, versions): (BTreeSet<_>, BTreeSet<_>) = extensions
            .get("x-version-of-program")
            .into_iter()
            .flat_map(entries)
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
        if operations(self.spec).next().is_none() {
            self.report("paths", rules::OPERATION_ID, "there are no operations");
        }
        let mut seen = BTreeMap::new();
        for operation in operations(self.spec) {
            let method = operation.id().to_snake_case();
            let message = if method.is_empty() {
                "`operationId` is missing".to_owned()
            } else if RESERVED.contains(&method.as_str()) {
                format!("`{method}` is a method of every generated client")
            } else if let Some(first) = seen.insert(method.clone(), operation.id()) {
                format!("both this and `{first}` become `{method}`")
            } else {
                continue;
            };
            self.report(&place(&operation), rules::OPERATION_ID, message);
        }
    }
}

fn place(operation: &Operation) -> String {
    match operation.id() {
        "" => format!("{} {}", operation.method.to_uppercase(), operation.path),
        id => id.to_owned(),
    }
}

/// Returns the name of the schema of a JSON body.
pub fn named_schema(content: &Content) -> Option<&str> {
    match content.get("application/json")?.schema.as_ref()? {
        ReferenceOr::Reference { reference } => reference.strip_prefix("#/components/schemas/"),
        ReferenceOr::Item(_) => None,
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
