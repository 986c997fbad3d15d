//! What the calls to the service and to the token endpoint have in common below HTTP.

use std::error::Error as StdError;
use std::io;
use std::time::{Duration, SystemTime};

/// The name that all requests carry.
pub(crate) const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// An error and what caused it, outermost first.
pub(crate) fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// What lies at the bottom of an error: the outer layers of HTTP stacks say only that something failed.
pub(crate) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().map(std::string::ToString::to_string).unwrap_or_default()
}

/// Whether bytes came that could not be accepted. Before there is an answer that means TLS: rustls reports whatever it
/// refuses as invalid data.
pub(crate) fn is_invalid_data(error: &(dyn StdError + 'static)) -> bool {
    // An I/O error that wraps another one leaves it out of its own chain of causes.
    fn is_invalid(io: &io::Error) -> bool {
        let inner = io.get_ref().and_then(|inner| inner.downcast_ref());
        let kind = io.kind();
        matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
            || inner.is_some_and(is_invalid)
    }
    causes(error).filter_map(|cause| cause.downcast_ref()).any(is_invalid)
}

/// No time that somebody else states is taken for longer: added to a clock, an absurd one would overflow it.
pub(crate) const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let wait = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default(),
    };
    Some(wait.min(LONGEST))
}

/// Certificates that are trusted beside those of the platform.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roots {
    #[cfg(feature = "rustls")]
    pems: Vec<Vec<u8>>,
}

impl Roots {
    #[cfg(feature = "rustls")]
    pub(crate) fn add(&mut self, pem: &[u8]) {
        self.pems.push(pem.to_vec());
    }

    /// Adds the certificates to a client. The error says what is wrong with them.
    #[cfg(feature = "rustls")]
    pub(crate) fn apply(&self, mut http: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, String> {
        for pem in &self.pems {
            let certificates = reqwest::Certificate::from_pem_bundle(pem)
                .map_err(|error| format!("the root certificate cannot be read: {}", root_cause(&error)))?;
            if certificates.is_empty() {
                return Err("the root certificate holds no certificate; it must be PEM text".into());
            }
            http = http.tls_certs_merge(certificates);
        }
        Ok(http)
    }

    /// Without TLS of our own there is nothing to add them to, and no way to give them.
    #[cfg(not(feature = "rustls"))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "the same call as with TLS")]
    pub(crate) fn apply(&self, http: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, String> {
        Ok(http)
    }
}
