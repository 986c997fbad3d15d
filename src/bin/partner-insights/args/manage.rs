//! Commands that manage reports, queries and datasets.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::builder::{BoolishValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use partner_center_insights::{CallbackMethod, ReportFormat, ReportId};

use super::values::{Setting, report_id, single_report_id};
use super::{Filter, examples};

#[derive(Debug, Args)]
pub struct Show {
    /// Report ID
    #[arg(value_parser = single_report_id, required_unless_present_any = ["name", "query_id"], conflicts_with_all = ["name", "query_id"])]
    pub id: Option<ReportId>,
    #[command(flatten)]
    pub filter: Filter,
}

#[derive(Debug, Args)]
pub struct Create {
    /// Name of the report, and of its files
    pub name: String,
    /// The query to run
    #[arg(long, value_name = "ID", required_unless_present = "from")]
    pub query_id: Option<String>,
    /// Copy query, interval, count, description, format and callback of this report
    #[arg(long, value_name = "ID", value_parser = single_report_id)]
    pub from: Option<ReportId>,
    /// Run once, immediately
    #[arg(long, conflicts_with_all = ["at", "earliest", "every", "count", "end"])]
    pub once: bool,
    #[command(flatten)]
    pub schedule: Schedule,
    /// Show what would be created without creating it
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub struct Update {
    /// Report ID
    #[arg(value_parser = single_report_id)]
    pub id: ReportId,
    /// New name
    #[arg(long)]
    pub name: Option<String>,
    #[command(flatten)]
    pub schedule: Schedule,
    /// Show what would change without changing it
    #[arg(long)]
    pub dry_run: bool,
    /// Skip the confirmation prompt for an update that ends the report
    #[arg(long, short, env = "PARTNER_CENTER_YES", value_parser = Setting(BoolishValueParser::new()))]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct Schedule {
    /// Next execution, in local time or with Z, +01:00 or [Europe/Berlin]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub at: Option<SystemTime>,
    /// Next execution as early as the service allows: in four hours
    #[arg(long, conflicts_with = "at")]
    pub earliest: bool,
    /// Time between executions, e.g. 6h, 1d or 1w
    #[arg(long, value_name = "TIME", value_parser = interval)]
    pub every: Option<Duration>,
    /// Number of executions, counted from the start of the schedule
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub count: Option<i32>,
    /// End of the schedule (cmp only)
    #[arg(long, hide_short_help = true, value_name = "TIME", value_parser = time)]
    pub end: Option<SystemTime>,
    /// Description
    #[arg(long, hide_short_help = true, value_name = "TEXT")]
    pub description: Option<String>,
    /// Format of the files
    #[arg(long, value_parser = format())]
    pub format: Option<ReportFormat>,
    /// URL to call when a file is ready
    #[arg(long, hide_short_help = true, value_name = "URL")]
    pub callback_url: Option<String>,
    /// HTTP method of the callback [default: as before, or else POST]
    #[arg(long, hide_short_help = true, value_name = "METHOD", ignore_case = true, value_parser = method())]
    pub callback_method: Option<CallbackMethod>,
}

#[derive(Debug, Args)]
pub struct Delete {
    /// Report IDs
    #[arg(value_name = "ID", conflicts_with = "ids_file", value_parser = report_id)]
    pub ids: Vec<ReportId>,
    /// Read report IDs from FILE (- for stdin), as `resume` does
    #[arg(long, value_name = "FILE")]
    pub ids_file: Option<PathBuf>,
    #[command(flatten)]
    pub filter: Filter,
    #[command(flatten)]
    pub caution: Caution,
}

#[derive(Debug, Args)]
pub struct Caution {
    /// Show what would be deleted without deleting it
    #[arg(long)]
    pub dry_run: bool,
    /// Skip the confirmation prompt
    #[arg(long, short, env = "PARTNER_CENTER_YES", value_parser = Setting(BoolishValueParser::new()))]
    pub yes: bool,
}

#[derive(Debug, Subcommand)]
pub enum Query {
    /// List queries
    #[command(after_long_help = examples(&["query list", "query list --system --output json"]))]
    List(QueryList),
    /// Show a query with its text
    #[command(after_long_help = examples(&["query show e65f3a4f-fb99-4319-97ff-59e57566a871"]))]
    Show {
        /// Query ID
        id: String,
    },
    /// Compare a query with the dataset that it reads
    ///
    /// The exit code is 6 if the query does not fit the dataset, and 2 if its syntax is invalid.
    #[command(after_long_help = examples(&[
        "query check 'SELECT MPNId, PartnerName FROM Profile'",
        "query check --query-file usage.sql",
    ]))]
    Check(Text),
    /// Run a query and print its first rows
    #[command(after_long_help = examples(&[
        "query try 'SELECT MPNId, PartnerName FROM Profile'",
        "query try --id d8349f7b-a7d1-467e-b26d-434d4a50f26a --output json",
    ]))]
    Try(Text),
    /// Store a query
    #[command(after_long_help = examples(&["query create 'Office usage' --query-file usage.sql"]))]
    Create(QueryCreate),
    /// Delete a query
    #[command(after_long_help = examples(&["query delete 5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11"]))]
    Delete(QueryDelete),
}

