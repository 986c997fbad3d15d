//! An Insights service in this process, over real HTTP on a loopback port.
//!
//! There is no sandbox for Insights, so this is where code can be tried: the program's `--emulator`, this crate's own
//! tests, and yours. It speaks what the [contract](crate::spec) says, in camelCase as the service has been seen to,
//! and refuses what the contract does not allow.
//!
//! ```
//! # tokio_test::block_on(async {
//! use partner_center_insights::InsightsClient;
//! use partner_center_insights::emulator::Emulator;
//!
//! let emulator = Emulator::start().await?;
//! let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//!
//! let paused = client.reports().await?.into_iter().find(|report| report.is_paused()).expect("the sample has some");
//! let report = client.resume(paused.report_id).await?.expect("the emulator answers with the report");
//! assert!(report.is_active());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Testing your own code
//!
//! Give your code the address and the token of an emulator instead of the real ones. Then let things go wrong:
//!
//! ```
//! # tokio_test::block_on(async {
//! use partner_center_insights::InsightsClient;
//! use partner_center_insights::emulator::{Emulator, Fault};
//!
//! let emulator = Emulator::builder().fault(Fault::refuse(500).on("resumeReportExecutions").first(1)).start().await?;
//! let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//! client.resume(emulator.reports()[0].report_id).await?;
//! assert!(emulator.reports()[0].is_active());
//! // The client tried again by itself.
//! emulator.assert_requests("resumeReportExecutions", 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # From other languages
//!
//! Start the program; it says on standard error where it listens and which token it takes:
//!
//! ```sh
//! partner-insights emulator --listen 127.0.0.1:8080
//! curl -H 'Authorization: Bearer emulator-token' http://127.0.0.1:8080/insights/v1/mpn/ScheduledReport
//! curl -X PUT -H 'Authorization: Bearer emulator-token' -H 'Content-Length: 0' \
//!   http://127.0.0.1:8080/insights/v1/mpn/ScheduledReport/resume/6513270e-269e-4d37-b2a7-4de452e6b438
//! ```
//!
//! `--reports FILE` takes reports of your own, `--scenario` trouble with a name ([`Scenario`]).
//!
//! # Assumptions
//!
//! What no page documents and nobody has seen is decided here, in one place, and may be wrong:
//!
//! * Resuming an active report, or pausing a paused one, changes nothing and answers 200 with the report.
//! * Resuming or pausing an inactive report is refused with 400.
//! * A resume makes a paused report active, and both operations set `modifiedTime`.
//! * A report that no longer exists, or never did, is answered with 404 and the message that the pages show for lists.
//! * While a report is paused it runs no executions, and its next one has the status `Paused`.
//! * An execution completes in the moment it is due. Executions missed during a pause are not made up for.
//! * Before its first execution, a report without further parameters is answered with 404, not with the pending one.
//! * Parameters that the contract does not name, and values that do not fit their schema, are refused with 400.
//! * A [`Limit`] counts all calls together, whoever makes them and whatever comes of them, but not those that it refuses.
//! * A window begins with the first call after the end of the one before. A bucket is full at the start.
//! * A refusal says that nothing is left and, unless told not to, how long to wait: in whole seconds, rounded up.
//! * Any of the contract's versions is served for any of its programs, with the same reports.

mod answer;
mod check;
mod fault;
pub(crate) mod limit;
mod server;
mod service;
mod state;
mod tls;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use fault::{Fault, Scenario};
pub use limit::Limit;
pub use service::RecordedRequest;

use crate::report::{Report, ReportId};
use answer::Spelling;
use service::{Service, Settings};
use state::{Clock, State};
use tls::Tls;

/// A running emulator. It stops when it is dropped.
///
/// See the [module](self) for an example.
pub struct Emulator {
    address: SocketAddr,
    token: String,
    service: Arc<Service>,
    tls: Option<Tls>,
    /// Dropped with the emulator, which ends the server.
    _stop: oneshot::Sender<()>,
}

/// An address of this machine by which a server at `address` is reached: nobody can call "all interfaces".
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

impl Emulator {
    /// Starts one with the sample reports, on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// If no port can be bound.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Settings for one.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// The address to give to a client, such as `http://127.0.0.1:49152`.
    pub fn base_url(&self) -> String {
        match self.tls {
            Some(_) => format!("https://localhost:{}", self.address.port()),
            None => format!("http://{}", reachable(self.address)),
        }
    }

