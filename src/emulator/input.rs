//! Reads the JSON body of a request, with the error messages of the service.

use std::time::SystemTime;

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::response::Refusal;
use crate::report::Timestamp;

const FOR_CREATION: &str = "Invalid report parameters for creation";

/// The members of a request's body.
pub(super) struct Input {
    members: Map<String, Value>,
    is_creation: bool,
}

impl Input {
    /// Reads the body of a request that creates something.
    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self { members, is_creation: true }),
            _ => Err(bad_request("The request payload is not a JSON object.")),
        }
    }

    /// Reads the body of a request that changes something.
    pub fn parse_update(body: &[u8]) -> Result<Self, Refusal> {
        Ok(Self { is_creation: false, ..Self::parse(body)? })
    }

    pub fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        self.read(name, |value| value.as_str().map(str::to_owned))
    }

    pub fn required(&self, name: &str) -> Result<String, Refusal> {
        let text = self.text(name)?.filter(|text| !text.trim().is_empty());
        text.ok_or_else(missing)
    }

    pub fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        self.read(name, Value::as_bool)
    }

    pub fn number(&self, name: &str) -> Result<Option<i32>, Refusal> {
        self.read(name, |value| value.as_i64().and_then(|number| i32::try_from(number).ok()))
    }

    /// Reads a word of a fixed list, ignoring letter case, and returns it in the spelling of the list.
    pub fn word(&self, name: &str, words: &[&str], refusal: Option<&str>) -> Result<Option<String>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let known = words.iter().find(|word| word.eq_ignore_ascii_case(&text)).map(|word| (*word).to_owned());
        let refuse = || refusal.map_or_else(|| unknown_word(&text), invalid_report);
        known.ok_or_else(refuse).map(Some)
    }

    /// Reads a time. A time in another format is refused. A text that is not a time at all is an internal error in
    /// creations, as documented, and refused in updates.
    pub fn time(&self, name: &str) -> Result<Option<SystemTime>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match Timestamp::from(&*text).to_system_time() {
            Some(time) if Timestamp::from(time).as_str() == text => Ok(Some(time)),
            None if self.is_creation => Err(internal_error()),
            _ => Err(invalid_report(&format!("{name} should follow format: yyyy-MM-ddTHH:mm:ssZ"))),
        }
    }

    fn read<T>(&self, name: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Option<T>, Refusal> {
        let in_any_case =
            || self.members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        match self.members.get(name).or_else(in_any_case) {
            None => Ok(None),
            Some(Value::Null) => Err(missing()),
            Some(value) => {
                read(value).map(Some).ok_or_else(|| bad_request(format!("'{name}' has a wrong type.")))
            }
        }
    }
}

pub(super) fn bad_request(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, message)
}

pub(super) fn missing() -> Refusal {
    bad_request("Null or missing value")
}

pub(super) fn invalid_report(problem: &str) -> Refusal {
    bad_request(format!("{FOR_CREATION} - {problem}"))
}

pub(super) fn unknown_word(word: &str) -> Refusal {
    bad_request(format!("Requested value '{word}' not found"))
}

fn internal_error() -> Refusal {
    let message = "Internal error encountered while creating report. Correlation ID <>";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, message)
}
