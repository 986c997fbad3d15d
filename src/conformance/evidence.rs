//! Evidence: the exchanges of a run, without the data of the tenant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::document::{document, parameters, path_values, request_schema, response};
use super::redact::Names;
use super::run::steps;
use super::{Exchange, Received, SentRequest, redact};
use crate::error::{Error, ErrorKind};
use crate::program::Program;
use crate::spec;

#[derive(Serialize, Deserialize)]
struct Evidence {
    spec: String,
    source: EvidenceSource,
    exchanges: Vec<Record>,
}

/// The source of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EvidenceSource {
    /// The service, at the address of the spec.
    Service,
    /// This crate's emulator.
    Emulator,
    /// A server at another address.
    Other,
}

#[derive(Serialize, Deserialize)]
struct Record {
    operation: String,
    request: String,
    method: String,
    /// The path template.
    path: String,
    sent: Option<SentShape>,
    response: Option<Shape>,
    /// Why there is no response.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

#[derive(Serialize, Deserialize)]
struct SentShape {
    path: BTreeMap<String, String>,
    query: BTreeMap<String, String>,
    /// Values that may be confidential are empty.
    headers: BTreeMap<String, String>,
    body: Body,
}

#[derive(Serialize, Deserialize)]
struct Shape {
    status: u16,
    /// Values that may be confidential are empty.
    headers: BTreeMap<String, String>,
    body: Body,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Body {
    Json(Value),
    Other,
    Empty,
    Incomplete,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Failure {
    Timeout,
    Lost,
}

/// Returns exchanges as JSON, without the data of the tenant: methods, path templates, statuses, names of headers, and
/// bodies whose values are replaced by placeholders of the same type and format. Documented enum values and the number of
/// elements are preserved. The names of undocumented fields are replaced by `unknown-1`, `unknown-2` and so on.
pub fn evidence(source: EvidenceSource, exchanges: &[Exchange]) -> String {
    let mut names = Names::default();
    let exchanges = exchanges.iter().map(|exchange| record(exchange, &mut names)).collect();
    let evidence = Evidence { spec: spec::VERSION.to_owned(), source, exchanges };
    serde_json::to_string_pretty(&evidence).unwrap_or_default()
}

/// Parses the result of [`evidence`], to [check](super::check) it again.
///
/// # Errors
///
/// Fails with [`ErrorKind::InvalidArgument`] if the text is not evidence, or contains a request that neither
/// [`run`](super::run) nor an [`Exercise`](super::Exercise) sends.
pub fn replay(text: &str) -> Result<Vec<Exchange>, Error> {
    let invalid = |message: String| Error::new(ErrorKind::InvalidArgument).with_message(message);
    let evidence: Evidence =
        serde_json::from_str(text).map_err(|error| invalid(format!("invalid evidence: {error}")))?;
    let read = |record: Record| {
        let is_same = |step: &&super::run::Step| {
            step.operation.id == record.operation && step.request == record.request
        };
        let step = steps().find(is_same).ok_or_else(|| {
            invalid(format!("unknown request in evidence: {} {:?}", record.operation, record.request))
        })?;
        let mut exchange = step.exchange();
        exchange.sent = record.sent.map(|shape| shape.sent(&exchange));
        exchange.response = record.response.map(Shape::received);
        exchange.failure = record.failure.map(|failure| match failure {
            Failure::Timeout => ErrorKind::Timeout,
            Failure::Lost => ErrorKind::Connect,
        });
        Ok(exchange)
    };
    evidence.exchanges.into_iter().map(read).collect()
}

impl SentShape {
    fn sent(self, exchange: &Exchange) -> SentRequest {
        let program = Program::default().as_str();
        let path = spec::base_path(spec::version_of(program), program) + exchange.operation.path;
        let fill =
            |path: String, (name, value): (&String, &String)| path.replace(&format!("{{{name}}}"), value);
        let path = self.path.iter().fold(path, fill);
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.query).finish();
        SentRequest {
            method: exchange.operation.method.to_owned(),
            target: format!("{path}?{query}"),
            headers: self.headers.into_iter().collect(),
            body: self.body.bytes(),
        }
    }
}

impl Shape {
    fn received(self) -> Received {
        Received {
            status: self.status,
            headers: self.headers.into_iter().collect(),
            is_incomplete: matches!(self.body, Body::Incomplete),
            body: self.body.bytes(),
        }
    }
}

impl Body {
    fn of(schema: &'static Value, bytes: &[u8], names: &mut Names) -> Self {
        match serde_json::from_slice(bytes) {
            Ok(body) => Self::Json(redact::body(schema, &body, names)),
            Err(_) if bytes.is_empty() => Self::Empty,
            Err(_) => Self::Other,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Json(body) => body.to_string().into_bytes(),
            Self::Other | Self::Incomplete => b"other".to_vec(),
            Self::Empty => Vec::new(),
        }
    }
}

fn record(exchange: &Exchange, names: &mut Names) -> Record {
    let operation = exchange.operation;
    Record {
        operation: operation.id.to_owned(),
        request: exchange.request.to_owned(),
        method: operation.method.to_owned(),
        path: operation.path.to_owned(),
        sent: exchange.sent.as_ref().map(|sent| sent_shape(exchange, sent, names)),
        response: exchange.response.as_ref().map(|response| shape(exchange, response, names)),
        failure: exchange.failure.map(|kind| match kind {
            ErrorKind::Timeout => Failure::Timeout,
            _ => Failure::Lost,
        }),
    }
}

fn sent_shape(exchange: &Exchange, sent: &SentRequest, names: &mut Names) -> SentShape {
    let operation = exchange.operation;
    let mut shape = |place: &str, name: &str, value: &str| {
        let declared = parameters(operation, place).into_iter().find(|parameter| parameter["name"] == name);
        let name = if declared.is_some() { name.to_owned() } else { names.of(name) };
        let schema = declared.map_or(&Value::Null, |parameter| &parameter["schema"]);
        (name, redact::text_of(schema, value))
    };
    let mut headers = headers(&sent.headers);
    if exchange.repeats_correlation_id() == Some(false)
        && let Some(id) = headers.get_mut("ms-correlationid")
    {
        *id = Uuid::max().to_string();
    }
    let path = path_values(operation.path, sent.path()).unwrap_or_default();
    SentShape {
        path: path.into_iter().map(|(name, value)| shape("path", name, value)).collect(),
        query: sent.query().iter().map(|(name, value)| shape("query", name, value)).collect(),
        headers,
        body: Body::of(request_schema(operation).unwrap_or(&Value::Null), &sent.body, names),
    }
}

fn shape(exchange: &Exchange, received: &Received, names: &mut Names) -> Shape {
    let declared = response(exchange.operation, received.status);
    let schema = match declared {
        Some(declared) => &declared["content"]["application/json"]["schema"],
        // A response with an undocumented status is most likely an error.
        None => &document()["components"]["schemas"]["ErrorEnvelope"],
    };
    let body =
        if received.is_incomplete { Body::Incomplete } else { Body::of(schema, &received.body, names) };
    Shape { status: received.status, headers: headers(&received.headers), body }
}

fn headers(headers: &[(String, String)]) -> BTreeMap<String, String> {
    headers.iter().map(|(name, value)| (redact::header_name(name), redact::header(name, value))).collect()
}
