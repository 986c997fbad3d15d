//! Checks the body of a response: names, types, enum values, count and links.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::comparison::Comparisons;
use super::document::{self, document, entries};
use super::redact::field;
use super::{Aspect, Conformity, Received, schema};

/// Names that other services use for links to further pages.
const LINKS: [&str; 4] = ["nextLink", "@nextLink", "@odata.nextLink", "continuationToken"];
/// Maximum length of a reported word.
const WORD: usize = 32;

/// Checks the body of a response against its schema.
pub(super) fn check(comparisons: &mut Comparisons, response: &Received, declared: Option<&'static Value>) {
    let content = declared.and_then(|declared| declared["content"].get("application/json"));
    let Some(declared) = content.map(|content| &content["schema"]) else { return };
    let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) else {
        let found = match &response.body[..] {
            _ if response.is_incomplete => "incomplete",
            [] => "nothing",
            _ => "no JSON",
        };
        return comparisons.add(Aspect::Json, "", "JSON", found, Conformity::Differs);
    };
    comparisons.settle(Aspect::Json, "JSON");
    respell(comparisons, declared, &mut body, "");
    comparisons.settle(Aspect::Spelling, "camelCase");
    match schema::validator(document(), declared, true) {
        Ok(validator) => {
            for error in validator.iter_errors(&body) {
                for Problem { aspect, place, expected, found } in problems(&error) {
                    let is_new = matches!(aspect, Aspect::Fields | Aspect::Words);
                    let conformity = if is_new { Conformity::Undocumented } else { Conformity::Differs };
                    comparisons.add(aspect, place, expected, found, conformity);
                }
            }
            let name = declared["$ref"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
            comparisons.settle(Aspect::Schema, name);
            comparisons.settle(Aspect::Fields, "no unknown fields");
            comparisons.settle(Aspect::Words, "no unknown words");
        }
        Err(_) => comparisons.add(Aspect::Schema, "", "a schema", "not compiled", Conformity::NotSeen),
    }
    status(comparisons, &body, response.status);
    count(comparisons, &body);
    paging(comparisons, &body);
}

/// Reports names that differ in letter case, and renames them so that the other checks find them.
fn respell(comparisons: &mut Comparisons, schema: &'static Value, value: &mut Value, place: &str) {
    let schema = document::resolve(schema);
    match value {
        Value::Array(items) => {
            for item in items {
                respell(comparisons, &schema["items"], item, &format!("{place}[]"));
            }
        }
        Value::Object(members) => {
            for (name, property) in entries(&schema["properties"]) {
                let place = join(place, name);
                let other = members.keys().find(|other| other.eq_ignore_ascii_case(name)).cloned();
                let other = other.filter(|_| !members.contains_key(name));
                if let Some((other, value)) = other.and_then(|other| members.remove_entry(&other)) {
                    members.insert(name.to_owned(), value);
                    comparisons.add(Aspect::Spelling, &*place, name, other, Conformity::Differs);
                }
                if let Some(member) = members.get_mut(name) {
                    respell(comparisons, property, member, &place);
                }
            }
        }
        _ => {}
    }
}

/// An error of the validator, without values of the tenant.
pub(super) struct Problem {
    pub aspect: Aspect,
    pub place: String,
    pub expected: String,
    pub found: String,
}

/// Converts an error of the validator. Its text contains values of the tenant, so it is not used.
pub(super) fn problems(error: &ValidationError<'_>) -> Vec<Problem> {
    let place = place(error.instance_path().as_str());
    let instance = error.instance();
    let problem = |aspect, place: String, expected: String, found: &str| Problem {
        aspect,
        place,
        expected,
        found: found.to_owned(),
    };
    let schema =
        |expected: String, found: &str| vec![problem(Aspect::Schema, place.clone(), expected, found)];
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let absent = |name: &String| {
                let found = kind(&instance[name]);
                problem(Aspect::Fields, join(&place, field(name)), "no such field".to_owned(), found)
            };
            unexpected.iter().map(absent).collect()
        }
        ValidationErrorKind::Enum { options } if instance.is_string() => {
            let words = options.as_array().into_iter().flatten().filter_map(Value::as_str);
            let words = words.collect::<Vec<_>>().join(", ");
            vec![problem(Aspect::Words, place, words, word(instance))]
        }
        // A value of another type is already reported as such.
        ValidationErrorKind::Enum { .. } => Vec::new(),
        ValidationErrorKind::Required { property } => {
            let place = join(&place, property.as_str().unwrap_or_default());
            vec![problem(Aspect::Schema, place, "required".to_owned(), "absent")]
        }
        ValidationErrorKind::Type { kind: expected } => schema(types(expected), kind(instance)),
        ValidationErrorKind::Format { format } => schema(format.clone(), "other text"),
        other => schema(other.keyword().to_owned(), kind(instance)),
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

/// Checks that `statusCode` repeats the HTTP status.
fn status(comparisons: &mut Comparisons, body: &Value, status: u16) {
    if let Some(repeated) = body["statusCode"].as_u64().filter(|repeated| *repeated != u64::from(status)) {
        let expected = status.to_string();
        comparisons.add(Aspect::Status, "statusCode", expected, repeated.to_string(), Conformity::Differs);
    }
}

fn count(comparisons: &mut Comparisons, body: &Value) {
    let expected = body["value"].as_array().map(Vec::len);
    let expected = expected.map_or_else(|| "number of elements".to_owned(), |count| count.to_string());
    let (found, conformity) = match (&body["totalCount"], &body["value"]) {
        (Value::Number(total), Value::Array(items)) if total.as_u64() == Some(items.len() as u64) => {
            (total.to_string(), Conformity::AsDocumented)
        }
        (Value::Number(total), Value::Array(_)) => (total.to_string(), Conformity::Differs),
        (other, _) => (kind(other).to_owned(), Conformity::NotSeen),
    };
    comparisons.add(Aspect::Count, "totalCount", expected, found, conformity);
}

fn paging(comparisons: &mut Comparisons, body: &Value) {
    for name in LINKS {
        if body.get(name).is_some_and(|link| !link.is_null()) {
            comparisons.add(Aspect::Paging, name, "null", kind(&body[name]), Conformity::Undocumented);
        }
    }
    comparisons.settle(Aspect::Paging, "no further page");
}

/// Converts a JSON pointer to a place without indices, such as `value[].reportId`.
fn place(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(String::new(), |place, part| match part.parse::<usize>() {
        Ok(_) => place + "[]",
        Err(_) => join(&place, part),
    })
}

fn join(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

/// Returns the value if it is a word. Any other text may be data of the tenant, and becomes `other text`.
pub(super) fn word(value: &Value) -> &str {
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
