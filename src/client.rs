//! The client and its builder: one short method for each operation of the contract.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use crate::auth::{StaticToken, TokenCache, TokenSource, hints};
use crate::error::Error;
use crate::list::{ListExecutions, ListReports};
use crate::report::{Report, ReportId};
use crate::retry::RetryPolicy;
use crate::spec;
use crate::throttle::Throttle;
use crate::transport::{Roots, USER_AGENT};

/// A client of the scheduled reports of one program.
///
/// It is cheap to clone, and all clones share one pool of connections.
///
/// ```no_run
/// # async fn run(token: String) -> Result<(), partner_center_insights::Error> {
/// use partner_center_insights::InsightsClient;
///
/// let client = InsightsClient::builder().token(token).build()?;
/// let report = client.resume("3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct InsightsClient {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    /// Origin, prefix and base path, without a slash at the end.
    pub base_url: String,
    pub http: reqwest::Client,
    pub tokens: TokenCache,
    pub retry: RetryPolicy,
    pub throttle: Throttle,
    pub max_response_bytes: usize,
}

impl InsightsClient {
    /// Begins a client. It needs a token; everything else has a default.
    pub fn builder() -> InsightsClientBuilder {
        InsightsClientBuilder::default()
    }

    /// Resumes a paused report: one `PUT`, exactly as documented, repeated where that is safe and helps.
    ///
    /// The service answers with the report. It is `None` if the service accepted the request without one.
    ///
    /// What happens to a report that is not paused is not documented.
    #[doc = concat!("See [the service's page](", env!("DOC_RESUME_REPORT_EXECUTIONS"), ").")]
    ///
    /// # Errors
    ///
    /// An id that is not a UUID is refused before anything is sent. Otherwise see [`ErrorKind`](crate::ErrorKind);
    /// an error of kind [`InvalidResponse`](crate::ErrorKind::InvalidResponse) with status 200 means that the
    /// service accepted the request and its answer could not be read.
    pub async fn resume<I>(&self, report_id: I) -> Result<Option<Report>, Error>
    where
        I: TryInto<ReportId, Error: Into<Error>>,
    {
        let id = report_id.try_into().map_err(Into::into)?;
        let send = |api: crate::generated::Client| async move { api.resume_report_executions(&id).await };
        let answer = self.call(&spec::RESUME_REPORT_EXECUTIONS, send).await?;
        Ok(answer.items.into_iter().next())
    }

    /// Pauses a report: its schedule is suspended until it is resumed.
    ///
    #[doc = concat!("See [the service's page](", env!("DOC_PAUSE_REPORT_EXECUTIONS"), ").")]
    ///
    /// # Errors
    ///
    /// As for [`resume`](Self::resume).
    pub async fn pause<I>(&self, report_id: I) -> Result<Option<Report>, Error>
    where
        I: TryInto<ReportId, Error: Into<Error>>,
    {
        let id = report_id.try_into().map_err(Into::into)?;
        let send = |api: crate::generated::Client| async move { api.pause_report_executions(&id).await };
        let answer = self.call(&spec::PAUSE_REPORT_EXECUTIONS, send).await?;
        Ok(answer.items.into_iter().next())
    }

    /// Lists the scheduled reports of the caller.
    ///
    /// Await it for all of them, or narrow it down first.
    ///
    #[doc = concat!("See [the service's page](", env!("DOC_GET_REPORTS"), ").")]
    ///
    /// # Errors
    ///
    /// See [`ErrorKind`](crate::ErrorKind). That there are no reports is not an error, although the service says so
    /// with 404.
    pub fn reports(&self) -> ListReports<'_> {
        ListReports::new(self)
    }

    /// Lists the executions of a report.
    ///
    /// Await it for the completed ones of the last 90 days, or ask for others first.
    ///
    #[doc = concat!("See [the service's page](", env!("DOC_GET_REPORT_EXECUTIONS"), ").")]
    ///
    /// # Errors
    ///
    /// As for [`resume`](Self::resume). That there are no executions yet is not an error, although the service may
    /// say so with 404; that there is no such report is one.
    pub fn executions<I>(&self, report_id: I) -> ListExecutions<'_>
    where
        I: TryInto<ReportId, Error: Into<Error>>,
    {
        ListExecutions::new(self, report_id.try_into().map_err(Into::into))
    }
}

impl fmt::Debug for InsightsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsightsClient").field("base_url", &self.inner.base_url).finish_non_exhaustive()
    }
}

/// The program whose reports are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Program {
    /// Partner insights (AI Cloud Partner Program, CSP).
    #[default]
    Mpn,
    /// The commercial marketplace.
    Cmp,
}

impl Program {
    /// Every program.
    pub const ALL: [Self; 2] = [Self::Mpn, Self::Cmp];

    /// The name in the service's addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mpn => "mpn",
            Self::Cmp => "cmp",
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Program {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|program| program.as_str().eq_ignore_ascii_case(text));
        known.ok_or_else(|| {
            let words = Self::ALL.map(Self::as_str).join(" and ");
            Error::configuration(format!("{text:?} is no program; the programs are {words}"))
        })
    }
}

