//! Exit codes, and the error that ends a command.

use std::fmt;

use partner_center_insights::ErrorKind::*;
use partner_center_insights::auth::AuthError;
use partner_center_insights::{Error, ErrorKind, Reason};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

pub const OK: u8 = 0;
pub const UNEXPECTED: u8 = 1;
pub const USAGE: u8 = 2;
pub const NOT_FOUND: u8 = 3;
pub const AUTH: u8 = 4;
pub const REFUSED: u8 = 6;
pub const DIFFERS: u8 = 8;
pub const SOME_FAILED: u8 = 9;
pub const UNCONFIRMED: u8 = 10;
pub const NOT_DELIVERED: u8 = 11;
const INTERRUPTED: u8 = 130;

const NEW_TOKEN: &str = "`partner-insights auth check` says what is wrong with the token; set PARTNER_CENTER_ACCESS_TOKEN to a new one, \
     or unset it and run `partner-insights auth login`; tokens live for about an hour";
const LIST: &str = "`partner-insights list` shows the IDs of the reports; check --program and --base-url too";

// Kinds of failures that are not errors of the library.
const USAGE_KIND: &str = "usage";
const UNEXPECTED_KIND: &str = "unexpected";
const NO_MATCH_KIND: &str = "no-match";
const INTERRUPTED_KIND: &str = "interrupted";
const DECLINED_KIND: &str = "declined";

/// Every exit code, its meaning, and its kinds of error.
pub const TABLE: [(u8, &str, &[ErrorKind]); 13] = [
    (OK, "success: every requested report is in the requested state, or there was nothing to do", &[]),
    (UNEXPECTED, "unexpected error", &[Tls, Io]),
    (USAGE, "usage or configuration error, or invalid syntax of a query", &[Configuration, InvalidArgument]),
    (
        NOT_FOUND,
        "report, query, dataset or file not found, or nothing matches --name or --query-id",
        &[NotFound, FileNotFound],
    ),
    (
        AUTH,
        "authentication failed",
        &[Credential, Unauthenticated, MfaRequired, WrongAudience, AppOnlyNotAllowed],
    ),
    (5, "forbidden", &[Forbidden, LinkRefused]),
    (
        REFUSED,
        "refused by the service or by `query check`, or the report cannot be resumed or paused",
        &[BadRequest, Conflict, ReportQuota, OneTimeQuota, QueryQuota],
    ),
    (
        7,
        "service or token endpoint throttled or unavailable; resume, pause: --timeout elapsed",
        &[Throttled, Unavailable, ServerError, Connect, Timeout],
    ),
    (
        DIFFERS,
        "invalid response, damaged file, or a service that differs from the spec",
        &[InvalidResponse, FileDamaged],
    ),
    (SOME_FAILED, "some reports failed", &[]),
    (UNCONFIRMED, "verification timed out", &[]),
    (NOT_DELIVERED, "health: some reports need attention; wait, export, resume --wait: no file in time", &[]),
    (INTERRUPTED, "interrupted or declined", &[]),
];

/// The exit code for a kind of error.
pub fn code(kind: ErrorKind) -> u8 {
    TABLE.iter().find(|(.., kinds)| kinds.contains(&kind)).map_or(UNEXPECTED, |(code, ..)| *code)
}

/// The exit code of a command for several reports: that of the failures if they share one and nothing succeeded.
pub fn of_failures(codes: &[u8], nothing_succeeded: bool) -> u8 {
    match codes {
        [] => OK,
        [first, others @ ..] if nothing_succeeded && others.iter().all(|code| code == first) => *first,
        _ => SOME_FAILED,
    }
}

/// The failure of a command, printed as `error: …` and `hint: …` on separate lines, or as one JSON object.
#[derive(Debug)]
pub struct Failure {
    pub code: u8,
    pub error: Box<ErrorObject>,
}

/// The error, and how to fix it.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorObject {
    /// A stable identifier of the kind of error.
    #[schemars(schema_with = "kinds")]
    kind: String,
    /// The HTTP status, if there was a response.
    status: Option<u16>,
    /// The error code of the service.
    service_code: Option<String>,
    message: String,
    /// The next step.
    hint: Option<String>,
    request_id: Option<String>,
    correlation_id: Option<String>,
    /// Seconds to wait, as requested by the service.
    retry_after: Option<u64>,
    /// How many requests were sent.
    attempts: u32,
    /// The error in one line, for the table output.
    #[serde(skip)]
    pub text: String,
}

