//! The output of every command in every format, compared with `golden/`. After an intended change, rewrite the files
//! with `SNAPSHOTS=overwrite` in the environment, and review the diff.

use partner_center_insights::emulator::{EmulatorBuilder, Fault};
use partner_center_insights::{Report, spec};
use snapbox::{Data, assert_data_eq};

use crate::{
    ACTIVE, ALSO_PAUSED, Finished, INACTIVE, MONTHLY, PAUSED, RESUME, UNKNOWN, bare, emulator, finish, id,
    run,
};

/// Replaces what differs between runs: ids, ports and current times.
pub fn masked(text: &str) -> String {
    let mut text = text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    for (marker, is_part) in [
        ("request ", is_uuid as fn(&str) -> bool),
        ("correlation ", is_uuid),
        ("\"requestId\": \"", is_uuid),
        ("\"correlationId\": \"", is_uuid),
        ("\"requestId\":\"", is_uuid),
        ("\"correlationId\":\"", is_uuid),
        ("http://127.0.0.1:", |_| true),
        ("\"seenAt\": \"", |_| true),
        ("\"seenAt\":\"", |_| true),
        ("\"nextExecution\": \"", |_| true),
        ("\"nextExecution\":\"", |_| true),
        ("Next execution: ", |_| true),
    ] {
        let mut rest = std::mem::take(&mut text);
        while let Some(at) = rest.find(marker) {
            let (before, after) = rest.split_at(at + marker.len());
            let is_end = |c: char| !c.is_ascii_hexdigit() && !matches!(c, '-' | ':' | 'T' | 'Z');
            let word = after.find(is_end).unwrap_or(after.len());
            text += before;
            text += if is_part(&after[..word]) { "[..]" } else { &after[..word] };
            rest = after[word..].to_owned();
        }
        text += &rest;
    }
    // The text of a missing file depends on the operating system.
    let absent = std::fs::read("no/such/file").unwrap_err().to_string();
    let text = text.replace(&absent, "[..]");
    // The schedules of the sample end in a few years; from then on, there is no next execution.
    text.replace(" Next execution: [..].", "")
        .replace("\"nextExecution\": null", "\"nextExecution\": \"[..]\"")
        .replace("\"nextExecution\":null", "\"nextExecution\":\"[..]\"")
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36
}

/// A transcript as in a terminal, with a new emulator for each line.
pub async fn transcript(emulator: impl Fn() -> EmulatorBuilder, lines: &[&[&str]]) -> String {
    let mut text = String::new();
    for args in lines {
        let emulator = emulator().start().await.unwrap();
        let Finished { code, stdout, stderr } = run(&emulator, args).await;
        text += &format!("$ partner-insights {}\n", args.join(" "));
        text += &stdout;
        for line in stderr.lines() {
            text += &format!("stderr: {line}\n");
        }
        text += &format!("exit: {}\n\n", code.unwrap());
    }
    masked(&text)
}

