//! An Insights service that runs in this process, over HTTP on a loopback port.
//!
//! There is no sandbox for Insights. The emulator serves the CLI's `--emulator`, the tests of this crate, and yours. It
//! implements the [spec](crate::spec) in camelCase, as recorded, and refuses requests that the spec does not allow.
//!
//! ```
//! # tokio_test::block_on(async {
//! use partner_center_insights::emulator::{Emulator, Fault};
//! use partner_center_insights::{InsightsClient, Report, ReportStatus, spec};
//!
//! let id = "6513270e-269e-4d37-b2a7-4de452e6b438".parse()?;
//! let report = Report::new(id).with_name("Sales").with_status(ReportStatus::Paused);
//! let fault = Fault::refuse(500).on(&spec::RESUME_REPORT_EXECUTIONS).first(1);
//! let emulator = Emulator::builder().reports([report]).fault(fault).start().await?;
//!
//! // Your code gets the address and the token of the emulator instead of the real ones.
//! let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//! client.resume(id).await?;
//!
//! assert!(emulator.reports()[0].is_active());
//! // The client retried.
//! emulator.assert_requests(&spec::RESUME_REPORT_EXECUTIONS, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! `partner-insights emulator --listen 127.0.0.1:8080` serves the emulator to other languages. It prints its address and
//! token to standard error.
//!
//! # Assumptions
//!
//! What is neither documented nor recorded is decided here and may be wrong:
//!
//! * Resuming an active report, or pausing a paused one, changes nothing and returns 200 with the report.
//! * Resuming or pausing an inactive report is refused with 400.
//! * A resume makes a paused report active, and both operations set `modifiedTime`.
//! * An unknown report is answered with 404 and the message that is documented for lists.
//! * A paused report has no executions while it is paused, and its next one has the status `Paused`.
//! * A link is signed when executions are listed, and valid for seven days. Files are stored compressed, and any content
//!   fits any query.
//! * An execution completes at the moment it is due. Executions missed during a pause are not repeated.
//! * Before the first execution, a request without further parameters returns 404, not the pending execution.
//! * Parameters that the spec does not define, and values that do not match their schema, are refused with 400.
//! * A [`Limit`] counts all requests together, whatever their caller and result, except those that it refuses.
//! * A window starts with the first request after the end of the previous one. A bucket is full at the start.
//! * A refusal reports zero remaining requests and, unless disabled, how long to wait, in whole seconds, rounded up.
//! * Every version in the spec is served for every program, with the same reports.

mod check;
mod fault;
mod files;
pub(crate) mod limit;
mod record;
mod response;
mod server;
mod service;
mod state;
#[cfg(feature = "emulator-tls")]
mod tls;
#[cfg(not(feature = "emulator-tls"))]
mod tls {
    #[derive(Clone)]
    pub(super) enum Tls {}
}

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use fault::{Fault, Scenario};
pub use files::{FileFault, Files};
pub use limit::Limit;
pub use record::RecordedRequest;

use crate::report::{Report, ReportId};
use crate::spec::Operation;
use files::Store;
use limit::Meter;
use record::Record;
use service::{Service, Shared};
use state::{Clock, State};
use tls::Tls;

/// A running emulator. Dropping it stops it.
///
/// See the [module](self) for examples.
pub struct Emulator {
    address: SocketAddr,
    service: Arc<Service>,
    tls: Option<Tls>,
    /// Stops the server when dropped.
    _stop: oneshot::Sender<()>,
}

impl Emulator {
    /// Starts an emulator with sample reports on a free loopback port.
    ///
    /// # Errors
    ///
    /// Fails if no port can be bound.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Creates a builder.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// Returns the base URL for clients, such as `http://127.0.0.1:49152`.
    pub fn base_url(&self) -> String {
        // An unspecified address can be bound but not called.
        let mut address = self.address;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        match self.tls {
            Some(_) => format!("https://localhost:{}", address.port()),
            None => format!("http://{address}"),
        }
    }

    /// Returns the certificate that clients have to trust, as PEM. `None` without TLS.
    #[cfg(feature = "emulator-tls")]
    pub fn root_certificate(&self) -> Option<&str> {
        self.tls.as_ref().map(|tls| &*tls.authority)
    }

    /// Returns the accepted access token.
    pub fn token(&self) -> &str {
        &self.service.token
    }

    /// Returns the current reports.
    pub fn reports(&self) -> Vec<Report> {
        self.service.shared().state.reports().cloned().collect()
    }

