#![doc = include_str!("../README.md")]
#![deny(missing_docs)]
// The library returns errors, and leaves talking to the program.
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

mod answer;
pub mod auth;
mod body;
mod call;
mod client;
pub mod contract;
#[cfg(feature = "emulator")]
pub mod emulator;
mod error;
mod gate;
mod generated;
mod hooks;
mod list;
mod probe;
mod report;
mod resume;
mod retry;
mod transport;

pub use client::{InsightsClient, InsightsClientBuilder, Program};
pub use error::{Error, ErrorKind, Repeat};
pub use list::{ListExecutions, ListReports};
pub use probe::Probe;
pub use report::{
    Execution, ExecutionStatus, InvalidReportId, Report, ReportId, ReportStatus, SecureLink, Timestamp,
};
pub use resume::{ChangeAll, Event, Outcome, Plan, ReportOutcome, Run, Selection, Step};
pub use retry::RetryPolicy;

/// What the fuzz targets reach. It is there for them alone.
#[cfg(fuzzing)]
#[doc(hidden)]
#[allow(missing_docs)]
pub mod fuzzing {
    use crate::{Error, answer, body, generated::types};

    pub fn reports(bytes: &[u8]) -> Result<(), Error> {
        answer::read_bytes::<types::ReportEnvelope>(bytes).map(drop)
    }

    pub fn executions(bytes: &[u8]) -> Result<(), Error> {
        answer::read_bytes::<types::ExecutionEnvelope>(bytes).map(drop)
    }

    /// The code and the message of a failure.
    pub fn error_body(bytes: &[u8]) -> [Option<String>; 2] {
        let body::Detail { code, message, .. } = body::detail(bytes);
        [code, message]
    }
}
