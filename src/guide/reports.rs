//! Reports: list, resume, pause, check.
//!
//! | to | call |
//! | --- | --- |
//! | list all, or those with a status, name or query | [`reports`](crate::InsightsClient::reports) |
//! | read one | [`report`](crate::InsightsClient::report) |
//! | resume or pause one | [`resume`](crate::InsightsClient::resume), [`pause`](crate::InsightsClient::pause) |
//! | resume or pause many, and verify the result | [`resume_all`](crate::InsightsClient::resume_all), [`pause_all`](crate::InsightsClient::pause_all) |
//! | check whether they deliver | [`health`](crate::InsightsClient::health) |
//! | check the sign-in and the address | [`probe`](crate::InsightsClient::probe) |
//!
//! A [`Report`](crate::Report) has the fields of the service, all but the id optional. A status is
//! [`Active`](crate::ReportStatus::Active), [`Paused`](crate::ReportStatus::Paused),
//! [`Inactive`](crate::ReportStatus::Inactive) (nothing is left to run), or a value that the spec does not define.
//!
//! ```rust
//! # #[cfg(all(feature = "emulator", feature = "download"))]
//! # tokio_test::block_on(async {
//! # use partner_center_insights::emulator::Emulator;
//! # use partner_center_insights::InsightsClient;
//! # let emulator = Emulator::start().await?;
//! # let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//! use partner_center_insights::{ReportStatus, Selection};
//!
//! for report in client.reports().status(ReportStatus::Paused).name_matches("Sales*").await? {
//!     client.resume(report.report_id).await?;
//! }
//!
//! // The same in bulk: list, send with bounded concurrency, list again until each report is active.
//! let plan = client.resume_all(Selection::changeable()).plan().await?;
//! println!("{} reports to resume", plan.steps().len());
//! for report in plan.run().outcomes().await {
//!     println!("{} {}", report.report_id, report.outcome);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! Retries are assumed to be safe: as far as known, resuming an active report changes nothing.