/// What `--output json` and `jsonl` print to standard error if a command fails, on one line.
#[derive(Serialize, JsonSchema)]
pub struct ErrorDocument<'a> {
    error: &'a ErrorObject,
}

impl Failure {
    fn new(code: u8, kind: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let (kind, text) = (kind.to_owned(), message.clone());
        Self { code, error: Box::new(ErrorObject { kind, message, text, ..ErrorObject::default() }) }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(USAGE, USAGE_KIND, message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(NOT_FOUND, &word(ErrorKind::NotFound), message)
    }

    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(REFUSED, &word(ErrorKind::BadRequest), message)
    }

    pub fn authentication(message: impl Into<String>) -> Self {
        Self::new(AUTH, &word(ErrorKind::Credential), message)
    }

    pub fn unexpected(error: impl fmt::Display) -> Self {
        Self::new(UNEXPECTED, UNEXPECTED_KIND, error.to_string())
    }

    /// Creates the failure for a filter or a file of IDs that selects nothing.
    pub fn no_match(message: impl Into<String>) -> Self {
        Self::new(NOT_FOUND, NO_MATCH_KIND, message)
    }

    /// Creates the failure for a --timeout that elapses before the first change.
    pub fn timeout() -> Self {
        Self::new(code(ErrorKind::Timeout), &word(ErrorKind::Timeout), "--timeout elapsed")
            .hint("nothing was changed; run the command again, or with a longer --timeout")
    }

    pub fn interrupted() -> Self {
        Self::new(INTERRUPTED, INTERRUPTED_KIND, "interrupted")
    }

    pub fn declined() -> Self {
        Self::new(INTERRUPTED, DECLINED_KIND, "Declined; nothing was changed.")
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.error.hint = Some(hint.into());
        self
    }

    pub fn document(&self) -> ErrorDocument<'_> {
        ErrorDocument { error: &self.error }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Declining is a choice, not an error.
        let prefix = if self.error.kind == DECLINED_KIND { "" } else { "error: " };
        write!(f, "{prefix}{}", self.error.text)?;
        self.error.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

/// Returns the stable identifier of a kind.
fn word(kind: ErrorKind) -> String {
    Reason::Error(kind).to_string()
}

/// Returns the stable identifiers of all kinds.
pub fn words() -> impl Iterator<Item = String> {
    ErrorKind::ALL.iter().copied().map(word)
}

fn kinds(_: &mut SchemaGenerator) -> Schema {
    let own =
        [USAGE_KIND, UNEXPECTED_KIND, NO_MATCH_KIND, INTERRUPTED_KIND, DECLINED_KIND].map(str::to_owned);
    json_schema!({ "type": "string", "enum": words().chain(own).collect::<Vec<_>>() })
}

impl ErrorObject {
    pub fn kind(&self) -> &str {
        &self.kind
    }

    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<&Error> for ErrorObject {
    fn from(error: &Error) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            kind: word(error.kind()),
            status: error.status(),
            service_code: owned(error.service_code()),
            message: error.message().unwrap_or(error.kind().name()).to_owned(),
            hint: Some(hint(error).to_owned()),
            request_id: owned(error.request_id()),
            correlation_id: owned(error.correlation_id()),
            retry_after: error.retry_after().map(|wait| wait.as_secs()),
            attempts: error.attempts(),
            text: error.to_string(),
        }
    }
}

/// Returns the next step, for some kinds with the commands of this CLI.
pub fn hint(error: &Error) -> &str {
    match (error.kind(), error.help()) {
        (Unauthenticated, help) if help == Unauthenticated.help() => NEW_TOKEN,
        (NotFound, help) if help == NotFound.help() => LIST,
        (_, help) => help,
    }
}

/// Returns the next step for the reason of an outcome.
pub fn hint_of(reason: Reason) -> &'static str {
    if reason == Reason::Error(NotFound) { LIST } else { reason.help() }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { code: code(error.kind()), error: Box::new(ErrorObject::from(&error)) }
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        let kind = error.kind();
        Self::new(code(kind), &word(kind), error.to_string()).hint(error.help())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_kind_has_one_exit_code() {
        let codes = |kind| TABLE.iter().filter(|(.., kinds)| kinds.contains(kind)).count();
        let wrong: Vec<_> = ErrorKind::ALL.iter().filter(|kind| codes(kind) != 1).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