/// Compares a text with a file in `golden/`.
pub fn golden(name: &str, actual: String) {
    let path = format!("{}/tests/cli/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    // Verbatim: brackets in the output are not wildcards.
    assert_data_eq!(Data::text(actual), Data::read_from(path.as_ref(), None).raw());
}

#[tokio::test]
async fn list_in_every_format() {
    let lines: [&[&str]; 6] = [
        &["list"],
        &["list", "--status", "paused", "--output", "json"],
        &["list", "--name", "*usage*", "--output", "jsonl"],
        &["list", "--status", "active", "--output", "ids"],
        &["list", "--name", "nothing"],
        &["list", "--name", "nothing", "--output", "json"],
    ];
    golden("list.txt", transcript(emulator, &lines).await);
}

#[tokio::test]
async fn resume_in_every_format() {
    let lines: [&[&str]; 9] = [
        &["resume", "--all-paused", "--yes", "--concurrency", "1"],
        &["resume", "--all-paused", "--yes", "--concurrency", "1", "--output", "json"],
        &["resume", "--all-paused", "--yes", "--concurrency", "1", "--output", "jsonl"],
        &["resume", "--all-paused", "--yes", "--concurrency", "1", "--output", "ids"],
        &["resume", "--all-paused", "--name", "*daily", "--dry-run"],
        &["resume", PAUSED, ACTIVE, "--dry-run", "--output", "jsonl"],
        &["resume", PAUSED, "--no-verify"],
        &["resume", PAUSED, ACTIVE, INACTIVE, UNKNOWN],
        &["resume", PAUSED, ACTIVE, INACTIVE, UNKNOWN, "--output", "ids"],
    ];
    golden("resume.txt", transcript(emulator, &lines).await);
}

/// Reports in every state, whose schedules do not end.
fn states() -> EmulatorBuilder {
    let report = |number, name: &str, status: &str| {
        Report::new(id(number)).with_name(name).with_status(status.into()).with_schedule(
            "2026-01-05T06:00:00Z",
            24,
            10_000_000,
        )
    };
    let ended = report(3, "Sales by region", "Inactive").with_schedule("2026-01-05T06:00:00Z", 24, 30);
    let mut once = report(5, "Sales audit", "Inactive");
    (once.execute_now, once.recurrence_interval) = (Some(true), Some(-1));
    emulator().reports([
        report(1, "Sales, daily", "Paused"),
        report(2, "Sales, weekly", "Active"),
        ended,
        report(4, "Sales forecast", "Suspended"),
        once,
        report(6, "Usage", "Active"),
    ])
}

#[tokio::test]
async fn selection_by_name_in_every_state() {
    let lines: [&[&str]; 19] = [
        &["resume", "--name", "sales*", "--yes"],
        &["resume", "--name", "sales*", "--yes", "--output", "json"],
        &["resume", "--name", "sales*", "--dry-run", "--output", "jsonl"],
        &["resume", "--name", "sales*", "--yes", "--output", "ids"],
        &["resume", "--name", "sales*", "--yes", "--only-paused"],
        &["resume", "--name", "sales, daily", "--yes"],
        &["resume", "--name", "usage", "--yes"],
        &["resume", "--name", "usage", "--yes", "--only-paused"],
        &["resume", "--name", "sales audit", "--yes"],
        &["resume", "--name", "Slaes*", "--yes"],
        &["resume", "--all-paused", "--name", "Usgae", "--yes", "--output", "json"],
        &["resume", "--query-id", "none", "--yes"],
        &["resume", "--name", "usage", "--query-id", "none", "--yes"],
        &["resume", "--ids-file", "-", "--yes"],
        &["pause", "--name", "nothing", "--yes", "--dry-run"],
        &["pause", "--name", "sales*", "--yes"],
        &["pause", "--name", "sales by region", "--yes", "--output", "json"],
        &["pause", "--name", "sales*", "--yes", "--only-active"],
        &["pause", "--name", "sales by region", "--yes", "--only-active"],
    ];
    golden("selection.txt", transcript(states, &lines).await);
}

#[tokio::test]
async fn show_says_why_a_report_does_not_run() {
    let ids = [1, 3, 4, 5].map(|number| id(number).to_string());
    let lines: Vec<_> = ids.iter().map(|id| vec!["show", id.as_str()]).collect();
    let json = ["show", &ids[0], "--output", "json"];
    let by_name: [&[&str]; 3] = [&["show", "--name", "sales ?*"], &["show", "--name", "Usgae"], &["show"]];
    let lines: Vec<_> = lines.iter().map(Vec::as_slice).chain([&json[..]]).chain(by_name).collect();
    golden("show.txt", transcript(states, &lines).await);
}

#[tokio::test]
async fn show_says_when_an_active_report_runs() {
    let finished = finish(bare().args(["--emulator", "show", ACTIVE])).await;
    for title in
        ["\nWhy             the last file was written at ", "\nNext execution  20", "\nLast file       20"]
    {
        assert!(finished.stdout.contains(title), "{title}: {}", finished.stdout);
    }
}

#[tokio::test]
async fn errors_in_the_json_formats() {
    let lines: [&[&str]; 9] = [
        &["executions", UNKNOWN, "--output", "json"],
        &["resume", "--output", "json"],
        &["resume", "--all-paused", "--output", "jsonl"],
        &["list", "--base-url", "ftp://localhost", "--output", "jsonl"],
        &["list", "--output", "json", "--token-file", "no/such/file"],
        &["lst", "--output", "json"],
        &["resume", "--stauts", "paused", "-ojsonl"],
        &["list", "--status", "stopped", "-o=json"],
        &["--output", "json"],
    ];
    golden("errors.txt", transcript(emulator, &lines).await);
}

#[tokio::test]
async fn account_without_reports_has_nothing_paused() {
    let lines: [&[&str]; 3] = [
        &["resume", "--all-paused"],
        &["resume", "--all-paused", "--output", "json"],
        &["resume", "--name", "x"],
    ];
    golden("empty.txt", transcript(|| emulator().reports([]), &lines).await);
}

#[tokio::test]
async fn refused_report_in_every_format() {
    let refusing = || {
        let body = r#"{"value":[],"totalCount":0,"message":"The quota is used up.","statusCode":400}"#;
        let fault = Fault::respond(400, "application/json", body).report(ALSO_PAUSED.parse().unwrap());
        emulator().fault(fault.on(RESUME))
    };
    let lines: [&[&str]; 4] = [
        &["resume", PAUSED, ALSO_PAUSED],
        &["resume", PAUSED, ALSO_PAUSED, "--output", "json"],
        &["resume", PAUSED, ALSO_PAUSED, "--output", "ids"],
        &["resume", ALSO_PAUSED, "--no-verify"],
    ];
    golden("refused.txt", transcript(refusing, &lines).await);
}

#[tokio::test]
async fn pause_in_every_format() {
    let lines: [&[&str]; 4] = [
        &["pause", "--all-active", "--yes", "--concurrency", "1"],
        &["pause", ACTIVE, "--output", "json"],
        &["pause", ACTIVE, PAUSED, INACTIVE, "--output", "jsonl"],
        &["pause", "--all-active", "--dry-run", "--output", "ids"],
    ];
    golden("pause.txt", transcript(emulator, &lines).await);
}

#[tokio::test]
async fn executions_in_every_format() {
    let lines: [&[&str]; 7] = [
        &["executions", MONTHLY],
        &["executions", MONTHLY, "--all"],
        &["executions", MONTHLY, "--output", "json", "--show-links"],
        &["executions", MONTHLY, "--status", "pending", "--output", "jsonl"],
        &["executions", MONTHLY, "--all", "--output", "ids"],
        &["executions", INACTIVE, "--status", "running"],
        &["executions", UNKNOWN],
    ];
    golden("executions.txt", transcript(emulator, &lines).await);
}

/// A transcript of commands that need no service.
pub async fn described(lines: &[&[&str]]) -> String {
    let mut text = String::new();
    for args in lines {
        let Finished { code, stdout, stderr } = finish(bare().args(*args)).await;
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{args:?}");
        text += &format!("$ partner-insights {}\n{stdout}\n", args.join(" "));
    }
    masked(&text)
}

#[tokio::test]
async fn help_texts() {
    let lines: [&[&str]; 5] =
        [&["-h"], &["--help"], &["--version"], &["resume", "-h"], &["resume", "--help"]];
    golden("help.txt", described(&lines).await);
}

#[tokio::test]
async fn help_of_offline_commands_has_no_sign_in() {
    for command in ["spec", "schema", "completions", "man"] {
        let help = finish(bare().args([command, "--help"])).await.stdout;
        assert!(!help.contains("--tenant") && help.contains("--output"), "{command}: {help}");
    }
}

#[tokio::test]
async fn schemas() {
    let lines: [&[&str]; 4] =
        [&["schema", "list"], &["schema", "resume"], &["schema", "executions"], &["schema", "error"]];
    golden("schema.txt", described(&lines).await);
}

#[tokio::test]
async fn man_pages() {
    golden("man.txt", described(&[&["man"], &["man", "resume"]]).await);
}

/// Only the fish script is compared, because it is the easiest to review.
#[tokio::test]
async fn fish_completions() {
    golden("completions.txt", described(&[&["completions", "fish"]]).await);
}

#[tokio::test]
async fn short_help_of_a_command_fits_a_small_screen() {
    let auth = ["login", "logout", "check", "token"].map(|command| format!("auth {command}"));
    for command in crate::parity::commands().await.into_iter().chain(auth).chain([String::new()]) {
        let help = finish(bare().args(command.split_whitespace()).arg("-h")).await.stdout;
        // `help` itself has no flags.
        assert!(command == "help" || help.contains("\nUsage: "), "{command}: {help}");
        // The list of all commands is longer than the help of any.
        let lines = if command.is_empty() { 45 } else { 24 };
        assert!(help.lines().count() <= lines, "{command}: {help}");
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{command}: {help}");
    }
}

#[tokio::test]
async fn long_help_of_every_command_has_examples() {
    let auth = ["login", "logout", "check", "token"].map(|command| format!("auth {command}"));
    for command in crate::parity::commands().await.into_iter().chain(auth).filter(|command| command != "help")
    {
        let help = finish(bare().args(command.split_whitespace()).arg("--help")).await.stdout;
        assert!(help.contains(&format!("\nExamples:\n  partner-insights {command}")), "{command}: {help}");
    }
}

#[tokio::test]
async fn completions_of_every_shell_have_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let finished = finish(bare().args(["completions", shell])).await;
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
        for word in crate::parity::commands().await.iter().map(String::as_str).chain(["dry-run", "ids-file"])
        {
            assert!(finished.stdout.contains(word), "{word} is not in the completions of {shell}");
        }
    }
}

#[tokio::test]
async fn spec_is_printed_verbatim() {
    let finished = finish(bare().arg("spec")).await;
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    assert!(finished.stdout == spec::YAML);
    let finished = finish(bare().args(["spec", "--output", "json"])).await;
    assert!(finished.stdout == spec::JSON);
}
