//! Resumes paused reports of Microsoft Partner Center Insights, and proves it.

#![deny(missing_docs)]

pub mod auth;
mod body;
mod call;
mod client;
pub mod contract;
mod error;
mod generated;
mod report;
mod retry;
mod transport;

pub use client::{InsightsClient, InsightsClientBuilder, Program};
pub use error::{Error, ErrorKind, Repeat};
pub use report::{
    Execution, ExecutionStatus, InvalidReportId, Report, ReportId, ReportStatus, SecureLink, Timestamp,
};
pub use retry::RetryPolicy;
