//! Checks requests and responses against the spec. Each problem names its place.

use reqwest::Url;
use serde_json::{Value, json};

use crate::document::{Document, Operation, entries};
use crate::schema::{UnknownFields, errors, validator};
pub use crate::support::Request;

/// Request headers that are allowed although they are not in the spec, and why.
const REQUEST_HEADERS: [(&str, &str); 6] = [
    ("host", "HTTP"),
    ("accept", "HTTP: the media type of the responses"),
    ("accept-encoding", "HTTP: compression"),
    ("content-length", "HTTP: 0, because front ends refuse a PUT without it"),
    ("content-type", "every reference page lists it, even for requests without a body"),
    ("user-agent", "identification: the client and its version"),
];

/// Response headers that are allowed although they are not in the spec.
const RESPONSE_HEADERS: [&str; 8] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "transfer-encoding",
    "vary",
    "www-authenticate",
];

/// Returns the operation that a request conforms to, or everything that is wrong with it.
pub fn request(document: &Document, request: &Request) -> Result<String, Vec<String>> {
    let Ok(url) = Url::parse(&format!("http://host{}", request.target)) else {
        return Err(vec![format!("{} is not a request target", request.target)]);
    };
    let operations = document.operations();
    let matching = operations.iter().filter(|operation| operation.method == request.method);
    let found: Vec<_> = matching
        .filter_map(|operation| {
            let fits = |base: String| path_values(&format!("{base}{}", operation.path), url.path());
            Some((operation, document.base_paths().into_iter().find_map(fits)?))
        })
        .collect();
    let [(operation, in_path)] = &found[..] else {
        let line = format!("{} {}", request.method, request.target);
        return Err(vec![format!("{line} fits {} operations of the spec", found.len())]);
    };
    let in_query: Vec<_> = url.query_pairs().into_owned().collect();
    let mut problems = parameters(document, operation, "path", in_path);
    problems.extend(parameters(document, operation, "query", &in_query));
    problems.extend(headers(document, operation, request));
    problems.extend(body(document, operation, request));
    let named = |problem| format!("{}: {problem}", operation.id);
    if problems.is_empty() {
        Ok(operation.id.to_owned())
    } else {
        Err(problems.into_iter().map(named).collect())
    }
}

/// Returns the values of the template's parameters, if the path fits it.
fn path_values(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    if template.len() != path.len() {
        return None;
    }
    let mut values = Vec::new();
    for (name, part) in template.into_iter().zip(path) {
        match name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => values.push((name.to_owned(), part.to_owned())),
            None if name == part => {}
            None => return None,
        }
    }
    Some(values)
}

fn parameters(
    document: &Document,
    operation: &Operation,
    place: &str,
    sent: &[(String, String)],
) -> Vec<String> {
    let declared: Vec<_> = operation.parameters().into_iter().filter(|p| p["in"] == place).collect();
    let mut problems = Vec::new();
    for parameter in &declared {
        let times = sent.iter().filter(|(name, _)| parameter["name"] == **name).count();
        if times > 1 || (times == 0 && parameter["required"] == true) {
            problems.push(format!("{place} parameter {} is sent {times} times", parameter["name"]));
        }
    }
    for (name, value) in sent {
        let Some(parameter) = declared.iter().find(|parameter| parameter["name"] == **name) else {
            problems.push(format!("{place} parameter `{name}` is not in the spec"));
            continue;
        };
        let wrong = text_errors(document, &parameter["schema"], value);
        problems.extend(wrong.into_iter().map(|error| format!("{place} parameter `{name}`: {error}")));
    }
    problems
}

/// Returns what is wrong with a value that is sent as text.
fn text_errors(document: &Document, schema: &Value, text: &str) -> Vec<String> {
    let value = match document.resolve(schema)["type"].as_str() {
        Some("boolean" | "integer" | "number") => serde_json::from_str(text).unwrap_or(json!(text)),
        _ => json!(text),
    };
    errors(&validator(document, schema, UnknownFields::Refused), &value)
}

