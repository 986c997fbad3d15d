//! Reads a list that does not decode, element by element and field by field.
//!
//! Only unambiguous values are converted, such as a number in a string. Ids and statuses are never converted. Each
//! conversion or omission has a warning.

mod repair;

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};

use crate::envelope::{Envelope, Plain};
use crate::warning::Warning;

/// An envelope that was read leniently.
pub(crate) struct Read<T> {
    pub envelope: Envelope<T>,
    /// The problem of each element without a usable id; those are not in the envelope.
    pub unreadable: Vec<String>,
    pub warnings: Vec<Warning>,
}

/// Reads an envelope. Fails only if the text is not JSON, or has no list where one is expected.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> serde_json::Result<Read<T>> {
    let repaired = repair::repair(text);
    let raw: Envelope<Raw> = serde_json::from_str(&repaired.text)?;
    let mut warnings = Vec::new();
    for problem in repaired.problems {
        warnings.push(Warning::new("the response", problem));
    }
    let mut unreadable = Vec::new();
    let elements = raw.value.map(|elements| {
        let read = elements.into_iter().enumerate().filter_map(|(index, element)| {
            let before = warnings.len();
            match Element::new(&element, index, &mut warnings).and_then(|element| element.read()) {
                Ok(element) => Some(element),
                Err(problem) => {
                    // Warnings about the fields of an element that is left out would only distract.
                    let id = warnings.drain(before..).find_map(|warning| warning.id);
                    unreadable.push(format!("value[{index}]{}{problem}", separator(&problem)));
                    let (field, problem) = match problem.split_once(": ") {
                        Some((name, problem)) if name.starts_with('.') => (name, problem),
                        _ => ("", &*problem),
                    };
                    let problem = format!("{problem}; the whole element is left out");
                    warnings.push(Warning { id, ..Warning::new(format!("value[{index}]{field}"), problem) });
                    None
                }
            }
        });
        read.collect()
    });
    let envelope = Envelope { value: elements, has_value: raw.has_value, members: raw.members };
    Ok(Read { envelope, unreadable, warnings })
}

fn separator(problem: &str) -> &'static str {
    if problem.starts_with('.') { "" } else { ": " }
}

/// An element as received.
#[derive(Deserialize)]
#[serde(transparent)]
struct Raw(Box<RawValue>);

impl PartialEq for Raw {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

/// The members of an object, including duplicates.
struct Members(Vec<(String, Raw)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// An element of a list, and its problems so far.
struct Element<'a> {
    index: usize,
    fields: Map<String, Value>,
    id: Option<String>,
    warnings: &'a mut Vec<Warning>,
    /// The fields that were left out, and why.
    left_out: Vec<(String, String)>,
}

impl<'a> Element<'a> {
    fn new(raw: &Raw, index: usize, warnings: &'a mut Vec<Warning>) -> Result<Self, String> {
        let raw = raw.0.get();
        let Ok(Members(members)) = serde_json::from_str(raw) else {
            let value = serde_json::from_str(raw).map_or(Value::Null, |Plain(value)| value);
            return Err(format!("{} instead of an object", kind(&value)));
        };
        let mut element = Self { index, fields: Map::new(), id: None, warnings, left_out: Vec::new() };
        let mut conflicts = Vec::new();
        let mut undecodable = Vec::new();
        for (name, raw) in members {
            let Ok(Plain(value)) = serde_json::from_str(raw.0.get()) else {
                undecodable.push(name);
                continue;
            };
            let first = element.fields.iter().find(|(known, _)| is_same(known, &name));
            match first.map(|(known, value)| (known.clone(), value)) {
                None => drop(element.fields.insert(name, value)),
                Some((_, first)) if *first == value || value.is_null() => {}
                Some((known, Value::Null)) => {
                    element.fields.remove(&known);
                    element.fields.insert(name, value);
                }
                Some((known, _)) => conflicts.push(known),
            }
        }
        element.id = ID_FIELDS.iter().find_map(|wanted| {
            let id = element.fields.iter().find(|(name, _)| is_same(name, wanted))?.1.as_str()?;
            (!conflicts.iter().any(|name| is_same(name, wanted))).then(|| id.trim().to_owned())
        });
        for name in conflicts {
            if element.fields.remove(&name).is_some() {
                element.leave_out(&name, "duplicate with different values");
            }
        }
        for name in undecodable {
            element.leave_out(&name, "cannot be decoded");
        }
        Ok(element)
    }

    /// Decodes the element. Converts or removes one field after the other until that succeeds.
    fn read<T: DeserializeOwned>(mut self) -> Result<T, String> {
        loop {
            let error = match serde_path_to_error::deserialize(&Value::Object(self.fields.clone())) {
                Ok(element) => {
                    self.warn_of_lost_characters();
                    return Ok(element);
                }
                Err(error) => error,
            };
            let path = error.path().clone();
            let problem = error.into_inner().to_string();
            let field = match path.iter().next() {
                Some(Segment::Map { key }) if self.fields.contains_key(key) => key.clone(),
                _ => return Err(self.missing(&problem)),
            };
            if !self.convert::<T>(&field, &path) {
                let value = self.fields.remove(&field).unwrap_or_default();
                let problem = match (&value, expected(&problem)) {
                    (Value::Number(number), expected @ ("i32" | "i64")) if number.is_i64() => {
                        format!("a number that is not an {expected}")
                    }
                    (value, expected) => format!("{} instead of {expected}", kind(value)),
                };
                self.leave_out(&field, &problem);
            }
        }
    }

