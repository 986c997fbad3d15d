//! Finds failures that are reported in the body of a 2xx.

use std::borrow::Cow;

use reqwest::StatusCode;
use serde_json::Value;

use super::CODES;
use crate::envelope::is_one_of;
use crate::lenient::integer;
use crate::pages::signs::{has_content, truth};

// Names are in lower case and without punctuation.
const STATUSES: [&str; 7] =
    ["statuscode", "status", "httpstatus", "httpstatuscode", "responsecode", "responsestatus", "httpcode"];
/// Members that may contain the failure.
const WRAPPERS: [&str; 7] = ["d", "result", "response", "body", "status", "responsestatus", "meta"];
const FAILURES: [&str; 10] = [
    "error",
    "errors",
    "fault",
    "exception",
    "errormessage",
    "errorcode",
    "errordescription",
    "innererror",
    "exceptionmessage",
    "errordetails",
];

/// A failure in the body of a 2xx, with its status if the body has one.
pub(crate) struct Failure {
    pub status: Option<u16>,
}

/// Returns the failure that the members of a 2xx report, if any.
pub(crate) fn in_members(members: &[(Cow<'static, str>, Value)]) -> Option<Failure> {
    among(&mut members.iter().map(|(name, value)| (&**name, value)), 0)
}

fn among<'a>(members: &mut dyn Iterator<Item = (&'a str, &'a Value)>, depth: usize) -> Option<Failure> {
    let (mut status, mut fails) = (None, false);
    for (name, value) in members {
        // Most members are these, and most bodies report no failure.
        match name {
            "totalCount" | "message" | "nextLink" | "dataRedacted" => continue,
            "statusCode" if value.as_u64().is_some_and(|status| status < 400) => continue,
            _ => {}
        }
        if let (true, Value::Object(inner)) = (is_one_of(name, &WRAPPERS), value) {
            let mut inner = inner.iter().map(|(name, value)| (&**name, value));
            if depth < 2
                && let Some(inner) = among(&mut inner, depth + 1)
            {
                fails = true;
                status = status.max(inner.status);
            }
        } else if is_one_of(name, &STATUSES) {
            status = status.max(failed_status(value));
            fails |= is_failed(value);
        } else if is_one_of(name, &FAILURES) && has_content(value) {
            fails = true;
            if let Value::Object(error) = value {
                let statuses =
                    error.iter().filter(|(name, _)| is_one_of(name, &STATUSES) || is_one_of(name, &CODES));
                status = status.max(statuses.filter_map(|(_, value)| failed_status(value)).max());
            }
        } else {
            fails |= is_one_of(name, &["success", "issuccess", "succeeded", "ok"])
                && truth(value) == Some(false)
                || is_one_of(name, &["haserror", "haserrors", "iserror", "failed"])
                    && truth(value) == Some(true)
                || is_one_of(name, &["result", "outcome", "state"]) && is_failed(value);
        }
    }
    (fails || status.is_some()).then_some(Failure { status })
}

/// Returns the failure that a 2xx without an envelope reports, if any: in a list of errors, or as plain text.
pub(crate) fn without_envelope(text: &str) -> Option<Failure> {
    match serde_json::from_str(text) {
        Ok(Value::Array(elements)) => elements
            .iter()
            .filter_map(Value::as_object)
            .find_map(|element| among(&mut element.iter().map(|(name, value)| (&**name, value)), 0)),
        Ok(Value::String(text)) => in_text(&text),
        Ok(_) => None,
        Err(_) => in_text(text),
    }
}

fn in_text(text: &str) -> Option<Failure> {
    let lower = text.trim().to_ascii_lowercase();
    let status = status_named(&lower);
    let fails = ["error", "exception", "fail", "fault"].iter().any(|word| lower.starts_with(word));
    (fails || status.is_some()).then_some(Failure { status })
}

/// Whether a value is a word for failure, such as `rejected`.
fn is_failed(value: &Value) -> bool {
    let words = ["error", "failed", "failure", "fail", "faulted", "rejected", "denied"];
    value.as_str().is_some_and(|text| words.iter().any(|word| word.eq_ignore_ascii_case(text.trim())))
}

/// Whether there is a service code, such as `900421`. Successes have none.
pub(crate) fn has_code(members: &[(Cow<'static, str>, Value)]) -> bool {
    members.iter().any(|(name, value)| is_one_of(name, &CODES) && failed_status(value).is_some())
}

/// Returns a status of 400 or more: a number, a string with a number, or a name.
fn failed_status(value: &Value) -> Option<u16> {
    let Some(status) = integer(value) else { return status_named(&value.as_str()?.to_ascii_lowercase()) };
    (status >= 400).then(|| u16::try_from(status).unwrap_or(599))
}

/// Returns the status of 400 or more that a text begins with or names: `404 Not Found` or `NotFound`.
fn status_named(lower: &str) -> Option<u16> {
    let word = lower.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    if let Ok(status) = word.parse::<u16>() {
        return Some(status).filter(|status| (400..600).contains(status));
    }
    let name: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_name = |status: &u16| {
        let reason = StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason());
        reason.is_some_and(|reason| {
            reason
                .bytes()
                .filter(u8::is_ascii_alphanumeric)
                .map(|byte| byte.to_ascii_lowercase())
                .eq(name.bytes())
        })
    };
    (400..600).find(is_name)
}
