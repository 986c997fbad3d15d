//! The dialect: the part of OpenAPI 3.0 that progenitor turns into the client we want. Outside it, progenitor
//! panics without naming a place, or generates something that compiles and is wrong.
//!
//! `check` tells all violations at once. `openapi/README.md` is the page for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use heck::ToSnakeCase;
use serde_json::Value;

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

impl<'a> Check<'a> {
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
        if !url.strip_prefix("https://").is_some_and(|rest| rest.contains("/") && !rest.ends_with('/')) {
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

    /// progenitor ignores `security`; the client sends the token with every operation, so each must ask for it.
    fn operation(&mut self, operation: &Operation) {
        let place = operation.place();
        let security = operation.value.get("security").unwrap_or(&self.document["security"]);
        let schemes = security.as_array().map_or(&[][..], Vec::as_slice);
        let known = &self.document["components"]["securitySchemes"];
        let bearer = |scheme: &Value| entries(scheme).any(|(name, _)| known[name]["scheme"] == "bearer");
        if schemes.is_empty() || !schemes.iter().all(bearer) {
            self.report(
                &place,
                "security",
                "must require a bearer scheme of `components.securitySchemes`; the client always sends one",
            );
        }
        for key in ["summary", "description"] {
            if operation.value[key].as_str().is_none_or(str::is_empty) {
                self.report(
                    &place,
                    "described",
                    format!("`{key}` is missing; rustdoc and the emulator show it"),
                );
            }
        }
        if operation.value["externalDocs"]["url"].as_str().is_none_or(|url| !url.starts_with("https://")) {
            self.report(
                &place,
                "external-docs",
                "`externalDocs.url` must link the page that the operation comes from",
            );
        }
        if !operation.value["requestBody"].is_null() {
            self.report(
                &place,
                "request-body",
                "the client sends no bodies yet; teach the call and its tests first",
            );
        }
    }

    /// progenitor panics on an optional path parameter, and sends lists in a form that servers misread.
    fn parameters(&mut self, operation: &Operation) {
        let place = operation.place();
        let document = self.document;
        let shared = document["paths"][operation.path]["parameters"].as_array();
        let own = operation.value["parameters"].as_array();
        let mut in_path = BTreeSet::new();
        for parameter in shared.into_iter().chain(own).flatten().map(|p| resolve(document, p)) {
            let name = parameter["name"].as_str().unwrap_or_default();
            match parameter["in"].as_str() {
                Some("path") => {
                    in_path.insert(name);
                    if parameter["required"] != true {
                        self.report(
                            &place,
                            "path-parameter",
                            format!("`{name}` is in the path and must be `required: true`"),
                        );
                    }
                }
                Some("query") => {}
                _ => self.report(
                    &place,
                    "parameter-place",
                    format!(
                        "`{name}` must be in path or query; headers belong to the client, cookies to nobody"
                    ),
                ),
            }
            let schema = resolve(document, &parameter["schema"]);
            if !matches!(schema["type"].as_str(), Some("string" | "boolean" | "integer")) {
                self.report(&place, "parameter-type", format!("`{name}` must be a string, a boolean or an integer; lists are sent in a form that differs from the document"));
            }
            if !parameter["style"].is_null()
                || !parameter["explode"].is_null()
                || !parameter["content"].is_null()
            {
                self.report(&place, "parameter-style", format!("`{name}` must not set `style`, `explode` or `content`; the generator ignores or refuses them"));
            }
        }
        let template: BTreeSet<_> = operation
            .path
            .split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}'))
            .map(|(name, _)| name)
            .collect();
        if template != in_path {
            self.report(
                &place,
                "path-template",
                format!("the path names {template:?}, the parameters in the path are {in_path:?}"),
            );
        }
    }

