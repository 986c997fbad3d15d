//! Configures and starts an emulator.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::Emulator;
use super::catalog::Catalog;
use super::fault::{Fault, Scenario};
use super::files::{Files, Store};
use super::limit::{Limit, Meter};
use super::record::Record;
use super::server;
use super::service::{Service, Shared};
use super::settings::Settings;
use super::state::{self, Clock, State};
use super::tls::Tls;
use crate::report::Report;

/// Sample reports with missing files, and the age of the outage in hours. The first report misses one file, the second
/// one three, and the third one all. A quarter of an interval is added, because the health check allows that delay by
/// default.
const SAMPLE_OUTAGES: [(u128, u64); 3] = [
    (0x90c1_92cf_d3ac_44af_8f21_ddb6_6cad_4a26, 168 * 5 / 4),
    (0x2f6a_8c13_5be7_4d90_a1c4_7e0d_93b2_586f, 24 * 13 / 4),
    (0x71d0_4e9a_c3f5_4826_b58e_0a69_2dc7_f314, 366 * 24 * 100),
];

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
    pub(super) settings: Settings,
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
    /// Fails if the document is neither.
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

    /// Sets a rate limit. Requests beyond it are refused with 429, and the headers of every response report the limit
    /// and the remaining requests. These headers have been observed, with a limit of ten; the rest is
    /// [assumed](super#assumptions).
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
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemTime::now));
        let mut settings = self.settings;
        let reports = if let Some(reports) = self.reports {
            reports
        } else {
            for (id, hours) in SAMPLE_OUTAGES {
                let since = clock().checked_sub(Duration::from_secs(hours * 60 * 60));
                settings.add_outage(Uuid::from_u128(id).into(), since.unwrap_or(SystemTime::UNIX_EPOCH));
            }
            state::parse_reports(include_str!("sample.json")).map_err(io::Error::other)?
        };
        let catalog = Catalog::load().map_err(io::Error::other)?;
        let shared = Shared {
            state: State::new(reports, catalog, settings, clock),
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
