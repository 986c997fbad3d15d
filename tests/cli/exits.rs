//! Exit codes.

use std::collections::BTreeSet;

use partner_center_insights::emulator::{EmulatorBuilder, Fault, Scenario};

use crate::golden::{golden, transcript};
use crate::{ACTIVE, INACTIVE, PAUSED, RESUME, TOKEN, UNKNOWN, bare, emulator, finish, run};

/// An exit code, the emulator and the arguments that lead to it.
fn rows() -> Vec<(i32, EmulatorBuilder, Vec<&'static str>)> {
    let all = || vec!["resume", "--all-paused", "--yes", "--verify-timeout", "0"];
    let respond = |status, body| Fault::respond(status, "application/json", body);
    vec![
        (0, emulator(), all()),
        (0, emulator(), vec!["resume", ACTIVE]),
        (0, emulator().reports([]), all()),
        (2, emulator(), vec!["resume", "sales"]),
        (2, emulator(), vec!["list", "--base-url", "http://service.example"]),
        (3, emulator(), vec!["executions", UNKNOWN]),
        (3, emulator(), vec!["resume", UNKNOWN]),
        (3, emulator(), vec!["resume", "--name", "nothing", "--yes"]),
        (3, emulator(), vec!["resume", "--ids-file", "-", "--yes"]),
        (3, emulator(), vec!["resume", UNKNOWN, "--no-verify"]),
        (3, emulator(), vec!["resume", UNKNOWN, "--dry-run"]),
        (4, emulator().scenario(Scenario::Mfa), vec!["list"]),
        (4, emulator().token("another"), all()),
        (5, emulator().scenario(Scenario::Html403), all()),
        (6, emulator(), vec!["resume", INACTIVE]),
        (6, emulator(), vec!["resume", INACTIVE, "--no-verify"]),
        (6, emulator().fault(respond(409, "{}").on(RESUME)), vec!["resume", PAUSED]),
        (7, emulator().fault(respond(429, "{}").header("retry-after", "3600")), vec!["list"]),
        (
            7,
            emulator().fault(respond(503, "{}").header("retry-after", "3600").on(RESUME)),
            vec!["resume", PAUSED, "--no-verify"],
        ),
        (8, emulator().fault(Fault::respond(200, "text/plain", "hello")), vec!["list"]),
        (9, emulator(), vec!["resume", PAUSED, INACTIVE]),
        (9, emulator(), vec!["resume", UNKNOWN, INACTIVE]),
        (9, emulator(), vec!["resume", PAUSED, UNKNOWN, "--dry-run"]),
        (11, emulator(), vec!["health"]),
        (10, emulator().fault(respond(200, r#"{"value":[],"statusCode":200}"#).on(RESUME)), all()),
    ]
}

#[tokio::test]
async fn every_exit_code_in_help_occurs() {
    let mut seen = BTreeSet::new();
    for (code, emulator, args) in rows() {
        let emulator = emulator.start().await.unwrap();
        let finished = run(&emulator, &args).await;
        assert_eq!(finished.code, Some(code), "{args:?}: {}", finished.stderr);
        seen.insert(code);
    }

    // The emulator speaks plain HTTP.
    let emulator = emulator().start().await.unwrap();
    let url = emulator.base_url().replace("http:", "https:");
    let mut command = bare();
    command.env("PARTNER_CENTER_BASE_URL", url).env("PARTNER_CENTER_ACCESS_TOKEN", TOKEN);
    let finished = finish(command.arg("list")).await;
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    seen.insert(1);

    #[cfg(unix)]
    assert_eq!(crate::interrupt::once().await.code, Some(130));
    seen.insert(130);

    assert_eq!(seen, table().await.into_iter().map(|(code, _)| code).collect());
}

/// The exit codes in `--help`, and their meanings.
async fn table() -> Vec<(i32, String)> {
    let help = finish(bare().arg("--help")).await.stdout;
    let lines = help.lines().skip_while(|line| *line != "Exit codes:").skip(1);
    let rows = lines.filter_map(|line| line.trim().split_once("  "));
    rows.map(|(code, meaning)| (code.parse().unwrap(), meaning.to_owned())).collect()
}

#[tokio::test]
async fn missing_token_sends_nothing_and_prints_a_hint() {
    let emulator = emulator().start().await.unwrap();
    let mut command = bare();
    command.env("PARTNER_CENTER_BASE_URL", emulator.base_url());
    let finished = finish(command.args(["resume", "--all-paused", "--yes"])).await;
    assert_eq!(finished.code, Some(4));
    assert!(
        finished.stderr.starts_with("error: no credentials configured\nhint: set "),
        "{}",
        finished.stderr
    );
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn invalid_url_is_reported_before_a_missing_token() {
    for url in ["ftp://localhost", "foo"] {
        let finished = finish(bare().args(["list", "--base-url", url])).await;
        assert_eq!(finished.code, Some(2), "{finished:?}");
        assert!(finished.stderr.contains("invalid base URL"), "{finished:?}");
    }
}

#[tokio::test]
async fn filter_without_match_exits_with_3() {
    let lines: [&[&str]; 11] = [
        &["list", "--name", "*usgae*"],
        &["list", "--name", "*usgae*", "--output", "json"],
        &["list", "--query-id", "none", "--output", "ids"],
        &["list", "--name", "*usgae*", "--status", "paused", "--output", "jsonl"],
        &["health", "--name", "*usgae*", "--output", "json"],
        &["executions", "--name", "*usgae*", "--output", "json"],
        &["query", "list", "--name", "OffceUsage", "--output", "json"],
        &["query", "list", "--name", "nothing*"],
        &["query", "show", "nothing"],
        &["dataset", "show", "nothing"],
        &["show", UNKNOWN],
    ];
    let text = transcript(emulator, &lines).await;
    assert_eq!(text.matches("exit: 3\n").count(), lines.len(), "{text}");
    golden("no-match.txt", text);
}

#[tokio::test]
async fn empty_list_without_a_filter_succeeds() {
    let empty = emulator().reports([]).start().await.unwrap();
    for args in [&["list"][..], &["list", "--status", "paused"]] {
        assert_eq!(run(&empty, args).await.code, Some(0), "{args:?}");
    }
    let health = run(&empty, &["health"]).await;
    assert!(health.code == Some(3) && health.stderr.contains("the account has no reports"), "{health:?}");
    // The name matches; that no such report is paused is a result.
    let full = emulator().start().await.unwrap();
    let finished = run(&full, &["list", "--name", "Power BI usage", "--status", "inactive"]).await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}
