//! The command line: commands, flags and their environment variables.

mod auth;
mod conformance;
mod files;
mod filter;
pub mod help;
mod manage;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{BoolishValueParser, EnumValueParser, StringValueParser};
use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use partner_center_insights::emulator::Scenario;
use partner_center_insights::{ExecutionStatus, Program, ReportId, ReportStatus};

pub use self::auth::{Auth, Check, CredentialSource, SignIn};
pub use self::conformance::Conformance;
pub use self::files::{Download, Export, Health, Wait};
pub use self::filter::Filter;
use self::help::examples;
pub use self::manage::{
    Create, Dataset, Delete, Query, QueryCreate, QueryDelete, QueryList, Schedule, Show, Text, Update,
};
use self::values::{
    Setting, duration, execution_status, listen, program, report_id, report_status, scenario, verbosity,
};
use crate::output::{Color, Format};

/// Resume paused Partner Center Insights reports and verify that they run
#[derive(Debug, Parser)]
#[command(name = "partner-insights", version = help::version(), after_long_help = help::main(), max_term_width = 100)]
pub struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Output format
    #[arg(
        long,
        short,
        global = true,
        env = "PARTNER_CENTER_OUTPUT",
        default_value = "table",
        value_name = "FORMAT",
        ignore_case = true,
        value_parser = Setting(EnumValueParser::<Format>::new())
    )]
    pub output: Format,
    /// Use an in-process emulator with sample reports
    ///
    /// It starts and stops with the command, so changes need no confirmation. For an emulator that keeps running, set
    /// --base-url; changes need a confirmation there.
    #[arg(long, global = true, env = "PARTNER_CENTER_EMULATOR", value_parser = Setting(BoolishValueParser::new()))]
    pub emulator: bool,
    /// API program
    #[arg(long, global = true, env = "PARTNER_CENTER_PROGRAM", default_value = "mpn", ignore_case = true, value_parser = Setting(program()))]
    pub program: Program,
    /// Override the service URL (https; http only for loopback)
    #[arg(long, global = true, env = "PARTNER_CENTER_BASE_URL", value_name = "URL", value_parser = Setting(StringValueParser::new()))]
    pub base_url: Option<String>,
    /// Print only errors to stderr
    #[arg(long, short, global = true, env = "PARTNER_CENTER_QUIET", value_parser = Setting(BoolishValueParser::new()))]
    pub quiet: bool,
    /// Log requests to stderr (-vv: trace)
    #[arg(long, short, global = true, env = "PARTNER_CENTER_VERBOSE", action = ArgAction::Count, value_parser = Setting(verbosity()))]
    pub verbose: u8,
    /// Color tables
    #[arg(long, global = true, env = "PARTNER_CENTER_COLOR", default_value = "auto", value_name = "WHEN", ignore_case = true, value_parser = Setting(EnumValueParser::<Color>::new()))]
    pub color: Color,
    #[command(flatten)]
    pub sign_in: SignIn,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List scheduled reports
    #[command(after_long_help = examples(&["list --status paused", "list --name 'Sales*' --output json"]))]
    List(List),
    /// Resume paused reports and verify that they run
    #[command(after_long_help = examples(&[
"resume --all-paused --dry-run",
"resume --name 'Sales*' --yes",
"resume 6513270e-269e-4d37-b2a7-4de452e6b438 --wait --wait-timeout 6h",
"list --name 'Sales*' --output ids | partner-insights resume --ids-file - --yes",
]))]
    Resume(Resume),
    /// Pause active reports and verify that they are paused
    #[command(after_long_help = examples(&["pause 9531985d-5d9d-49f8-9818-e811892f902b", "pause --all-active --dry-run"]))]
    Pause(Pause),
    /// List the executions of reports
    #[command(after_long_help = examples(&["executions 9531985d-5d9d-49f8-9818-e811892f902b --all --output json"]))]
    Executions(Executions),
    /// Check whether reports deliver their files
    ///
    /// `--output ids` prints only the reports that need attention. An account without reports is an error (exit code 3).
    #[command(after_long_help = examples(&["health", "health --name 'Sales*' --output json"]))]
    Health(Health),
    /// Wait until a report has delivered a file
    #[command(after_long_help = examples(&["wait 9531985d-5d9d-49f8-9818-e811892f902b --timeout 6h"]))]
    Wait(Wait),
    /// Download the files of reports
    #[command(after_long_help = examples(&[
