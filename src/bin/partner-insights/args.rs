//! The command line: every command, every flag and its environment name.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{BoolishValueParser, PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use partner_center_insights::emulator::Scenario;
use partner_center_insights::{ExecutionStatus, Program, ReportId, ReportStatus, spec};

use crate::auth::Auth;
use crate::credentials::SignIn;
use crate::exit;

/// Find paused reports of Partner Center Insights, resume them, and see that they run.
#[derive(Debug, Parser)]
#[command(name = "partner-insights", version = version(), propagate_version = true, after_help = after_help(), max_term_width = 100)]
pub struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Program whose reports are meant: partner insights (mpn) or the commercial marketplace (cmp)
    #[arg(long, global = true, env = "PARTNER_CENTER_PROGRAM", default_value = "mpn", value_parser = program())]
    pub program: Program,

    /// Address to use instead of the public service; https, or http to this machine
    #[arg(long, global = true, env = "PARTNER_CENTER_BASE_URL", hide_env_values = true, value_name = "URL")]
    pub base_url: Option<String>,

    /// Work on an emulated service with sample reports, in this process
    #[arg(long, global = true, env = "PARTNER_CENTER_EMULATOR", value_parser = BoolishValueParser::new())]
    pub emulator: bool,

    /// Form of the data on standard output
    #[arg(
        long,
        short,
        global = true,
        env = "PARTNER_CENTER_OUTPUT",
        default_value = "table",
        value_name = "FORMAT"
    )]
    pub output: Format,

    /// Say nothing on standard error but errors
    #[arg(long, short, global = true, env = "PARTNER_CENTER_QUIET", value_parser = BoolishValueParser::new())]
    pub quiet: bool,

    /// Log calls on standard error; twice for more
    #[arg(long, short, global = true, env = "PARTNER_CENTER_VERBOSE", action = ArgAction::Count)]
    pub verbose: u8,

    #[command(flatten)]
    pub sign_in: SignIn,

    /// Colours in the table
    #[arg(
        long,
        global = true,
        env = "PARTNER_CENTER_COLOR",
        default_value = "auto",
        value_name = "WHEN",
        help_heading = "Global options"
    )]
    pub color: When,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for people
    Table,
    /// One JSON document
    Json,
    /// One JSON document a line, as soon as it is known
    Jsonl,
    /// Ids alone, one a line; of reports that were changed, those that are as asked
    Ids,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List scheduled reports
    List(List),
    /// Resume paused reports, and see that they run
    #[command(after_help = EXAMPLES)]
    Resume(Resume),
    /// Pause active reports
    Pause(Pause),
    /// List the executions of a report
    Executions(Executions),
    /// Sign in and out, and see what a token is good for
    #[command(subcommand, after_help = KEPT)]
    Auth(Auth),
    /// Run the emulated service until it is stopped
    Emulator(Emulator),
    /// Print the OpenAPI document that this program was built from
    Spec,
    /// Print the JSON schema of what a command writes with `--output json`
    Schema { command: Described },
    /// Print a completion script
    Completions { shell: clap_complete::Shell },
    /// Print the man page, of the program or of a command
    Man { command: Vec<String> },
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
pub struct Filter {
    /// Only reports whose whole name fits, such as 'Sales*'; * is any text, ? one character
    #[arg(long, value_name = "PATTERN")]
    pub name: Option<String>,
    /// Only reports that run this query
    #[arg(long, value_name = "ID")]
    pub query_id: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Resume {
    /// All paused reports
    #[arg(long, conflicts_with_all = ["ids", "ids_file"])]
    pub all_paused: bool,
    #[command(flatten)]
    pub change: Change,
}

#[derive(Debug, ClapArgs)]
pub struct Pause {
    /// All active reports
    #[arg(long, conflicts_with_all = ["ids", "ids_file"])]
    pub all_active: bool,
    #[command(flatten)]
    pub change: Change,
}

/// What both have.
#[derive(Debug, ClapArgs)]
pub struct Change {
    /// Ids of reports
    #[arg(value_name = "ID", conflicts_with = "ids_file")]
    pub ids: Vec<ReportId>,

    /// File with ids, one a line, or rows that --output json or jsonl wrote; - is standard input, and lines that begin with
    /// # do not count
    #[arg(long, value_name = "FILE")]
    pub ids_file: Option<PathBuf>,

    #[command(flatten)]
    pub filter: Filter,

    /// Show what would be done, and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Do not ask. Without it, a change of all or of a file's reports is asked about at the terminal
    #[arg(long, short, env = "PARTNER_CENTER_YES", value_parser = BoolishValueParser::new())]
    pub yes: bool,

