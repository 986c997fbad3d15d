//! What can go wrong, and what to do about it: one table.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::contract::Operation;
use crate::report::InvalidReportId;
use crate::transport::causes;

/// What went wrong, by meaning. [`ErrorKind::ALL`] and the methods are the table that README shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The service refuses the request as it is.
    BadRequest,
    /// The token is missing, expired or not accepted.
    Unauthenticated,
    /// The token does not prove a multi-factor sign-in.
    MfaRequired,
    /// The token was made for another service.
    WrongAudience,
    /// The service wants a user's token and got an application's.
    AppOnlyNotAllowed,
    /// The caller is known and may not do this.
    Forbidden,
    /// There is no such report, or no such address.
    NotFound,
    /// The report is in a state that does not allow this.
    Conflict,
    /// Too many calls.
    Throttled,
    /// The service failed.
    ServiceFailure,
    /// The service, or a gateway before it, cannot answer at the moment.
    Unavailable,
    /// The answer is none that the contract knows.
    BrokenContract,
    /// No connection came about, or it was lost.
    Connect,
    /// No answer came in time.
    Timeout,
    /// The encrypted connection was refused: a certificate or a protocol does not fit.
    Tls,
    /// No token could be had.
    Credential,
    /// The client was set up, or called, with something it cannot use.
    Configuration,
}

/// Whether the same call may succeed when it is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Repeat {
    /// Not without a change on the caller's side.
    Never,
    /// Yes, after a while. The client does so by itself.
    Later,
    /// Once, with a fresh token.
    WithFreshToken,
}

/// A row of the table.
struct Row {
    kind: ErrorKind,
    name: &'static str,
    statuses: &'static [RangeInclusive<u16>],
    /// The service codes that tell this row from others with the same status.
    codes: &'static [&'static str],
    repeat: Repeat,
    exit: u8,
    help: &'static str,
}

/// Rows with a service code come first: the code says more than the status.
#[rustfmt::skip]
const TABLE: [Row; 17] = {
    use ErrorKind::*;
    use Repeat::*;
    [
        Row { kind: MfaRequired, name: "MFA required", statuses: &[401..=403], codes: &["900421", "10001"], repeat: Never, exit: 4,
            help: "sign in again with multi-factor authentication; a refresh token must come from such a sign-in" },
        Row { kind: WrongAudience, name: "wrong audience", statuses: &[401..=403], codes: &["900420"], repeat: Never, exit: 4,
            help: "request the token for the origin of the base URL (scope: that origin and /.default), not for Microsoft Graph or Azure AD Graph" },
        Row { kind: AppOnlyNotAllowed, name: "app-only not allowed", statuses: &[401..=403], codes: &["900329"], repeat: Never, exit: 4,
            help: "use the token of a user (application and user); an application alone may not do this" },
        Row { kind: Unauthenticated, name: "unauthenticated", statuses: &[401..=401], codes: &[], repeat: WithFreshToken, exit: 4,
            help: "get a new access token; tokens live for about an hour" },
        Row { kind: Forbidden, name: "forbidden", statuses: &[403..=403], codes: &[], repeat: Never, exit: 5,
            help: "give the user the role Executive report viewer in Partner Center (for cmp, give the application a role)" },
        Row { kind: NotFound, name: "not found", statuses: &[404..=404, 410..=410], codes: &[], repeat: Never, exit: 3,
            help: "list the reports to see the ids that exist, and check that program and base URL are the right ones" },
        Row { kind: Conflict, name: "conflict", statuses: &[409..=409, 412..=412], codes: &[], repeat: Never, exit: 6,
            help: "list the reports to see the state of this one" },
        Row { kind: Throttled, name: "throttled", statuses: &[429..=429], codes: &[], repeat: Later, exit: 7,
            help: "wait as long as the service asks, then run it again with less concurrency" },
        Row { kind: Unavailable, name: "unavailable", statuses: &[408..=408, 502..=504], codes: &[], repeat: Later, exit: 7,
            help: "try again in a few minutes" },
        Row { kind: ServiceFailure, name: "service failure", statuses: &[500..=599], codes: &[], repeat: Later, exit: 7,
            help: "try again later; if it stays, open a ticket with Microsoft and quote the correlation id" },
        Row { kind: BadRequest, name: "bad request", statuses: &[400..=499], codes: &[], repeat: Never, exit: 6,
            help: "read the message of the service; quotas are refused in this way too" },
        Row { kind: BrokenContract, name: "broken contract", statuses: &[0..=999], codes: &[], repeat: Never, exit: 8,
            help: "check the base URL and any proxy in between; if both are right, the service has changed and the contract must follow" },
        Row { kind: Connect, name: "connection failed", statuses: &[], codes: &[], repeat: Later, exit: 7,
            help: "check the network, the proxy settings and the base URL" },
        Row { kind: Timeout, name: "timeout", statuses: &[], codes: &[], repeat: Later, exit: 7,
            help: "check the network, or allow more time" },
        Row { kind: Tls, name: "TLS failure", statuses: &[], codes: &[], repeat: Never, exit: 1,
            help: "trust the authority that signed the certificate (a proxy may bring its own), or correct the host name" },
        Row { kind: Credential, name: "no credential", statuses: &[], codes: &[], repeat: Never, exit: 4,
            help: "sign in again, or check the settings that the token comes from" },
        Row { kind: Configuration, name: "configuration", statuses: &[], codes: &[], repeat: Never, exit: 2,
            help: "correct the setting that the message names" },
    ]
};

