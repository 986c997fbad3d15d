//! Requests generated from the spec: for each operation one that it allows, and some that it does not.

use serde_json::{Value, json};

use crate::conform::{self, Request};
use crate::document::{Document, Operation, entries};
use crate::recorder::TOKEN;

/// A request that the spec does not allow.
pub struct Stray {
    pub what: String,
    /// The operation that the path belongs to, if any.
    pub operation: Option<String>,
    pub request: Request,
}

/// Returns a request with the examples of all parameters.
pub fn good(document: &Document, operation: &Operation, token: &str) -> Request {
    let mut target = format!("{}{}", document.base_paths()[0], operation.path);
    let mut query = Vec::new();
    for parameter in operation.parameters() {
        let name = parameter["name"].as_str().unwrap();
        let value = text(&parameter["example"]);
        match parameter["in"].as_str() {
            Some("path") => target = target.replace(&format!("{{{name}}}"), &value),
            // Excludes the text of a query.
            Some("query") if (operation.id, name) != ("tryReportQuery", "queryId") => {
                query.push((name, value));
            }
            _ => {}
        }
    }
    let example = &operation.value["requestBody"]["content"]["application/json"]["example"];
    let body = if example.is_null() { String::new() } else { example.to_string() };
    let mut request = Request {
        method: operation.method.clone(),
        target,
        headers: vec![
            ("host".to_owned(), "localhost".to_owned()),
            ("authorization".to_owned(), format!("Bearer {token}")),
            ("content-length".to_owned(), body.len().to_string()),
        ],
        body,
    };
    for (name, value) in query {
        request = with_query(&request, name, &value);
    }
    request
}

/// Returns, for each operation, its request with one mistake at a time.
pub fn all(document: &Document, token: &str) -> Vec<Stray> {
    let mut strays = Vec::new();
    for operation in document.operations() {
        let good = good(document, &operation, token);
        let mut put = |what: &str, matches: bool, request: Request| {
            let id = matches.then(|| operation.id.to_owned());
            strays.push(Stray { what: format!("{}: {what}", operation.id), operation: id, request });
        };
        let authorization = |value: Option<&str>| {
            let mut request = good.clone();
            request.headers.retain(|(name, _)| name != "authorization");
            request.headers.extend(value.map(|value| ("authorization".to_owned(), value.to_owned())));
            request
        };
        put("no token", true, authorization(None));
        put("an empty token", true, authorization(Some("Bearer ")));
        put("another scheme", true, authorization(Some("Basic dXNlcjpwYXNz")));
        put("an unknown parameter", true, with_query(&good, "top", "1"));
        for parameter in operation.parameters() {
            let Some(wrong) = wrong(document.resolve(&parameter["schema"])) else { continue };
            if parameter["in"] == "header" {
                continue;
            }
            let what = format!("`{}` is `{wrong}`", text(&parameter["name"]));
            let example = text(&parameter["example"]);
            let mut request = good.clone();
            request.target = request.target.replacen(&example, wrong, 1);
            put(&what, true, request);
        }
        for (what, body) in bodies(document, &operation) {
            put(&what, true, with_body(&good, body.to_string()));
        }
        put("a path in lower case", false, Request { target: good.target.to_lowercase(), ..good.clone() });
        put(
            "an extra slash",
            false,
            Request { target: good.target.replacen("/S", "//S", 1), ..good.clone() },
        );
        put("another method", false, Request { method: "PATCH".to_owned(), ..good.clone() });
        let program = |request: &Request| request.target.replacen("/mpn/", "/xyz/", 1);
        put("an unknown program", false, Request { target: program(&good), ..good.clone() });
    }
    strays
}

/// Returns a value that does not fit the schema, if there is one.
fn wrong(schema: &Value) -> Option<&'static str> {
    match (schema["type"].as_str(), schema["format"].as_str(), schema["enum"].is_array()) {
        (Some("boolean"), ..) => Some("maybe"),
        (Some("integer"), ..) => Some("many"),
        (_, Some("uuid"), _) => Some("sales"),
        (_, _, true) => Some("Asleep"),
        _ => None,
    }
}

/// Returns bodies that do not fit the schema of the operation's body, each with one mistake.
fn bodies(document: &Document, operation: &Operation) -> Vec<(String, Value)> {
    let content = &operation.value["requestBody"]["content"]["application/json"];
    let Some(good) = content["example"].as_object() else { return Vec::new() };
    let schema = document.resolve(&content["schema"]);
    let mut bodies = vec![("a list as body".to_owned(), json!([]))];
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let mut body = good.clone();
        body.remove(name);
        bodies.push((format!("a body without `{name}`"), body.into()));
    }
    for (name, property) in entries(&schema["properties"]) {
        let property = document.resolve(property);
        let mut mistakes = match (property["enum"].is_array(), property["type"] == "string") {
            (true, _) => vec![json!("Asleep")],
            (_, true) => vec![Value::Null, json!(7)],
            _ => vec![Value::Null, json!("many")],
        };
        let limit =
            |keyword: &str, beyond: i64| property[keyword].as_i64().map(|limit| json!(limit + beyond));
        mistakes.extend(limit("minimum", -1).into_iter().chain(limit("maximum", 1)));
        let too_long = |limit: i64| usize::try_from(limit + 1).ok().map(|length| json!("a".repeat(length)));
        mistakes.extend(property["maxLength"].as_i64().and_then(too_long));
        for wrong in mistakes {
            let what = format!("a body with `{name}` {wrong:.20}");
            let mut body = good.clone();
            body.insert(name.to_owned(), wrong);
            bodies.push((what, body.into()));
        }
    }
    bodies
}

pub fn with_body(request: &Request, body: String) -> Request {
    let mut request = Request { body, ..request.clone() };
    let length = request.body.len().to_string();
    request.headers.retain(|(name, _)| name != "content-length");
    request.headers.push(("content-length".to_owned(), length));
    request
}

pub fn with_query(request: &Request, name: &str, value: &str) -> Request {
    let mut url = reqwest::Url::parse(&format!("http://host{}", request.target)).unwrap();
    url.query_pairs_mut().append_pair(name, value);
    let query = url.query().unwrap_or_default();
    Request { target: format!("{}?{query}", url.path()), ..request.clone() }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn example_requests_conform() {
    let document = Document::ours();
    for operation in document.operations() {
        let good = good(&document, &operation, TOKEN);
        assert_eq!(conform::request(&document, &good), Ok(operation.id.to_owned()), "{good:?}");
    }
}

#[test]
fn stray_requests_have_exactly_one_problem() {
    let document = Document::ours();
    let strays = all(&document, TOKEN);
    for Stray { what, operation, request } in &strays {
        let problems = conform::request(&document, request).expect_err(what);
        let place = operation.as_deref().unwrap_or("fits 0 operations");
        assert!(problems.len() == 1 && problems[0].contains(place), "{what}: {problems:?}");
    }
    assert!(strays.len() > 8 * document.operations().len());
}
