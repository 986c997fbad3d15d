//! Replaces values by placeholders of the same type and format, and unknown names by numbered ones.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::document;

/// The placeholder for a time.
const TIME: &str = "2000-01-01T00:00:00Z";
/// Media types that are not replaced.
const MEDIA_TYPES: [&str; 6] = [
    "application/json",
    "application/problem+json",
    "application/xml",
    "text/html",
    "text/plain",
    "text/xml",
];
/// Maximum length of the name of a field or header that is not replaced.
const NAME: usize = 40;
/// Maximum number of elements, seconds or requests that is not replaced.
const COUNT: u64 = 100_000;

/// Names that are common in responses of other services, and that nobody chose.
const COMMON: [&str; 28] = [
    "@nextLink",
    "@odata.context",
    "@odata.count",
    "@odata.nextLink",
    "code",
    "continuationToken",
    "correlationId",
    "count",
    "data",
    "detail",
    "details",
    "error",
    "error_description",
    "errors",
    "id",
    "innerError",
    "items",
    "links",
    "reason",
    "requestId",
    "results",
    "source",
    "status",
    "target",
    "timestamp",
    "title",
    "traceId",
    "version",
];

/// The names of the spec's properties and the common ones, in lower case.
static KNOWN: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let schemas = document::entries(&document::document()["components"]["schemas"]);
    let names = schemas.flat_map(|(_, schema)| document::entries(&schema["properties"]));
    names.map(|(name, _)| name).chain(COMMON).map(str::to_ascii_lowercase).collect()
});

/// The placeholders of unknown names. Any word may be data of the tenant, such as its name.
#[derive(Default)]
pub struct Names(HashMap<String, usize>);

impl Names {
    /// Returns the name if it is known, or its placeholder, such as `unknown-1`.
    pub fn of(&mut self, name: &str) -> String {
        if KNOWN.contains(&name.to_ascii_lowercase()) {
            return name.to_owned();
        }
        let next = self.0.len() + 1;
        format!("{UNKNOWN}-{}", self.0.entry(name.to_owned()).or_insert(next))
    }
}

/// Replaces every value of a body, except documented enum values, the status code and the number of elements.
pub fn body(schema: &'static Value, body: &Value, names: &mut Names) -> Value {
    let mut shape = value(schema, body, names);
    for name in ["statusCode", "StatusCode"] {
        preserve(&mut shape, body, name, |status| (100..600).contains(&status));
    }
    for name in ["totalCount", "TotalCount"] {
        preserve(&mut shape, body, name, |count| count <= COUNT);
    }
    shape
}

fn preserve(shape: &mut Value, body: &Value, name: &str, is_harmless: fn(u64) -> bool) {
    if body[name].as_u64().is_some_and(is_harmless) {
        shape[name] = body[name].clone();
    }
}

fn value(schema: &'static Value, body: &Value, names: &mut Names) -> Value {
    let schema = document::resolve(schema);
    match body {
        Value::Null => Value::Null,
        Value::Bool(_) => json!(false),
        Value::Number(number) if number.is_f64() => json!(0.5),
        Value::Number(_) => json!(0),
        Value::String(word) => json!(text_of(schema, word)),
        Value::Array(items) => items.iter().map(|item| value(&schema["items"], item, names)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| {
                let mut properties = document::entries(&schema["properties"]);
                let property = properties.find(|(known, _)| known.eq_ignore_ascii_case(name));
                let property = property.map_or(&Value::Null, |(_, property)| property);
                (names.of(name), value(property, member, names))
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

/// Returns a placeholder of the same format, or the text itself if it is a documented value.
pub fn text_of(schema: &'static Value, text: &str) -> String {
    let schema = document::resolve(schema);
    let is_word = schema["enum"].as_array().is_some_and(|words| words.iter().any(|word| word == text));
    let is_switch = schema["type"] == "boolean" && text.parse::<bool>().is_ok();
    if is_word || is_switch {
        text.to_owned()
    } else if Uuid::try_parse(text).is_ok() {
        Uuid::nil().to_string()
    } else if text.parse::<jiff::Timestamp>().is_ok() {
        TIME.to_owned()
    } else if schema["type"] == "integer" && text.parse::<i64>().is_ok() {
        "0".to_owned()
    } else {
        "string".to_owned()
    }
}

/// Returns the value of a header, a placeholder of the same type, or nothing for headers that are not compared.
pub fn header(name: &str, value: &str) -> String {
    let number = || match value.parse::<u64>() {
        Ok(number) => number.min(COUNT).to_string(),
        Err(_) => "string".to_owned(),
    };
    let value = match &*name.to_ascii_lowercase() {
        "authorization" if value.starts_with("Bearer ") => "Bearer token",
        "content-type" => media_type(value),
        "content-length" if value == "0" => value,
        "retry-after" | "x-ratelimit-limit" | "x-ratelimit-remaining" => return number(),
        "ms-correlationid" | "ms-requestid" => return text_of(&Value::Null, value),
        _ => "",
    };
    value.to_owned()
}

/// Returns a media type without parameters, or `other` if it is not a common one.
pub fn media_type(value: &str) -> &'static str {
    let media_type = value.split(';').next().unwrap_or_default().trim();
    MEDIA_TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(media_type)).unwrap_or("other")
}

/// The placeholder for a name that may be data of the tenant.
const UNKNOWN: &str = "unknown";

/// Returns the name of a field, or the placeholder if it is no word. Accepts the placeholders of evidence.
pub fn field(name: &str) -> &str {
    let number = name.strip_prefix(UNKNOWN).and_then(|rest| rest.strip_prefix('-'));
    if number.is_some_and(|number| number.parse::<u16>().is_ok()) {
        return name;
    }
    let word = name.trim_start_matches("@odata.").trim_start_matches('@');
    let is_name =
        name.len() <= NAME && !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_name { name } else { UNKNOWN }
}

/// Returns the name of a header in lower case, or the placeholder if it may be data of the tenant.
pub fn header_name(name: &str) -> String {
    let is_name = name.len() <= NAME && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    if is_name { name.to_ascii_lowercase() } else { UNKNOWN.to_owned() }
}
