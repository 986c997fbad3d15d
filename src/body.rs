//! Extracts the details of a failure from the body of its response. Many formats are recognized.

pub(crate) mod charset;
pub(crate) mod failure;
pub(crate) mod markup;

use serde_json::{Map, Value};

use crate::envelope::is_one_of;
use crate::pages::signs::has_content;
use crate::text::one_line;

/// Maximum length of a message, in characters.
const MESSAGE_LIMIT: usize = 300;
/// Maximum number of messages that are read from one body.
const MAX_MESSAGES: usize = 8;
/// Maximum nesting depth that is searched for messages.
const MAX_DEPTH: usize = 6;

/// Details of a failure.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Detail {
    pub code: Option<String>,
    pub message: Option<String>,
}

// Names are in lower case and without punctuation: `errormessage` also matches `error_message`.
const CODES: [&str; 4] = ["code", "errorcode", "faultcode", "errornumber"];
/// In the order of preference.
const MESSAGES: [&str; 15] = [
    "message",
    "description",
    "errordescription",
    "detail",
    "errormessage",
    "errormsg",
    "errorsummary",
    "err",
    "faultstring",
    "msg",
    "reason",
    "exceptionmessage",
    "title",
    "value",
    "developermessage",
];
/// Members that contain further details.
const NESTED: [&str; 21] = [
    "error",
    "errors",
    "fault",
    "exception",
    "details",
    "detail",
    "innererror",
    "innererrors",
    "innerexception",
    "modelstate",
    "validationerrors",
    "errordetails",
    "messages",
    "messagedetail",
    "exceptionmessage",
    "exceptions",
    "errorcauses",
    "causes",
    "failures",
    "problems",
    "faults",
];
/// Members that are searched if there are no details elsewhere.
const WRAPPERS: [&str; 6] = ["response", "result", "data", "meta", "body", "d"];
/// Members that name the subject of a message.
const TARGETS: [&str; 6] = ["target", "field", "propertyname", "property", "parameter", "name"];

/// Reads the envelope of the service in both spellings, the bodies of its gateways and of Entra, RFC 9457 problems,
/// validation errors, web pages, XML and plain text. Returns no details for anything else.
pub(crate) fn detail(text: &str) -> Detail {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if markup::is_markup(text) {
        let markup::Page { code, message, .. } = markup::read(text);
        return Detail { code, message };
    }
    match serde_json::from_str(text) {
        Ok(value) => of_json(&value),
        // Truncated JSON and binary data would only be noise.
        Err(_) if text.starts_with(['{', '[', '"']) || is_binary(text) => Detail::default(),
        Err(_) => Detail { code: None, message: message(text) },
    }
}

/// Whether a gateway or proxy wrote the body: it is not JSON, unlike the errors of the service.
pub(crate) fn is_foreign(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim();
    !text.is_empty() && !text.starts_with(['{', '[', '"'])
}

fn is_binary(text: &str) -> bool {
    let is_noise = |c: char| matches!(c, '\0'..='\x06' | '\u{80}'..='\u{9f}' | char::REPLACEMENT_CHARACTER);
    text.contains(is_noise)
}

fn of_json(value: &Value) -> Detail {
    let mut found = Found::default();
    found.read(value, None, 0);
    let code = found.code.take().or_else(|| found.word.clone());
    if found.messages.is_empty() {
        found.messages.extend(found.word.take());
    }
    Detail { code: code.filter(|code| !code.is_empty()), message: message(&found.messages()) }
}

/// What was found in a body, outermost first.
#[derive(Default)]
struct Found {
    code: Option<String>,
    /// The text of a member `error`: a code (RFC 6749, section 5.2), or the only message.
    word: Option<String>,
    messages: Vec<String>,
}

impl Found {
    fn messages(&self) -> String {
        let [rest @ .., last] = &self.messages[..] else { return String::new() };
        let rest: String = rest.iter().map(|text| format!("{}; ", text.trim_end_matches('.'))).collect();
        rest + last
    }

    fn read(&mut self, value: &Value, label: Option<&str>, depth: usize) {
        if depth > MAX_DEPTH || self.messages.len() >= MAX_MESSAGES {
            return;
        }
        match value {
            Value::String(text) => self.add(text, label, depth),
            Value::Array(elements) => {
                for element in elements {
                    self.read(element, label, depth + 1);
                }
            }
            Value::Object(object) => self.read_object(object, label, depth),
            _ => {}
        }
    }

    fn add(&mut self, text: &str, label: Option<&str>, depth: usize) {
        let text = text.trim();
        // Some gateways wrap the body of the service in a string.
        if text.starts_with('{')
            && let Ok(inner) = serde_json::from_str(text)
        {
            return self.read(&inner, label, depth + 1);
        }
        let labeled = label.filter(|label| !label.is_empty() && !text.is_empty());
        let text = labeled.map_or_else(|| text.to_owned(), |label| format!("{label}: {text}"));
        if !text.is_empty() && !self.messages.iter().any(|known| known.contains(&text)) {
            self.messages.push(text);
        }
    }

