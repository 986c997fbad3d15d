//! The error of a call: its kind and its details.

mod kind;

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use kind::{ErrorKind, Retryability};

use crate::auth::AuthError;
use crate::report::InvalidReportId;
use crate::spec::Operation;
use crate::text::one_line;
use crate::transport::causes;

/// The error of a call.
///
/// `Display` is one line: operation, kind, status, message, attempts and ids; `{:#}` adds the causes, and
/// [`help`](Self::help) has the next step. Neither contains a header, a token, the query of a URL or a body.
#[derive(Clone)]
pub struct Error(Box<Details>);

#[derive(Clone, Debug)]
struct Details {
    kind: ErrorKind,
    operation: Option<&'static str>,
    status: Option<u16>,
    service_code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    correlation_id: Option<String>,
    retry_after: Option<Duration>,
    attempts: u32,
    /// Whether an earlier attempt may have been carried out.
    follows_lost: bool,
    /// Whether the client has verified that nothing was carried out.
    is_undone: bool,
    help: Option<&'static str>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Details {
            kind,
            operation: None,
            status: None,
            service_code: None,
            message: None,
            request_id: None,
            correlation_id: None,
            retry_after: None,
            attempts: 0,
            follows_lost: false,
            is_undone: false,
            help: None,
            source: None,
        }))
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration).with_message(message)
    }

    /// Creates the error of a call or a client without a usable token.
    pub(crate) fn no_token(error: AuthError) -> Self {
        Self::new(error.kind()).with_message(error.to_string()).with_source(error)
    }

    pub(crate) fn with_operation(mut self, operation: &'static Operation) -> Self {
        self.0.operation = Some(operation.id);
        self
    }

    /// Sets the kind of an exceeded quota, which differs from other bad requests only in its message.
    pub(crate) fn with_quota(mut self) -> Self {
        if self.0.kind == ErrorKind::BadRequest {
            let quota = self.message().and_then(ErrorKind::of_quota);
            self.0.kind = quota.unwrap_or(ErrorKind::BadRequest);
        }
        self
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
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

    pub(crate) fn with_undone(mut self) -> Self {
        self.0.is_undone = true;
        self
    }

    pub(crate) fn with_follows_lost(mut self, follows_lost: bool) -> Self {
        self.0.follows_lost = follows_lost;
        self
    }

    /// Replaces the help of the kind.
    pub(crate) fn with_help(mut self, help: Option<&'static str>) -> Self {
        self.0.help = help;
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the `operationId` in the spec. `None` if the error occurred before a call.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// Returns the HTTP status, if there was a response. If the body of a 200 reports another status, returns that one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns the error code of the service, such as `900421`.
    pub fn service_code(&self) -> Option<&str> {
        self.0.service_code.as_deref()
    }

    /// Returns the message of the service, or of the layer that failed, as one line.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// Returns the `MS-RequestId` of the call, the same in every attempt.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Returns the `MS-CorrelationId` of the response, or else of the request. Microsoft's support asks for it.
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    /// Returns how long the service asks to wait before the next call.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns how many requests were sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns whether the same call may succeed later without a change by the caller.
    pub fn is_retryable(&self) -> bool {
        self.kind().retryability() == Retryability::Later
    }

    /// Whether no token could be acquired.
    pub(crate) fn is_of_token(&self) -> bool {
        self.0.source.as_deref().is_some_and(|source| source.is::<AuthError>())
    }

    /// Whether the request did not reach the service, because there was no token or no connection.
    pub(crate) fn is_unsent(&self) -> bool {
        let sent = self.0.source.as_deref().and_then(|source| source.downcast_ref::<reqwest::Error>());
        self.is_of_token() || sent.is_some_and(reqwest::Error::is_connect)
    }

    /// Returns whether the service may have carried out the request although the call failed: the response was lost,
    /// and the client has not verified that nothing was changed.
    pub fn may_be_done(&self) -> bool {
        use ErrorKind::{Connect, InvalidResponse, ServerError, Timeout, Unavailable};
        matches!(self.kind(), Connect | Timeout | Unavailable | ServerError | InvalidResponse)
            && !self.is_unsent()
            && !self.0.is_undone
    }

    /// Whether the service may have carried out an earlier attempt of the call.
    pub(crate) fn follows_lost(&self) -> bool {
        self.0.follows_lost
    }

    /// Returns the next step: that of the [`AuthError`] that caused the error, or else that of the kind.
    pub fn help(&self) -> &str {
        let auth = self.0.source.as_deref().and_then(|source| source.downcast_ref::<AuthError>());
        auth.map_or_else(|| self.0.help.unwrap_or(self.kind().help()), AuthError::help)
    }
}

impl fmt::Debug for Error {
    /// The message and the next step, because `main` prints errors in this form. `{:#?}` has all fields.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f.debug_struct("Error").field("details", &self.0).field("help", &self.help()).finish();
        }
        write!(f, "{self:#}\nhelp: {}", self.help())
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
        let mut shown = self.message().unwrap_or_default().to_owned();
        if !shown.is_empty() {
            write!(f, ": {}", shown.trim_end_matches('.'))?;
        }
        let causes = if f.alternate() { usize::MAX } else { 0 };
        for cause in self::causes(self).skip(1).take(causes) {
            // The message is often taken from one of the causes.
            let text = one_line(&cause.to_string(), 300);
            if !shown.contains(text.trim_end_matches('…')) {
                write!(f, ": {text}")?;
                shown += &text;
            }
        }
        if let Some(wait) = self.retry_after() {
            write!(f, "; retry after {} s", wait.as_millis().div_ceil(1000))?;
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

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<InvalidReportId> for Error {
    fn from(invalid: InvalidReportId) -> Self {
        Self::new(ErrorKind::InvalidArgument).with_message(invalid.to_string())
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_one_line_without_advice() {
        let error = Error::new(ErrorKind::Throttled).with_operation(&crate::spec::GET_REPORTS);
        let error = error.with_status(Some(429)).with_message("Slow down.").with_attempts(5);
        let error = error.with_retry_after(Some(Duration::from_secs(30)));
        let expected = "getReports: throttled (HTTP 429): Slow down; retry after 30 s; 5 attempts";
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.help(), ErrorKind::Throttled.help());
    }

    #[test]
    fn debug_ends_with_the_next_step() {
        let error = Error::new(ErrorKind::Throttled);
        assert_eq!(format!("{error:?}"), format!("throttled\nhelp: {}", error.help()));
    }

    #[test]
    fn alternate_display_adds_causes_once() {
        let error = Error::new(ErrorKind::Credential).with_message("the vault is sealed");
        let error = error.with_source(AuthError::other("the vault is sealed"));
        assert_eq!(format!("{error:#}"), "no credential: the vault is sealed");
        let error = Error::new(ErrorKind::Connect).with_source(std::io::Error::other("reset by peer"));
        assert_eq!(format!("{:#}", error.clone()), "connection failed: reset by peer");
    }
}
