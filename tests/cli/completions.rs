//! Shell completions.

use std::process::Command;

use crate::{bare, finish};

/// The completions that bash offers for the last word.
async fn offered(words: &[&str]) -> Vec<String> {
    let script = script("bash").await;
    let list: String = words.iter().map(|word| format!("'{word}' ")).collect();
    let call = format!(
        "source {script}\nCOMP_WORDS=({list})\nCOMP_CWORD={last}\n\
         _partner__insights partner-insights '{word}' '{before}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script = script.path().display(),
        last = words.len() - 1,
        word = words.last().unwrap(),
        before = words[words.len() - 2],
    );
    let output = Command::new("bash").args(["--norc", "-c", &call]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Bash splits the words of a command line at `=`, too.
#[tokio::test]
async fn bash_completes_after_an_equals_sign() {
    for (words, expected) in [
        (&["partner-insights", "list", "--status", "=", "p"][..], &["paused"][..]),
        (&["partner-insights", "list", "--status", "="], &["active", "paused", "inactive"]),
        (&["partner-insights", "list", "-o", "=", "jsonl"], &["jsonl"]),
    ] {
        assert_eq!(offered(words).await, expected, "{words:?}");
    }
}

#[tokio::test]
async fn bash_completes_the_pages_of_man() {
    let pages = offered(&["partner-insights", "man", "re"]).await;
    assert_eq!(pages, ["resume"]);
    assert_eq!(offered(&["partner-insights", "man", "auth", "logi"]).await, ["login"]);
}

/// Command lines, and the only completion of the last word of each.
const LINES: [(&str, &str); 4] = [
    ("list --status=p", "paused"),
    ("man res", "resume"),
    ("man auth logi", "login"),
    ("schema query-l", "query-list"),
];

async fn script(shell: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let finished = finish(bare().args(["completions", shell])).await;
    std::fs::write(file.path(), finished.stdout).unwrap();
    file
}

/// Runs a shell, unless it is not installed.
fn shell(name: &str, arguments: &[&str]) -> Option<String> {
    let Ok(output) = Command::new(name).args(arguments).output() else {
        eprintln!("skipped: {name} is not installed");
        return None;
    };
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[tokio::test]
async fn fish_completes_values_and_pages() {
    let script = script("fish").await;
    for (line, expected) in LINES {
        let call = format!("source {}; complete -C 'partner-insights {line}'", script.path().display());
        let Some(offered) = shell("fish", &["--no-config", "-c", &call]) else { return };
        let words: Vec<_> = offered.lines().filter_map(|line| line.split('\t').next()).collect();
        assert!(matches!(words[..], [word] if word.ends_with(expected)), "{line}: {offered}");
    }
}

#[tokio::test]
async fn zsh_completes_values_and_pages() {
    let script = script("zsh").await;
    for (line, expected) in LINES {
        // Runs in a pseudo-terminal, until the word appears or a timeout ends.
        let call = format!(
            "zmodload zsh/zpty; zpty z zsh -f -i
            zpty -w z \"PS1=; autoload -U compinit; compinit -u -D; source {script}; echo rea''dy\"
            zpty -r z seen '*ready*'; seen=
            zpty -w -n z 'partner-insights {line}\t'
            repeat 600; do
                zpty -r -t z part && seen+=$part
                [[ $seen == *{expected}* ]] && print {expected} && break
                sleep 0.05
            done",
            script = script.path().display(),
        );
        let Some(completed) = shell("zsh", &["-f", "-c", &call]) else { return };
        assert_eq!(completed.trim(), expected, "{line}");
    }
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
