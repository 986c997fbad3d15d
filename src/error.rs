//! A call that failed: its kind, and everything else that is known about it.

mod kind;

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

pub use kind::{ErrorKind, Retryability};

use crate::report::InvalidReportId;
use crate::spec::Operation;
use crate::transport::causes;

/// A call that failed, with everything that is known about it.
///
/// `Display` is one line for people: operation, kind, status, message, ids and the next step. It never holds a
/// header, a token, the query of a URL or a body. `{:#}` adds the causes.
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    operation: Option<&'static Operation>,
    status: Option<u16>,
    service_code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    correlation_id: Option<String>,
    retry_after: Option<Duration>,
    attempts: u32,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            status: None,
            service_code: None,
            message: None,
            request_id: None,
            correlation_id: None,
            retry_after: None,
            attempts: 0,
            source: None,
        }))
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration).with_message(message)
    }

    pub(crate) fn with_operation(mut self, operation: &'static Operation) -> Self {
        self.0.operation = Some(operation);
        self
    }

    pub(crate) fn with_status(mut self, status: Option<u16>) -> Self {
        self.0.status = status;
        self
    }

    pub(crate) fn with_service_code(mut self, code: Option<String>) -> Self {
        self.0.service_code = code;
        self
    }

    pub(crate) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = Some(message.into()).filter(|message: &String| !message.is_empty());
        self
    }

    pub(crate) fn with_ids(mut self, request_id: String, correlation_id: String) -> Self {
        self.0.request_id = Some(request_id);
        self.0.correlation_id = Some(correlation_id);
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error without its causes, to tell it of another report.
    pub(crate) fn echo(&self) -> Self {
        let inner = &*self.0;
        Self(Box::new(Inner {
            service_code: inner.service_code.clone(),
            message: inner.message.clone(),
            request_id: inner.request_id.clone(),
            correlation_id: inner.correlation_id.clone(),
            source: None,
            ..*inner
        }))
    }

    /// What went wrong, by meaning.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The `operationId` of the contract, or nothing if the error came about before any call.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation.map(|operation| operation.id)
    }

    /// The HTTP status, if an answer came. A failure that came inside HTTP 200 has the status that its body states.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The code of the service, such as `900421`, if the answer holds one.
    pub fn service_code(&self) -> Option<&str> {
        self.0.service_code.as_deref()
    }

    /// What the service, or the layer that failed, says; in one line.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The `MS-RequestId` that was sent, the same in every attempt of the call.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The `MS-CorrelationId` of the answer, or the one that was sent if none came back. Support asks for it.
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    /// How long the service asks to wait before the next call.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many requests were sent for this call.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether the same call may succeed later without a change on the caller's side.
    pub fn is_retryable(&self) -> bool {
        self.kind().retryability() == Retryability::Later
    }

    /// What to do about it, in one sentence.
    pub fn help(&self) -> &'static str {
        self.kind().help()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation() {
            write!(f, "{operation}: ")?;
        }
        f.write_str(self.kind().name())?;
        match (self.status(), self.service_code()) {
            (Some(status), Some(code)) => write!(f, " (HTTP {status}, code {code})")?,
            (Some(status), None) => write!(f, " (HTTP {status})")?,
            (None, Some(code)) => write!(f, " (code {code})")?,
            (None, None) => {}
        }
        if let Some(message) = self.message() {
            // The service ends its sentences, and ours goes on.
            write!(f, ": {}", message.trim_end_matches('.'))?;
        }
        if f.alternate() {
            let mut said = self.message().unwrap_or_default().to_owned();
            for cause in causes(self).skip(1) {
                // The message is often taken from one of them.
                let text = one_line(&cause.to_string(), 300);
                if !said.contains(text.trim_end_matches('…')) {
                    write!(f, ": {text}")?;
                    said += &text;
                }
            }
        }
        if let Some(wait) = self.retry_after() {
            write!(f, "; the service asks to wait {} s", wait.as_secs())?;
        }
        if self.attempts() > 1 {
            write!(f, "; {} attempts", self.attempts())?;
        }
        if let (Some(request), Some(correlation)) = (self.request_id(), self.correlation_id()) {
            write!(f, " [request {request}, correlation {correlation}]")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            operation, status, service_code, message, request_id, correlation_id, retry_after, ..
        } = &*self.0;
        f.debug_struct("Error")
            .field("kind", &self.kind())
            .field("operation", &operation.map(|operation| operation.id))
            .field("status", status)
            .field("service_code", service_code)
            .field("message", message)
            .field("request_id", request_id)
            .field("correlation_id", correlation_id)
            .field("retry_after", retry_after)
            .field("attempts", &self.attempts())
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Nothing was sent; the message shows what an id looks like.
impl From<InvalidReportId> for Error {
    fn from(invalid: InvalidReportId) -> Self {
        Self::configuration(invalid.to_string())
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The text in one line of at most `limit` characters, without control characters.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 4 * limit {
            break;
        }
    }
    match line.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_short() {
        assert_eq!(one_line(" a\r\n\tb\u{1b}[31m ", 300), "a b [31m");
        assert_eq!(one_line(&"é".repeat(500), 3), "ééé…");
    }
}
