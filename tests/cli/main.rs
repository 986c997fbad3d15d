//! The CLI as a process, against an emulator in this one.

#[cfg(target_os = "linux")]
mod auth;
mod chain;
mod changes;
#[cfg(unix)]
mod completions;
mod conformance;
mod deliveries;
#[cfg(target_os = "linux")]
mod disk;
mod downloads;
mod emulator;
mod environment;
mod exercise;
mod exits;
mod export;
mod golden;
#[cfg(unix)]
mod hangup;
mod inputs;
#[cfg(unix)]
mod interrupt;
mod killed;
mod lenient;
mod manage;
mod manual;
mod network;
#[cfg(unix)]
mod nightly;
mod parity;
mod picture;
mod schema;
mod settings;
mod store;
mod streams;
#[path = "../support/mod.rs"]
mod support;
#[cfg(unix)]
mod terminal;
mod usage;
#[cfg(unix)]
mod widths;

use std::process::Stdio;
use std::time::{Duration, SystemTime};

use partner_center_insights::emulator::{Emulator, EmulatorBuilder};
use partner_center_insights::spec::{self, Operation};
use partner_center_insights::{Report, ReportId};
use tokio::process::Command;

/// The access token, which must not appear in any output.
pub const TOKEN: &str = "eyJ0eXAi.c2VjcmV0.c2lnbmF0dXJl";

/// Reports of the emulator's sample.
pub const PAUSED: &str = "6513270e-269e-4d37-b2a7-4de452e6b438";
pub const ALSO_PAUSED: &str = "6b0d549b-6f03-475a-9600-a35a099950d8";
pub const ACTIVE: &str = "9531985d-5d9d-49f8-9818-e811892f902b";
pub const MONTHLY: &str = "0fd630f1-f29d-4da9-953f-48f1a09f76b5";
pub const INACTIVE: &str = "92276658-1e27-41c0-8a6a-63ec24ede6a4";
/// Not in the sample.
pub const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

pub const LIST: &Operation = &spec::GET_REPORTS;
pub const RESUME: &Operation = &spec::RESUME_REPORT_EXECUTIONS;

/// An emulator with a fixed clock: 23 November 2026 at 8:00.
pub fn emulator() -> EmulatorBuilder {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_420_800);
    Emulator::builder().token(TOKEN).clock(move || now)
}

/// The id with this number.
pub fn id(number: u128) -> ReportId {
    uuid::Uuid::from_u128(0x3f0c_2a5e_6c1b_4d7f_9a43_0000_0000_0000 + number).into()
}

/// Paused reports.
pub fn paused(count: u128) -> impl Iterator<Item = Report> {
    (0..count).map(|number| {
        let report = serde_json::json!({
            "reportId": id(number), "reportName": format!("Report {number}"), "reportStatus": "Paused",
        });
        serde_json::from_value(report).unwrap()
    })
}

/// The CLI in a clean environment, without a terminal.
pub fn bare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_partner-insights"));
    command.env_clear();
    for name in ["PATH", "HOME", "SystemRoot"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// The CLI, configured for this emulator.
pub fn cli(emulator: &Emulator) -> Command {
    let mut command = bare();
    command.env("PARTNER_CENTER_BASE_URL", emulator.base_url()).env("PARTNER_CENTER_ACCESS_TOKEN", TOKEN);
    command
}

#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

pub async fn finish(command: &mut Command) -> Finished {
    let output = command.output().await.unwrap();
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the CLI against this emulator.
pub async fn run(emulator: &Emulator, args: &[&str]) -> Finished {
    finish(cli(emulator).args(args)).await
}

/// What `resume` and `pause` print in the JSON formats, as one document.
pub fn document(stdout: &str) -> serde_json::Value {
    serde_json::from_str(stdout).unwrap_or_else(|_| {
        let mut lines: Vec<serde_json::Value> =
            stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut document = lines.pop().unwrap();
        document["reports"] = lines.into();
        document
    })
}

/// The number of completed requests of an operation.
pub fn count(emulator: &Emulator, operation: &Operation) -> usize {
    emulator.requests().iter().filter(|request| request.operation == Some(operation)).count()
}

/// Waits until something has happened, with a timeout that is long enough for slow machines.
pub async fn until(what: &str, happened: impl Fn() -> bool) {
    for _ in 0..6000 {
        if happened() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("did not happen: {what}");
}