    fn read_object(&mut self, object: &Map<String, Value>, label: Option<&str>, depth: usize) {
        let is_known =
            |name: &String| [&MESSAGES[..], &NESTED, &CODES].iter().any(|names| is_one_of(name, names));
        // A map from invalid fields to messages.
        if depth > 0 && (object.values().all(Value::is_array) || !object.keys().any(is_known)) {
            for (name, value) in object {
                self.read(value, Some(&**name).filter(|name| !is_one_of(name, &NESTED)), depth + 1);
            }
            return;
        }
        let get = |name: &str| object.iter().find(|(key, _)| is_one_of(key, &[name])).map(|(_, value)| value);
        let is_text_like = |value: &&Value| has_content(value) && !value.is_number() && !value.is_boolean();
        if self.code.is_none() {
            self.code = match CODES.iter().find_map(|name| get(name)) {
                Some(Value::String(code)) => Some(one_line(code, 60)),
                Some(Value::Number(code)) => Some(code.to_string()),
                _ => None,
            };
        }
        if let (None, Some(Value::String(word))) = (&self.word, get("error").filter(is_text_like)) {
            self.word = Some(one_line(word, 60));
        }
        let target = TARGETS.iter().find_map(|name| get(name)).and_then(Value::as_str).filter(|_| depth > 0);
        let label = target.or(label);
        let text =
            MESSAGES.iter().find_map(|name| get(name).filter(is_text_like).filter(|value| value.is_string()));
        // OData wraps the message in an object that also has its language.
        let message = text.or_else(|| get("message").filter(|value| value.is_object() || value.is_array()));
        if let Some(message) = message {
            self.read(message, label, depth + 1);
        }
        for (name, value) in object {
            let is_text_of_error = value.is_string() && is_one_of(name, &["error"]);
            if is_one_of(name, &NESTED) && !is_text_of_error {
                self.read(value, None, depth + 1);
            }
        }
        if self.messages.is_empty() && self.word.is_none() {
            for (_, value) in
                object.iter().filter(|(name, value)| value.is_object() && is_one_of(name, &WRAPPERS))
            {
                self.read(value, None, depth + 1);
            }
        }
    }
}

fn message(text: &str) -> Option<String> {
    Some(one_line(text, MESSAGE_LIMIT)).filter(|message| !message.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_shapes_are_read() {
        let rows: [(&str, Option<&str>, Option<&str>); 20] = [
            (r#"{"Value":[],"TotalCount":0,"Message":"No item","StatusCode":404}"#, None, Some("No item")),
            (r#"{"value":null,"message":"No item","statusCode":404}"#, None, Some("No item")),
            (r#"{"code":"900421","description":"MFA","data":[],"source":"x"}"#, Some("900421"), Some("MFA")),
            (r#"{"code":900420,"description":"audience"}"#, Some("900420"), Some("audience")),
            (r#"{"error":{"code":"Denied","message":"no"}}"#, Some("Denied"), Some("no")),
            (
                r#"{"error":"invalid_token","error_description":"ended"}"#,
                Some("invalid_token"),
                Some("ended"),
            ),
            (r#"{"error":"boom"}"#, Some("boom"), Some("boom")),
            (r#"{"type":"about:blank","title":"Gone","detail":"for good"}"#, None, Some("for good")),
            (r#"{"errors":[{"code":"E","message":"m","value":"x"}]}"#, Some("E"), Some("m")),
            (r#"{"fault":{"faultstring":"f","detail":{"errorcode":"c"}}}"#, Some("c"), Some("f")),
            (r#"{"message":"m","data":["secret"],"values":{"a":"secret"}}"#, None, Some("m")),
            ("\u{feff}{\"message\":\"marked\"}", None, Some("marked")),
            ("\"just a text\"", None, Some("just a text")),
            ("Service unavailable\r\n", None, Some("Service unavailable")),
            ("<!doctype html><html><TITLE lang=en>502\nBad Gateway</TITLE>…", None, Some("502 Bad Gateway")),
            ("<html><body>no title", None, Some("no title")),
            (r#"{"message":"broken o"#, None, None),
            ("", None, None),
            ("[1,2]", None, None),
            ("{\"message\":{},\"error\":[]}", None, None),
        ];
        for (body, code, message) in rows {
            let expected = Detail { code: code.map(str::to_owned), message: message.map(str::to_owned) };
            assert_eq!(detail(body), expected, "{body}");
        }
    }

    #[test]
    fn binary_data_is_not_a_message() {
        assert_eq!(detail(&charset::decode(&[0x1f, 0x8b, 8, 0, 0, 0], None)), Detail::default());
    }
}
