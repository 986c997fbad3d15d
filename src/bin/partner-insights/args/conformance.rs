//! The command `conformance`.

use clap::Args;

#[derive(Debug, Args)]
pub struct Conformance {}
