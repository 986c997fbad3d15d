//! Datasets: what can be queried, with [`datasets`](crate::InsightsClient::datasets).
//!
//! A [`Dataset`](crate::Dataset) has the names of its columns and metrics, the time spans that a query can select, and
//! the shortest interval of a report. Datasets are read-only.
//!
//! ```rust
//! # #[cfg(all(feature = "emulator", feature = "download"))]
//! # tokio_test::block_on(async {
//! # use partner_center_insights::emulator::Emulator;
//! # use partner_center_insights::InsightsClient;
//! # let emulator = Emulator::start().await?;
//! # let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//! for dataset in client.datasets().await? {
//!     println!("{}: {}", dataset.dataset_name, dataset.columns().collect::<Vec<_>>().join(", "));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
