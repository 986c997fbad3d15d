//! At a terminal: the confirmation prompt, the progress bar and colors.

use partner_center_insights::emulator::{Emulator, Fault};
use partner_center_insights::spec;
use pty_process::{Command, OwnedReadPty, OwnedWritePty, Size};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;

use crate::{ACTIVE, PAUSED, RESUME, TOKEN, emulator, paused};

pub struct Terminal {
    screen: OwnedReadPty,
    keys: OwnedWritePty,
    child: Child,
    text: String,
}

impl Terminal {
    fn start(emulator: &Emulator, args: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::of_width(100, emulator, args, environment)
    }

    pub fn of_width(columns: u16, emulator: &Emulator, args: &[&str], environment: &[(&str, &str)]) -> Self {
        let (pty, pts) = pty_process::open().unwrap();
        pty.resize(Size::new(40, columns)).unwrap();
        let command = Command::new(env!("CARGO_BIN_EXE_partner-insights")).args(args).env_clear();
        let command = command
            .env("PARTNER_CENTER_BASE_URL", emulator.base_url())
            .env("PARTNER_CENTER_ACCESS_TOKEN", TOKEN)
            .env("TERM", "xterm-256color")
            .envs(environment.iter().copied())
            .kill_on_drop(true);
        let child = command.spawn(pts).unwrap();
        let (screen, keys) = pty.into_split();
        Self { screen, keys, child, text: String::new() }
    }

    /// Reads more; false at the end, which Linux reports as an error.
    async fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let read = self.screen.read(&mut bytes).await.unwrap_or(0);
        self.text += &String::from_utf8_lossy(&bytes[..read]);
        read > 0
    }

    async fn wait_for(&mut self, text: &str) {
        while !self.text.contains(text) {
            assert!(self.read().await, "no {text:?}: {}", self.text);
        }
    }

    async fn type_in(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).await.unwrap();
    }

    pub async fn finish(mut self) -> (Option<i32>, String) {
        while self.read().await {}
        let status = self.child.wait().await.unwrap();
        (status.code(), self.text)
    }
}

#[tokio::test]
async fn yes_runs_the_listed_plan() {
    let emulator = emulator().reports(paused(30)).start().await.unwrap();
    let mut terminal = Terminal::start(&emulator, &["resume", "--all-paused"], &[]);
    terminal.wait_for("Resume 30 reports? [y/N] ").await;
    assert!(
        terminal.text.contains("Report 19") && terminal.text.contains("and 10 more"),
        "{}",
        terminal.text
    );
    emulator.assert_requests(RESUME, 0);
    terminal.type_in("y\n").await;
    let (code, text) = terminal.finish().await;
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("30 resumed."), "{text}");
    assert!(text.contains("/30, "), "no progress bar: {text}");
    assert!(text.contains("\u{1b}["), "no colors: {text}");
    assert!(emulator.reports().iter().all(|report| report.is_active()));
}

#[tokio::test]
async fn progress_bar_counts_verified_reports() {
    let nothing_done = r#"{"value":[],"totalCount":0,"message":null,"statusCode":200}"#;
    let lie = Fault::respond(200, "application/json", nothing_done).on(RESUME);
    let emulator = emulator().reports(paused(3)).fault(lie).start().await.unwrap();
    let args = ["resume", "--all-paused", "--yes", "--verify-timeout", "1s"];
    let (code, text) = Terminal::start(&emulator, &args, &[]).finish().await;
    assert_eq!(code, Some(10), "{text}");
    let first = text.split("verify").nth(1).and_then(|bar| bar.split('\r').next());
    assert!(first.is_some_and(|bar| bar.contains(" 0/3, ")), "{text}");
}

#[tokio::test]
async fn progress_bar_skips_verification_if_disabled() {
    let emulator = emulator().reports(paused(3)).start().await.unwrap();
    let args = ["resume", "--all-paused", "--yes", "--no-verify"];
    let (code, text) = Terminal::start(&emulator, &args, &[]).finish().await;
    assert!(code == Some(0) && text.contains("/3, ") && !text.contains("verify"), "{text}");
}

#[tokio::test]
async fn anything_but_yes_declines() {
    for keys in ["n\n", "\n", "yeah\n", "\u{4}", "\u{3}"] {
        let emulator = emulator().start().await.unwrap();
        let mut terminal = Terminal::start(&emulator, &["resume", "--all-paused"], &[]);
        terminal.wait_for("[y/N] ").await;
        terminal.type_in(keys).await;
        let (code, text) = terminal.finish().await;
        assert_eq!(code, Some(130), "{keys:?}: {text}");
        emulator.assert_requests(RESUME, 0);
        // Declining is not an error; Ctrl-C is an interrupt.
        let last = if keys == "\u{3}" { "error: interrupted" } else { "Declined; nothing was changed." };
        assert!(
            text.trim_end().ends_with(last) && text.contains("error") == (keys == "\u{3}"),
            "{keys:?}: {text}"
        );
    }
}

