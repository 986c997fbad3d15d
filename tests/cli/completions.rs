//! Shell completions.

use std::process::Command;

use crate::{bare, finish};

/// The completions that bash offers for the last word.
async fn offered(words: &[&str]) -> Vec<String> {
    let script = finish(bare().args(["completions", "bash"])).await.stdout;
    let list: String = words.iter().map(|word| format!("'{word}' ")).collect();
    let call = format!(
        "{script}\nCOMP_WORDS=({list})\nCOMP_CWORD={last}\n\
         _partner__insights partner-insights '{word}' '{before}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
        last = words.len() - 1,
        word = words.last().unwrap(),
        before = words[words.len() - 2],
    );
    let output = Command::new("bash").args(["--norc", "-c", &call]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn bash_completes_commands_flags_and_values() {
    for (words, expected) in [
        (&["partner-insights", "res"][..], "resume"),
        (&["partner-insights", "resume", "--all"], "--all-paused"),
        (&["partner-insights", "auth", "lo"], "login"),
        (&["partner-insights", "list", "--status", "p"], "paused"),
        (&["partner-insights", "emulator", "--scenario", "th"], "throttle"),
    ] {
        let offered = offered(words).await;
        assert!(offered.iter().any(|word| word == expected), "{words:?}: {offered:?}");
        assert!(!offered.iter().any(|word| word == "--all-active"), "{words:?}: {offered:?}");
    }
}
