//! The builder of a client, and the check of its base URL.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Url;
use uuid::Uuid;

use super::{Inner, InsightsClient, OnWait, OnWarning};
use crate::auth::{AuthError, StaticToken, TokenCache, TokenSource, hints};
#[cfg(feature = "download")]
use crate::download::store::StoreSettings;
use crate::error::{Error, ErrorKind};
use crate::program::Program;
use crate::retry::{RetryPolicy, Wait};
use crate::spec;
use crate::throttle::Throttle;
use crate::transport::{Roots, client, is_loopback};
use crate::warning::Warning;

/// Builder of an [`InsightsClient`].
#[must_use = "nothing happens until `build` is called"]
pub struct InsightsClientBuilder {
    tokens: Option<Box<dyn TokenSource>>,
    /// What is wrong with the access token.
    token_problem: Option<AuthError>,
    base_url: Option<String>,
    scope: Option<String>,
    program: Program,
    version: Option<String>,
    connect_timeout: Duration,
    timeout: Duration,
    retry: RetryPolicy,
    on_wait: Option<OnWait>,
    on_warning: Option<OnWarning>,
    max_response_bytes: usize,
    roots: Roots,
}

impl Default for InsightsClientBuilder {
    fn default() -> Self {
        Self {
            tokens: None,
            token_problem: None,
            base_url: None,
            scope: None,
            program: Program::default(),
            version: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            retry: RetryPolicy::default(),
            on_wait: None,
            on_warning: None,
            max_response_bytes: 16 << 20,
            roots: Roots::default(),
        }
    }
}

impl InsightsClientBuilder {
    /// Uses this access token for every call. Tokens expire after about an hour; for longer work see
    /// [`token_source`](Self::token_source).
    ///
    /// [`build`](Self::build) fails if the text cannot be a token. The tokens of a source are checked by the first call.
    pub fn token(self, token: impl Into<String>) -> Self {
        let token = StaticToken::new(token);
        let token_problem = token.problem();
        Self { token_problem, ..self.token_source(token) }
    }

    /// Gets access tokens from this source. The client caches each token until shortly before it expires, and gets
    /// another one if the service rejects it; see [`auth`](crate::auth).
    pub fn token_source(mut self, source: impl TokenSource + 'static) -> Self {
        self.tokens = Some(Box::new(source));
        self.token_problem = None;
        self
    }

    /// Sets the base URL, in place of the public service: an origin, and a path prefix if necessary.
    ///
    /// It must be `https`; `http` is for loopback addresses only. A trailing slash is ignored, and so is the API's own
    /// path at the end, such as `/insights/v1/mpn`, if it matches program and version.
    ///
    /// `https` uses the proxy settings of the system; on Unix, these are `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// Sets the program. Default: [`Program::Mpn`].
    pub fn program(mut self, program: Program) -> Self {
        self.program = program;
        self
    }

    /// Sets the API version, such as `v1`. Default: the version that the [spec] names for the program.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Sets the OAuth scope of token requests. Default: the origin of the base URL and `/.default`.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Sets the connection timeout. Default: 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the timeout of one attempt, from the connection to the last byte of the response. Default: 60 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the retry policy. Default: [`RetryPolicy::default`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Calls `on_wait` when a call begins to wait: before each retry, and once each time the rate limit is used up,
    /// however many calls wait for it.
    ///
    /// ```
    /// # let builder = partner_center_insights::InsightsClient::builder();
    /// builder.on_wait(|wait| eprintln!("waiting {} s: {:?}", wait.duration.as_secs(), wait.reason));
    /// ```
    pub fn on_wait(mut self, on_wait: impl Fn(&Wait<'_>) + Send + Sync + 'static) -> Self {
        self.on_wait = Some(Box::new(on_wait));
        self
    }

    /// Calls `on_warning` for each part of a response that does not match the spec, and was converted or left out.
    ///
    /// Elements of a list without a usable id are left out, so a list may be shorter than what the service sent.
    ///
    /// ```
    /// # let builder = partner_center_insights::InsightsClient::builder();
    /// builder.on_warning(|warning| eprintln!("warning: {warning}"));
    /// ```
    pub fn on_warning(mut self, on_warning: impl Fn(&Warning) + Send + Sync + 'static) -> Self {
        self.on_warning = Some(Box::new(on_warning));
        self
    }

    /// Sets the maximum size of a response body; a larger one is an error. Default: 16 MiB, which is about 27,000
    /// reports. The response is held in memory once.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Trusts the certificates in this PEM text, in addition to those of the platform. May be called more than once.
    ///
    /// Use it for a TLS-intercepting corporate proxy, and in tests.
    #[cfg(feature = "rustls")]
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.roots.add(pem.as_ref());
        self
    }

