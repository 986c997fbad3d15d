//! Shared by all requests, to the service and to the token endpoint: the HTTP client, bodies, waits, causes of errors.

use std::error::Error as StdError;
use std::io::{self, Read};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, DATE, HeaderMap, HeaderValue};
use url::{Host, Url};

use crate::report::Timestamp;

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

/// Returns the innermost message: the outer layers of HTTP stacks report only that something failed.
pub(crate) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().map(std::string::ToString::to_string).unwrap_or_default()
}

/// Whether invalid data was received. Before there is a response, that means a TLS failure: rustls reports everything
/// it rejects as invalid data.
pub(crate) fn is_invalid_data(error: &(dyn StdError + 'static)) -> bool {
    // `source` of an I/O error skips the error that it wraps.
    fn is_invalid(io: &io::Error) -> bool {
        let inner = io.get_ref().and_then(|inner| inner.downcast_ref());
        let kind = io.kind();
        matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
            || inner.is_some_and(is_invalid)
    }
    causes(error).filter_map(|cause| cause.downcast_ref()).any(is_invalid)
}

/// Returns a random wait before the next attempt: up to `initial`, doubled for each attempt after the first, at most
/// `max` (exponential backoff with full jitter). `chance` is a random number from 0 to 1.
pub(crate) fn backoff(initial: Duration, max: Duration, attempt: u32, chance: f64) -> Duration {
    let doubled = initial.saturating_mul(1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX));
    doubled.min(max).mul_f64(chance.clamp(0.0, 1.0))
}

/// How much of a body was read.
pub(crate) enum Extent {
    Whole,
    TooLarge,
    /// It ended early, or is not in the coding that its header names.
    Damaged(io::Error),
}

/// Reads a body of at most `limit` bytes into `bytes`, which are empty, and decodes its content codings. After an
/// error, `bytes` has what was received before.
pub(crate) async fn read_body(
    response: &mut reqwest::Response,
    limit: usize,
    bytes: &mut Bytes,
) -> reqwest::Result<Extent> {
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    let mut parts = Vec::new();
    let read = loop {
        let part = match response.chunk().await {
            Ok(Some(part)) => part,
            Ok(None) => break Ok(Extent::Whole),
            Err(error) => break Err(error),
        };
        // A body in one part is not copied.
        if bytes.is_empty() && part.len() <= limit {
            *bytes = part;
            continue;
        }
        if parts.is_empty() {
            // The length in the header may be too large to allocate.
            let _ = parts.try_reserve_exact(announced.unwrap_or_default().min(limit));
            parts.extend_from_slice(bytes);
        }
        let fits = part.len().min(limit - parts.len());
        parts.extend_from_slice(&part[..fits]);
        if fits < part.len() {
            break Ok(Extent::TooLarge);
        }
    };
    if !parts.is_empty() {
        *bytes = parts.into();
    }
    match read? {
        Extent::Whole if response.headers().contains_key(CONTENT_ENCODING) => {
            Ok(decode(response.headers(), limit, bytes))
        }
        extent => Ok(extent),
    }
}

/// Decodes the content codings (RFC 9110, section 8.4.1). If the body is damaged, the decoded part remains.
fn decode(headers: &HeaderMap, limit: usize, bytes: &mut Bytes) -> Extent {
    let codings = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let codings = codings.flat_map(|value| value.split(',')).map(|coding| {
        let coding = coding.split(';').next().unwrap_or_default();
        coding.trim().trim_matches('"').to_ascii_lowercase()
    });
    for coding in codings {
        match &*coding {
            // A response without a body may have the header too.
            _ if bytes.is_empty() => {}
            "gzip" | "x-gzip" => {
                let mut decoded = Vec::new();
                let result = gunzip(bytes, limit, &mut decoded);
                *bytes = decoded.into();
                if let Err(error) = result {
                    return Extent::Damaged(error);
                }
            }
            "br" | "zstd" | "deflate" | "compress" | "x-compress" => {
                bytes.clear();
                return Extent::Damaged(io::Error::new(io::ErrorKind::Unsupported, coding));
            }
            // Some servers name a charset here.
            _ => {}
        }
    }
    if bytes.len() <= limit {
        return Extent::Whole;
    }
    bytes.truncate(limit);
    Extent::TooLarge
}

/// Decodes all gzip members; zero bytes after the last one are padding.
fn gunzip(bytes: &[u8], limit: usize, decoded: &mut Vec<u8>) -> io::Result<()> {
    let mut rest = bytes;
    loop {
        let mut decoder = GzDecoder::new(rest);
        let left = (limit + 1).saturating_sub(decoded.len());
        decoder.by_ref().take(left as u64).read_to_end(decoded)?;
        rest = decoder.into_inner();
        if decoded.len() > limit || rest.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
    }
}

