//! The kinds of errors.

use std::fmt;

/// Whether a call may succeed when it is retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retryability {
    /// Not without a change by the caller.
    Never,
    /// After a while. The client retries by itself.
    Later,
    /// Once, with a new token.
    WithFreshToken,
}

/// Defines the kinds from one table, so that the documentation cannot differ from the code.
macro_rules! error_kinds {
    ($(
        $(#[$doc:meta])*
        $kind:ident($name:literal, [$($($status:pat),+ $(=> $($code:literal),+)?)?], $retry:ident, $help:literal),
    )+) => {
        /// The kind of an [`Error`](crate::Error).
        ///
        /// The first row that matches the response decides. Kinds without a status occur when there was no response. If
        /// the body of a 200 reports another status, that status counts. For a 401 or 403, the reason phrase, the
        /// challenge (`WWW-Authenticate`) and the message count too, because they may name multi-factor authentication
        /// or the audience. A 403 with `Retry-After` or an exceeded quota is [`Throttled`](Self::Throttled).
        ///
        /// | kind | HTTP status | service code | retryable | help |
        /// | --- | --- | --- | --- | --- |
        $(#[doc = concat!(
            "| [`", stringify!($kind), "`](Self::", stringify!($kind), ") | ",
            $($("`", stringify!($status), "` ",)+)? "| ", $($($("`", $code, "` ",)+)?)?
            "| ", stringify!($retry), " | ", $help, " |"
        )])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)+
        }

        const ALL: &[ErrorKind] = &[$(ErrorKind::$kind),+];

        fn classify(status: u16, code: Option<&str>) -> ErrorKind {
            $($(
                if matches!(status, $($status)|+) $(&& matches!(code, Some($($code)|+)))? {
                    return ErrorKind::$kind;
                }
            )?)+
            ErrorKind::InvalidResponse
        }

        /// Returns the name, the retryability and the help of a kind.
        fn row(kind: ErrorKind) -> (&'static str, Retryability, &'static str) {
            match kind {
                $(ErrorKind::$kind => ($name, Retryability::$retry, $help),)+
            }
        }
    };
}

