//! Complete programs for common tasks. Each of them uses the emulator. For the real service, leave out `base_url`, and
//! use a token source of [`auth`](crate::auth).
//!
//! # Resume and verify
//!
//! The service accepts a resume before the report is active. Verification lists the reports until each is active; only
//! then is the outcome a success. Every report has an outcome, even if it was not tried because the run was stopped.
//!
//! ```rust
//! # #[cfg(all(feature = "emulator", feature = "download"))]
//! # tokio_test::block_on(async {
//! # use partner_center_insights::emulator::Emulator;
//! # use partner_center_insights::InsightsClient;
//! # let emulator = Emulator::start().await?;
//! # let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//! use partner_center_insights::{Event, Selection};
//!
//! let plan = client.resume_all(Selection::matching().name_matches("Sales*")).plan().await?;
//! if plan.matched() == 0 {
//!     eprintln!("no report has such a name");
//! }
//! let (mut finished, total) = (0, plan.steps().len());
//! let mut run = plan.run();
//! while let Some(event) = run.next().await {
//!     if let Event::Finished { report } = event {
//!         finished += 1;
//!         println!("{finished} of {total}: {} {}", report.report_id, report.outcome);
//!         if !report.outcome.is_success() {
//!             eprintln!("{}", report.message().unwrap_or_default());
//!         }
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Download every night
//!
//! An active report has a schedule, but it may not deliver files. `health` reports which latest files are missing, and
//! the folder shows which files have been downloaded. The CLI does the same with `health` and `download --new`.
//!
//! ```rust
//! # #[cfg(all(feature = "emulator", feature = "download"))]
//! # tokio_test::block_on(async {
//! # use partner_center_insights::emulator::Emulator;
//! # use partner_center_insights::InsightsClient;
//! # let emulator = Emulator::start().await?;
//! # let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//! # let directory = tempfile::tempdir()?;
//! # let folder = directory.path();
//! for health in client.health().await? {
//!     if !health.verdict.is_healthy() {
//!         eprintln!("{} needs attention: {}", health.report.report_id, health.message);
//!     }
//!     for execution in client.executions(health.report.report_id).await? {
//!         let path = folder.join(format!("{}.csv", execution.execution_id));
//!         if execution.is_completed() && !path.exists() {
//!             let saved = client.download(&execution).save(&path).await?;
//!             println!("{} has {} bytes", saved.path.display(), saved.bytes);
//!         }
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Create a schedule
//!
//! Create a query first, then a report that runs it every day, from the earliest start that the service allows.
//!
//! ```rust
//! # #[cfg(all(feature = "emulator", feature = "download"))]
//! # tokio_test::block_on(async {
//! # use partner_center_insights::emulator::Emulator;
//! # use partner_center_insights::InsightsClient;
//! # let emulator = Emulator::start().await?;
//! # let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//! use std::time::Duration;
//! use partner_center_insights::{NewQuery, NewReport, earliest_start};
//!
//! let text = "SELECT CustomerName, Month FROM OfficeUsage TIMESPAN LAST_6_MONTHS";
//! let query = client.create_query(NewQuery::new("Office usage", text)).await?;
//! let day = Duration::from_secs(24 * 60 * 60);
//! let report = NewReport::schedule("Office usage daily", &query.query_id, earliest_start(), day);
//! let report = client.create_report(report.description("For the sales team")).await?;
//! println!("{} is due next at {:?}", report.report_id, report.next_execution_after(std::time::SystemTime::now()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # React to errors and quotas
//!
//! [`ErrorKind`](crate::ErrorKind) identifies the error, [`help`](crate::Error::help) returns the next step, and
//! [`is_retryable`](crate::Error::is_retryable) whether a later attempt may succeed. After an exceeded quota of reports
//! or queries, waiting does not help: delete some first.
//!
//! ```rust
//! # #[cfg(all(feature = "emulator", feature = "download"))]
//! # tokio_test::block_on(async {
//! # use partner_center_insights::emulator::Emulator;
//! # use partner_center_insights::InsightsClient;
//! # let emulator = Emulator::start().await?;
//! # let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//! use partner_center_insights::{ErrorKind, NewReport};
//!
//! let query = client.queries().await?.swap_remove(0);
//! let mut created = 0;
//! let error = loop {
//!     match client.create_report(NewReport::once(format!("Sales {created}"), &query.query_id)).await {
//!         Ok(_) => created += 1,
//!         Err(error) => break error,
//!     }
//! };
//! match error.kind() {
//!     ErrorKind::OneTimeQuota => println!("{created} in this hour are enough: {}", error.help()),
//!     ErrorKind::ReportQuota | ErrorKind::QueryQuota => println!("delete one first: {}", error.help()),
//!     _ if error.is_retryable() => println!("try again later: {error}"),
//!     _ => println!("{error}"),
//! }
//! # assert_eq!(error.kind(), ErrorKind::OneTimeQuota);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Bring your own tokens
//!
//! Anything that returns an access token can be a [`TokenSource`](crate::auth::TokenSource). The client caches the
//! token until shortly before it expires, and asks for a new one after a 401
//! ([`TokenRequest::force_refresh`](crate::auth::TokenRequest::force_refresh)).
//!
//! ```rust
//! # #[cfg(all(feature = "emulator", feature = "download"))]
//! # tokio_test::block_on(async {
//! use std::time::Duration;
//! use partner_center_insights::InsightsClient;
//! use partner_center_insights::auth::{AccessToken, AuthError, TokenFuture, TokenRequest, TokenSource};
//! use partner_center_insights::emulator::Emulator;
//!
//! struct Vault(String);
//!
//! impl TokenSource for Vault {
//!     fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
//!         Box::pin(async move {
//!             println!("a token for {}", request.scope);
//!             if self.0.is_empty() {
//!                 return Err(AuthError::other("the vault is sealed"));
//!             }
//!             Ok(AccessToken::new(self.0.as_str()).with_lifetime(Duration::from_secs(3600)))
//!         })
//!     }
//! }
//!
//! let emulator = Emulator::start().await?;
//! let vault = Vault(emulator.token().to_owned());
//! let client = InsightsClient::builder().base_url(emulator.base_url()).token_source(vault).build()?;
//! println!("{} reports", client.reports().await?.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Test with the emulator
//!
//! Enable the feature `emulator` in `[dev-dependencies]`. An emulator starts with your reports, injects the faults that
//! you define, and records every request. Retries wait as they do with the real service: for a test without real waits,
//! use `#[tokio::test(start_paused = true)]` (tokio's feature `test-util`), and give a 429 a short wait with
//! `Fault::refuse(429).header("Retry-After", "1")`. [`wait_for_execution`](crate::InsightsClient::wait_for_execution)
//! follows the real clock instead, because reports have dates: let a report start soon, with
//! [`Report::with_schedule`](crate::Report::with_schedule).
//!
//! ```rust
//! # #[cfg(all(feature = "emulator", feature = "download"))]
//! # tokio_test::block_on(async {
//! use partner_center_insights::emulator::{Emulator, Fault};
//! use partner_center_insights::{InsightsClient, Report, ReportStatus, spec};
//!
//! let id = "3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4".parse()?;
//! let report = Report::new(id).with_name("Sales").with_status(ReportStatus::Paused);
//! // The first resume is carried out, but its response is lost.
//! let fault = Fault::disconnect_after().on(&spec::RESUME_REPORT_EXECUTIONS).first(1);
//! let emulator = Emulator::builder().reports([report]).fault(fault).start().await?;
//!
//! let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//! client.resume(id).await?;
//! assert!(emulator.reports()[0].is_active());
//! emulator.assert_requests(&spec::RESUME_REPORT_EXECUTIONS, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
