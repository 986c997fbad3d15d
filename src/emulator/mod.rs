//! An Insights service that runs in this process, over HTTP on a loopback port.
//!
//! There is no sandbox for Insights. The emulator is for your tests; the tests of this crate and the CLI's `--emulator`
//! use it too. It implements the [spec](crate::spec) as recorded: in camelCase, with members without a value as null. It
//! refuses requests that the spec does not allow.
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
//! // Pass the address and the token of the emulator to your code, instead of the real ones.
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
//! `partner-insights emulator --listen 127.0.0.1:8080` serves the emulator to other languages. It prints its address
//! and token to standard error.
//!
//! # Assumptions
//!
//! The following behavior is neither documented nor recorded, and may be wrong:
//!
//! * Resuming an active report, or pausing a paused one, changes nothing and returns 200 with the report.
//! * Resuming or pausing an inactive report is refused with 400.
//! * A resume makes a paused report active, and both operations set `modifiedTime`.
//! * A request for an unknown report returns 404 with the message that is documented for lists.
//! * A report has no executions while it is paused, and its next execution has the status `Paused`.
//! * Members without a value are null, except `endTime`, which is absent.
//! * A link is signed when executions are listed, and valid for seven days. Files are stored compressed, and all have
//!   the same `ETag`.
//! * A file has the columns of its query, and a thousand generated rows unless `LIMIT` is lower; `DISTINCT`, `WHERE` and
//!   `ORDER BY` have no effect on them. TSV is separated by tabs, and its media type is `text/tab-separated-values`.
//!   Reports without a valid query have three sample columns.
//! * An execution completes at the moment it is due. Executions missed during a pause are not caught up.
//! * Before the first execution, a request without further parameters returns 404, not the pending execution.
//! * Undefined parameters, and values of parameters and headers that do not match their schema, are refused with 400.
//!   The service has not been observed to check headers. Letter case does not matter in names of parameters.
//! * A [`Limit`] counts all requests together, whatever their caller and result, except those that it refuses.
//! * A window starts with the first request after the end of the previous one. A bucket is full at the start.
//! * A refusal reports zero remaining requests and, unless disabled, how long to wait, in whole seconds, rounded up.
//! * Every version in the spec is served for every program, with the same reports and queries. Datasets whose name
//!   starts with `ISV` belong to the commercial marketplace, all others to partner insights.
//! * A list of reports accepts several ids, separated by semicolons, only in v1.1, which documents them.
//! * Filters by name compare the whole name. They ignore letter case for datasets, but not for queries and reports.
//! * `includeOnlySystemQueries` overrides `includeSystemQueries`. Every report that exists at the start has a query.
//! * A query is checked as by [`query`](crate::query). A syntax error, or a time span that the dataset does not offer,
//!   is refused with `Invalid query`. The messages for unknown tables and columns are documented.
//! * The datasets are a sample: the service has others, so that a valid query may be refused with `Invalid table name`
//!   or `Incorrect column name`. Of `ISVUsage`, there are 20 of 55 columns, and of these datasets only the columns that
//!   queries use: `AzureUsage`, `CustomersAndTenants`, `OfficeLicenseUsage`, `TrainingCompletions`, `PowerBIUsage` and
//!   `ResellerPerformance`.
//! * Exactly one of `exportQuery` and `queryId` is required. A tried query returns `LIMIT` rows, up to the maximum of
//!   the service; their values are generated. `startTime` and `endTime` have no effect.
//! * Deleting a system query is refused with 400. Reports keep the text of a deleted query.
//! * Names of members in request bodies are accepted in any letter case, and unknown members are ignored. Null, a wrong
//!   type, and a body that is not a JSON object are refused with 400, in the shape of other errors.
//! * A body of more than 2 MB is refused with 413. A PUT without `Content-Length` is accepted, although the spec assumes
//!   that front ends refuse it.
//! * A time in another format is refused with 400. A text that is not a time returns 500 in creations, and 400 in
//!   updates.
//! * An interval below the minimum of the dataset is refused with `Invalid report parameters`. In v1.1 one hour is
//!   allowed, and a missing count is refused; a count has no upper limit, and `EndTime` is accepted in v1 too.
//! * All callers are one user. Only active reports count against the quota of 50, which resuming does not check.
//!   Deleting a one-time report does not restore the quota of five in 60 minutes.
//! * A callback that is not an absolute http or https URL is refused like an unknown enum value, as the FAQ suggests.
//! * A one-time report has no callback. Its execution is completed two seconds after its creation unless
//!   [set](EmulatorBuilder::one_time_duration); until then, a request without a status returns it as pending.
//! * A report becomes inactive at its last execution or its end. Reports that exist at the start keep their status.
//! * An update preserves absent members, the status and earlier executions, even if the report has ended. The start may
//!   be in the past. One-time reports are refused with `Invalid report parameters`.
//! * Deleting returns the deleted item, and deleting again returns 404. The files of a deleted report are
//!   deleted too, as users report, so that their links return 404.

mod builder;
mod catalog;
mod check;
mod content;
mod datasets;
mod executions;
mod fault;
mod files;
mod input;
pub(crate) mod limit;
mod nulls;
mod queries;
mod range;
mod record;
mod response;
mod rows;
mod schedules;
mod server;
mod service;
mod settings;
mod state;
mod table;
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
use std::sync::Arc;

use tokio::sync::oneshot;

pub use builder::EmulatorBuilder;
pub use fault::{Fault, Scenario};
pub use files::{FileFault, Files};
pub use limit::Limit;
pub use record::RecordedRequest;

use crate::report::{Report, ReportId};
use crate::spec::Operation;
use service::Service;
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
    /// Panics if the number differs. The message lists the first 50 requests of all operations.
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
