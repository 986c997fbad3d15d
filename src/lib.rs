//! Resume paused reports of Microsoft Partner Center Insights, and prove that they run.
//!
//! Partner Center runs scheduled reports for Microsoft partners and calls back with their files. One that is paused stays
//! so until somebody resumes it; this crate does that, for one report or for all of them, and reads back whether it
//! worked. The same crate holds the program `partner-insights` (feature `cli`).
//!
//! ```
//! # #[cfg(feature = "emulator")]
//! # tokio_test::block_on(async {
//! use partner_center_insights::emulator::Emulator;
//! use partner_center_insights::{Event, InsightsClient, Selection};
//!
//! // In place of the real service and a real token.
//! let emulator = Emulator::start().await?;
//! let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//!
//! let mut run = client.resume_all(Selection::all()).plan().await?.run();
//! while let Some(event) = run.next().await {
//!     if let Event::Finished(report) = event {
//!         println!("{} {}", report.report_id, report.outcome);
//!     }
//! }
//! assert!(client.reports().await?.iter().all(|report| !report.is_paused()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Where to look
//!
//! | you want to | see |
//! | --- | --- |
//! | resume or pause one report, list reports, see executions | [`InsightsClient`] |
//! | resume many, with a plan, progress and proof | [`InsightsClient::resume_all`], [`Selection`], [`Outcome`] |
//! | know what went wrong, and whether it may work later | [`Error`], [`ErrorKind`] |
//! | try more, or less | [`RetryPolicy`] |
//! | sign in, unattended or at a terminal | [`auth`] |
//! | test your own code | `emulator`, with the feature of that name |
//! | read what the service is taken to be | [`spec`] |
//!
//! # The story of a call
//!
//! ```text
//! client.resume(id)
//!   │  a token, from the cache: renewed ahead of its end, once for all who wait        (auth)
//!   │  the throttle: closed for all calls while one was told to wait, or while nothing is left of a limit
//!   ▼
//! PUT …/ScheduledReport/resume/{reportId}      the generated client, stamped with token and ids
//!   │
//!   ├─ 200, and an envelope in either spelling ──► Ok(Some(report))
//!   ├─ 202, 204, or an envelope without a report ► Ok(None)
//!   ├─ 401 ─────────────────── a fresh token, once, and the same request again
//!   ├─ 408, 429, 5xx, no answer ─ a wait, at least as long as the service asks, and the same request again
//!   └─ anything else ──────────► Err(error): kind, status, message, ids, next step
//! ```
//!
//! All attempts of a call carry the same `MS-RequestId`. An answer that says 200 and holds a failure is a failure, and
//! one that cannot be read is [`ErrorKind::InvalidResponse`]: the service may have done what it was asked.
//!
//! Calls are traced with [`tracing`](https://docs.rs/tracing): a span for each call, with its ids, and an event for each
//! attempt. Neither they nor errors hold a token, a body or the query of an address.
//!
//! # Features
//!
//! | feature | |
//! | --- | --- |
//! | `rustls` (default) | TLS; without it, choose one with your own `reqwest` |
//! | `emulator` | the emulated service |
//! | `emulator-tls` | the same over TLS, with an authority of its own |
//! | `azure-cli` | tokens of the Azure CLI, which it starts as a process |
//! | `azure-identity` | any credential of the Azure SDK as a source of tokens |
//! | `schemars` | JSON schemas of reports and executions |
//! | `cli` | the program |
//!
//! # What nobody has seen
//!
//! This crate has not been tried against a live tenant. It follows Microsoft's pages and publicly recorded traffic of
//! neighbouring operations. What neither shows is marked `x-assumption` in the [spec], listed by the emulator, and in
//! short in the README.

#![deny(missing_docs)]
// The library returns errors, and leaves talking to the program.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::dbg_macro,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]

mod answer;
pub mod auth;
mod body;
mod call;
mod client;
#[cfg(feature = "emulator")]
pub mod emulator;
mod error;
mod generated;
mod hooks;
mod list;
mod probe;
mod report;
mod resume;
mod retry;
pub mod spec;
mod throttle;
mod transport;

pub use client::{InsightsClient, InsightsClientBuilder, Program};
pub use error::{Error, ErrorKind, Retryability};
pub use list::{ListExecutions, ListReports};
pub use probe::Probe;
pub use report::{
    Execution, ExecutionStatus, InvalidReportId, Report, ReportId, ReportStatus, SecureLink, Timestamp,
};
pub use resume::{BulkChange, Event, Outcome, Plan, ReportOutcome, Run, Selection, Step};
pub use retry::RetryPolicy;

/// What the fuzz targets reach. It is there for them alone.
#[cfg(fuzzing)]
#[doc(hidden)]
#[allow(missing_docs)]
pub mod fuzzing {
    use crate::{Error, answer, body, generated::types};

    pub fn reports(bytes: &[u8]) -> Result<(), Error> {
        answer::read_bytes::<types::ReportEnvelope>(bytes).map(drop)
    }

    pub fn executions(bytes: &[u8]) -> Result<(), Error> {
        answer::read_bytes::<types::ExecutionEnvelope>(bytes).map(drop)
    }

    /// The code and the message of a failure.
    pub fn error_body(bytes: &[u8]) -> [Option<String>; 2] {
        let body::Detail { code, message, .. } = body::detail(bytes);
        [code, message]
    }
}

// The README's example is compiled too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
