//! The kinds of failure: one table.

use std::fmt;
use std::ops::RangeInclusive;

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
    ServerError,
    /// The service, or a gateway before it, cannot answer at the moment.
    Unavailable,
    /// The answer is none that the contract knows.
    InvalidResponse,
    /// No connection came about, or it was lost.
    Connect,
    /// No answer came in time.
    Timeout,
    /// The encrypted connection was refused: a certificate or a protocol does not fit.
    Tls,
    /// No token could be had.
    Credential,
    /// The client was set up with something that it cannot use.
    Configuration,
    /// An argument of a call is invalid.
    InvalidArgument,
}

/// Whether the same call may succeed when it is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retryability {
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
    repeat: Retryability,
    exit: u8,
    help: &'static str,
}

/// Rows with a service code come first: the code says more than the status.
#[rustfmt::skip]
const TABLE: [Row; 18] = {
    use ErrorKind::*;
    use Retryability::*;
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
            help: "give the user the role Executive report viewer in Partner Center (for cmp, give the application a role); a web page as the answer comes from a gateway in between" },
        Row { kind: NotFound, name: "not found", statuses: &[404..=404, 410..=410], codes: &[], repeat: Never, exit: 3,
            help: "list the reports to see the ids that exist, and check that program and base URL are the right ones" },
        Row { kind: Conflict, name: "conflict", statuses: &[409..=409, 412..=412], codes: &[], repeat: Never, exit: 6,
            help: "list the reports to see the state of this one" },
        Row { kind: Throttled, name: "throttled", statuses: &[429..=429], codes: &[], repeat: Later, exit: 7,
            help: "wait as long as the service asks, then run it again with less concurrency" },
        Row { kind: Unavailable, name: "unavailable", statuses: &[408..=408, 502..=504], codes: &[], repeat: Later, exit: 7,
            help: "try again in a few minutes" },
        Row { kind: ServerError, name: "server error", statuses: &[500..=599], codes: &[], repeat: Later, exit: 7,
            help: "try again later; if it stays, open a ticket with Microsoft and quote the correlation id" },
        Row { kind: BadRequest, name: "bad request", statuses: &[400..=499], codes: &[], repeat: Never, exit: 6,
            help: "read the message of the service; quotas are refused in this way too" },
        Row { kind: InvalidResponse, name: "invalid response", statuses: &[0..=999], codes: &[], repeat: Never, exit: 8,
            help: "check the base URL and any proxy in between; if both are right, the service has changed and the spec must follow" },
        Row { kind: Connect, name: "connection failed", statuses: &[], codes: &[], repeat: Later, exit: 7,
            help: "check the network, the proxy settings and the base URL" },
        Row { kind: Timeout, name: "timeout", statuses: &[], codes: &[], repeat: Later, exit: 7,
            help: "check the network, or allow more time" },
        Row { kind: Tls, name: "TLS failure", statuses: &[], codes: &[], repeat: Never, exit: 1,
            help: "trust the authority that signed the certificate (a proxy may bring its own), correct the host name, or use http if that is what is spoken there" },
        Row { kind: Credential, name: "no credential", statuses: &[], codes: &[], repeat: Never, exit: 4,
            help: "sign in again, or check the settings that the token comes from" },
        Row { kind: Configuration, name: "configuration", statuses: &[], codes: &[], repeat: Never, exit: 2,
            help: "correct the setting that the message names" },
        Row { kind: InvalidArgument, name: "invalid argument", statuses: &[], codes: &[], repeat: Never, exit: 2,
            help: "correct the argument that the message names" },
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
        TABLE.iter().find(fits).map_or(Self::InvalidResponse, |row| row.kind)
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
    pub fn retryability(self) -> Retryability {
        self.row().map_or(Retryability::Never, |row| row.repeat)
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
        assert_eq!(ErrorKind::of(500, Some("900421")), ErrorKind::ServerError);
    }
}