"download 9531985d-5d9d-49f8-9818-e811892f902b",
"download --name 'Customers*' --new --output-dir reports",
"download 9531985d-5d9d-49f8-9818-e811892f902b -O - | head",
]))]
    Download(Download),
    /// Show a report and explain its status
    #[command(after_long_help = examples(&["show 6513270e-269e-4d37-b2a7-4de452e6b438"]))]
    Show(Show),
    /// Create a report
    #[command(after_long_help = examples(&[
        "create 'Sales daily' --query-id 5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11 \\\n      --every 1d --at '2026-12-01 06:00'",
        "create 'Sales now' --query-id 5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11 --once",
        "create 'Sales copy' --from 9531985d-5d9d-49f8-9818-e811892f902b --earliest",
    ]))]
    Create(Create),
    /// Change a report and its schedule
    #[command(after_long_help = examples(&["update 9531985d-5d9d-49f8-9818-e811892f902b --every 1w --earliest"]))]
    Update(Update),
    /// Delete reports with their executions
    #[command(after_long_help = examples(&[
"delete 9531985d-5d9d-49f8-9818-e811892f902b --dry-run",
"delete --name 'Sales*'",
]))]
    Delete(Delete),
    /// List, check, try, create and delete queries
    #[command(subcommand, after_long_help = examples(&["query list", "query check --query-file usage.sql"]))]
    Query(Query),
    /// List and show datasets
    #[command(subcommand, after_long_help = examples(&["dataset list", "dataset show OfficeUsage"]))]
    Dataset(Dataset),
    /// Export the rows of a query through a temporary report
    #[command(after_long_help = examples(&[
"export --query 'SELECT CustomerName, Month FROM OfficeUsage TIMESPAN LAST_MONTH'",
"export --query-file usage.sql -O usage.csv",
]))]
    Export(Export),
    /// Compare the service with the spec
    ///
    /// The table has only deviations, unless --all is set; JSON has all checks. `--output ids` prints the operation and
    /// the place of each deviation.
    #[command(after_long_help = examples(&["conformance", "conformance --exercise ID --evidence evidence.json", "conformance --replay evidence.json"]))]
    Conformance(Conformance),
    /// Sign in or out, and inspect tokens
    #[command(subcommand, after_long_help = help::auth())]
    Auth(Auth),
    /// Serve the emulator until interrupted
    ///
    /// Its datasets are a sample: the service has more datasets, with more columns, and accepts queries that the
    /// emulator refuses.
    #[command(after_long_help = examples(&["emulator --listen 127.0.0.1:8080", "emulator --scenario throttle"]))]
    Emulator(Emulator),
    /// Print the OpenAPI spec
    #[command(after_long_help = examples(&["spec > insights.yaml", "spec --wire > insights.json"]))]
    Spec(Spec),
    /// Print the JSON schema of a command's JSON output
    #[command(after_long_help = examples(&["schema list > reports.schema.json"]))]
    Schema { command: SchemaCommand },
    /// Print a shell completion script
    #[command(after_long_help = examples(&["completions fish > ~/.config/fish/completions/partner-insights.fish"]))]
    Completions { shell: clap_complete::Shell },
    /// Print the man page of the CLI or of a command
    #[command(after_long_help = examples(&["man | man -l -", "man auth login | man -l -"]))]
    Man { command: Vec<String> },
}

#[derive(Debug, ClapArgs)]
pub struct Spec {
    /// Print the edition for client generators: JSON with the names used on the wire
    #[arg(long)]
    pub wire: bool,
}

#[derive(Debug, ClapArgs)]
pub struct List {
    /// Only reports with this status
    #[arg(long, ignore_case = true, value_parser = report_status())]
    pub status: Option<ReportStatus>,
    #[command(flatten)]
    pub filter: Filter,
}

#[derive(Debug, ClapArgs)]
pub struct Resume {
    /// All paused reports
    ///
    /// Succeeds even if no report is paused. Has no effect with --name or --query-id: matching reports in any other
    /// status are still listed.
    #[arg(long, conflicts_with_all = ["ids", "ids_file"])]
    pub all_paused: bool,
    /// Leave out matching reports that are not paused
    ///
    /// Without this flag, reports that match --name or --query-id and cannot be resumed (inactive or in an unknown
    /// status) count as failures, except inactive one-time reports, which are assumed to have run.
    #[arg(long, hide_short_help = true, conflicts_with_all = ["ids", "ids_file"])]
    pub only_paused: bool,
    /// Wait until each resumed report has delivered a file
    ///
    /// Only files written after the command started count. The exit code is 11 if a report delivers no file in time.
    /// Files of reports that were already active are not waited for; `wait` waits for them.
    #[arg(long, conflicts_with = "dry_run")]
    pub wait: bool,
    /// Limit of --wait, e.g. 30m or 6h (max 24h) [default: none]
    #[arg(long, hide_short_help = true, value_name = "TIME", value_parser = duration, requires = "wait")]
    pub wait_timeout: Option<Duration>,
    #[command(flatten)]
    pub change: Change,
}

