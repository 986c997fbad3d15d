//! The API by resource, and recipes. This module has documentation only.
//!
//! | page | about |
//! | --- | --- |
//! | [`reports`] | list, resume, pause, in bulk too; health |
//! | [`schedules`] | create, update and delete reports; quotas |
//! | [`executions`] | what reports have delivered; wait and download |
//! | [`queries`] | create, try and delete queries; their language |
//! | [`datasets`] | what can be queried |
//! | [`cookbook`] | complete programs for common tasks |
//!
//! Every example runs against the emulator (feature `emulator`), which stands in for the service.

#[doc = include_str!("guide/cookbook.md")]
pub mod cookbook {}
#[doc = include_str!("guide/datasets.md")]
pub mod datasets {}
#[doc = include_str!("guide/executions.md")]
pub mod executions {}
#[doc = include_str!("guide/queries.md")]
pub mod queries {}
#[doc = include_str!("guide/reports.md")]
pub mod reports {}
#[doc = include_str!("guide/schedules.md")]
pub mod schedules {}