#[tokio::test]
async fn colors_can_be_turned_off() {
    let emulator = emulator().start().await.unwrap();
    for (args, environment, colored) in [
        (&["list"][..], None, true),
        (&["list"], Some(("NO_COLOR", "1")), false),
        // Per no-color.org, empty is unset.
        (&["list"], Some(("NO_COLOR", "")), true),
        (&["list"], Some(("TERM", "dumb")), false),
        (&["list", "--color", "never"], None, false),
    ] {
        let (code, text) = Terminal::start(&emulator, args, environment.as_slice()).finish().await;
        assert_eq!(code, Some(0));
        assert_eq!(text.contains('\u{1b}'), colored, "{args:?} {environment:?}: {text:?}");
    }
}

#[tokio::test]
async fn ids_are_never_wrapped() {
    let gateway =
        Fault::respond(403, "text/html", format!("<title>{}</title>", "Blocked ".repeat(20))).on(RESUME);
    let emulator = emulator().fault(gateway).start().await.unwrap();
    for columns in [0, 1, 40, 80, 200] {
        for args in [&["list"][..], &["executions", PAUSED], &["resume", PAUSED]] {
            let (_, text) = Terminal::of_width(columns, &emulator, args, &[("NO_COLOR", "1")]).finish().await;
            assert!(text.contains(&PAUSED[..34]), "{columns} {args:?}: {text}");
            let longest = text.lines().map(|line| line.chars().count()).max();
            assert!(
                columns < 80 || args[0] != "list" || longest <= Some(columns.into()),
                "{columns}: {text}"
            );
        }
    }
}

#[tokio::test]
async fn narrow_table_leaves_out_columns() {
    let emulator = emulator().start().await.unwrap();
    let (_, text) = Terminal::of_width(64, &emulator, &["list"], &[("NO_COLOR", "1")]).finish().await;
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 14, "{text}");
    assert!(lines.iter().all(|line| line.chars().count() <= 64), "{text}");
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["REPORT", "STATUS", "NAME"]);
    assert_eq!(lines[1].trim_end(), format!(" {PAUSED}  Paused     Azure usage,…"));
}

#[tokio::test]
async fn errors_wrap_between_words() {
    let emulator = emulator().token("another").start().await.unwrap();
    let (code, text) = Terminal::of_width(40, &emulator, &["list"], &[("NO_COLOR", "1")]).finish().await;
    assert_eq!(code, Some(4));
    let ids = |word: &str| word.len() > 36;
    let is_short = |line: &&str| line.chars().count() <= 40 || line.split(' ').any(ids);
    assert!(text.lines().count() > 2 && text.lines().all(|line| is_short(&line)), "{text}");
    assert!(text.contains("\nhint: `partner-insights auth check` says"), "{text}");
}

#[tokio::test]
async fn first_failed_attempt_is_reported() {
    let away = Fault::disconnect_before().first(1);
    let emulator = emulator().fault(away).start().await.unwrap();
    let (code, text) = Terminal::start(&emulator, &["list"], &[]).finish().await;
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("Request failed (connection failed); next try in "), "{text}");
}

#[tokio::test]
async fn json_errors_are_one_line() {
    let emulator = emulator().token("another").start().await.unwrap();
    let args = ["list", "--output", "json"];
    let (code, text) = Terminal::of_width(60, &emulator, &args, &[]).finish().await;
    assert_eq!(code, Some(4));
    let error: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!((text.lines().count(), &error["error"]["kind"]), (1, &"unauthenticated".into()));
}

#[tokio::test]
async fn timeout_bounds_the_question() {
    let emulator = emulator().start().await.unwrap();
    let args = ["resume", "--all-paused", "--timeout", "1s"];
    let (code, text) = Terminal::start(&emulator, &args, &[]).finish().await;
    assert_eq!(code, Some(7), "{text}");
    assert!(text.contains("[y/N] ") && text.contains("--timeout elapsed"), "{text}");
    emulator.assert_requests(RESUME, 0);
}

#[tokio::test]
async fn update_that_ends_a_report_asks() {
    let emulator = emulator().start().await.unwrap();
    let mut terminal = Terminal::start(&emulator, &["update", ACTIVE, "--count", "5"], &[]);
    terminal.wait_for("so this ends the report. Update it? [y/N] ").await;
    terminal.type_in("n\n").await;
    let (code, text) = terminal.finish().await;
    assert_eq!(code, Some(130), "{text}");
    emulator.assert_requests(&spec::UPDATE_REPORT, 0);
}