#[derive(Debug, ClapArgs)]
pub struct Pause {
    /// All active reports
    ///
    /// Succeeds even if no report is active. Has no effect with --name or --query-id: matching reports in any other
    /// status are still listed.
    #[arg(long, conflicts_with_all = ["ids", "ids_file"])]
    pub all_active: bool,
    /// Leave out matching reports that are not active
    ///
    /// Without this flag, reports that match --name or --query-id and cannot be paused (inactive or in an unknown
    /// status) count as failures, except inactive one-time reports, which are assumed to have run.
    #[arg(long, conflicts_with_all = ["ids", "ids_file"])]
    pub only_active: bool,
    #[command(flatten)]
    pub change: Change,
}

/// Flags that `resume` and `pause` share.
#[derive(Debug, ClapArgs)]
pub struct Change {
    /// Report IDs
    #[arg(value_name = "ID", conflicts_with = "ids_file", value_parser = report_id)]
    pub ids: Vec<ReportId>,
    /// Read report IDs from FILE (- for stdin)
    ///
    /// One ID per line, CSV with the IDs in the column ReportId or in the first one, or JSON of this tool or of the
    /// service; in UTF-8 or UTF-16. Empty lines and comments (#) are ignored. A file without IDs is an error.
    #[arg(long, value_name = "FILE")]
    pub ids_file: Option<PathBuf>,
    #[command(flatten)]
    pub filter: Filter,
    /// Leave out this report; may be repeated
    #[arg(long, alias = "exclude", value_name = "ID", conflicts_with_all = ["ids", "ids_file"], value_parser = report_id)]
    pub except: Vec<ReportId>,
    /// Show what would change without changing it
    #[arg(long)]
    pub dry_run: bool,
    /// Skip the confirmation prompt for bulk changes
    #[arg(long, short, env = "PARTNER_CENTER_YES", value_parser = Setting(BoolishValueParser::new()))]
    pub yes: bool,
    /// Do not verify: trust the response, and do not list reports first
    ///
    /// Reports selected by --all-paused, --all-active, --name or --query-id are listed once.
    #[arg(long, conflicts_with = "dry_run")]
    pub no_verify: bool,
    /// Maximum number of concurrent requests (1 to 256)
    #[arg(long, hide_short_help = true, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: u16,
    /// Limit of the verification, e.g. 90s or 5m (max 24h)
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub verify_timeout: Duration,
    /// Limit of the whole run [default: none]
    ///
    /// If it elapses, reports that were not tried count as failures with exit code 7, and changes that were not
    /// verified with 10; a mix exits with 9.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub timeout: Option<Duration>,
}

#[derive(Debug, ClapArgs)]
pub struct Executions {
    /// Report IDs
    #[arg(value_name = "ID", value_parser = report_id, required_unless_present_any = ["name", "query_id"], conflicts_with_all = ["name", "query_id"])]
    pub ids: Vec<ReportId>,
    #[command(flatten)]
    pub filter: Filter,
    /// Only executions with this status [default: completed]
    #[arg(long, ignore_case = true, value_parser = execution_status())]
    pub status: Option<ExecutionStatus>,
    /// All executions of the last 90 days, not only the latest
    #[arg(long)]
    pub all: bool,
    /// Show download links; anyone with a link can read the file
    #[arg(long)]
    pub show_links: bool,
}

#[derive(Debug, ClapArgs)]
pub struct Emulator {
    /// Port or address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", value_parser = Setting(listen), env = "PARTNER_CENTER_EMULATOR_LISTEN")]
    pub listen: SocketAddr,
    /// Simulate failures; repeatable
    #[arg(long, value_name = "NAME", value_parser = scenario())]
    pub scenario: Vec<Scenario>,
    /// Serve the reports in this JSON file, e.g. from `list --output json`, instead of the sample
    #[arg(long, value_name = "FILE")]
    pub reports: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SchemaCommand {
    /// The error that a failed command prints to stderr
    Error,
    List,
    Resume,
    Pause,
    Executions,
    Health,
    Wait,
    Download,
    Export,
    Show,
    Create,
    Update,
    Delete,
    QueryList,
    QueryShow,
    QueryCheck,
    QueryTry,
    QueryCreate,
    QueryDelete,
    DatasetList,
    DatasetShow,
    Conformance,
    AuthCheck,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn definitions_are_consistent() {
        super::Args::command().debug_assert();
    }
}
