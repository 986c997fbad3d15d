//! Checks requests against the spec, in the same way for all operations.

use std::collections::BTreeMap;

use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, TRANSFER_ENCODING};
use axum::http::{HeaderMap, StatusCode};
use url::form_urlencoded;

use super::response::Refusal;
use crate::report::ReportId;
use crate::spec::{self, Kind, Operation, Parameter};

/// The header parameters of the spec, which are checked if they are sent.
const HEADERS: [(&str, Kind); 3] =
    [("MS-RequestId", Kind::Uuid), ("MS-CorrelationId", Kind::Uuid), ("ValidateMfa", Kind::Boolean)];

/// Path and query parameters.
pub(super) type Parameters = BTreeMap<String, String>;

/// Checks version, program, parameters and headers, and that there is a body only if the operation has one. `given`
/// contains the path parameters.
pub(super) fn check(
    operation: &Operation,
    mut given: Parameters,
    query: &str,
    headers: &HeaderMap,
) -> Result<Parameters, Refusal> {
    let is_v1_1 = given.get("version").is_some_and(|version| version == "v1.1");
    for (name, values) in spec::SERVER_VARIABLES {
        let value = given.remove(*name).unwrap_or_default();
        if !values.contains(&value.as_str()) {
            return Err(Refusal::new(StatusCode::NOT_FOUND, format!("There is no {name} '{value}'.")));
        }
    }
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let known = operation.parameters.iter().find(|known| known.name.eq_ignore_ascii_case(&name));
        let key = known.map_or(&*name, |known| known.name).to_owned();
        if given.insert(key, value.into_owned()).is_some() {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, format!("Duplicate parameter '{name}'.")));
        }
    }
    let is_unknown = |name: &&String| !operation.parameters.iter().any(|known| known.name == **name);
    if let Some(name) = given.keys().find(is_unknown) {
        return Err(invalid(name, "is not a parameter of this operation"));
    }
    for parameter in operation.parameters {
        match given.get(parameter.name) {
            // Lists of ids are documented for v1.1.
            Some(ids) if is_v1_1 && *operation == spec::GET_REPORTS && parameter.kind == Kind::Uuid => {
                ids.split(';').try_for_each(|id| check_value(parameter, id))?;
            }
            Some(value) => check_value(parameter, value)?,
            None if parameter.required => return Err(invalid(parameter.name, "is missing")),
            None => {}
        }
    }
    for (name, kind) in HEADERS {
        for value in headers.get_all(name) {
            check_kind(name, kind, value.to_str().unwrap_or_default())?;
        }
    }
    let length = headers.get(CONTENT_LENGTH).map_or(&b"0"[..], |length| length.as_bytes());
    let has_body = length != b"0" || headers.contains_key(TRANSFER_ENCODING);
    if operation.request_body.is_none() && has_body {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "This operation has no request payload."));
    }
    Ok(given)
}

fn check_value(parameter: &Parameter, value: &str) -> Result<(), Refusal> {
    if !parameter.values.is_empty() && !parameter.values.contains(&value) {
        return Err(invalid(parameter.name, &format!("must be one of {}", parameter.values.join(", "))));
    }
    check_kind(parameter.name, parameter.kind, value)
}

fn check_kind(name: &str, kind: Kind, value: &str) -> Result<(), Refusal> {
    let expected = match kind {
        Kind::Uuid if value.parse::<ReportId>().is_err() => "must be a UUID",
        // The service has been observed to accept `False`.
        Kind::Boolean if !["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(value)) => {
            "must be true or false"
        }
        Kind::Integer if value.parse::<i64>().is_err() => "must be a whole number",
        _ => return Ok(()),
    };
    Err(invalid(name, expected))
}

/// Returns the error with this status and its documented message.
pub(super) fn refusal(operation: &Operation, status: StatusCode) -> Refusal {
    let message = operation.messages.iter().find(|(of, _)| *of == status.as_u16());
    Refusal::new(status, message.map_or("", |(_, message)| message))
}

/// Whether the request has the token (RFC 6750, section 2.1).
pub(super) fn is_authorized(headers: &HeaderMap, token: &str) -> bool {
    let credentials = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    credentials
        .and_then(|value| value.split_once(' '))
        .is_some_and(|(scheme, given)| scheme.eq_ignore_ascii_case("bearer") && given.trim() == token)
}

fn invalid(name: &str, problem: &str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, format!("Parameter '{name}' {problem}."))
}