    /// Believe the answers; do not read the reports back. With ids, send the bare requests only
    #[arg(long, conflicts_with = "dry_run")]
    pub no_verify: bool,

    /// Requests under way at once, 1 to 256
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: u16,

    /// How long to wait for reports to be seen in their new state, such as 90s or 5m, at most 24h
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub verify_timeout: Duration,
}

#[derive(Debug, ClapArgs)]
pub struct Executions {
    /// Id of the report
    pub id: ReportId,
    /// Only executions in this state; without it, the service lists completed ones
    #[arg(long, ignore_case = true, value_parser = execution_status())]
    pub status: Option<ExecutionStatus>,
    /// Executions of the last 90 days instead of the latest one
    #[arg(long)]
    pub all: bool,
    /// Show download links; whoever has one can read the file
    #[arg(long)]
    pub show_links: bool,
}

#[derive(Debug, ClapArgs)]
pub struct Emulator {
    /// Address to listen at; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", env = "PARTNER_CENTER_EMULATOR_LISTEN")]
    pub listen: SocketAddr,
    /// Let things go wrong: refusals, a limit, failures now and then, another spelling; may be given more than once
    #[arg(long, value_name = "NAME", value_parser = scenario())]
    pub scenario: Vec<Scenario>,
    /// JSON file with reports, such as `list --output json` writes, instead of the sample
    #[arg(long, value_name = "FILE")]
    pub reports: Option<PathBuf>,
}

/// Commands whose output has a schema.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Described {
    List,
    Resume,
    Pause,
    Executions,
    AuthCheck,
}

const KEPT: &str = "\
`auth login` keeps the refresh token, readable by its owner alone, as partner-insights/login.json in the
configuration folder: ~/.config on Linux, ~/Library/Application Support on macOS, %APPDATA% on Windows.
Whoever has that file can act for you; `auth logout` removes it.";

const EXAMPLES: &str = "\
Examples:
  partner-insights resume --all-paused --dry-run
  partner-insights resume --all-paused --name 'Sales*' --yes
  partner-insights resume 3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4
  partner-insights list --status paused --output ids | partner-insights resume --ids-file - --yes";

fn version() -> String {
    format!("{}+spec.{}", env!("CARGO_PKG_VERSION"), spec::VERSION)
}

fn after_help() -> String {
    let mut text = "Secrets are read from the environment or from files, never from the command line: \
        PARTNER_CENTER_ACCESS_TOKEN, PARTNER_CENTER_REFRESH_TOKEN, AZURE_CLIENT_SECRET.\n\nExit codes:\n"
        .to_owned();
    for (code, meaning) in exit::TABLE {
        text += &format!("  {code:>3}  {meaning}\n");
    }
    text
}

fn program() -> impl TypedValueParser<Value = Program> {
    words(Program::ALL.iter().map(|program| program.as_str())).try_map(|word| word.parse::<Program>())
}

fn report_status() -> impl TypedValueParser<Value = ReportStatus> {
    words(ReportStatus::KNOWN.iter().map(ReportStatus::as_str)).map(|word| ReportStatus::from(&*word))
}

fn execution_status() -> impl TypedValueParser<Value = ExecutionStatus> {
    words(ExecutionStatus::KNOWN.iter().map(ExecutionStatus::as_str))
        .map(|word| ExecutionStatus::from(&*word))
}

fn scenario() -> impl TypedValueParser<Value = Scenario> {
    let known = |word: &str| Scenario::ALL.iter().copied().find(|scenario| scenario.as_str() == word);
    words(Scenario::ALL.iter().map(|scenario| scenario.as_str()))
        .try_map(move |word| known(&word).ok_or("there is no such scenario"))
}

fn words<'a>(words: impl Iterator<Item = &'a str>) -> PossibleValuesParser {
    PossibleValuesParser::new(words.map(str::to_lowercase).collect::<Vec<_>>())
}

/// Seconds, or a number with s, m or h.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let seconds = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => 0,
    };
    let number: u64 = number.parse().map_err(|_| "a time looks like 90s, 5m or 1h".to_owned())?;
    match number.checked_mul(seconds) {
        Some(total) if seconds > 0 && total <= 86_400 => Ok(Duration::from_secs(total)),
        _ => Err("a time looks like 90s, 5m or 1h, up to a day".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_are_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn times_are_numbers_with_a_unit() {
        for (text, seconds) in [("0", 0), ("90", 90), ("90s", 90), ("5m", 300), ("24h", 86_400)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "s", "1d", "-1s", "1.5s", "25h", "99999999999999999999s", "ä"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