    /// Returns the scope of token requests: the one that was set, or the default for the base URL.
    ///
    /// # Errors
    ///
    /// [`Configuration`](ErrorKind::Configuration) if the base URL is invalid, or if the scope belongs to another known
    /// service.
    pub fn token_scope(&self) -> Result<String, Error> {
        let base = self.checked_base_url()?;
        let default = || format!("{}/.default", base.origin().ascii_serialization());
        let scope = self.scope.clone().unwrap_or_else(default);
        match hints::for_audience(&scope) {
            Some(why) => Err(Error::configuration(why)),
            None => Ok(scope),
        }
    }

    /// Creates the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Configuration`](ErrorKind::Configuration) if neither a token nor a token source was given, or if a URL or a
    /// certificate is invalid. [`Credential`](ErrorKind::Credential) if the text given to [`token`](Self::token) is empty
    /// or cannot be a token.
    /// [`InvalidArgument`](ErrorKind::InvalidArgument) if the version is invalid.
    pub fn build(self) -> Result<InsightsClient, Error> {
        let scope = self.token_scope()?;
        let base = self.checked_base_url()?;
        let tokens =
            self.tokens.ok_or_else(|| Error::configuration("no access token or token source was given"))?;
        if let Some(problem) = self.token_problem {
            return Err(Error::no_token(problem));
        }
        let version = self.version.as_deref().unwrap_or(spec::version_of(self.program.as_str()));
        if version.is_empty()
            || !version.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
            || version.contains("..")
        {
            return Err(Error::new(ErrorKind::InvalidArgument)
                .with_message(format!("invalid API version {version:?}; expected e.g. v1 or v1.1")));
        }
        let http =
            client(base.scheme() == "https").connect_timeout(self.connect_timeout).timeout(self.timeout);
        let http = self.roots.build(http).map_err(Error::configuration)?;
        let path = spec::base_path(version, self.program.as_str());
        let prefix = without_base_path(base.as_str(), &path).ok_or_else(|| {
            Error::configuration(format!(
                "invalid base URL: its path does not match {path}; expected {}, with program and version set \
                 separately",
                base.origin().ascii_serialization()
            ))
        })?;
        let base_url = Url::parse(&format!("{prefix}{path}/"))
            .map_err(|error| Error::configuration(format!("invalid base URL: {error}")))?;
        let inner = Inner {
            version: version.to_owned(),
            base_url: Arc::new(base_url),
            http,
            tokens: TokenCache::new(tokens, scope),
            throttle: Throttle::new(self.retry.max_elapsed),
            retry: self.retry,
            creating: tokio::sync::Mutex::default(),
            max_response_bytes: self.max_response_bytes,
            random: Mutex::new(fastrand::Rng::with_seed(Uuid::new_v4().as_u64_pair().1)),
            on_wait: self.on_wait,
            #[cfg(feature = "download")]
            store: StoreSettings {
                roots: self.roots,
                connect_timeout: self.connect_timeout,
                timeout: self.timeout,
            },
            on_warning: self.on_warning,
        };
        Ok(InsightsClient { inner: Arc::new(inner) })
    }

    /// Returns the base URL if it is `https`, or `http` to a loopback address, and has neither credentials nor a query
    /// or fragment.
    fn checked_base_url(&self) -> Result<Url, Error> {
        // The text is not shown, because it may contain a password.
        let invalid = |problem: &str| Error::configuration(format!("invalid base URL: {problem}"));
        let text = self.base_url.as_deref().unwrap_or(spec::ORIGIN);
        let url =
            Url::parse(text.trim()).map_err(|error| invalid(&format!("{error}; expected https://host")))?;
        if url.host().is_none() {
            return Err(invalid("no host; expected https://host"));
        }
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
            return Err(invalid(
                "expected https:// (http:// only for loopback), because the token must be encrypted",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("unexpected user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("unexpected query or fragment"));
        }
        Ok(url)
    }
}

/// Removes the base path, or its beginning, from the end of a URL, because users copy it from the reference. Returns
/// `None` if the path of the URL begins like the base path, but is a different one.
fn without_base_path<'a>(url: &'a str, base_path: &str) -> Option<&'a str> {
    let url = url.trim_end_matches('/');
    let wanted = base_path.to_ascii_lowercase();
    let first = wanted.split('/').nth(1)?;
    let path_at = url.find("://").map_or(0, |at| at + 3);
    let path_at = url[path_at..].find('/').map_or(url.len(), |at| path_at + at);
    let lower = url.to_ascii_lowercase();
    let mut starts = lower[path_at..].match_indices('/').map(|(at, _)| path_at + at);
    let Some(at) = starts.find(|at| lower[at + 1..].split('/').next() == Some(first)) else {
        return Some(url);
    };
    let rest = &lower[at..];
    let is_whole_part =
        wanted.strip_prefix(rest).is_some_and(|left| left.is_empty() || left.starts_with('/'));
    is_whole_part.then(|| &url[..at])
}

impl fmt::Debug for InsightsClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsightsClientBuilder").field("program", &self.program).finish_non_exhaustive()
    }
}
