//! What was typed wrong is told with what to type instead, and changes nothing.

use std::io::Write;

use partner_center_insights::spec;
use tokio::io::AsyncWriteExt;

use crate::{ACTIVE, ALSO_PAUSED, PAUSED, RESUME, count, emulator, program, run};

#[tokio::test]
async fn a_mistake_is_exit_2_with_the_next_step_and_nothing_is_sent() {
    let emulator = emulator().start().await.unwrap();
    for (args, said) in [
        (&["resme"][..], "similar subcommand exists: 'resume'"),
        (&["list", "--stauts", "paused"], "similar argument exists: '--status'"),
        (&["list", "--output", "jsn"], "similar value exists: 'json'"),
        (&["list", "--status", "stopped"], "[possible values: active, paused, inactive]"),
        (
            &["executions", PAUSED, "--status", "done"],
            "[possible values: pending, running, paused, completed]",
        ),
        (&["resume", "sales"], "such as 3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4"),
        (&["resume"], "--all-paused"),
        (&["pause"], "--all-active"),
        (&["resume", "--all", "--yes"], "similar argument exists: '--all-paused'"),
        (&["pause", "--all-paused", "--yes"], "similar argument exists: '--all-active'"),
        (&["resume", "--name", "x", "--yes"], "add --all-paused"),
        (&["resume", PAUSED, "--all-paused"], "cannot be used with"),
        (&["resume", "--all-paused"], "--yes"),
        (&["resume", "--all-paused", "--verify-timeout", "soon"], "90s, 5m or 1h"),
        (&["resume", "--all-paused", "--concurrency", "0"], "1..=256"),
        (&["resume", PAUSED, "--name", "x"], "--name"),
        (&["resume", "--ids-file", "-", "--query-id", "x"], "--query-id"),
        (&["list", "--base-url", "ftp://localhost"], "https://"),
        (&["man", "resme"], "no command"),
        (&["man", "auth", "logn"], "no command"),
        (&["schema", "spec"], "possible values"),
        (&["list", "--quiet", "--verbose"], "cannot be used with"),
        (&["list", "--token-file", "a", "--refresh-token-file", "b"], "cannot be used with"),
        (&["resume", "--ids-file", "-", "--token-file", "/dev/stdin"], "the file with the token"),
    ] {
        let ended = run(&emulator, args).await;
        assert_eq!(ended.code, Some(2), "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.starts_with("error: "), "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{args:?}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{args:?}");
    }
    // Only the plan was read, for the question that nobody is there to answer.
    assert_eq!((count(&emulator, &spec::GET_REPORTS), emulator.requests().len()), (1, 1));
}

#[tokio::test]
async fn a_file_of_ids_may_hold_comments_blank_lines_and_json_lines() {
    let emulator = emulator().start().await.unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let row = format!(r#"{{"reportId":"{ALSO_PAUSED}","outcome":"failed"}}"#);
    write!(file, "\u{feff}# stopped last night\r\n\r\n  {PAUSED}\r\n{row}\n\t# twice:\n{PAUSED}\n").unwrap();
    let ended =
        run(&emulator, &["resume", "--ids-file", file.path().to_str().unwrap(), "--yes", "--output", "ids"])
            .await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let mut ids: Vec<_> = ended.stdout.lines().collect();
    ids.sort_unstable();
    assert_eq!(ids, [PAUSED, ALSO_PAUSED]);
    emulator.assert_requests(RESUME, 2);
}

#[tokio::test]
async fn a_file_without_ids_is_no_failure_and_is_not_taken_for_a_lack_of_reports() {
    let ended = run(&emulator().start().await.unwrap(), &["resume", "--ids-file", "-", "--yes"]).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), "There are no ids in standard input.\n"));
}

#[tokio::test]
async fn a_line_that_is_no_id_is_named_and_nothing_is_sent() {
    let emulator = emulator().start().await.unwrap();
    for (text, line, said) in [
        (format!("# ids\n{PAUSED}\nsales\n"), 3, "\"sales\" is not a report id"),
        (format!("{{\"reportId\":\"{PAUSED}\"}}\n{{\"id\":\"{PAUSED}\"}}"), 2, "reportId"),
    ] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let path = file.path().to_str().unwrap();
        let ended = run(&emulator, &["resume", "--ids-file", path, "--yes"]).await;
        assert_eq!(ended.code, Some(2));
        assert!(ended.stderr.contains(&format!("{path}, line {line}: ")), "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    for (json, said) in [
        (
            format!("[{{\"reportId\":\"{PAUSED}\"}},{{\"id\":\"{PAUSED}\"}}]"),
            ", report 2: this JSON has no reportId",
        ),
        (format!("\n[\"{PAUSED}\", \"sales\"]"), ", report 2: \"sales\" is not a report id"),
        ("[1".to_owned(), ": no JSON list of reports: EOF"),
    ] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(json.as_bytes()).unwrap();
        let path = file.path().to_str().unwrap();
        let ended = run(&emulator, &["resume", "--ids-file", path, "--yes"]).await;
        assert_eq!(ended.code, Some(2));
        assert!(ended.stderr.contains(&format!("{path}{said}")), "{}", ended.stderr);
    }
    let ended = run(&emulator, &["resume", "--ids-file", "no/such/file", "--yes"]).await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("no/such/file"), "{}", ended.stderr);
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn what_list_writes_is_what_resume_reads() {
    let emulator = emulator().start().await.unwrap();
    for format in ["ids", "jsonl", "json"] {
        let listed = run(&emulator, &["list", "--status", "paused", "--output", format]).await;
        let mut command = program(&emulator);
        command.args(["resume", "--ids-file", "-", "--dry-run", "--output", "ids"]);
        let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(listed.stdout.as_bytes()).await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 3, "{format}");
    }
    assert!(emulator.report(ACTIVE.parse().unwrap()).unwrap().is_active());
    emulator.assert_requests(RESUME, 0);
}
