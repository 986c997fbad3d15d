//! Schedules: create, update and delete reports.
//!
//! | to | call |
//! | --- | --- |
//! | create a report that runs at an interval | [`create_report`](crate::InsightsClient::create_report) with [`NewReport::schedule`](crate::NewReport::schedule) |
//! | create one that runs once, immediately | the same with [`NewReport::once`](crate::NewReport::once) |
//! | change a schedule | [`update_report`](crate::InsightsClient::update_report) with [`ReportUpdate`](crate::ReportUpdate) |
//! | delete a report with its executions | [`delete_report`](crate::InsightsClient::delete_report) |
//! | find out the earliest start | [`earliest_start`](crate::earliest_start) |
//!
//! Intervals are whole hours. Documented rules are checked before anything is sent; a violation is an
//! [`InvalidArgument`](crate::ErrorKind::InvalidArgument). If the response to a create is lost, the client looks for
//! the report instead of creating a second one. Prefer a resume or an update to a new report: a new one has another id,
//! no history, and counts against the quota.
//!
//! ```rust
//! # #[cfg(all(feature = "emulator", feature = "download"))]
//! # tokio_test::block_on(async {
//! # use partner_center_insights::emulator::Emulator;
//! # use partner_center_insights::InsightsClient;
//! # let emulator = Emulator::start().await?;
//! # let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//! use std::time::Duration;
//! use partner_center_insights::{NewReport, ReportUpdate, earliest_start};
//!
//! let query = client.queries().await?.swap_remove(0);
//! let day = Duration::from_secs(24 * 60 * 60);
//! let new = NewReport::schedule("Sales daily", &query.query_id, earliest_start(), day).count(180);
//! let report = client.create_report(new).await?;
//!
//! client.update_report(report.report_id, ReportUpdate::new().every(7 * day).start(earliest_start())).await?;
//! client.delete_report(report.report_id).await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