/// Returns the wait that a response asks for: in milliseconds, as Azure sends it, or else `Retry-After` in seconds or
/// as a date (RFC 9110, section 10.2.3). A date is compared with that of the response, because the local clock may be
/// wrong.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    // Most responses ask for none.
    let is_wait = |name: &str| name.strip_suffix("-ms").unwrap_or(name).ends_with("retry-after");
    headers.keys().find(|name| is_wait(name.as_str()))?;
    let longest = |name: &str, parse: &dyn Fn(&str) -> Option<Duration>| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.filter_map(parse).max().map(|wait| wait.min(LONGEST))
    };
    let milliseconds = |text: &str| seconds(text).map(|wait| wait / 1000);
    let date = |text: &str| Timestamp::from(&*text.replace("UTC", "GMT")).to_system_time();
    let sent = headers.get(DATE).and_then(|sent| date(sent.to_str().ok()?));
    longest("retry-after-ms", &milliseconds)
        .or_else(|| longest("x-ms-retry-after-ms", &milliseconds))
        .or_else(|| {
            let wait = |text: &str| {
                let until = |date: SystemTime| date.duration_since(sent.unwrap_or_else(SystemTime::now));
                seconds(text).or_else(|| date(text).map(|date| until(date).unwrap_or_default()))
            };
            ["retry-after", "x-ms-retry-after", "x-retry-after"].iter().find_map(|name| longest(name, &wait))
        })
}

/// Parses a number of seconds, which may have a fraction, a sign, a unit or quotes. Of several numbers, returns the
/// largest.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    let number = |text: &str| {
        let text = text.split(';').next().unwrap_or_default().trim().trim_matches('"');
        let unit = ["seconds", "second", "secs", "sec", "s"].iter().find_map(|unit| text.strip_suffix(unit));
        let text = unit.unwrap_or(text).trim_end();
        let text = text.strip_prefix('+').unwrap_or(text);
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        // A number that does not fit is a very long time.
        let number = text.parse().ok().filter(|_| is_number);
        number.map(|number| Duration::try_from_secs_f64(number).unwrap_or(LONGEST)).or_else(|| clock(text))
    };
    text.split(',').filter_map(|text| number(text.trim())).max()
}

/// Parses `hh:mm:ss`, optionally with days: `1.02:03:04`.
pub(crate) fn clock(text: &str) -> Option<Duration> {
    let number = |text: &str| {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        text.parse::<f64>().ok().filter(|_| is_number)
    };
    let (first, rest) = text.split_once(':')?;
    let (days, hours) = first.split_once('.').unwrap_or(("0", first));
    let mut total = number(days)? * 24.0 + number(hours)?;
    for part in rest.split(':') {
        total = total * 60.0 + number(part)?;
    }
    Duration::try_from_secs_f64(total).ok()
}

/// Returns the next step if a connection failed for lack of file descriptors.
pub(crate) fn out_of_files(error: &(dyn StdError + 'static)) -> Option<&'static str> {
    // EMFILE and ENFILE; on Windows WSAEMFILE.
    let codes = if cfg!(windows) { [10_024; 2] } else { [24, 23] };
    let mut errors = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>());
    let is_out = errors.any(|error| error.raw_os_error().is_some_and(|code| codes.contains(&code)));
    is_out.then_some("allow more open files (ulimit -n), or use less concurrency")
}

/// Returns a builder with the shared settings. Without encryption, it has no certificates, because they are not needed,
/// and no proxy, because a proxy would see the token.
pub(crate) fn client(is_encrypted: bool) -> reqwest::ClientBuilder {
    let http = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .no_gzip()
        .default_headers([(ACCEPT_ENCODING, HeaderValue::from_static("gzip"))].into_iter().collect())
        // A redirect would send secrets to another server, and its response would be trusted.
        .redirect(reqwest::redirect::Policy::none())
        .https_only(is_encrypted);
    if is_encrypted {
        return http;
    }
    #[cfg(feature = "rustls")]
    let http = http.tls_certs_only([]);
    http.no_proxy()
}

/// Whether the host is this machine, so that unencrypted requests do not leave it.
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

    /// Creates a client that trusts the certificates. The error contains the next step.
    pub(crate) fn build(&self, http: reqwest::ClientBuilder) -> Result<reqwest::Client, String> {
        self.apply(http)?.build().map_err(|error| match root_cause(&error) {
            cause if cause.contains("No CA certificates") => {
                "no CA certificates were found; install the package ca-certificates, or set SSL_CERT_FILE to a \
                 file with certificates in PEM"
                    .into()
            }
            cause => format!("the HTTP client could not be set up: {cause}"),
        })
    }

    #[cfg(feature = "rustls")]
    fn apply(&self, mut http: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, String> {
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
    fn apply(&self, http: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, String> {
        Ok(http)
    }
}