/// Checks the body. Its names are in PascalCase, and nothing is null: the schema says so.
fn body(document: &Document, operation: &Operation, request: &Request) -> Vec<String> {
    let Some(schema) = operation.request_schema() else {
        return match &*request.body {
            "" => Vec::new(),
            body => vec![format!("the request has a body, which is not in the spec: {body}")],
        };
    };
    let media_type = request.header("content-type").unwrap_or_default();
    if media_type != "application/json" {
        return vec![format!("the request body is of type `{media_type}`")];
    }
    match serde_json::from_str(&request.body) {
        Err(error) => vec![format!("the request body is not JSON: {error}")],
        Ok(body) => {
            let errors = errors(&validator(document, schema, UnknownFields::Refused), &body);
            errors.into_iter().map(|error| format!("request body: {error}")).collect()
        }
    }
}

fn headers(document: &Document, operation: &Operation, request: &Request) -> Vec<String> {
    let security = operation.value.get("security").unwrap_or(&document.0["security"]);
    let schemes = security.as_array().into_iter().flatten().flat_map(entries);
    let bearer = schemes
        .map(|(name, _)| &document.0["components"]["securitySchemes"][name])
        .any(|scheme| scheme["type"] == "http" && scheme["scheme"] == "bearer");
    let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let mut problems = Vec::new();
    if bearer && token.is_none_or(|token| token.is_empty() || token.contains(' ')) {
        problems.push("the bearer token is missing".to_owned());
    }
    let mut parameters = operation.parameters();
    parameters.retain(|parameter| parameter["in"] == "header");
    let mut seen = Vec::new();
    for (name, value) in &request.headers {
        let is_named = |p: &&&Value| p["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name));
        let known = REQUEST_HEADERS.iter().any(|(known, _)| known == name);
        let is_token = bearer && name == "authorization";
        if let Some(parameter) = parameters.iter().find(is_named) {
            let wrong = text_errors(document, &parameter["schema"], value);
            problems.extend(wrong.into_iter().map(|error| format!("header `{name}`: {error}")));
        } else if !known && !is_token {
            problems.push(format!("header `{name}` is neither in the spec nor in REQUEST_HEADERS"));
        }
        if seen.contains(&name) {
            problems.push(format!("header `{name}` is sent twice"));
        }
        seen.push(name);
    }
    problems
}

/// Returns everything that is wrong with a response.
pub fn response(
    document: &Document,
    operation: &str,
    status: u16,
    headers: &[(String, String)],
    body: &str,
) -> Vec<String> {
    let place = format!("{operation} {status}");
    let Some(found) = document.operation(operation) else {
        return vec![format!("{place}: no such operation")];
    };
    let Some((_, response)) = found.responses().into_iter().find(|(declared, _)| *declared == status) else {
        return vec![format!("{place}: the status is not in the spec")];
    };
    let mut problems = Vec::new();
    let named = |name: &str| headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    for (name, header) in entries(&response["headers"]) {
        let header = document.resolve(header);
        match named(name) {
            Some((_, value)) => {
                let wrong = text_errors(document, &header["schema"], value);
                problems.extend(wrong.into_iter().map(|error| format!("header `{name}`: {error}")));
            }
            None if header["required"] == true => problems.push(format!("header `{name}` is missing")),
            None => {}
        }
    }
    for (name, _) in headers {
        let known = RESPONSE_HEADERS.iter().any(|known| name.eq_ignore_ascii_case(known));
        if !known && !entries(&response["headers"]).any(|(declared, _)| name.eq_ignore_ascii_case(declared)) {
            problems.push(format!("header `{name}` is not in the spec"));
        }
    }
    let content_type = named("content-type").map_or("", |(_, value)| value.as_str());
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    match entries(&response["content"]).find(|(declared, _)| *declared == media_type) {
        None => problems.push(format!("the media type `{media_type}` is not in the spec")),
        Some((_, content)) => match serde_json::from_str::<Value>(body) {
            Err(error) => problems.push(format!("the body is not JSON: {error}")),
            Ok(body) => {
                let validator = validator(document, &content["schema"], UnknownFields::Refused);
                problems.extend(errors(&validator, &body));
            }
        },
    }
    problems.into_iter().map(|problem| format!("{place}: {problem}")).collect()
}
