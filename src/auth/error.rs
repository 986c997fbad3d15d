//! Errors from acquiring a token.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::hints;
use crate::error::{ErrorKind, Retryability};
use crate::text::one_line;
use crate::transport::out_of_files;

/// Maximum length of quoted text, in characters.
const TEXT_LIMIT: usize = 1_500;

/// An error from acquiring a token. `Display` is one line without secrets; [`help`](Self::help) returns the next step.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AuthError {
    /// The value is not an access token (RFC 6750, section 2.1). It is neither sent nor shown.
    #[non_exhaustive]
    InvalidToken {
        /// What is wrong, such as `is empty`.
        problem: &'static str,
    },
    /// A setting or a token file is missing or invalid.
    #[non_exhaustive]
    Configuration {
        /// What is wrong.
        message: String,
        /// What to do about it.
        help: &'static str,
    },
    /// Entra requires the user to sign in again.
    InteractionRequired(Box<EntraError>),
    /// Entra, or a server that responded in its place, refused the request.
    Entra(Box<EntraError>),
    /// The request to Entra failed, or its response cannot be used.
    #[non_exhaustive]
    Transport {
        /// What went wrong.
        message: String,
        /// The kind of the failure, such as [`Connect`](ErrorKind::Connect), [`Timeout`](ErrorKind::Timeout),
        /// [`Tls`](ErrorKind::Tls), or [`Credential`](ErrorKind::Credential) for an unusable response.
        kind: ErrorKind,
        /// The cause, if there is one.
        source: Option<Arc<dyn StdError + Send + Sync>>,
    },
    /// An executable that returns tokens, such as `az`, failed.
    #[non_exhaustive]
    Command {
        /// How it failed.
        failure: CommandFailure,
        /// What went wrong, with its standard error.
        message: String,
        /// What to do about it.
        help: String,
    },
    /// Any other error, such as one of your own source.
    Other(Arc<dyn StdError + Send + Sync>),
}

impl AuthError {
    /// Wraps the error of your own source.
    pub fn other(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Other(Arc::from(error.into()))
    }

    pub(super) fn configuration(message: impl Into<String>, help: &'static str) -> Self {
        Self::Configuration { message: message.into(), help }
    }

    pub(super) fn transport(message: impl Into<String>) -> Self {
        Self::Transport { message: message.into(), kind: ErrorKind::Credential, source: None }
    }

    /// Returns the kind of the [`Error`](crate::Error) of a call that fails because of this.
    ///
    /// It is [`Credential`](ErrorKind::Credential), unless Entra was not reached, throttles, or is unavailable.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Transport { kind, .. } => *kind,
            Self::Entra(error) => match error.status {
                Some(status @ (429 | 500..=599)) => ErrorKind::of(status, None),
                _ => ErrorKind::Credential,
            },
            _ => ErrorKind::Credential,
        }
    }

    /// Whether another request may succeed. Not for a status: Entra may have asked to wait for hours.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Transport { kind, .. } if kind.retryability() == Retryability::Later)
    }

    /// Returns the error response of Entra, if there was one.
    pub fn entra(&self) -> Option<&EntraError> {
        match self {
            Self::InteractionRequired(error) | Self::Entra(error) => Some(error),
            _ => None,
        }
    }

    /// Returns the next step.
    pub fn help(&self) -> &str {
        match self {
            Self::InvalidToken { .. } => "pass the token alone, as one word",
            Self::Configuration { help, .. } => help,
            Self::InteractionRequired(error) => hints::for_codes(&error.codes).unwrap_or("sign in again"),
            Self::Entra(error) => error.help(),
            Self::Transport { kind: ErrorKind::Tls, .. } => {
                "trust the authority that signed the certificate (a proxy may use its own), or correct the authority host"
            }
            Self::Transport { source, .. } => source
                .as_deref()
                .and_then(|source| out_of_files(source))
                .unwrap_or("check the network, the proxy settings and the authority host"),
            Self::Command { help, .. } => help,
            Self::Other(_) => "sign in again, or check the settings of the token source",
        }
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidToken { problem } => write!(f, "the access token {problem}"),
            Self::Configuration { message, .. }
            | Self::Transport { message, .. }
            | Self::Command { message, .. } => f.write_str(&one_line(message, TEXT_LIMIT)),
            Self::InteractionRequired(error) => write!(f, "interactive sign-in required: {error}"),
            Self::Entra(error) => error.fmt(f),
            Self::Other(error) => f.write_str(&one_line(&error.to_string(), TEXT_LIMIT)),
        }
    }
}

impl StdError for AuthError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Transport { source, .. } => source.as_deref().map(|source| source as _),
            Self::Other(error) => error.source(),
            _ => None,
        }
    }
}

/// An error response of the token endpoint ([RFC 6749, section
/// 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)) with [Entra's
/// additions](https://learn.microsoft.com/entra/identity-platform/reference-error-codes#handling-error-codes-in-your-application).
///
/// Decide by [`error`](Self::error) only: Microsoft changes codes and texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntraError {
    /// The HTTP status, unless another library reported the error.
    pub status: Option<u16>,
    /// The OAuth error code, such as `invalid_grant`. Empty if the response is not that of a token endpoint.
    pub error: String,
    /// Entra's subcode, such as `bad_token`.
    pub suberror: Option<String>,
    /// The numbers of the `AADSTS` codes.
    pub codes: Vec<u32>,
    /// Entra's text, in one line and without the secrets that were sent.
    pub description: String,
    /// The ID that support asks for.
    pub correlation_id: Option<String>,
    /// Entra's ID of the request.
    pub trace_id: Option<String>,
    /// The time of the error, as Entra formats it.
    pub timestamp: Option<String>,
}

impl EntraError {
    fn help(&self) -> &'static str {
        hints::for_codes(&self.codes).unwrap_or(match (self.status, self.error.as_str()) {
            (Some(429 | 500..=599), _) => "try again in a few minutes",
            (_, "") if self.codes.is_empty() => "check the authority host and any proxy in between",
            _ => "check the tenant, the client ID and the scope",
        })
    }
}

impl fmt::Display for EntraError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.error.as_str(), &self.suberror, self.status) {
            ("", _, Some(status)) => write!(f, "the token endpoint returned HTTP {status}")?,
            ("", _, None) => f.write_str("Entra refused the request")?,
            (error, Some(suberror), _) => write!(f, "Entra refused the request ({error}, {suberror})")?,
            (error, None, _) => write!(f, "Entra refused the request ({error})")?,
        }
        if !self.description.is_empty() {
            write!(f, ": {}", one_line(&self.description, TEXT_LIMIT))?;
        }
        // Entra's text often contains the codes and the IDs already.
        for code in &self.codes {
            if !self.description.contains(&format!("AADSTS{code}")) {
                write!(f, " [AADSTS{code}]")?;
            }
        }
        let ids =
            [("correlation ID", &self.correlation_id), ("trace ID", &self.trace_id), ("at", &self.timestamp)];
        for (name, id) in ids {
            if let Some(id) = id.as_deref().filter(|id| !self.description.contains(id)) {
                write!(f, "; {name} {id}")?;
            }
        }
        f.write_str(&hints::page(&self.codes))
    }
}

impl StdError for EntraError {}

/// How an executable failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandFailure {
    /// The executable does not exist.
    NotFound,
    /// No account is signed in.
    SignedOut,
    /// It returned a failure.
    Failed,
    /// It succeeded, but its output contains no token.
    InvalidOutput,
    /// It did not finish within this time, and was killed.
    TimedOut(Duration),
}
