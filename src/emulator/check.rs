//! Checks requests against the spec. Nothing here depends on a particular operation.

use std::collections::BTreeMap;

use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, TRANSFER_ENCODING};
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use url::form_urlencoded;

use super::response::Refusal;
use crate::report::ReportId;
use crate::spec::Operation;

/// Path and query parameters.
pub(super) type Parameters = BTreeMap<String, String>;

pub(super) struct Spec(Value);

impl Spec {
    pub fn load() -> serde_json::Result<Self> {
        serde_json::from_str(crate::spec::JSON).map(Self)
    }

    /// Checks version, program and parameters, and that the request has no body. `given` holds the path parameters.
    pub fn check(
        &self,
        operation: &Operation,
        mut given: Parameters,
        query: &str,
        headers: &HeaderMap,
    ) -> Result<Parameters, Refusal> {
        for (name, variable) in self.0["servers"][0]["variables"].as_object().into_iter().flatten() {
            let value = given.remove(name).unwrap_or_default();
            if !contains(&variable["enum"], &value) {
                return Err(Refusal::new(StatusCode::NOT_FOUND, format!("There is no {name} '{value}'.")));
            }
        }
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if given.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                return Err(Refusal::new(StatusCode::BAD_REQUEST, format!("Duplicate parameter '{name}'.")));
            }
        }
        let known = self.parameters(operation);
        if let Some(name) = given.keys().find(|name| !known.contains_key(name.as_str())) {
            return Err(invalid(name, "is not a parameter of this operation"));
        }
        for (name, parameter) in known {
            match given.get(name) {
                Some(value) => self.check_value(name, value, &parameter["schema"])?,
                None if parameter["required"] == true => return Err(invalid(name, "is missing")),
                None => {}
            }
        }
        let length = headers.get(CONTENT_LENGTH).map_or(&b"0"[..], |length| length.as_bytes());
        if length != b"0" || headers.contains_key(TRANSFER_ENCODING) {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "This operation has no request payload."));
        }
        Ok(given)
    }

    /// Returns the example of an error status.
    pub fn refusal(&self, operation: &Operation, status: StatusCode) -> Refusal {
        let response = self.resolve(&self.operation(operation)["responses"][status.as_str()]);
        let example = &response["content"]["application/json"]["example"];
        Refusal::new(status, example["Message"].as_str().unwrap_or_default())
    }

    fn operation(&self, operation: &Operation) -> &Value {
        &self.0["paths"][operation.path][operation.method.to_ascii_lowercase()]
    }

    fn parameters(&self, operation: &Operation) -> BTreeMap<&str, &Value> {
        let list = self.operation(operation)["parameters"].as_array();
        let resolved = list.into_iter().flatten().map(|parameter| self.resolve(parameter));
        resolved.filter_map(|parameter| Some((parameter["name"].as_str()?, parameter))).collect()
    }

    fn check_value(&self, name: &str, value: &str, schema: &Value) -> Result<(), Refusal> {
        let schema = self.resolve(schema);
        if schema["format"] == "uuid" && value.parse::<ReportId>().is_err() {
            return Err(invalid(name, "must be a UUID"));
        }
        // The service has been seen to accept `False`.
        if schema["type"] == "boolean"
            && !["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(value))
        {
            return Err(invalid(name, "must be true or false"));
        }
        if !schema["enum"].is_null() && !contains(&schema["enum"], value) {
            return Err(invalid(name, &format!("must be one of {}", schema["enum"])));
        }
        Ok(())
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let target = value["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
        target.and_then(|pointer| self.0.pointer(pointer)).unwrap_or(value)
    }
}

/// Whether the request carries the token (RFC 6750, section 2.1).
pub(super) fn is_authorized(headers: &HeaderMap, token: &str) -> bool {
    let credentials = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    credentials
        .and_then(|value| value.split_once(' '))
        .is_some_and(|(scheme, given)| scheme.eq_ignore_ascii_case("bearer") && given.trim() == token)
}

fn invalid(name: &str, problem: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, format!("Parameter '{name}' {problem}."))
}

fn contains(words: &Value, value: &str) -> bool {
    words.as_array().is_some_and(|words| words.iter().any(|word| word == value))
}
