//! Every operation of the spec has a command, and every command has an operation or a reason to have none.

use std::collections::BTreeSet;

use partner_center_insights::spec;

use crate::{ACTIVE, PAUSED, bare, emulator, finish, run};

/// A query of the sample that is no system query.
pub const OWN_QUERY: &str = "5b1f7c52-0d0e-4a35-9c1e-2f9a6a1b0c11";

/// Operations, and the arguments of the command that sends each.
pub const COMMANDS: [(&str, &[&str]); 12] = [
    ("getReports", &["list"]),
    ("resumeReportExecutions", &["resume", PAUSED, "--no-verify"]),
    ("pauseReportExecutions", &["pause", ACTIVE, "--no-verify"]),
    ("getReportExecutions", &["executions", PAUSED]),
    ("getDatasets", &["dataset", "list"]),
    ("getReportQueries", &["query", "list"]),
    ("createReportQuery", &["query", "create", "Partners", "SELECT MPNId FROM Profile"]),
    ("deleteReportQuery", &["query", "delete", OWN_QUERY, "--yes"]),
    ("tryReportQuery", &["query", "try", "SELECT MPNId FROM Profile"]),
    ("createReport", &["create", "Partners", "--query-id", OWN_QUERY, "--once"]),
    ("updateReport", &["update", PAUSED, "--count", "5", "--yes"]),
    ("deleteReport", &["delete", PAUSED, "--yes"]),
];

/// Commands without an operation, and the reason.
const WITHOUT: [(&str, &str); 13] = [
    ("auth", "talks to Entra; its probe lists reports"),
    ("show", "lists reports and executions"),
    ("health", "lists reports and executions"),
    ("wait", "lists executions until one is completed"),
    ("download", "lists executions, and reads their files from the store"),
    ("conformance", "compares reads with the spec"),
    ("export", "creates a query and a report, downloads, and deletes both"),
    ("emulator", "serves the spec"),
    ("spec", "prints the spec"),
    ("schema", "describes output"),
    ("completions", "describes the CLI"),
    ("man", "describes the CLI"),
    ("help", "describes the CLI"),
];

/// The commands in `--help`.
pub async fn commands() -> BTreeSet<String> {
    let help = finish(bare().arg("--help")).await.stdout;
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines.map_while(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[tokio::test]
async fn each_operation_is_sent_by_its_command() {
    let operations: BTreeSet<_> = spec::OPERATIONS.iter().map(|operation| operation.id).collect();
    assert_eq!(operations, COMMANDS.iter().map(|(operation, _)| *operation).collect());
    for (operation, args) in COMMANDS {
        let emulator = emulator().start().await.unwrap();
        let finished = run(&emulator, args).await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let sent: Vec<_> = emulator
            .requests()
            .into_iter()
            .map(|request| request.operation.map(|operation| operation.id))
            .collect();
        // Most changes read first, so only the last request counts.
        assert_eq!(sent.last(), Some(&Some(operation)), "{args:?}");
    }
}

#[tokio::test]
async fn every_deletion_requires_confirmation() {
    for operation in spec::OPERATIONS.iter().filter(|operation| operation.method == "DELETE") {
        let (_, args) = COMMANDS.iter().find(|(id, _)| *id == operation.id).unwrap();
        let emulator = emulator().start().await.unwrap();
        let args: Vec<_> = args.iter().copied().filter(|arg| *arg != "--yes").collect();
        let finished = run(&emulator, &args).await;
        assert_eq!(finished.code, Some(2), "{args:?}: {finished:?}");
        assert!(finished.stderr.contains("refusing to delete without confirmation"), "{finished:?}");
        emulator.assert_requests(operation, 0);
    }
}

#[tokio::test]
async fn nothing_is_asked_with_the_flag_emulator() {
    for (_, args) in COMMANDS.iter().filter(|(_, args)| args.contains(&"--yes")) {
        let args = args.iter().filter(|arg| **arg != "--yes");
        let finished = finish(bare().arg("--emulator").args(args)).await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
    }
}

#[tokio::test]
async fn every_command_has_an_operation_or_a_reason() {
    let listed = COMMANDS.iter().map(|(_, args)| args[0]).chain(WITHOUT.iter().map(|(command, _)| *command));
    assert_eq!(commands().await, listed.map(str::to_owned).collect());
}

#[tokio::test]
async fn every_command_works_on_the_sample() {
    for args in [
        &["list"][..],
        &["show", PAUSED],
        &["executions", ACTIVE],
        &["delete", PAUSED, "--yes"],
        &["dataset", "list"],
        &["query", "list"],
        &["query", "check", "SELECT CustomerName FROM OfficeUsage"],
        &["resume", PAUSED],
        &["pause", ACTIVE],
    ] {
        let finished = finish(bare().arg("--emulator").args(args)).await;
        assert_eq!(finished.code, Some(0), "{args:?}: {finished:?}");
    }
}

/// Runs the examples in the help of a command, in one folder, as they would be typed.
#[cfg(unix)]
#[tokio::test]
async fn examples_in_help_work_on_the_sample() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("usage.sql"), "SELECT CustomerName, Month FROM OfficeUsage").unwrap();
    let cli = std::path::Path::new(env!("CARGO_BIN_EXE_partner-insights")).parent().unwrap();
    let path = format!("{}:{}", cli.display(), std::env::var("PATH").unwrap());
    // These wait, need a person or a page viewer, or have tests of their own.
    let skipped = ["auth", "emulator", "wait", "man", "conformance", "completions", "help"];
    for command in commands().await.iter().filter(|command| !skipped.contains(&command.as_str())) {
        let help = finish(bare().args([command, "--help"])).await.stdout;
        let (_, examples) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("{command}"));
        for line in examples.replace("\\\n", "").lines().map(str::trim).filter(|line| !line.is_empty()) {
            assert!(line.starts_with("partner-insights "), "wrapped: {line}");
            // A fixed time will be in the past some day, and waiting has tests of its own.
            if line.contains("--at ") || line.contains("--wait") {
                continue;
            }
            let mut shell = tokio::process::Command::new("sh");
            shell.args(["-c", line]).current_dir(folder.path()).env_clear().env("PATH", &path);
            shell.env("PARTNER_CENTER_EMULATOR", "1").env("PARTNER_CENTER_YES", "1");
            let finished = finish(shell.stdin(std::process::Stdio::null())).await;
            // Some reports of the sample do not deliver.
            let expected = if command == "health" { 11 } else { 0 };
            assert_eq!(finished.code, Some(expected), "{line}: {}", finished.stderr);
        }
    }
}