    /// More than one success type is an assertion of progenitor; `default` and ranges shadow single statuses.
    fn responses(&mut self, operation: &Operation) {
        let place = operation.place();
        let responses: Vec<_> =
            entries(&operation.value["responses"]).map(|(s, r)| (s, resolve(self.document, r))).collect();
        for (status, response) in &responses {
            if status.len() != 3 || !status.bytes().all(|b| b.is_ascii_digit()) {
                self.report(
                    &place,
                    "status",
                    format!("`{status}` must be a three-digit status; `default` and ranges hide the others"),
                );
            }
            for (media_type, _) in entries(&response["content"]) {
                if media_type != "application/json" {
                    self.report(&place, "media-type", format!("{status}: `{media_type}` must be `application/json`, in lower case; nothing else is decoded"));
                }
            }
        }
        let successes: Vec<_> = responses.iter().filter(|(status, _)| status.starts_with('2')).collect();
        let [(_, success)] = successes[..] else {
            return self.report(
                &place,
                "one-success",
                format!(
                    "must have exactly one 2xx response, has {}; the generator stops at a second type",
                    successes.len()
                ),
            );
        };
        if success["content"]["application/json"]["schema"]["$ref"]
            .as_str()
            .is_none_or(|r| !r.starts_with("#/components/schemas/"))
        {
            self.report(&place, "named-answer", "the 2xx response must refer to a schema of `components`; an inline one gets a name that nobody chose");
        }
    }

    fn component(&mut self, name: &str, schema: &Value) {
        self.schema(name, schema, true);
        let mut spellings = BTreeMap::new();
        for (property, schema) in entries(&schema["properties"]) {
            let place = format!("{name}.{property}");
            let pascal = property.starts_with(|c: char| c.is_ascii_uppercase())
                && property.chars().all(|c| c.is_ascii_alphanumeric());
            if !pascal {
                self.report(
                    &place,
                    "property-name",
                    "must be in PascalCase as the pages write it; the build adds the camelCase spelling",
                );
            }
            if let Some(other) = spellings.insert(property.to_ascii_lowercase(), property) {
                self.report(
                    &place,
                    "property-name",
                    format!("differs from `{other}` in case only; the two would be one field"),
                );
            }
            self.schema(&place, schema, false);
        }
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let property = &schema["properties"][required];
            if property.is_null() {
                self.report(name, "required", format!("`{required}` is required, but no property"));
            }
            if property["nullable"] == true {
                self.report(
                    &format!("{name}.{required}"),
                    "required",
                    "must not be both required and nullable; the generated field could not be null",
                );
            }
        }
    }

    fn schema(&mut self, place: &str, schema: &Value, component: bool) {
        if !schema["$ref"].is_null() {
            return;
        }
        for (keyword, reason) in REFUSED_KEYWORDS {
            if !schema[keyword].is_null() {
                self.report(place, "schema-keyword", format!("`{keyword}` is not used here: {reason}"));
            }
        }
        let property = place.contains('.') && !place.ends_with(" items");
        if schema["description"].as_str().is_none_or(str::is_empty) && (component || property) {
            self.report(
                place,
                "described",
                "`description` is missing; it becomes the documentation of the Rust type",
            );
        }
        let own_type = self.open_enums.contains(&place);
        match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("string" | "boolean"), None) | (Some("integer"), Some("int32" | "int64")) => {}
            // Elsewhere the lowering leaves them alone, and they would become strict.
            (Some("string"), Some("date-time" | "password")) if property => {}
            (Some("string"), Some("uuid")) if own_type => {}
            (Some("object"), None) if component => {}
            (Some("array"), None) if !component => self.schema(&format!("{place} items"), &schema["items"], false),
            (kind, format) => self.report(
                place,
                "schema-type",
                format!("type `{}` with format `{}` is not one of: string (as a field also date-time, password), boolean, integer (int32, int64), a list, a named object", kind.unwrap_or("none"), format.unwrap_or("none")),
            ),
        }
        if !schema["enum"].is_null() && !own_type {
            self.report(place, "open-enum", "a list of words would be closed, and one new word would cost the whole answer; give it an open type (build/pipeline.rs)");
        }
    }
}

const REFUSED_KEYWORDS: [(&str, &str); 14] = [
    ("title", "it overrides the name, and two types with one title become one type"),
    ("default", "the field would always be sent and never be absent"),
    ("additionalProperties", "answers may grow; unknown fields are ignored without it"),
    ("allOf", "a field list of its own is easier to read and to generate"),
    ("anyOf", "it generates a struct of options that decodes anything"),
    ("oneOf", "the first type that fits swallows the others"),
    ("not", "the generator cannot express it"),
    ("discriminator", "the generator ignores it"),
    ("pattern", "one odd value would cost the whole answer"),
    ("minLength", "one odd value would cost the whole answer"),
    ("maxLength", "one odd value would cost the whole answer"),
    ("minimum", "it changes the integer type, and -1 has been seen"),
    ("maximum", "one odd value would cost the whole answer"),
    ("exclusiveMinimum", "it changes the integer type, and -1 has been seen"),
];

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}
