//! What a run received, without the data of the tenant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::run::STEPS;
use super::{Exchange, Received, document};
use crate::error::{Error, ErrorKind};
use crate::spec;

/// Stands for a time.
const TIME: &str = "2000-01-01T00:00:00Z";
/// Media types that are named.
const MEDIA_TYPES: [&str; 3] = ["application/json", "text/html", "text/plain"];

#[derive(Serialize, Deserialize)]
struct Evidence {
    spec: String,
    exchanges: Vec<Record>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    operation: String,
    request: String,
    method: String,
    /// The template.
    path: String,
    response: Option<Shape>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    status: u16,
    /// Values are empty unless they are harmless.
    headers: BTreeMap<String, String>,
    repeats_correlation_id: bool,
    body: Body,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Body {
    Json(Value),
    Other,
    Empty,
}

/// Returns the shape of exchanges as JSON: methods, path templates, statuses, names of headers, and bodies whose values are
/// replaced by others of their type and format. Only documented words and counts remain.
pub fn evidence(exchanges: &[Exchange]) -> String {
    let exchanges = exchanges.iter().map(record).collect();
    let evidence = Evidence { spec: spec::VERSION.to_owned(), exchanges };
    serde_json::to_string_pretty(&evidence).unwrap_or_default()
}

/// Reads what [`evidence`] returned, to [check](super::check) it again.
///
/// # Errors
///
/// Fails with [`ErrorKind::InvalidArgument`] if the text is no evidence, or contains a request that [`run`](super::run)
/// does not send.
pub fn replay(text: &str) -> Result<Vec<Exchange>, Error> {
    let invalid = |message: String| Error::new(ErrorKind::InvalidArgument).with_message(message);
    let evidence: Evidence =
        serde_json::from_str(text).map_err(|error| invalid(format!("invalid evidence: {error}")))?;
    let read = |record: Record| {
        let mut steps = STEPS.iter();
        let step = steps.find(|step| step.operation.id == record.operation && step.request == record.request);
        let step = step.ok_or_else(|| {
            invalid(format!("unknown request in evidence: {} {:?}", record.operation, record.request))
        })?;
        let is_repeated = record.response.as_ref().is_some_and(|shape| shape.repeats_correlation_id);
        let response = record.response.map(Shape::received);
        let exchange = Exchange::new(step.operation, step.request, step.expected, response);
        Ok(Exchange { correlation_id: is_repeated.then(|| Uuid::nil().to_string()), ..exchange })
    };
    evidence.exchanges.into_iter().map(read).collect()
}

impl Shape {
    fn received(self) -> Received {
        let body = match self.body {
            Body::Json(body) => body.to_string(),
            Body::Other => "other".to_owned(),
            Body::Empty => String::new(),
        };
        let headers = self.headers.into_iter().filter(|(_, value)| !value.is_empty());
        Received { status: self.status, headers: headers.collect(), body: body.into_bytes() }
    }
}

fn record(exchange: &Exchange) -> Record {
    let operation = exchange.operation;
    Record {
        operation: operation.id.to_owned(),
        request: exchange.request.to_owned(),
        method: operation.method.to_owned(),
        path: operation.path.to_owned(),
        response: exchange.response.as_ref().map(|response| shape(exchange, response)),
    }
}

fn shape(exchange: &Exchange, response: &Received) -> Shape {
    let received = response.header("MS-CorrelationId");
    let sent = exchange.correlation_id.as_deref();
    let declared = document::response(exchange.operation, response.status);
    let schema = declared.map_or(&Value::Null, |declared| &declared["content"]["application/json"]["schema"]);
    let body = match serde_json::from_slice(&response.body) {
        Ok(body) => {
            let mut shape = redacted(schema, &body);
            for name in ["statusCode", "StatusCode", "totalCount", "TotalCount"] {
                if body[name].is_u64() {
                    shape[name] = body[name].clone();
                }
            }
            Body::Json(shape)
        }
        Err(_) if response.body.is_empty() => Body::Empty,
        Err(_) => Body::Other,
    };
    Shape {
        status: response.status,
        headers: response.headers.iter().map(|(name, value)| (name.clone(), header(name, value))).collect(),
        repeats_correlation_id: sent
            .zip(received)
            .is_some_and(|(sent, received)| sent.eq_ignore_ascii_case(received)),
        body,
    }
}

/// Returns the value of a header if it is harmless, or one of the same type.
fn header(name: &str, value: &str) -> String {
    let value = match &*name.to_ascii_lowercase() {
        "content-type" => {
            let media_type = value.split(';').next().unwrap_or_default().trim();
            MEDIA_TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(media_type)).unwrap_or("other")
        }
        "retry-after" | "x-ratelimit-limit" | "x-ratelimit-remaining" => {
            if value.parse::<u32>().is_ok() {
                value
            } else {
                "string"
            }
        }
        "ms-correlationid" => return text(value),
        _ => "",
    };
    value.to_owned()
}

/// Replaces every value by one of its type and format, unless it is a documented word.
fn redacted(schema: &'static Value, value: &Value) -> Value {
    let schema = document::resolve(schema);
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => json!(false),
        Value::Number(number) if number.is_f64() => json!(0.5),
        Value::Number(_) => json!(0),
        Value::String(word) => {
            let is_word = schema["enum"].as_array().is_some_and(|words| words.contains(value));
            json!(if is_word { word.clone() } else { text(word) })
        }
        Value::Array(items) => items.iter().map(|item| redacted(&schema["items"], item)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| {
                let property = &schema["properties"][camel(name)];
                (field(name).to_owned(), redacted(property, member))
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

fn text(text: &str) -> String {
    if Uuid::try_parse(text).is_ok() {
        Uuid::nil().to_string()
    } else if text.parse::<jiff::Timestamp>().is_ok() {
        TIME.to_owned()
    } else {
        "string".to_owned()
    }
}

/// Returns the name of a field, unless it is more than a name.
fn field(name: &str) -> &str {
    let is_name =
        name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphabetic() || b"@._".contains(&byte));
    if is_name { name } else { "unknown" }
}

fn camel(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}