/// Settings of an [`InsightsClient`].
#[must_use = "nothing happens until `build` is called"]
pub struct InsightsClientBuilder {
    tokens: Option<Box<dyn TokenSource>>,
    base_url: Option<String>,
    scope: Option<String>,
    program: Program,
    version: Option<String>,
    connect_timeout: Duration,
    timeout: Duration,
    retry: RetryPolicy,
    max_response_bytes: usize,
    roots: Roots,
}

impl Default for InsightsClientBuilder {
    fn default() -> Self {
        Self {
            tokens: None,
            base_url: None,
            scope: None,
            program: Program::default(),
            version: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            retry: RetryPolicy::default(),
            max_response_bytes: 16 << 20,
            roots: Roots::default(),
        }
    }
}

impl InsightsClientBuilder {
    /// Uses this access token for every call. Tokens live for about an hour; for longer work see
    /// [`token_source`](Self::token_source).
    pub fn token(self, token: impl Into<String>) -> Self {
        self.token_source(StaticToken::new(token))
    }

    /// Takes tokens from this source. The client keeps each of them until it is about to end, and asks for another one
    /// if the service refuses it; [`auth`](crate::auth) tells how.
    pub fn token_source(mut self, source: impl TokenSource + 'static) -> Self {
        self.tokens = Some(Box::new(source));
        self
    }

    /// Sends requests to this address instead of the public service: an origin, with a path before the service's own
    /// if need be. It must be `https`; plain `http` is for loopback addresses only. A slash at the end does not count.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// The program whose reports are meant. Default: [`Program::Mpn`].
    pub fn program(mut self, program: Program) -> Self {
        self.program = program;
        self
    }

    /// The version of the API, such as `v1`. Default: the one that the contract names for the program.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// The OAuth scope that sources are asked for. Default: `/.default` of the origin.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// How long a connection may take to come about. Default: 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one attempt may take, from the connection to the last byte of the answer. Default: 60 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// When failed attempts are made again. Default: [`RetryPolicy::default`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// How many bytes of an answer are read at most; a larger one is an error. Default: 16 MiB. The service sends the
    /// list of reports in one piece, so tens of thousands of reports need more.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Trusts the certificates of this PEM text beside those that the platform trusts: for a proxy of one's company
    /// that opens encrypted connections, and for tests. Can be given more than once.
    #[cfg(feature = "rustls")]
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.roots.add(pem.as_ref());
        self
    }

    /// The scope that sources will be asked for: the one that was set, or the one that follows from the address.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) if the address cannot be used, or the scope is known to be that
    /// of another service.
    pub fn token_scope(&self) -> Result<String, Error> {
        let base = base_url(self.base_url.as_deref().unwrap_or(spec::ORIGIN))?;
        let default = || format!("{}/.default", base.origin().ascii_serialization());
        let scope = self.scope.clone().unwrap_or_else(default);
        match hints::for_audience(&scope) {
            Some(why) => Err(Error::configuration(why)),
            None => Ok(scope),
        }
    }

    /// Makes the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) if there is no token, or if an address cannot be used.
    pub fn build(self) -> Result<InsightsClient, Error> {
        let scope = self.token_scope()?;
        let tokens = self.tokens.ok_or_else(|| Error::configuration("no access token was given"))?;
        let base = base_url(self.base_url.as_deref().unwrap_or(spec::ORIGIN))?;
        let version = self.version.as_deref().unwrap_or(spec::version_of(self.program.as_str()));
        if version.is_empty()
            || !version.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
            || version.contains("..")
        {
            return Err(Error::configuration(format!(
                "{version:?} is no version; versions look like v1 or v1.1"
            )));
        }
        let http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            // A redirected PUT would be sent again elsewhere, and its answer believed.
            .redirect(reqwest::redirect::Policy::none())
            .https_only(base.scheme() == "https")
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout);
        // A proxy would see the token of a request that plain HTTP is allowed for.
        let http = if base.scheme() == "https" { http } else { http.no_proxy() };
        let http = self.roots.apply(http).map_err(Error::configuration)?;
        let http = http.build().map_err(|error| {
            Error::configuration("the HTTP client could not be set up").with_source(error.without_url())
        })?;
        let base_url = format!(
            "{}{}",
            base.as_str().trim_end_matches('/'),
            spec::base_path(version, self.program.as_str())
        );
        let tokens = TokenCache::new(tokens, scope);
        let throttle = Throttle::new(self.retry.max_elapsed);
        let max_response_bytes = self.max_response_bytes;
        let inner = Inner { base_url, http, tokens, retry: self.retry, throttle, max_response_bytes };
        Ok(InsightsClient { inner: Arc::new(inner) })
    }
}

impl fmt::Debug for InsightsClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsightsClientBuilder").field("program", &self.program).finish_non_exhaustive()
    }
}

/// Checks a base address: `https`, or `http` to this very machine, and nothing in it that is not sent or not seen.
fn base_url(text: &str) -> Result<Url, Error> {
    // The text is not repeated as a whole: it may hold a password.
    let refuse = |why: &str| Error::configuration(format!("the base URL {why}"));
    let url = Url::parse(text.trim())
        .map_err(|e| refuse(&format!("cannot be read ({e}); it looks like https://host")))?;
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(refuse("has no host; it looks like https://host")),
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => {
            return Err(refuse(
                "must begin with https:// (http:// is allowed for this machine only); a token would be readable on its way",
            ));
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("must not hold a user name or a password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("must not hold a query or a fragment"));
    }
    Ok(url)
}
