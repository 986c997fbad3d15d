//! Every exit code comes about, and is one that `--help` explains.

use std::collections::BTreeSet;

use partner_center_insights::emulator::{EmulatorBuilder, Fault, Scenario};

use crate::{ACTIVE, INACTIVE, PAUSED, RESUME, TOKEN, UNKNOWN, bare, emulator, end, run};

/// Code, the fault that leads to it, and what to type.
fn rows() -> Vec<(i32, EmulatorBuilder, Vec<&'static str>)> {
    let all = || vec!["resume", "--all-paused", "--yes", "--verify-timeout", "0"];
    let answer = |status, body| Fault::answer(status, "application/json", body);
    vec![
        (0, emulator(), all()),
        (0, emulator(), vec!["resume", ACTIVE]),
        (0, emulator().reports([]), all()),
        (2, emulator(), vec!["resume", "sales"]),
        (2, emulator(), vec!["list", "--base-url", "http://service.example"]),
        (3, emulator(), vec!["executions", UNKNOWN]),
        (3, emulator(), vec!["resume", UNKNOWN]),
        (3, emulator(), vec!["resume", UNKNOWN, "--no-verify"]),
        (3, emulator(), vec!["resume", UNKNOWN, "--dry-run"]),
        (4, emulator().scenario(Scenario::Mfa), vec!["list"]),
        (4, emulator().token("another"), all()),
        (5, emulator().scenario(Scenario::Html403), all()),
        (6, emulator(), vec!["resume", INACTIVE]),
        (6, emulator(), vec!["resume", INACTIVE, "--no-verify"]),
        (6, emulator().fault(answer(409, "{}").on(RESUME)), vec!["resume", PAUSED]),
        (7, emulator().fault(answer(429, "{}").header("retry-after", "3600")), vec!["list"]),
        (
            7,
            emulator().fault(answer(503, "{}").header("retry-after", "3600").on(RESUME)),
            vec!["resume", PAUSED, "--no-verify"],
        ),
        (8, emulator().fault(Fault::answer(200, "text/plain", "hello")), vec!["list"]),
        (9, emulator(), vec!["resume", PAUSED, INACTIVE]),
        (9, emulator(), vec!["resume", UNKNOWN, INACTIVE]),
        (9, emulator(), vec!["resume", PAUSED, UNKNOWN, "--dry-run"]),
        (10, emulator().fault(answer(200, r#"{"value":[],"statusCode":200}"#).on(RESUME)), all()),
    ]
}

#[tokio::test]
async fn every_code_of_the_table_comes_about() {
    let mut seen = BTreeSet::new();
    for (code, emulator, args) in rows() {
        let emulator = emulator.start().await.unwrap();
        let ended = run(&emulator, &args).await;
        assert_eq!(ended.code, Some(code), "{args:?}: {}", ended.stderr);
        seen.insert(code);
    }

    // The emulator speaks plain HTTP.
    let emulator = emulator().start().await.unwrap();
    let url = emulator.base_url().replace("http:", "https:");
    let mut command = bare();
    command.env("PARTNER_CENTER_BASE_URL", url).env("PARTNER_CENTER_ACCESS_TOKEN", TOKEN);
    let ended = end(command.arg("list")).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    seen.insert(1);

    #[cfg(unix)]
    assert_eq!(crate::interrupt::once().await.code, Some(130));
    seen.insert(130);

    let help = end(bare().arg("--help")).await.stdout;
    let table = help.lines().skip_while(|line| *line != "Exit codes:").skip(1);
    let table: Vec<_> = table.filter_map(|line| line.trim().split_once("  ")).collect();
    let codes = table.iter().map(|(code, _)| code.parse().unwrap()).collect();
    assert_eq!(seen, codes);
    let readme =
        include_str!("../../README.md").lines().skip_while(|line| *line != "| exit code | meaning |");
    let rows: Vec<_> = table.iter().map(|(code, meaning)| format!("| {code} | {meaning} |")).collect();
    assert_eq!(
        readme.skip(2).take(rows.len() + 1).collect::<Vec<_>>(),
        [&rows[..], &[String::new()]].concat()
    );
}

#[tokio::test]
async fn without_a_token_nothing_is_tried_and_the_next_step_is_told() {
    let emulator = emulator().start().await.unwrap();
    let mut command = bare();
    command.env("PARTNER_CENTER_BASE_URL", emulator.base_url());
    let ended = end(command.args(["resume", "--all-paused", "--yes"])).await;
    assert_eq!(ended.code, Some(4));
    assert!(ended.stderr.contains("PARTNER_CENTER_ACCESS_TOKEN"), "{}", ended.stderr);
    assert!(emulator.requests().is_empty());
}
