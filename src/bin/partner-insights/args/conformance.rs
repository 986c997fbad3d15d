//! The command `conformance`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct Conformance {
    /// Write what was received to FILE, without IDs, names and other data of the tenant
    #[arg(long, value_name = "FILE")]
    pub evidence: Option<PathBuf>,
    /// Check such a file instead of the service
    #[arg(long, value_name = "FILE", conflicts_with = "evidence")]
    pub replay: Option<PathBuf>,
}
