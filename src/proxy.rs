//! Failures of the proxy in between, whose errors do not name it.

use std::fmt;
use std::io;
use std::time::Duration;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::transport::{causes, root_cause};

/// How long to wait for the status of a proxy that refused.
const STATUS_TIMEOUT: Duration = Duration::from_secs(5);

/// How the error of a SOCKS proxy begins.
const UNSUPPORTED: &str = "unsupported scheme";

/// A proxy that established no tunnel. `Display` has no password.
pub(crate) struct ProxyFailure {
    address: String,
    /// The status with which it refused.
    status: Option<u16>,
    cause: String,
}

impl ProxyFailure {
    /// Returns the proxy that caused this error of an https request, if one did.
    pub async fn of(error: &reqwest::Error) -> Option<Self> {
        let is_of_proxy = |text: &String| text.starts_with("tunnel error") || text.starts_with(UNSUPPORTED);
        let tunnel = causes(error).map(ToString::to_string).find(is_of_proxy)?;
        let url: http::Uri = error.url()?.as_str().parse().ok()?;
        // As reqwest reads it. Its password is apart.
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

    /// Whether another attempt would be refused too.
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

/// Scheme, host and port. What stands in place of a port may be a part of a password.
fn address(proxy: &Intercept) -> Option<String> {
    let uri = proxy.uri();
    let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{}{port}", uri.scheme_str()?, uri.host()?))
}

/// Asks the proxy once more: the first status is lost in the layers below.
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
