//! Executions: what reports have delivered.
//!
//! | to | call |
//! | --- | --- |
//! | list the executions of a report | [`executions`](crate::InsightsClient::executions) |
//! | wait until one is completed | [`wait_for_execution`](crate::InsightsClient::wait_for_execution) |
//! | stream or save its file | `InsightsClient::download` (feature `download`) |
//!
//! An [`Execution`](crate::Execution) has a link to its file once it is completed. The link works without a token, so
//! it is a secret: [`SecureLink`](crate::SecureLink) never prints it. Links expire; `download` renews them,
//! decompresses the file, continues after an interruption, and gives the file its name only when it is complete.
//!
//! ```rust
//! # #[cfg(all(feature = "emulator", feature = "download"))]
//! # tokio_test::block_on(async {
//! # use partner_center_insights::emulator::Emulator;
//! # use partner_center_insights::InsightsClient;
//! # let emulator = Emulator::start().await?;
//! # let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//! use partner_center_insights::NewReport;
//!
//! let query = client.queries().await?.swap_remove(0);
//! let report = client.create_report(NewReport::once("Sales now", &query.query_id)).await?;
//! let execution = client.wait_for_execution(report.report_id).await?;
//!
//! let mut file = client.download(&execution).open().await?;
//! let mut bytes = 0;
//! while let Some(part) = file.chunk().await? {
//!     bytes += part.len();
//! }
//! println!("{} has {bytes} bytes", execution.execution_id);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