impl ErrorKind {
    /// Every kind.
    pub const ALL: [Self; TABLE.len()] = {
        let mut all = [Self::BadRequest; TABLE.len()];
        let mut i = 0;
        while i < TABLE.len() {
            all[i] = TABLE[i].kind;
            i += 1;
        }
        all
    };

    /// The kind of a status, told apart further by the code of the service.
    pub(crate) fn of(status: u16, code: Option<&str>) -> Self {
        let fits = |row: &&Row| {
            row.statuses.iter().any(|range| range.contains(&status))
                && (row.codes.is_empty() || code.is_some_and(|code| row.codes.contains(&code)))
        };
        TABLE.iter().find(fits).map_or(Self::BrokenContract, |row| row.kind)
    }

    fn row(self) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.kind == self)
    }

    /// A short name for people, such as `not found`.
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.name)
    }

    /// What to do about it, in one sentence.
    pub fn help(self) -> &'static str {
        self.row().map_or("", |row| row.help)
    }

    /// Whether the same call may succeed when it is made again.
    pub fn repeat(self) -> Repeat {
        self.row().map_or(Repeat::Never, |row| row.repeat)
    }

    /// The HTTP statuses that mean this, if any do.
    pub fn statuses(self) -> &'static [RangeInclusive<u16>] {
        self.row().map_or(&[], |row| row.statuses)
    }

    /// The codes of the service that mean this, if any do.
    pub fn service_codes(self) -> &'static [&'static str] {
        self.row().map_or(&[], |row| row.codes)
    }

    /// The exit code of the program when everything failed in this way.
    pub fn exit_code(self) -> u8 {
        self.row().map_or(1, |row| row.exit)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

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
        self.kind().repeat() == Repeat::Later
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
        // That no token could be had comes with a next step of its own.
        if self.kind() != ErrorKind::Credential {
            write!(f, "; {}", self.help())?;
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
    fn every_kind_has_one_row_a_name_and_a_help_sentence() {
        for kind in ErrorKind::ALL {
            assert_eq!(TABLE.iter().filter(|row| row.kind == kind).count(), 1, "{kind:?}");
            assert!(!kind.name().is_empty() && !kind.help().is_empty(), "{kind:?}");
        }
    }

    #[test]
    fn a_service_code_decides_before_the_status() {
        assert_eq!(ErrorKind::of(401, Some("900421")), ErrorKind::MfaRequired);
        assert_eq!(ErrorKind::of(401, Some("something else")), ErrorKind::Unauthenticated);
        assert_eq!(ErrorKind::of(401, None), ErrorKind::Unauthenticated);
        assert_eq!(ErrorKind::of(403, Some("900329")), ErrorKind::AppOnlyNotAllowed);
        assert_eq!(ErrorKind::of(500, Some("900421")), ErrorKind::ServiceFailure);
    }

    #[test]
    fn a_line_is_one_line_and_short() {
        assert_eq!(one_line(" a\r\n\tb\u{1b}[31m ", 300), "a b [31m");
        assert_eq!(one_line(&"é".repeat(500), 3), "ééé…");
    }
}