    /// The certificate of the authority that clients have to trust, as PEM text. Nothing without TLS.
    #[cfg(feature = "emulator-tls")]
    pub fn root_certificate(&self) -> Option<&str> {
        self.tls.as_ref().map(|tls| &*tls.authority)
    }

    /// The token that it accepts.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The reports as they are now.
    pub fn reports(&self) -> Vec<Report> {
        self.service.all_reports()
    }

    /// A report as it is now.
    pub fn report(&self, id: ReportId) -> Option<Report> {
        self.reports().into_iter().find(|report| report.report_id == id)
    }

    /// The requests that came, oldest first; of very many, the latest 100,000.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.service.requests()
    }

    /// How many requests came.
    pub fn request_count(&self) -> u64 {
        self.service.request_count()
    }

    /// Asserts how many requests of an operation came, by its `operationId`.
    ///
    /// # Panics
    ///
    /// If it is another number. The message lists what came.
    #[track_caller]
    pub fn assert_requests(&self, operation: &str, expected: usize) {
        let requests = self.requests();
        let count = requests.iter().filter(|request| request.operation == Some(operation)).count();
        let list: Vec<_> = requests.iter().take(50).map(|request| format!("  {request}")).collect();
        assert!(
            count == expected,
            "expected {expected} × {operation}, got {count}; these came:\n{}",
            list.join("\n")
        );
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

/// Settings of an [`Emulator`].
#[must_use = "nothing happens until `start` is called"]
pub struct EmulatorBuilder {
    address: SocketAddr,
    token: String,
    reports: Option<Vec<Report>>,
    clock: Clock,
    settings: Settings,
    #[cfg(feature = "emulator-tls")]
    tls: bool,
}

impl Default for EmulatorBuilder {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            token: "emulator-token".to_owned(),
            reports: None,
            clock: Arc::new(SystemTime::now),
            settings: Settings::default(),
            #[cfg(feature = "emulator-tls")]
            tls: false,
        }
    }
}

impl EmulatorBuilder {
    /// Listens at this address. Default: a free port of 127.0.0.1.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Accepts this token. Default: `emulator-token`.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = token.into();
        self
    }

    /// Holds these reports instead of the sample.
    pub fn reports(mut self, reports: impl IntoIterator<Item = Report>) -> Self {
        self.reports = Some(reports.into_iter().collect());
        self
    }

    /// Holds the reports of a JSON text instead of the sample: a list of reports, or an answer of the service with such
    /// a list, in either spelling.
    ///
    /// # Errors
    ///
    /// If the text is something else.
    pub fn reports_json(self, json: &str) -> Result<Self, serde_json::Error> {
        Ok(self.reports(state::parse_reports(json)?))
    }

    /// Takes the time from this clock, so that times in answers can be told beforehand.
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Adds a fault. Of several that concern a call, the first one strikes.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.settings.faults.push(fault);
        self
    }

    /// Limits the calls. What is too much is answered with 429, and every answer says how many are left. Such headers have
    /// been seen, with a limit of ten; the rest is assumed, see the [module](self#assumptions).
    pub fn limit(mut self, limit: Limit) -> Self {
        self.settings.limit = Some(limit);
        self
    }

    /// Sets up a named scenario.
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.settings.faults.extend(scenario.faults());
        match scenario {
            Scenario::Throttle => self.limit(Limit::window(10, Duration::from_secs(10))),
            Scenario::Pascal => {
                self.settings.spelling = Spelling::Pascal;
                self
            }
            _ => self,
        }
    }

    /// Draws faults with a probability, and ids, from this seed. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Serves over TLS, with a certificate for this machine from an authority that is made anew each time; see
    /// [`Emulator::root_certificate`].
    #[cfg(feature = "emulator-tls")]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound.
    pub async fn start(self) -> io::Result<Emulator> {
        let reports = match self.reports {
            Some(reports) => reports,
            None => state::sample().map_err(io::Error::other)?,
        };
        let state = State::new(reports, self.clock);
        let service = Arc::new(Service::new(&self.token, state, self.settings).map_err(io::Error::other)?);
        #[cfg(feature = "emulator-tls")]
        let tls = if self.tls { Some(Tls::new()?) } else { None };
        #[cfg(not(feature = "emulator-tls"))]
        let tls = None;
        let listener = TcpListener::bind(self.address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(server::serve(listener, tls.clone(), service.router(), stopped));
        Ok(Emulator { address, token: self.token, service, tls, _stop: stop })
    }
}

impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorBuilder").field("address", &self.address).finish_non_exhaustive()
    }
}
