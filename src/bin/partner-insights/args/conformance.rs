//! The command `conformance`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;
use partner_center_insights::ReportId;

use super::values::Setting;

#[derive(Debug, Args)]
pub struct Conformance {
    /// Also pause and resume this report, then restore its state (read-only otherwise)
    #[arg(long, value_name = "ID")]
    pub exercise: Option<ReportId>,
    /// List all checks in the table, not only deviations, and the assumptions that were not checked
    #[arg(long)]
    pub all: bool,
    /// Skip the confirmation prompt
    #[arg(long, short, env = "PARTNER_CENTER_YES", value_parser = Setting(BoolishValueParser::new()))]
    pub yes: bool,
    /// Write the evidence to FILE, without IDs, names and other data of the tenant
    #[arg(long, value_name = "FILE")]
    pub evidence: Option<PathBuf>,
    /// Check an evidence file instead of the service
    #[arg(long, value_name = "FILE", conflicts_with_all = ["evidence", "exercise"])]
    pub replay: Option<PathBuf>,
}
