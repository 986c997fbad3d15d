//! Resumes paused reports of Microsoft Partner Center Insights and verifies that they are running again.
//!
//! Insights runs scheduled reports for Microsoft partners. A paused report stays paused until it is resumed. This crate
//! resumes one report or all of them, and verifies the result. It also contains the CLI `partner-insights` (feature
//! `cli`).
//!
//! ```
//! # #[cfg(feature = "emulator")]
//! # tokio_test::block_on(async {
//! use partner_center_insights::emulator::Emulator;
//! use partner_center_insights::{Event, InsightsClient, Selection};
//!
//! // Replaces the real service and a real token.
//! let emulator = Emulator::start().await?;
//! let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//!
//! let mut run = client.resume_all(Selection::changeable()).plan().await?.run();
//! while let Some(event) = run.next().await {
//!     if let Event::Finished { report, .. } = event {
//!         println!("{} {}", report.report_id, report.outcome);
//!     }
//! }
//! assert!(client.reports().await?.iter().all(|report| !report.is_paused()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Guide
//!
//! | to | use |
//! | --- | --- |
//! | resume or pause one report, list reports and executions | [`InsightsClient`] |
//! | resume or pause many reports, with a plan, progress and verification | [`InsightsClient::resume_all`], [`Selection`], [`Outcome`] |
//! | create, update and delete reports and queries, try a query, list datasets | [`NewReport`], [`NewQuery`], [`TryQuery`], [`InsightsClient::datasets`] |
//! | see whether reports deliver, wait for a file | [`InsightsClient::health`], [`InsightsClient::wait_for_execution`] |
//! | download a file | `InsightsClient::download` (feature `download`) |
//! | handle errors | [`Error`], [`ErrorKind`] |
//! | configure retries | [`RetryPolicy`] |
//! | learn what does not match the spec | [`Warning`], [`InsightsClientBuilder::on_warning`] |
//! | get access tokens, unattended or interactively | [`auth`] |
//! | test your own code | `emulator` (feature `emulator`), [`Report::new`] |
//! | parse and check the text of a query | [`query`] |
//! | read the spec | [`spec`] |
//!
//! The [`guide`] has a page for each resource, and a [cookbook](guide::cookbook) of complete programs.
//!
//! # How a call works
//!
//! 1. **Acquire** an access token from the cache, which refreshes it before it expires, and a permit of the client-wide
//!    throttle, which is closed while the service asks to wait or a rate limit is used up.
//! 2. **Send** the request, such as `PUT …/ScheduledReport/resume/{reportId}`. All attempts of a call have the same
//!    `MS-RequestId`.
//! 3. **Decide** by the response:
//!
//! | response | result |
//! | --- | --- |
//! | 200 with a report, in camelCase or PascalCase | `Ok(Some(report))` |
//! | 2xx without a report | `Ok(None)` |
//! | 401 | one more attempt, with a new token |
//! | 408, 429, 5xx, no response | another attempt after a wait, at least as long as the service asks |
//! | anything else, including an error inside a 2xx | [`Error`] |
//!
//! All pages of a list are read, or the call fails. A field of an unexpected type is converted or left out, and an
//! element without a usable id is left out; each case is reported as a [`Warning`].
//!
//! [`ErrorKind::InvalidResponse`] means that a response could not be read; the operation may have been performed.
//!
//! Each call is a [`tracing`](https://docs.rs/tracing) span with its ids, and each attempt an event. Neither logs nor
//! errors contain a token, a body or the query of a URL.
//!
//! # Features
//!
//! | feature | adds |
//! | --- | --- |
//! | `rustls` (default) | TLS; to use another TLS library, disable it and enable one in `reqwest` |
//! | `emulator` | an in-process emulator of the service |
//! | `emulator-tls` | the emulator over TLS |
//! | `azure-cli` | tokens of the Azure CLI, which is started as a process |
//! | `azure-identity` | credentials of the Azure SDK as token sources |
//! | `conformance` | checks of a service against the spec |
//! | `download` | downloads of files, with their decompression |
//! | `schemars` | JSON schemas of [`Report`], [`Execution`] and their field types, in their serialized form |
//! | `cli` | the CLI |
//!
//! # Untested assumptions
//!
//! This crate has not been tested against a live tenant. It follows Microsoft's documentation and publicly recorded
//! traffic of related operations. Assumptions beyond these are marked `x-assumption` in the [spec] and listed in the
//! documentation of the emulator.

// On docs.rs, items show which feature they need.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(missing_docs)]
// The library returns errors; only the CLI prints.
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

pub mod auth;
mod body;
mod bulk;
mod call;
mod client;
#[cfg(feature = "conformance")]
pub mod conformance;
mod datasets;
#[cfg(feature = "download")]
mod download;
#[cfg(feature = "emulator")]
pub mod emulator;
mod envelope;
mod error;
mod executions;
mod generated;
pub mod guide;
mod health;
mod hooks;
mod lenient;
mod pages;
mod program;
mod proxy;
mod queries;
pub mod query;
mod refusal;
mod report;
mod reports;
mod response;
mod retry;
mod schedules;
pub mod spec;
mod text;
mod throttle;
mod transport;
mod unconfirmed;
mod wait;
mod warning;

pub use bulk::{BulkChange, Direction, Event, Outcome, Plan, Reason, ReportOutcome, Run, Selection, Step};
pub use client::{InsightsClient, InsightsClientBuilder};
pub use datasets::{Dataset, ListDatasets};
#[cfg(feature = "download")]
pub use download::{Download, DownloadProgress, FileStream, Save, SavedFile};
pub use error::{Error, ErrorKind, Retryability};
pub use executions::ListExecutions;
pub use health::{CheckHealth, Health, Verdict};
pub use program::Program;
pub use queries::{ListQueries, NewQuery, QueryRow, ReportQuery, TryQuery};
pub use report::{
    Execution, ExecutionStatus, InvalidReportId, Report, ReportId, ReportStatus, SecureLink, Timestamp,
};
pub use reports::{ListReports, Probe};
pub use retry::{RetryPolicy, Wait, WaitReason};
pub use schedules::{
    CallbackMethod, NewReport, Once, PreparedUpdate, ReportFormat, ReportUpdate, Scheduled, earliest_start,
};
pub use wait::{WaitForExecution, WaitProgress};
pub use warning::Warning;

/// Internals for the fuzz targets.
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;

// Compiles the README's examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
