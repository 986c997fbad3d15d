//! Exit codes, and the error that ends a command.

use std::fmt;

use partner_center_insights::ErrorKind::*;
use partner_center_insights::auth::AuthError;
use partner_center_insights::{Error, ErrorKind};

pub const OK: u8 = 0;
pub const UNEXPECTED: u8 = 1;
const USAGE: u8 = 2;
pub const NOT_FOUND: u8 = 3;
pub const AUTH: u8 = 4;
pub const REFUSED: u8 = 6;
pub const DIFFERS: u8 = 8;
pub const SOME_FAILED: u8 = 9;
pub const UNCONFIRMED: u8 = 10;
pub const STANDS_STILL: u8 = 11;
const INTERRUPTED: u8 = 130;

const DECLINED: &str = "Declined; nothing was changed.";

/// Every exit code, its meaning, and the kinds of error that lead to it.
pub const TABLE: [(u8, &str, &[ErrorKind]); 13] = [
    (OK, "success: every requested report is in the requested state, or there was nothing to do", &[]),
    (UNEXPECTED, "unexpected error", &[Tls, Io]),
    (USAGE, "usage or configuration error", &[Configuration, InvalidArgument]),
    (NOT_FOUND, "report or file not found", &[NotFound, FileNotFound]),
    (
        AUTH,
        "authentication failed",
        &[Credential, Unauthenticated, MfaRequired, WrongAudience, AppOnlyNotAllowed],
    ),
    (5, "forbidden", &[Forbidden, LinkRefused]),
    (
        REFUSED,
        "refused by the service, or the report cannot be resumed or paused",
        &[BadRequest, Conflict, ReportQuota, OneTimeQuota, QueryQuota],
    ),
    (7, "throttled or unavailable, after retries", &[Throttled, Unavailable, ServerError, Connect, Timeout]),
    (
        DIFFERS,
        "invalid response, damaged file, or a service that differs from the spec",
        &[InvalidResponse, FileDamaged],
    ),
    (SOME_FAILED, "some reports failed", &[]),
    (UNCONFIRMED, "verification timed out", &[]),
    (STANDS_STILL, "health: some reports need attention", &[]),
    (INTERRUPTED, "interrupted or declined", &[]),
];

/// The exit code for a kind of error.
pub fn code(kind: ErrorKind) -> u8 {
    TABLE.iter().find(|(.., kinds)| kinds.contains(&kind)).map_or(UNEXPECTED, |(code, ..)| *code)
}

/// Ends a command: `error: …`, then `hint: …` on a line of its own.
#[derive(Debug)]
pub struct Failure {
    pub code: u8,
    message: String,
    hint: Option<String>,
}

impl Failure {
    fn new(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(USAGE, message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(NOT_FOUND, message)
    }

    pub fn authentication(message: impl Into<String>) -> Self {
        Self::new(AUTH, message)
    }

    pub fn unexpected(error: impl fmt::Display) -> Self {
        Self::new(UNEXPECTED, error.to_string())
    }

    pub fn interrupted() -> Self {
        Self::new(INTERRUPTED, "interrupted")
    }

    pub fn declined() -> Self {
        Self::new(INTERRUPTED, DECLINED)
    }

    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // To decline is a choice, not an error.
        let prefix = if self.message.starts_with(DECLINED) { "" } else { "error: " };
        write!(f, "{prefix}{}", self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(code(error.kind()), error.to_string()).hint(error.help())
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        Self::authentication(error.to_string()).hint(error.help())
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
