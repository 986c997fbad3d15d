//! Extracts the details of a failure from the body of its response, in whatever shape.

use serde_json::{Map, Value};

use crate::text::one_line;

/// Maximum length of a message, in characters.
const MESSAGE_LIMIT: usize = 300;

/// Details of a failure.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Detail {
    /// The status in the body, which may differ from the HTTP status.
    pub status: Option<u16>,
    pub code: Option<String>,
    pub message: Option<String>,
}

/// Reads the envelope of the service in both spellings, the bodies of its gateways and of Entra, RFC 9457 problems, plain
/// text, and the title of HTML. Anything else has no details, and is not an error.
pub(crate) fn detail(bytes: &[u8]) -> Detail {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => of_object(&object),
        Ok(Value::String(text)) => Detail { message: message(&text), ..Detail::default() },
        Ok(_) => Detail::default(),
        Err(_) => Detail { message: of_text(&String::from_utf8_lossy(bytes)), ..Detail::default() },
    }
}

fn of_object(object: &Map<String, Value>) -> Detail {
    let nested = get(object, "error").and_then(Value::as_object);
    let text = |name| {
        let value = get(object, name).or_else(|| nested.and_then(|nested| get(nested, name)));
        value.and_then(Value::as_str).filter(|text| !text.trim().is_empty())
    };
    let code = match get(object, "code").or_else(|| nested.and_then(|nested| get(nested, "code"))) {
        Some(Value::String(code)) => Some(one_line(code, 60)),
        Some(Value::Number(code)) => Some(code.to_string()),
        // RFC 6749, section 5.2: `error` is the code, `error_description` the message.
        _ => text("error").map(|code| one_line(code, 60)),
    };
    let said = ["message", "description", "error_description", "detail", "title"].into_iter().find_map(text);
    Detail {
        status: get(object, "statusCode").and_then(Value::as_u64).and_then(|status| status.try_into().ok()),
        code: code.filter(|code| !code.is_empty()),
        message: said.or_else(|| text("error")).and_then(message),
    }
}

/// Returns a member by name, ignoring case: the service documents PascalCase and sends camelCase.
fn get<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn of_text(text: &str) -> Option<String> {
    let text = text.trim_start();
    if text.starts_with('<') {
        return title(text).and_then(message);
    }
    // Truncated JSON and binary data would only be noise.
    let noise = text.starts_with(['{', '[', '"']) || text.contains(['\0', char::REPLACEMENT_CHARACTER]);
    if noise { None } else { message(text) }
}

fn title(html: &str) -> Option<&str> {
    // ASCII lower case keeps all byte positions.
    let lower = html.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    Some(&html[start..end])
}

fn message(text: &str) -> Option<String> {
    Some(one_line(text, MESSAGE_LIMIT)).filter(|message| !message.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_shapes_are_read() {
        let rows: [(&str, Option<u16>, Option<&str>, Option<&str>); 17] = [
            (
                r#"{"Value":[],"TotalCount":0,"Message":"No item","StatusCode":404}"#,
                Some(404),
                None,
                Some("No item"),
            ),
            (r#"{"value":null,"message":"No item","statusCode":404}"#, Some(404), None, Some("No item")),
            (r#"{"statusCode":429,"message":"Slow down"}"#, Some(429), None, Some("Slow down")),
            (
                r#"{"code":"900421","description":"MFA","data":[],"source":"x"}"#,
                None,
                Some("900421"),
                Some("MFA"),
            ),
            (r#"{"code":900420,"description":"audience"}"#, None, Some("900420"), Some("audience")),
            (r#"{"error":{"code":"Denied","message":"no"}}"#, None, Some("Denied"), Some("no")),
            (
                r#"{"error":"invalid_token","error_description":"ended"}"#,
                None,
                Some("invalid_token"),
                Some("ended"),
            ),
            (r#"{"error":"boom"}"#, None, Some("boom"), Some("boom")),
            (r#"{"type":"about:blank","title":"Gone","detail":"for good"}"#, None, None, Some("for good")),
            ("\u{feff}{\"message\":\"marked\"}", None, None, Some("marked")),
            ("\"just a text\"", None, None, Some("just a text")),
            ("Service unavailable\r\n", None, None, Some("Service unavailable")),
            (
                "<!doctype html><html><TITLE lang=en>502\nBad Gateway</TITLE>…",
                None,
                None,
                Some("502 Bad Gateway"),
            ),
            ("<html><body>no title", None, None, None),
            (r#"{"message":"broken o"#, None, None, None),
            ("", None, None, None),
            ("[1,2]", None, None, None),
        ];
        for (body, status, code, message) in rows {
            let expected =
                Detail { status, code: code.map(str::to_owned), message: message.map(str::to_owned) };
            assert_eq!(detail(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn binary_data_is_not_a_message() {
        assert_eq!(detail(&[0xff, 0xfe, b'h', 0, b'i', 0]), Detail::default());
        assert_eq!(detail(&[0x1f, 0x8b, 8, 0, 0, 0]), Detail::default());
    }
}
