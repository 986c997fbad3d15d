//! Describes failures of a proxy, because the underlying errors do not name it.

use std::fmt;
use std::io;
use std::time::Duration;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::transport::{causes, root_cause};

/// Timeout for the second request to a proxy that refused the first one.
const STATUS_TIMEOUT: Duration = Duration::from_secs(5);

/// Beginning of the error for a SOCKS proxy.
const UNSUPPORTED: &str = "unsupported scheme";

/// A failure of a proxy to establish a tunnel. `Display` does not show its password.
pub(crate) struct ProxyFailure {
    address: String,
    /// The status of its response, if it refused.
    status: Option<u16>,
    cause: String,
}

impl ProxyFailure {
    /// Returns the proxy that caused this error of an https request, if one did.
    pub async fn of(error: &reqwest::Error) -> Option<Self> {
        let is_of_proxy = |text: &String| text.starts_with("tunnel error") || text.starts_with(UNSUPPORTED);
        let tunnel = causes(error).map(ToString::to_string).find(is_of_proxy)?;
        let url: http::Uri = error.url()?.as_str().parse().ok()?;
        // The proxy that reqwest uses. Its password is not part of the URI.
        let proxy = Matcher::from_system().intercept(&url)?;
        let status = match &tunnel {
            tunnel if tunnel.ends_with("proxy authorization required") => Some(407),
            tunnel if tunnel.ends_with("unsuccessful") => {
                tokio::time::timeout(STATUS_TIMEOUT, status_of(&proxy, &url)).await.ok().flatten()
            }
            _ => None,
        };
        let refused = causes(error)
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .find(|error| error.kind() == io::ErrorKind::ConnectionRefused);
        let cause = refused.map_or_else(|| root_cause(error), |error| error.kind().to_string());
        Some(Self { address: address(&proxy)?, status, cause })
    }

    /// Whether another attempt would fail too.
    pub fn is_permanent(&self) -> bool {
        self.cause.starts_with(UNSUPPORTED)
            || self.status.is_some_and(|status| status < 500 && !matches!(status, 408 | 429))
    }
}

impl fmt::Display for ProxyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, status, cause } = self;
        match status {
            Some(407) => {
                write!(f, "proxy {address}: HTTP 407; expected its user name and password in the proxy URL")
            }
            Some(status) => write!(f, "proxy {address}: HTTP {status}; it refuses to connect to this host"),
            None => write!(f, "proxy {address}: {cause}"),
        }
    }
}

/// Returns scheme, host and port. An invalid port is left out, because it may be a part of a password.
fn address(proxy: &Intercept) -> Option<String> {
    let uri = proxy.uri();
    let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{}{port}", uri.scheme_str()?, uri.host()?))
}

/// Sends a second CONNECT to get the status, which the error of the first one does not contain.
async fn status_of(proxy: &Intercept, url: &http::Uri) -> Option<u16> {
    if proxy.uri().scheme_str() != Some("http") {
        return None;
    }
    let address = (proxy.uri().host()?.trim_matches(['[', ']']), proxy.uri().port_u16().unwrap_or(80));
    let mut stream = TcpStream::connect(address).await.ok()?;
    let target = format!("{}:{}", url.host()?, url.port_u16().unwrap_or(443));
    let mut head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(password) = proxy.basic_auth() {
        head.extend_from_slice(&[b"Proxy-Authorization: ", password.as_bytes(), b"\r\n"].concat());
    }
    head.extend_from_slice(b"\r\n");
    stream.write_all(&head).await.ok()?;
    // `HTTP/1.1 403`
    let mut line = [0; 12];
    stream.read_exact(&mut line).await.ok()?;
    std::str::from_utf8(&line).ok()?.split(' ').nth(1)?.parse().ok()
}