error_kinds! {
    /// The token was obtained without multi-factor authentication.
    MfaRequired("MFA required", [401..=403 => "900421", "10001"], Never,
        "sign in again with multi-factor authentication; a refresh token must come from such a sign-in"),
    /// The token was issued for another service.
    WrongAudience("wrong audience", [401..=403 => "900420"], Never,
        "request the token for the origin of the base URL (scope: that origin and /.default), not for Microsoft Graph or Azure AD Graph"),
    /// The service requires the token of a user.
    AppOnlyNotAllowed("app-only not allowed", [401..=403 => "900329"], Never,
        "use the token of a user (application and user); an application alone may not do this"),
    /// The token is missing, expired or not accepted.
    Unauthenticated("unauthenticated", [401], WithFreshToken,
        "get a new access token; tokens live for about an hour"),
    /// The caller lacks a permission.
    Forbidden("forbidden", [403], Never,
        "give the user the role Executive report viewer in Partner Center (for cmp, give the application a role)"),
    /// The report or the address does not exist.
    NotFound("not found", [404, 410], Never,
        "list the reports to see which ids exist, and check the program and the base URL"),
    /// The state of the report does not allow the operation.
    Conflict("conflict", [409, 412], Never,
        "list the reports to see the current state"),
    /// Too many requests, or an exceeded quota of calls.
    Throttled("throttled", [429], Later,
        "wait as long as the service asks, then retry with less concurrency"),
    /// The service, or a gateway in front of it, is temporarily unavailable.
    Unavailable("unavailable", [408, 502..=504], Later,
        "try again in a few minutes"),
    /// The service failed.
    ServerError("server error", [500..=599], Later,
        "try again later; if it persists, open a ticket with Microsoft and quote the correlation id"),
    /// The service refused the request.
    BadRequest("bad request", [400..=499], Never,
        "read the message of the service; exceeded quotas are reported this way too"),
    /// There are as many active reports as the service allows.
    ReportQuota("quota of active reports", [], Never,
        "delete reports that are not needed, or resume one that is paused instead of creating another; the limit is 50 active reports"),
    /// More one-time reports were created within an hour than the service allows.
    OneTimeQuota("quota of one-time reports", [], Never,
        "wait: five one-time reports can be created in 60 minutes"),
    /// There are as many queries as the service allows.
    QueryQuota("quota of queries", [], Never,
        "delete queries that no report runs; the limit is 100 queries"),
    /// The response does not match the spec.
    InvalidResponse("invalid response", [_], Never,
        "check the base URL and any proxy in between; if both are right, the service has changed, and the spec must be updated"),
    /// The connection to the service or to the token endpoint failed or was lost.
    Connect("connection failed", [], Later,
        "check the network, the proxy settings and the base URL"),
    /// No response arrived in time.
    Timeout("timeout", [], Later,
        "check the network, or allow more time"),
    /// The TLS handshake failed: a certificate or the protocol was not accepted.
    Tls("TLS failure", [], Never,
        "trust the authority that signed the certificate (a proxy may use its own), correct the host name, or use http if the server has no TLS"),
    /// The file store refused a link.
    LinkRefused("link refused", [], Never,
        "list the executions again to get a new link; links are https and expire after some days"),
    /// The execution has no file, or the file was deleted.
    FileNotFound("no file", [], Never,
        "choose a later execution, or run the query again with a one-time report; files are deleted after some time"),
    /// The file is incomplete, does not match its checksum, or changed during the download.
    FileDamaged("damaged file", [], Later,
        "download it again"),
    /// A local file cannot be read or written.
    Io("file system", [], Never,
        "check the folder, its permissions and the free space"),
    /// No access token could be obtained, or the one that was given is invalid. If the token endpoint was not reached, the kind is that of the failure, such
    /// as [`Connect`](Self::Connect), and the source is an [`AuthError`](crate::auth::AuthError).
    Credential("no credential", [], Never,
        "sign in again, or check the settings of the token source"),
    /// An argument of a call is invalid, such as a report id. Nothing was sent.
    InvalidArgument("invalid argument", [], Never,
        "correct the argument that the message names"),
    /// The configuration of the client is invalid.
    Configuration("configuration", [], Never,
        "correct the setting that the message names"),
}

impl ErrorKind {
    /// All kinds, in the order of the table.
    pub const ALL: &'static [Self] = ALL;

    /// Classifies a response by its status and service code.
    pub(crate) fn of(status: u16, code: Option<&str>) -> Self {
        classify(status, code)
    }

    /// Classifies a refusal by the documented message of a quota.
    pub(crate) fn of_quota(message: &str) -> Option<Self> {
        let message = message.to_ascii_lowercase();
        let quotas = [
            ("executenow report creation quota", Self::OneTimeQuota),
            ("report creation quota", Self::ReportQuota),
            ("number of queries exceeded", Self::QueryQuota),
        ];
        quotas.into_iter().find(|(text, _)| message.contains(text)).map(|(_, kind)| kind)
    }

    /// Returns a short name, such as `not found`.
    pub fn name(self) -> &'static str {
        row(self).0
    }

    /// Returns whether a call may succeed when it is retried.
    pub fn retryability(self) -> Retryability {
        row(self).1
    }

    /// Returns the next step.
    pub fn help(self) -> &'static str {
        row(self).2
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
    fn service_code_takes_precedence_over_status() {
        assert_eq!(ErrorKind::of(401, Some("900421")), ErrorKind::MfaRequired);
        assert_eq!(ErrorKind::of(403, Some("900329")), ErrorKind::AppOnlyNotAllowed);
    }

    #[test]
    fn unknown_service_code_leaves_the_status() {
        assert_eq!(ErrorKind::of(401, Some("something else")), ErrorKind::Unauthenticated);
        assert_eq!(ErrorKind::of(500, Some("900421")), ErrorKind::ServerError);
    }

    #[test]
    fn narrow_status_takes_precedence_over_wide() {
        assert_eq!(ErrorKind::of(429, None), ErrorKind::Throttled);
        assert_eq!(ErrorKind::of(418, None), ErrorKind::BadRequest);
        assert_eq!(ErrorKind::of(304, None), ErrorKind::InvalidResponse);
    }
}
