//! Man pages.

use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::{bare, finish};

/// The commands that have man pages, such as `auth login`.
async fn pages() -> Vec<String> {
    let nested = [
        "auth login",
        "auth logout",
        "auth check",
        "auth token",
        "query list",
        "query show",
        "query check",
        "query try",
        "query create",
        "query delete",
        "dataset list",
        "dataset show",
    ];
    let commands = crate::parity::commands().await.into_iter().chain(nested.map(str::to_owned));
    commands.filter(|command| command != "help").chain([String::new()]).collect()
}

async fn page(command: &str) -> String {
    let finished = finish(bare().arg("man").args(command.split_whitespace())).await;
    assert_eq!(finished.code, Some(0), "{command}: {}", finished.stderr);
    finished.stdout
}

#[tokio::test]
async fn every_page_has_examples_and_exit_codes() {
    for command in pages().await {
        let page = page(&command).await;
        let headings: Vec<_> = page.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
        assert!(headings.contains(&"EXAMPLES"), "{command}: {headings:?}");
        assert!(headings.contains(&"\"EXIT STATUS\""), "{command}: {headings:?}");
        assert!(!headings.contains(&"EXTRA"), "{command}: {headings:?}");
        let count = |request: &str| page.lines().filter(|line| *line == request).count();
        assert_eq!(count(".nf"), count(".fi"), "{command}");
        let is_offline = ["spec", "schema", "completions", "man"].contains(&command.as_str());
        assert_eq!(page.contains("tenant"), !is_offline, "{command}");
    }
}

/// `groff` is installed on nearly every Linux; elsewhere, the test is skipped.
#[tokio::test]
async fn groff_has_no_warnings() {
    for command in pages().await {
        let mut groff = Command::new("groff");
        groff.args(["-man", "-Tutf8", "-ww", "-z"]);
        let Ok(mut child) = groff.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()
        else {
            return eprintln!("skipped: groff is not installed");
        };
        child.stdin.take().unwrap().write_all(page(&command).await.as_bytes()).await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{command}");
    }
}

/// `mandoc` complains about longer ones, and about a title in lower case.
#[tokio::test]
async fn lines_of_text_have_at_most_80_bytes() {
    for command in pages().await {
        let page = page(&command).await;
        let title = page.lines().find_map(|line| line.strip_prefix(".TH ")).unwrap();
        let title = title.split(' ').next().unwrap();
        assert_eq!(title, title.to_uppercase());
        let mut is_filled = true;
        for line in page.lines() {
            is_filled = line == ".fi" || (is_filled && line != ".nf");
            assert!(!is_filled || line.starts_with('.') || line.len() <= 80, "{command}: {line}");
        }
    }
}

#[tokio::test]
async fn man_page_has_the_exit_codes_of_the_help() {
    let help = finish(bare().arg("--help")).await.stdout;
    let codes = help.split("Exit codes:\n").nth(1).unwrap().replace('-', "\\-");
    assert!(page("resume").await.contains(&codes), "{codes}");
}
