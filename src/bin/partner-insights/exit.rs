//! Exit codes: one table, shown by `--help`, the man page and README.

use std::fmt;

use partner_center_insights::{Error, ErrorKind, Outcome};

pub const OK: u8 = 0;
pub const UNEXPECTED: u8 = 1;
pub const USAGE: u8 = 2;
pub const NOT_FOUND: u8 = 3;
pub const REFUSED: u8 = 6;
pub const SOME_FAILED: u8 = 9;
pub const UNCONFIRMED: u8 = 10;
pub const INTERRUPTED: u8 = 130;

/// Every exit code and its meaning.
pub const TABLE: [(u8, &str); 12] = [
    (OK, "all reports asked for are running (or paused, as asked), or there was nothing to do"),
    (UNEXPECTED, "unexpected"),
    (USAGE, "usage or settings"),
    (NOT_FOUND, "no such report"),
    (4, "sign-in"),
    (5, "forbidden"),
    (REFUSED, "refused by the service, or the report cannot be resumed"),
    (7, "throttled or unavailable, after retries"),
    (8, "the answer breaks the contract"),
    (SOME_FAILED, "some of several reports failed"),
    (UNCONFIRMED, "not confirmed in time"),
    (INTERRUPTED, "interrupted, or the question was answered with no"),
];

/// The exit code for a kind of error.
pub fn code_of(kind: ErrorKind) -> u8 {
    use ErrorKind::*;
    match kind {
        InvalidArgument | Configuration => USAGE,
        NotFound => NOT_FOUND,
        MfaRequired | WrongAudience | AppOnlyNotAllowed | Unauthenticated | Credential => 4,
        Forbidden => 5,
        BadRequest | Conflict => REFUSED,
        Throttled | Unavailable | ServerError | Connect | Timeout => 7,
        InvalidResponse => 8,
        _ => UNEXPECTED,
    }
}

/// What ends the program early.
#[derive(Debug)]
pub struct Failure {
    pub code: u8,
    pub message: String,
}

impl Failure {
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: USAGE, message: message.into() }
    }

    pub fn sign_in(message: &str) -> Self {
        Self { code: code_of(ErrorKind::Credential), message: message.to_owned() }
    }

    /// The same with the next step.
    pub fn and(mut self, step: &str) -> Self {
        self.message = format!("{}; {step}", self.message);
        self
    }

    pub fn unexpected(error: impl fmt::Display) -> Self {
        Self { code: UNEXPECTED, message: error.to_string() }
    }

    pub fn interrupted() -> Self {
        Self { code: INTERRUPTED, message: "interrupted".to_owned() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { code: code_of(error.kind()), message: error.to_string() }
    }
}

/// The code for a whole run: that of the failures if they agree and nothing succeeded.
#[derive(Debug, Default)]
pub struct Tally {
    succeeded: bool,
    codes: Vec<u8>,
}

impl Tally {
    pub fn add(&mut self, outcome: Outcome, error: Option<&Error>) {
        match code(outcome, error) {
            OK => self.succeeded = true,
            code if self.codes.contains(&code) => {}
            code => self.codes.push(code),
        }
    }

    /// A report that would be sent a request.
    pub fn add_planned(&mut self) {
        self.succeeded = true;
    }

    pub fn code(&self) -> u8 {
        match self.codes[..] {
            [] => OK,
            // What is unconfirmed has not failed.
            [UNCONFIRMED] => UNCONFIRMED,
            [code] if !self.succeeded => code,
            _ => SOME_FAILED,
        }
    }
}

fn code(outcome: Outcome, error: Option<&Error>) -> u8 {
    match (outcome, error) {
        (outcome, _) if outcome.is_success() => OK,
        (Outcome::Unconfirmed, _) => UNCONFIRMED,
        (Outcome::NotFound, _) => NOT_FOUND,
        (_, Some(error)) => code_of(error.kind()),
        (Outcome::NotResumable | Outcome::NotPausable, None) => code_of(ErrorKind::Conflict),
        (_, None) => UNEXPECTED,
    }
}