    /// Converts the value at the path if one of its conversions decodes. Ids and statuses are never converted.
    fn convert<T: DeserializeOwned>(&mut self, field: &str, path: &Path) -> bool {
        let lower = field.to_ascii_lowercase();
        if lower.ends_with("id") || lower.ends_with("status") {
            return false;
        }
        let mut fields = Value::Object(self.fields.clone());
        for candidate in at(&mut fields, path).map(|value| candidates(value)).unwrap_or_default() {
            let Some(value) = at(&mut fields, path) else { return false };
            let (from, to) = (kind(value), kind(&candidate));
            *value = candidate;
            let error = serde_path_to_error::deserialize::<_, T>(&fields).err();
            if error.is_none_or(|error| error.path().to_string() != path.to_string()) {
                let Value::Object(fields) = fields else { return false };
                self.fields = fields;
                self.warn(field, format!("{from} instead of {to}; converted"));
                return true;
            }
        }
        false
    }

    fn leave_out(&mut self, field: &str, problem: &str) {
        self.left_out.push((field.to_owned(), problem.to_owned()));
        self.warn(field, format!("{problem}; left out"));
    }

    /// Returns why a required field is missing. It may have been left out.
    fn missing(&self, error: &str) -> String {
        let name = error.split('`').nth(1).unwrap_or_default();
        match self.left_out.iter().find(|(field, _)| is_same(field, name)) {
            Some((field, problem)) => format!(".{field}: {problem}"),
            None => expected(error).to_owned(),
        }
    }

    fn warn_of_lost_characters(&mut self) {
        let is_lossy = |value: &Value| value.as_str().is_some_and(|text| text.contains(LOST));
        let names = self.fields.iter().filter(|(_, value)| is_lossy(value)).map(|(name, _)| name.clone());
        for name in names.collect::<Vec<_>>() {
            self.warn(&name, "characters that cannot be decoded; replaced by U+FFFD".to_owned());
        }
    }

    fn warn(&mut self, field: &str, problem: String) {
        let field = format!("value[{}].{field}", self.index);
        self.warnings.push(Warning { id: self.id.clone(), field, problem });
    }
}

/// The fields that name an element. A report has `queryId` too, so the order matters.
const ID_FIELDS: [&str; 4] = ["executionId", "reportId", "queryId", "datasetName"];

/// Whether two names are spellings of the same field.
fn is_same(one: &str, other: &str) -> bool {
    let first = |name: &str| name.chars().next().map(|first| first.to_ascii_lowercase());
    first(one) == first(other) && one.chars().skip(1).eq(other.chars().skip(1))
}

/// Returns the value at a path.
fn at<'a>(value: &'a mut Value, path: &Path) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, segment| match segment {
        Segment::Map { key } => value.get_mut(key),
        Segment::Seq { index } => value.get_mut(index),
        _ => Some(value),
    })
}

/// Returns the possible conversions of a value: a number or a boolean in a string, an integer as a float, and the
/// reverse.
fn candidates(value: &Value) -> Vec<Value> {
    /// Below this limit, floats represent integers exactly.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation, reason = "checked to be exact")]
    let integer = |float: f64| (float.fract() == 0.0 && float.abs() < EXACT).then_some(float as i64);
    match value {
        Value::String(text) => {
            let text = text.trim();
            let whole = text.parse::<i64>().ok().or_else(|| integer(text.parse().ok()?)).map(Value::from);
            let float = text.parse::<f64>().ok().filter(|float| float.is_finite()).map(Value::from);
            let boolean = text.to_ascii_lowercase().parse::<bool>().ok().map(Value::from);
            [whole, float, boolean].into_iter().flatten().collect()
        }
        Value::Number(number) => {
            let whole = number.as_i64().or_else(|| integer(number.as_f64()?));
            let text = whole.map(|whole| whole.to_string());
            let text = text.or_else(|| Some(number.as_u64()?.to_string()));
            let text = text.or_else(|| number.as_f64().filter(|f| f.abs() < EXACT).map(|f| f.to_string()));
            let boolean = whole.filter(|whole| matches!(whole, 0 | 1)).map(|whole| whole == 1);
            let values = [whole.map(Value::from), text.map(Value::from), boolean.map(Value::from)];
            values.into_iter().flatten().collect()
        }
        Value::Bool(boolean) => vec![boolean.to_string().into()],
        _ => Vec::new(),
    }
}

/// Returns the integer in a number, a float or a string.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    let whole = |value: &Value| value.as_i64();
    whole(value).or_else(|| candidates(value).iter().find_map(whole))
}

/// Returns the type of a value, for messages that must not contain the value.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a float",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Returns what serde expected, without the value that it found.
fn expected(error: &str) -> &str {
    let expected = error.rsplit_once("expected ").map_or(error, |(_, expected)| expected);
    expected.split(" at line ").next().unwrap_or_default()
}

/// Replaces characters that cannot be decoded.
const LOST: char = char::REPLACEMENT_CHARACTER;
