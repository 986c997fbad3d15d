//! What requests to the service and to the token endpoint share below HTTP.

use std::error::Error as StdError;
use std::io;
use std::time::{Duration, SystemTime};

use url::{Host, Url};

/// The `User-Agent` of all requests.
pub(crate) const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// The longest duration that is accepted from outside: a longer one could overflow a clock.
pub(crate) const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Iterates over an error and its sources, outermost first.
pub(crate) fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// Returns the innermost message: the outer layers of HTTP stacks say only that something failed.
pub(crate) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().map(std::string::ToString::to_string).unwrap_or_default()
}

/// Whether invalid data was received. Before there is a response that means TLS: rustls reports everything it rejects as
/// invalid data.
pub(crate) fn is_invalid_data(error: &(dyn StdError + 'static)) -> bool {
    // An I/O error that wraps another one skips it in `source`.
    fn is_invalid(io: &io::Error) -> bool {
        let inner = io.get_ref().and_then(|inner| inner.downcast_ref());
        let kind = io.kind();
        matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
            || inner.is_some_and(is_invalid)
    }
    causes(error).filter_map(|cause| cause.downcast_ref()).any(is_invalid)
}

/// Returns a random wait before the next attempt: up to `initial`, doubled for each attempt after the first, at most `max`
/// (exponential backoff with full jitter). `chance` is a random number from 0 to 1.
pub(crate) fn backoff(initial: Duration, max: Duration, attempt: u32, chance: f64) -> Duration {
    let doubled = initial.saturating_mul(1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX));
    doubled.min(max).mul_f64(chance.clamp(0.0, 1.0))
}

/// Appends a body of at most `limit` bytes to `bytes`. Returns whether that is all of it.
pub(crate) async fn read_body(
    response: &mut reqwest::Response,
    limit: usize,
    bytes: &mut Vec<u8>,
) -> reqwest::Result<bool> {
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    // Any length may be announced, also one that cannot be allocated.
    let _ = bytes.try_reserve_exact(announced.unwrap_or_default().min(limit));
    while let Some(chunk) = response.chunk().await? {
        let fits = chunk.len().min(limit - bytes.len());
        bytes.extend_from_slice(&chunk[..fits]);
        if fits < chunk.len() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Parses `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let wait = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default(),
    };
    Some(wait.min(LONGEST))
}

/// Whether the host is this machine, so that HTTP without encryption stays on it.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Extra root certificates.
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
                .map_err(|error| format!("invalid root certificate: {}", root_cause(&error)))?;
            if certificates.is_empty() {
                return Err(
                    "invalid root certificate: expected PEM text with at least one certificate".into()
                );
            }
            http = http.tls_certs_merge(certificates);
        }
        Ok(http)
    }

    #[cfg(not(feature = "rustls"))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "same signature as with TLS")]
    pub(crate) fn apply(&self, http: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, String> {
        Ok(http)
    }
}
