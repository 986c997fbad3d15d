//! Why no token could be had.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::text::one_line;

/// Longest text of somebody else that is shown, in characters.
const TEXT_LIMIT: usize = 1_500;

/// Why no token could be had. `Display` is one line for people, holds no secret, and ends with the next step, except for
/// [`Other`](Self::Other).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AuthError {
    /// What was given is empty, or has blanks or line breaks in it.
    InvalidToken,
    /// A setting is missing or cannot be used; the text says which.
    NotConfigured(String),
    /// Somebody has to sign in again: Entra wants to see the person.
    InteractionRequired(Box<EntraError>),
    /// Entra, or something in its place, refused.
    Entra(Box<EntraError>),
    /// Entra was not reached, or its answer did not arrive.
    Transport(TransportError),
    /// A program that gives tokens failed.
    Command(CommandError),
    /// Something else failed, such as a source of the caller's own.
    Other(Arc<dyn StdError + Send + Sync>),
}

impl AuthError {
    /// An error of a source of one's own.
    pub fn other(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Other(Arc::from(error.into()))
    }

    /// What Entra said, if it said something.
    pub fn entra(&self) -> Option<&EntraError> {
        match self {
            Self::InteractionRequired(error) | Self::Entra(error) => Some(error),
            _ => None,
        }
    }

    /// What to do about it, if there is advice for exactly this.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::InteractionRequired(error) | Self::Entra(error) => error.hint,
            Self::Command(error) => error.hint.as_deref(),
            _ => None,
        }
    }

    pub(super) fn not_configured(what: impl Into<String>) -> Self {
        Self::NotConfigured(what.into())
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidToken => {
                f.write_str("the access token is empty or is not one word; give the token alone")
            }
            Self::NotConfigured(what) => f.write_str(&one_line(what, TEXT_LIMIT)),
            Self::InteractionRequired(error) => write!(f, "somebody has to sign in again: {error}"),
            Self::Entra(error) => error.fmt(f),
            Self::Transport(error) => error.fmt(f),
            Self::Command(error) => error.fmt(f),
            Self::Other(error) => f.write_str(&one_line(&error.to_string(), TEXT_LIMIT)),
        }
    }
}

impl StdError for AuthError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Transport(error) => error.source(),
            Self::Other(error) => error.source(),
            _ => None,
        }
    }
}

/// An answer of the token endpoint that brings no token
/// ([RFC 6749, section 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)), with what
/// [Entra adds](https://learn.microsoft.com/entra/identity-platform/reference-error-codes#handling-error-codes-in-your-application).
///
/// Programs should decide by [`error`](Self::error) only: Microsoft changes codes and texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntraError {
    /// The HTTP status, if the error came in an answer of ours.
    pub status: Option<u16>,
    /// The OAuth code, such as `invalid_grant`. Empty if what answered is no token endpoint.
    pub error: String,
    /// Entra's refinement of it, such as `bad_token`.
    pub suberror: Option<String>,
    /// The numbers of `AADSTS` codes.
    pub codes: Vec<u32>,
    /// Entra's text, as it came except that secrets of ours and line breaks are taken out.
    pub description: String,
    /// What support asks for.
    pub correlation_id: Option<String>,
    /// Entra's id of the request.
    pub trace_id: Option<String>,
    /// When it happened, in Entra's spelling.
    pub timestamp: Option<String>,
    /// What to do about it; see [`hints`](super::hints).
    pub hint: Option<&'static str>,
}

impl EntraError {
    /// Microsoft's page on the first of the codes.
    pub fn page(&self) -> Option<String> {
        let code = self.codes.first()?;
        Some(format!("https://login.microsoftonline.com/error?code={code}"))
    }