    /// Returns the current state of a report.
    pub fn report(&self, id: ReportId) -> Option<Report> {
        self.reports().into_iter().find(|report| report.report_id == id)
    }

    /// Returns the latest 100,000 requests, oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.service.shared().record.latest.iter().cloned().collect()
    }

    /// Returns the number of all requests.
    pub fn request_count(&self) -> u64 {
        self.service.shared().record.count
    }

    /// Asserts the number of requests of an operation.
    ///
    /// # Panics
    ///
    /// Panics if the number differs, and lists the requests.
    #[track_caller]
    pub fn assert_requests(&self, operation: &Operation, expected: usize) {
        let requests = self.requests();
        let count = requests.iter().filter(|request| request.operation == Some(operation)).count();
        let list: Vec<_> = requests.iter().take(50).map(|request| format!("  {request}")).collect();
        assert!(
            count == expected,
            "expected {expected} × {}, got {count}; received requests:\n{}",
            operation.id,
            list.join("\n")
        );
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

/// Configures an [`Emulator`].
#[derive(Default)]
#[must_use = "nothing happens until `start` is called"]
pub struct EmulatorBuilder {
    address: Option<SocketAddr>,
    token: Option<String>,
    reports: Option<Vec<Report>>,
    clock: Option<Clock>,
    faults: Vec<Fault>,
    limit: Option<Limit>,
    files: Files,
    seed: u64,
    #[cfg(feature = "emulator-tls")]
    tls: bool,
}

impl EmulatorBuilder {
    /// Sets the address to listen on. Default: a free port of 127.0.0.1.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Sets the accepted access token. Default: `emulator-token`.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Replaces the sample reports.
    pub fn reports(mut self, reports: impl IntoIterator<Item = Report>) -> Self {
        self.reports = Some(reports.into_iter().collect());
        self
    }

    /// Replaces the sample reports with those of a JSON document: a list of reports or a response of the service, in
    /// camelCase or PascalCase.
    ///
    /// # Errors
    ///
    /// Fails if the document is anything else.
    pub fn reports_json(self, json: &str) -> Result<Self, serde_json::Error> {
        Ok(self.reports(state::parse_reports(json)?))
    }

    /// Sets the clock, for predictable times in responses.
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Adds a fault. If several apply to a request, the first one takes effect.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Sets a rate limit. Requests beyond it are refused with 429, and every response reports what remains. Such headers
    /// have been seen, with a limit of ten; the rest is [assumed](self#assumptions).
    pub fn limit(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets how the files of executions are served.
    pub fn files(mut self, files: Files) -> Self {
        self.files = files;
        self
    }

    /// Adds a named scenario.
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.faults.extend(scenario.faults());
        match scenario {
            Scenario::Throttle => self.limit(Limit::window(10, Duration::from_secs(10))),
            _ => self,
        }
    }

    /// Sets the seed of random faults and ids. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Serves over TLS, with a certificate from a new [authority](Emulator::root_certificate).
    #[cfg(feature = "emulator-tls")]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Starts the emulator.
    ///
    /// # Errors
    ///
    /// Fails if the address cannot be bound.
    pub async fn start(self) -> io::Result<Emulator> {
        let reports = match self.reports {
            Some(reports) => reports,
            None => state::parse_reports(include_str!("sample.json")).map_err(io::Error::other)?,
        };
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemTime::now));
        let shared = Shared {
            state: State::new(reports, clock),
            faults: self.faults,
            meter: self.limit.map(|limit| Meter::new(limit, Instant::now())),
            random: fastrand::Rng::with_seed(self.seed),
            record: Record::default(),
        };
        #[cfg(feature = "emulator-tls")]
        let tls = self.tls.then(Tls::new).transpose()?;
        #[cfg(not(feature = "emulator-tls"))]
        let tls: Option<Tls> = None;
        let service = Arc::new(Service {
            token: self.token.unwrap_or_else(|| "emulator-token".to_owned()),
            is_tls: tls.is_some(),
            store: Store::new(self.files, self.seed),
            shared: Mutex::new(shared),
        });
        let listener = TcpListener::bind(self.address.unwrap_or((Ipv4Addr::LOCALHOST, 0).into())).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(server::serve(listener, tls.clone(), service.router(), stopped));
        Ok(Emulator { address, service, tls, _stop: stop })
    }
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorBuilder").field("address", &self.address).finish_non_exhaustive()
    }
}
