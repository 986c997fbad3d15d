//! The commands about files: `health`, `wait`, `download` and `export`.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::Args;
use partner_center_insights::{ReportFormat, ReportId, Timestamp};

use super::Filter;
use super::manage::{Text, format};
use super::values::{duration, report_id, single_report_id};

#[derive(Debug, Args)]
pub struct Health {
    #[command(flatten)]
    pub filter: Filter,
    /// How late a file may be, in percent of the interval between executions
    #[arg(long, value_name = "PERCENT", default_value = "25%", value_parser = percent)]
    pub grace: f64,
}

#[derive(Debug, Args)]
pub struct Wait {
    /// Report ID
    #[arg(value_parser = single_report_id)]
    pub id: ReportId,
    /// Ignore files written before this time, e.g. 2026-12-01T06:00:00Z [default: wait for a new file]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub after: Option<SystemTime>,
    /// How long to wait, e.g. 90s, 30m or 6h [default: no limit]
    ///
    /// The exit code is 11 if the report delivers no file in time.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
}

#[derive(Debug, Args)]
pub struct Download {
    /// Report IDs
    #[arg(value_name = "ID", value_parser = report_id, required_unless_present_any = ["name", "query_id"], conflicts_with_all = ["name", "query_id"])]
    pub ids: Vec<ReportId>,
    #[command(flatten)]
    pub filter: Filter,
    #[command(flatten)]
    pub choice: Choice,
    /// Folder for the files
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub output_dir: PathBuf,
    /// Write one file under this name (- for stdout)
    #[arg(long, short = 'O', value_name = "FILE", conflicts_with_all = ["output_dir", "all", "new"])]
    pub output_file: Option<PathBuf>,
    /// Save files as stored, without decompressing them
    #[arg(long)]
    pub raw: bool,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Choice {
    /// The latest completed execution (the default)
    #[arg(long)]
    pub latest: bool,
    /// The execution with this ID
    #[arg(long, value_name = "ID")]
    pub execution: Option<String>,
    /// All completed executions of the last 90 days
    #[arg(long)]
    pub all: bool,
    /// All completed executions that are not in the folder yet
    #[arg(long)]
    pub new: bool,
}

#[derive(Debug, Args)]
pub struct Export {
    /// Text of the query
    #[arg(long, required_unless_present = "query_file", conflicts_with = "query_file")]
    query: Option<String>,
    /// Read the text from FILE (- for stdin)
    #[arg(long, value_name = "FILE")]
    query_file: Option<PathBuf>,
    /// Write the rows to FILE [default: stdout]
    #[arg(long, short = 'O', value_name = "FILE")]
    pub output_file: Option<PathBuf>,
    /// Format of the rows
    #[arg(long, default_value = "csv", value_parser = format())]
    pub format: ReportFormat,
    /// How long to wait for the file, e.g. 90s, 30m or 6h
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    pub timeout: Duration,
    /// Do not check the query before sending it
    #[arg(long)]
    pub no_check: bool,
}

impl Export {
    /// Returns the source of the query text.
    pub fn text(&self) -> Text {
        Text { query: self.query.clone(), query_file: self.query_file.clone(), id: None }
    }
}

/// Parses `25%` or `25` to 0.25.
fn percent(text: &str) -> Result<f64, &'static str> {
    let percent = text.trim_end_matches('%').parse::<f64>().ok();
    let percent = percent.filter(|percent| (0.0..=10_000.0).contains(percent));
    percent.map(|percent| percent / 100.0).ok_or("expected a percentage, e.g. 25%")
}

fn time(text: &str) -> Result<SystemTime, &'static str> {
    let time = Timestamp::from(text).to_system_time();
    time.ok_or("expected a time in UTC, e.g. 2026-12-01T06:00:00Z")
}