    /// What there is to say without a hint. A code has Microsoft's page at least.
    fn advice(&self) -> Option<&'static str> {
        match (self.status, self.error.as_str()) {
            (Some(429 | 500..=599), _) => Some("try again in a few minutes"),
            _ if !self.codes.is_empty() => None,
            (_, "") => Some("check the authority host and any proxy in between"),
            _ => Some("check the tenant, the client id and the scope"),
        }
    }
}

impl fmt::Display for EntraError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.error.as_str(), self.status) {
            ("", Some(status)) => write!(f, "the token endpoint answered with HTTP {status}")?,
            ("", None) => f.write_str("Entra refused")?,
            (error, _) => write!(f, "Entra refused ({error}")?,
        }
        if !self.error.is_empty() {
            if let Some(suberror) = &self.suberror {
                write!(f, ", {suberror}")?;
            }
            f.write_str(")")?;
        }
        if !self.description.is_empty() {
            write!(f, ": {}", one_line(&self.description, TEXT_LIMIT))?;
        }
        for code in &self.codes {
            if !self.description.contains(&format!("AADSTS{code}")) {
                write!(f, " [AADSTS{code}]")?;
            }
        }
        if let Some(advice) = self.hint.or_else(|| self.advice()) {
            write!(f, "; {advice}")?;
        }
        let ids =
            [("correlation id", &self.correlation_id), ("trace id", &self.trace_id), ("at", &self.timestamp)];
        for (name, id) in ids {
            // Entra's text often ends with the ids.
            if let Some(id) = id
                && !self.description.contains(id.as_str())
            {
                write!(f, "; {name} {id}")?;
            }
        }
        match self.page() {
            Some(page) => write!(f, "; see {page}"),
            None => Ok(()),
        }
    }
}

impl StdError for EntraError {}

/// Entra was not reached, or its answer did not arrive.
#[derive(Clone, Debug)]
pub struct TransportError {
    message: String,
    tls: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl TransportError {
    pub(super) fn new(message: &str) -> Self {
        Self { message: one_line(message, TEXT_LIMIT), tls: false, source: None }
    }

    pub(super) fn with_tls(self, tls: bool) -> Self {
        Self { tls, ..self }
    }

    pub(super) fn with_source(self, source: impl StdError + Send + Sync + 'static) -> Self {
        Self { source: Some(Arc::new(source)), ..self }
    }

    /// Whether the encrypted connection was refused, such as for a certificate that is not trusted.
    pub fn is_tls(&self) -> bool {
        self.tls
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        f.write_str(if self.tls {
            "; trust the authority that signed the certificate (a proxy may bring its own), or correct the authority host"
        } else {
            "; check the network, the proxy settings and the authority host"
        })
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// A program that gives tokens, such as `az`, failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandError {
    /// The program.
    pub tool: String,
    /// How it failed.
    pub failure: CommandFailure,
    /// What it wrote to standard error, in one line.
    pub message: String,
    /// The numbers of `AADSTS` codes in the message.
    pub codes: Vec<u32>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// How a program failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandFailure {
    /// There is no such program.
    NotFound,
    /// Nobody is signed in to it.
    SignedOut,
    /// It ended with a failure.
    Failed,
    /// It succeeded, but what it wrote is not what was asked for.
    Unreadable,
    /// It did not end within this time, and was stopped.
    TimedOut(Duration),
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tool = &self.tool;
        match self.failure {
            CommandFailure::NotFound => write!(f, "{tool} was not found")?,
            CommandFailure::SignedOut => write!(f, "nobody is signed in to {tool}")?,
            CommandFailure::Failed => write!(f, "{tool} failed")?,
            CommandFailure::Unreadable => write!(f, "{tool} wrote something else than a token")?,
            CommandFailure::TimedOut(limit) => {
                write!(f, "{tool} did not answer within {} s and was stopped", limit.as_secs_f32())?;
            }
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        match self.codes.first() {
            Some(code) => write!(f, "; see https://login.microsoftonline.com/error?code={code}"),
            None => Ok(()),
        }
    }
}

impl StdError for CommandError {}