#[derive(Debug, Args)]
pub struct QueryList {
    /// Only queries whose name matches, e.g. 'Azure*' (wildcards: * ?)
    #[arg(long, value_name = "PATTERN")]
    pub name: Option<String>,
    /// Only your own queries
    #[arg(long, conflicts_with = "system")]
    pub own: bool,
    /// Only system queries
    #[arg(long)]
    pub system: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Text {
    /// Text of the query
    pub query: Option<String>,
    /// Read the text from FILE (- for stdin)
    #[arg(long, value_name = "FILE")]
    pub query_file: Option<PathBuf>,
    /// ID of a stored query
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
}

#[derive(Debug, Args)]
pub struct QueryCreate {
    /// Name of the query
    pub name: String,
    /// Text of the query
    #[arg(required_unless_present = "query_file", conflicts_with = "query_file")]
    pub query: Option<String>,
    /// Read the text from FILE (- for stdin)
    #[arg(long, value_name = "FILE")]
    pub query_file: Option<PathBuf>,
    /// Description
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Only check the text
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub struct QueryDelete {
    /// Query ID
    pub id: String,
    #[command(flatten)]
    pub caution: Caution,
}

#[derive(Debug, Subcommand)]
pub enum Dataset {
    /// List datasets
    #[command(after_long_help = examples(&["dataset list --output ids"]))]
    List,
    /// Show the columns, metrics and time spans of a dataset
    #[command(after_long_help = examples(&["dataset show OfficeUsage"]))]
    Show {
        /// Name of the dataset
        name: String,
    },
}

pub fn format() -> impl TypedValueParser<Value = ReportFormat> {
    PossibleValuesParser::new(["csv", "tsv"]).try_map(|text| text.parse::<ReportFormat>())
}

fn method() -> impl TypedValueParser<Value = CallbackMethod> {
    PossibleValuesParser::new(["GET", "POST"]).try_map(|text| text.to_uppercase().parse::<CallbackMethod>())
}

/// Parses a number with the unit h, d or w.
fn interval(text: &str) -> Result<Duration, &'static str> {
    let hours = [("h", 1), ("d", 24), ("w", 168)].into_iter().find_map(|(unit, hours)| {
        text.strip_suffix(unit)?.parse::<u32>().ok().map(|number| u64::from(number) * hours)
    });
    let hours = hours.filter(|hours| (1..=2160).contains(hours));
    hours.map(|hours| Duration::from_secs(hours * 3600)).ok_or("expected 1h to 2160h, e.g. 6h, 1d or 1w")
}

/// Parses a time with an offset or a time zone; without either, it is local time.
fn time(text: &str) -> Result<SystemTime, String> {
    let zoned =
        text.parse::<jiff::Timestamp>().or_else(|_| text.parse::<jiff::Zoned>().map(|z| z.timestamp()));
    let time = zoned.or_else(|_| {
        let local = text.parse::<DateTime>()?;
        TimeZone::system().to_ambiguous_zoned(local).unambiguous().map(|zoned| zoned.timestamp())
    });
    time.map(SystemTime::from).map_err(|error| {
        format!("expected a time, e.g. '2026-12-01 06:00' or 2026-12-01T06:00:00Z ({error})")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_is_hours_days_or_weeks() {
        for (text, hours) in [("4h", 4), ("1d", 24), ("2w", 336)] {
            assert_eq!(interval(text), Ok(Duration::from_secs(hours * 3600)), "{text}");
        }
        for bad in ["", "d", "0h", "1m", "91d", "-1d", "1.5d"] {
            assert!(interval(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn time_has_an_offset_or_is_local() {
        let utc = time("2026-12-01T06:00:00Z");
        assert!(utc.is_ok());
        assert_eq!(time("2026-12-01 07:00+01:00"), utc);
        assert!(time("2026-12-01 06:00").is_ok());
        assert!(time("soon").is_err());
    }
}
