//! Every operation of the spec has a command, and every command has an operation or a reason to have none.

use std::collections::BTreeSet;

use partner_center_insights::spec;

use crate::{ACTIVE, PAUSED, bare, emulator, finish, run};

/// Operations and the arguments that send them.
const COMMANDS: [(&str, &[&str]); 4] = [
    ("getReports", &["list"]),
    ("resumeReportExecutions", &["resume", PAUSED, "--no-verify"]),
    ("pauseReportExecutions", &["pause", ACTIVE, "--no-verify"]),
    ("getReportExecutions", &["executions", PAUSED]),
];

/// Commands without an operation, and the reason.
const WITHOUT: [(&str, &str); 10] = [
    ("auth", "talks to Entra; its probe lists reports"),
    ("health", "lists reports and executions"),
    ("wait", "lists executions until one is completed"),
    ("download", "lists executions, and reads their files from the store"),
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
        assert_eq!(sent, [Some(operation)], "{args:?}");
    }
}

#[tokio::test]
async fn every_command_has_an_operation_or_a_reason() {
    let listed = COMMANDS.iter().map(|(_, args)| args[0]).chain(WITHOUT.iter().map(|(command, _)| *command));
    assert_eq!(commands().await, listed.map(str::to_owned).collect());
}
