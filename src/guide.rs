//! The API by resource, and recipes. This module contains only documentation.
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
//! Every example runs against the emulator (feature `emulator`), which replaces the service.

pub mod cookbook;
pub mod datasets;
pub mod executions;
pub mod queries;
pub mod reports;
pub mod schedules;
