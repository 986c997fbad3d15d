//! The body: its names, types, words, count and links.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{JsonType, ValidationError};
use serde_json::{Map, Value};

use super::document::{self, entries};
use super::{Check, Findings, Received, Verdict, schema};

/// Names that other services use for links to further pages.
const LINKS: [&str; 4] = ["nextLink", "@nextLink", "@odata.nextLink", "continuationToken"];
/// Longest word that is reported.
const WORD: usize = 32;

/// Checks the body of a response against its schema.
pub(super) fn check(findings: &mut Findings, response: &Received, declared: Option<&'static Value>) {
    let content = declared.and_then(|declared| declared["content"].get("application/json"));
    let Some(declared) = content.map(|content| &content["schema"]) else { return };
    let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) else {
        let found = if response.body.is_empty() { "nothing" } else { "no JSON" };
        return findings.add(Check::Json, "", "JSON", found, Verdict::Differs);
    };
    findings.settle(Check::Json, "JSON");
    respell(findings, declared, &mut body, "");
    findings.settle(Check::Spelling, "camelCase");
    match schema::validator(declared) {
        Ok(validator) => {
            for error in validator.iter_errors(&body) {
                problem(findings, &error);
            }
            let name = declared["$ref"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
            findings.settle(Check::Schema, name);
            findings.settle(Check::Fields, "no unknown fields");
            findings.settle(Check::Words, "no unknown words");
        }
        Err(_) => findings.add(Check::Schema, "", "a schema", "not compiled", Verdict::NotSeen),
    }
    status(findings, &body, response.status);
    count(findings, &body);
    paging(findings, &body);
}

/// Reports names in PascalCase, and renames them so that the other checks find them.
fn respell(findings: &mut Findings, schema: &'static Value, value: &mut Value, place: &str) {
    let schema = document::resolve(schema);
    match value {
        Value::Array(items) => {
            for item in items {
                respell(findings, &schema["items"], item, &format!("{place}[]"));
            }
        }
        Value::Object(members) => {
            for (name, property) in entries(&schema["properties"]) {
                let pascal = pascal(name);
                let place = join(place, name);
                if pascal != name && !members.contains_key(name) {
                    rename(findings, members, &pascal, name, &place);
                }
                if let Some(member) = members.get_mut(name) {
                    respell(findings, property, member, &place);
                }
            }
        }
        _ => {}
    }
}

fn rename(findings: &mut Findings, members: &mut Map<String, Value>, from: &str, to: &str, place: &str) {
    if let Some(value) = members.remove(from) {
        members.insert(to.to_owned(), value);
        findings.add(Check::Spelling, place, to, from, Verdict::Differs);
    }
}

fn pascal(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// Translates an error of the validator. Its text is not used, because it contains values.
fn problem(findings: &mut Findings, error: &ValidationError<'_>) {
    let place = place(error.instance_path().as_str());
    let instance = error.instance();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            for name in unexpected {
                let found = kind(&instance[name]);
                let place = join(&place, name);
                findings.add(Check::Fields, place, "no such field", found, Verdict::Undocumented);
            }
        }
        ValidationErrorKind::Enum { options } if instance.is_string() => {
            let words = options.as_array().into_iter().flatten().filter_map(Value::as_str);
            let words = words.collect::<Vec<_>>().join(", ");
            findings.add(Check::Words, place, words, word(instance), Verdict::Undocumented);
        }
        // A value of another type is one error already.
        ValidationErrorKind::Enum { .. } => {}
        ValidationErrorKind::Required { property } => {
            let place = join(&place, property.as_str().unwrap_or_default());
            findings.add(Check::Schema, place, "required", "absent", Verdict::Differs);
        }
        ValidationErrorKind::Type { kind: expected } => {
            findings.add(Check::Schema, place, types(expected), kind(instance), Verdict::Differs);
        }
        ValidationErrorKind::Format { format } => {
            findings.add(Check::Schema, place, format.as_str(), "other text", Verdict::Differs);
        }
        other => findings.add(Check::Schema, place, other.keyword(), kind(instance), Verdict::Differs),
    }
}

fn types(kind: &jsonschema::error::TypeKind) -> String {
    use jsonschema::error::TypeKind;
    match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(several) => {
            several.iter().map(|one: JsonType| one.to_string()).collect::<Vec<_>>().join(" or ")
        }
    }
}

/// `statusCode` repeats the HTTP status.
fn status(findings: &mut Findings, body: &Value, status: u16) {
    if let Some(repeated) = body["statusCode"].as_u64().filter(|repeated| *repeated != u64::from(status)) {
        let expected = status.to_string();
        findings.add(Check::Status, "statusCode", expected, repeated.to_string(), Verdict::Differs);
    }
}

fn count(findings: &mut Findings, body: &Value) {
    let expected = body["value"].as_array().map(Vec::len);
    let expected = expected.map_or_else(|| "number of elements".to_owned(), |count| count.to_string());
    let (found, verdict) = match (&body["totalCount"], &body["value"]) {
        (Value::Number(total), Value::Array(items)) if total.as_u64() == Some(items.len() as u64) => {
            (total.to_string(), Verdict::AsDocumented)
        }
        (Value::Number(total), Value::Array(_)) => (total.to_string(), Verdict::Differs),
        (other, _) => (kind(other).to_owned(), Verdict::NotSeen),
    };
    findings.add(Check::Count, "totalCount", expected, found, verdict);
}

fn paging(findings: &mut Findings, body: &Value) {
    for name in LINKS {
        if body.get(name).is_some_and(|link| !link.is_null()) {
            findings.add(Check::Paging, name, "null", kind(&body[name]), Verdict::Undocumented);
        }
    }
    findings.settle(Check::Paging, "no further page");
}

/// Turns a JSON pointer into a place without numbers, such as `value[].reportId`.
fn place(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(String::new(), |place, part| match part.parse::<usize>() {
        Ok(_) => place + "[]",
        Err(_) => join(&place, part),
    })
}

fn join(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

/// Returns a word as it is, and of any other text only that it is text.
fn word(value: &Value) -> &str {
    let is_word =
        |text: &&str| text.len() <= WORD && !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphabetic());
    value.as_str().filter(is_word).unwrap_or("other text")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
