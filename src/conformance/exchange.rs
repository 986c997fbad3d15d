//! Requests as sent, and responses as received.

use std::fmt;

use super::document::path_values;
use crate::error::ErrorKind;
use crate::spec::{self, Operation};

/// A request and its response.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// The operation that was requested.
    pub operation: &'static Operation,
    /// Distinguishes the requests of an operation, such as `unknown id`.
    pub request: &'static str,
    /// The statuses that the spec documents for this request.
    pub expected: &'static [u16],
    /// The request, or `None` if it was not sent or is unknown.
    pub sent: Option<SentRequest>,
    /// The response, or `None` if there was none.
    pub response: Option<Received>,
    /// Why a sent request has no response: [`Timeout`](ErrorKind::Timeout) or [`Connect`](ErrorKind::Connect).
    pub failure: Option<ErrorKind>,
}

impl Exchange {
    /// Creates an exchange of an operation that expects any documented status.
    pub fn new(operation: &'static Operation) -> Self {
        Self {
            operation,
            request: "",
            expected: operation.statuses,
            sent: None,
            response: None,
            failure: None,
        }
    }

    /// Creates an exchange from a request, with the operation that has its method and path. Returns `None` unless there
    /// is exactly one.
    ///
    /// ```
    /// use partner_center_insights::conformance::{Exchange, SentRequest};
    ///
    /// let sent = SentRequest {
    ///     method: "GET".to_owned(),
    ///     target: "/insights/v1/mpn/ScheduledReport".to_owned(),
    ///     ..SentRequest::default()
    /// };
    /// assert_eq!(Exchange::of(sent).unwrap().operation.id, "getReports");
    /// ```
    pub fn of(sent: SentRequest) -> Option<Self> {
        let path = sent.path();
        let is_requested =
            |known: &&Operation| known.method == sent.method && path_values(known.path, path).is_some();
        let mut operations = spec::OPERATIONS.iter().filter(is_requested);
        let (operation, None) = (operations.next()?, operations.next()) else { return None };
        Some(Self { sent: Some(sent), ..Self::new(operation) })
    }

    /// Whether the response repeats the correlation ID of the request. `None` unless both have one.
    pub(super) fn repeats_correlation_id(&self) -> Option<bool> {
        let name = "MS-CorrelationId";
        let (sent, received) = (self.sent.as_ref()?.header(name)?, self.response.as_ref()?.header(name)?);
        Some(sent.eq_ignore_ascii_case(received))
    }

    /// Whether the request is deliberately invalid.
    pub(super) fn is_invalid(&self) -> bool {
        matches!(self.expected, [400 | 401])
    }
}

/// A request as it was sent.
#[derive(Clone, Default)]
pub struct SentRequest {
    /// The HTTP method, in upper case.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Names and values of the headers. A run does not store the token.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl SentRequest {
    /// Returns the value of a header, in any letter case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub(super) fn query(&self) -> Vec<(String, String)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }
}

/// Omits values, because headers contain the token.
impl fmt::Debug for SentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// A response as it was received.
#[derive(Clone, Default)]
pub struct Received {
    /// The HTTP status.
    pub status: u16,
    /// Names and values of the headers.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// Whether the body was cut off, damaged or too large.
    pub is_incomplete: bool,
}

impl Received {
    /// Returns the value of a header, in any letter case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// Omits values, because bodies contain data of the tenant.
impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received").field("status", &self.status).finish_non_exhaustive()
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
}
