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

/// Parameters that exclude another one of the same operation.
const EXCLUSIVE: [(&str, &str); 1] = [("tryReportQuery", "queryId")];

/// Returns a request with the examples of all parameters and of the body.
pub fn good(document: &Document, operation: &Operation, token: &str) -> Request {
    let mut target = format!("{}{}", document.base_paths()[0], operation.path);
    let mut query = Vec::new();
    let mut headers = vec![
        ("host".to_owned(), "localhost".to_owned()),
        ("authorization".to_owned(), format!("Bearer {token}")),
    ];
    for parameter in operation.parameters() {
        let name = parameter.data.name.as_str();
        let value = text(parameter.data.example.as_ref().unwrap());
        match parameter.place {
            "path" => target = target.replace(&format!("{{{name}}}"), &value),
            "header" => headers.push((name.to_lowercase(), value)),
            _ if EXCLUSIVE.contains(&(operation.id, name)) => {}
            _ => query.push((name, value)),
        }
    }
    let request = Request { method: operation.method.clone(), target, headers, body: String::new() };
    let mut request = match operation.request_body() {
        Some(body) => with_body(&request, &document.examples(&body.content)[0].to_string()),
        None => with_body(&request, ""),
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
            let Some(wrong) = wrong(document.resolve(&parameter.schema)) else { continue };
            let (name, place) = (&parameter.data.name, parameter.place);
            let example = text(parameter.data.example.as_ref().unwrap());
            let mut request = good.clone();
            let in_query = |value: &str| format!("{name}={value}");
            match place {
                "path" => request.target = request.target.replacen(&example, wrong, 1),
                "header" => {
                    request.headers.retain(|(known, _)| *known != name.to_lowercase());
                    request.headers.push((name.to_lowercase(), wrong.to_owned()));
                }
                _ => request.target = request.target.replacen(&in_query(&example), &in_query(wrong), 1),
            }
            put(&format!("{place} `{name}` is `{wrong}`"), true, request);
        }
        for (what, body) in bodies(document, &operation) {
            put(&what, true, with_body(&good, &body));
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

/// Returns bodies that do not fit the operation.
fn bodies(document: &Document, operation: &Operation) -> Vec<(String, String)> {
    let Some(body) = operation.request_body() else {
        return vec![("a body".to_owned(), "{}".to_owned())];
    };
    let schema = operation.request_schema().unwrap();
    let schema = document.resolve(&schema);
    let example = document.examples(&body.content)[0];
    let with = |name: &str, value: Value| {
        let mut body = example.clone();
        body[name] = value;
        body.to_string()
    };
    let mut bodies =
        vec![("no body".to_owned(), String::new()), ("a list as body".to_owned(), "[]".to_owned())];
    for (name, property) in entries(&schema["properties"]) {
        let property = document.resolve(property);
        let mut put = |what: String, body| bodies.push((format!("`{name}` of the body is {what}"), body));
        put("null".to_owned(), with(name, Value::Null));
        put("a list".to_owned(), with(name, json!([])));
        if schema["required"].as_array().is_some_and(|required| required.contains(&json!(name))) {
            let mut members = example.as_object().unwrap().clone();
            members.remove(name);
            put("absent".to_owned(), Value::Object(members).to_string());
        }
        if let Some(wrong) = wrong(property).filter(|_| property["enum"].is_array()) {
            put(format!("`{wrong}`"), with(name, json!(wrong)));
        }
        if let Some(length) = property["maxLength"].as_u64() {
            put("too long".to_owned(), with(name, json!("a".repeat(usize::try_from(length).unwrap() + 1))));
        }
        for (limit, beyond) in [("minimum", -1), ("maximum", 1)] {
            if let Some(limit) = property[limit].as_i64() {
                put((limit + beyond).to_string(), with(name, json!(limit + beyond)));
            }
        }
    }
    bodies
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

fn with_query(request: &Request, name: &str, value: &str) -> Request {
    let mut url = reqwest::Url::parse(&format!("http://host{}", request.target)).unwrap();
    url.query_pairs_mut().append_pair(name, value);
    let query = url.query().unwrap_or_default();
    Request { target: format!("{}?{query}", url.path()), ..request.clone() }
}

fn with_body(request: &Request, body: &str) -> Request {
    let mut request = Request { body: body.to_owned(), ..request.clone() };
    request.headers.retain(|(name, _)| !name.starts_with("content-"));
    request.headers.push(("content-length".to_owned(), body.len().to_string()));
    request.headers.push(("content-type".to_owned(), "application/json".to_owned()));
    request
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[test]
fn example_requests_conform() {
    let document = Document::ours();
    for operation in document.operations() {
        let good = good(&document, &operation, TOKEN);
        assert_eq!(conform::request(&good), Ok(operation.id.to_owned()), "{good:?}");
    }
}

#[test]
fn stray_requests_have_exactly_one_problem() {
    let document = Document::ours();
    let strays = all(&document, TOKEN);
    for Stray { what, operation, request } in &strays {
        let problems = conform::request(request).expect_err(what);
        let place = operation.as_deref().unwrap_or("fits no operation");
        // A null is neither a string nor one of the values.
        let is_one = problems.len() == 1 || what.contains("of the body");
        assert!(is_one && problems.iter().all(|problem| problem.contains(place)), "{what}: {problems:?}");
    }
    assert!(strays.len() > 8 * document.operations().len());
}
