//! Every operation of the contract has a command, and every command has an operation or a reason to have none.

use std::collections::BTreeSet;

use partner_center_insights::spec;

use crate::{ACTIVE, PAUSED, bare, emulator, end, run};

/// Operations, and what to type for them.
const COMMANDS: [(&str, &[&str]); 4] = [
    ("getReports", &["list"]),
    ("resumeReportExecutions", &["resume", PAUSED, "--no-verify"]),
    ("pauseReportExecutions", &["pause", ACTIVE, "--no-verify"]),
    ("getReportExecutions", &["executions", PAUSED]),
];

/// Commands without an operation, and why.
const WITHOUT: [(&str, &str); 7] = [
    ("auth", "is about Entra; its probe is the list once more"),
    ("emulator", "serves the contract instead of using it"),
    ("spec", "prints the contract"),
    ("schema", "describes output"),
    ("completions", "describes the program"),
    ("man", "describes the program"),
    ("help", "describes the program"),
];

/// The commands that `--help` shows.
pub async fn commands() -> BTreeSet<String> {
    let help = end(bare().arg("--help")).await.stdout;
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines.map_while(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_operation_is_what_one_command_sends_and_nothing_else() {
    let operations: BTreeSet<_> = spec::OPERATIONS.iter().map(|operation| operation.id).collect();
    assert_eq!(operations, COMMANDS.iter().map(|(operation, _)| *operation).collect());
    for (operation, args) in COMMANDS {
        let emulator = emulator().start().await.unwrap();
        let ended = run(&emulator, args).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let sent: Vec<_> =
            emulator.requests().iter().map(|request| request.operation.map(|sent| sent.id)).collect();
        assert_eq!(sent, [Some(operation)], "{args:?}");
    }
}

#[tokio::test]
async fn every_command_has_an_operation_or_a_reason() {
    let listed = COMMANDS.iter().map(|(_, args)| args[0]).chain(WITHOUT.iter().map(|(command, _)| *command));
    assert_eq!(commands().await, listed.map(str::to_owned).collect());
}
