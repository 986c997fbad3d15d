//! Queries: what a report selects.
//!
//! | to | call |
//! | --- | --- |
//! | list your own queries and those of the system | [`queries`](crate::InsightsClient::queries) |
//! | create one | [`create_query`](crate::InsightsClient::create_query) with [`NewQuery`](crate::NewQuery) |
//! | see the first rows without creating it | [`try_query`](crate::InsightsClient::try_query) with [`TryQuery`](crate::TryQuery) |
//! | delete one | [`delete_query`](crate::InsightsClient::delete_query) |
//! | find a mistake before the service rejects it | [`query::Query`](crate::query::Query) |
//!
//! ```rust
//! # #[cfg(all(feature = "emulator", feature = "download"))]
//! # tokio_test::block_on(async {
//! # use partner_center_insights::emulator::Emulator;
//! # use partner_center_insights::InsightsClient;
//! # let emulator = Emulator::start().await?;
//! # let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//! use partner_center_insights::query::Query;
//! use partner_center_insights::{NewQuery, TryQuery};
//!
//! let text = "SELECT CustomerName, Month FROM OfficeUsage TIMESPAN LAST_6_MONTHS";
//! let dataset = client.datasets().name("OfficeUsage").await?.swap_remove(0);
//! for finding in Query::parse(text)?.check(&dataset) {
//!     println!("{finding}");
//! }
//!
//! for row in client.try_query(TryQuery::text(text)).await? {
//!     println!("{row:?}");
//! }
//! let query = client.create_query(NewQuery::new("Office usage", text)).await?;
//! client.delete_query(&query.query_id).await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
