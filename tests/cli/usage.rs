//! Usage errors and ID files.

use std::io::Write;

use tokio::io::AsyncWriteExt;

use crate::{ACTIVE, ALSO_PAUSED, LIST, PAUSED, RESUME, cli, count, emulator, run};

#[tokio::test]
async fn usage_errors_exit_2_and_say_what_is_wrong() {
    let emulator = emulator().start().await.unwrap();
    for (args, said) in [
        (&["lst"][..], "similar subcommand exists: 'list'"),
        (&["status"], "unrecognized subcommand 'status'\nhint: `--help`"),
        (&["resum"], "similar subcommand exists: 'resume'"),
        (&["login"], "similar subcommand exists: 'auth login'"),
        (&["executions"], "not provided: <ID>..., --name <PATTERN> or --query-id <ID>"),
        (&["create", "x"], "not provided: --query-id <ID> or --from <ID>"),
        (&["query", "create", "Q4"], "not provided: <QUERY> or --query-file <FILE>"),
        (&["export"], "not provided: --query <QUERY> or --query-file <FILE>"),
        (&["show", "Sales daily"], "`partner-insights list --name 'Sales daily'` shows the IDs"),
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
        (&["resume", PAUSED, "--all-paused"], "cannot be used with"),
        (&["resume", "--all-paused"], "--yes"),
        (&["resume", "--all-paused", "--verify-timeout", "soon"], "90s, 5m or 1h"),
        (&["resume", "--all-paused", "--concurrency", "0"], "1..=256"),
        (&["resume", PAUSED, "--name", "x"], "--name"),
        (&["resume", "--ids-file", "-", "--query-id", "x"], "--query-id"),
        (&["list", "--base-url", "ftp://localhost"], "https://"),
        (&["man", "resme"], "unknown command"),
        (&["man", "auth", "logn"], "unknown command"),
        (&["schema", "spec"], "possible values"),
        (&["list", "--quiet", "--verbose"], "cannot be used with"),
        (&["list", "--token-file", "a", "--refresh-token-file", "b"], "cannot be used with"),
        (
            &["resume", "--ids-file", "-", "--token-file", "/dev/stdin"],
            "--ids-file names the file with the token",
        ),
        (&["auth", "check", "--output", "ids"], "auth check has no IDs to print"),
    ] {
        let finished = run(&emulator, args).await;
        assert_eq!(finished.code, Some(2), "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.starts_with("error: "), "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(said), "{args:?}: {}", finished.stderr);
        assert!(!finished.stderr.contains("Usage:"), "{args:?}: {}", finished.stderr);
        assert_eq!(finished.stdout, "", "{args:?}");
    }
    // Only one of the commands sent a request: the list for its plan.
    assert_eq!((count(&emulator, LIST), emulator.requests().len()), (1, 1));
}

#[tokio::test]
async fn misspelled_dataset_has_a_similar_one() {
    let finished = run(&emulator().start().await.unwrap(), &["dataset", "show", "OfficeUsag"]).await;
    assert_eq!(finished.code, Some(3));
    assert!(finished.stderr.contains("exist: \"OfficeUsage\""), "{}", finished.stderr);
}

#[tokio::test]
async fn ids_of_health_are_those_that_need_attention() {
    let emulator = emulator().start().await.unwrap();
    let finished = run(&emulator, &["health", "--output", "ids"]).await;
    assert_eq!(finished.code, Some(11));
    assert!(finished.stdout.lines().all(|line| line.len() == PAUSED.len()), "{}", finished.stdout);
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
}

#[tokio::test]
async fn ids_file_accepts_comments_and_jsonl() {
    let emulator = emulator().start().await.unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let row = format!(r#"{{"reportId":"{ALSO_PAUSED}","outcome":"failed"}}"#);
    write!(file, "\u{feff}# stopped last night\r\n\r\n  {PAUSED}\r\n{row}\n\t# twice:\n{PAUSED}\n").unwrap();
    let finished =
        run(&emulator, &["resume", "--ids-file", file.path().to_str().unwrap(), "--yes", "--output", "ids"])
            .await;
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let mut ids: Vec<_> = finished.stdout.lines().collect();
    ids.sort_unstable();
    assert_eq!(ids, [PAUSED, ALSO_PAUSED]);
    emulator.assert_requests(RESUME, 2);
}

#[tokio::test]
async fn empty_ids_file_is_an_error() {
    let finished = run(&emulator().start().await.unwrap(), &["resume", "--ids-file", "-", "--yes"]).await;
    assert_eq!(finished.code, Some(3));
    assert!(
        finished.stderr.starts_with("error: no report IDs in standard input\nhint: "),
        "{}",
        finished.stderr
    );
}

#[tokio::test]
async fn invalid_ids_are_located_by_line() {
    let emulator = emulator().start().await.unwrap();
    for (text, line, said) in [
        (format!("# ids\n{PAUSED}\nsales\n"), 3, "invalid report id \"sales\""),
        (format!("{{\"reportId\":\"{PAUSED}\"}}\n{{\"id\":\"{PAUSED}\"}}"), 2, "reportId"),
    ] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let path = file.path().to_str().unwrap();
        let finished = run(&emulator, &["resume", "--ids-file", path, "--yes"]).await;
        assert_eq!(finished.code, Some(2));
        assert!(finished.stderr.contains(&format!("{path}, line {line}: ")), "{}", finished.stderr);
        assert!(finished.stderr.contains(said), "{}", finished.stderr);
    }
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn invalid_ids_are_located_by_report() {
    let emulator = emulator().start().await.unwrap();
    for (json, said) in [
        (format!("[{{\"reportId\":\"{PAUSED}\"}},{{\"id\":\"{PAUSED}\"}}]"), ", report 2: missing reportId"),
        (format!("\n[\"{PAUSED}\", \"sales\"]"), ", report 2: invalid report id \"sales\""),
        ("[1".to_owned(), ": invalid JSON list: EOF"),
    ] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(json.as_bytes()).unwrap();
        let path = file.path().to_str().unwrap();
        let finished = run(&emulator, &["resume", "--ids-file", path, "--yes"]).await;
        assert_eq!(finished.code, Some(2));
        assert!(finished.stderr.contains(&format!("{path}{said}")), "{}", finished.stderr);
    }
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn missing_ids_file_is_a_usage_error() {
    let emulator = emulator().start().await.unwrap();
    let finished = run(&emulator, &["resume", "--ids-file", "no/such/file", "--yes"]).await;
    assert_eq!(finished.code, Some(2));
    assert!(finished.stderr.contains("no/such/file"), "{}", finished.stderr);
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn resume_reads_what_list_prints() {
    let emulator = emulator().start().await.unwrap();
    for format in ["ids", "jsonl", "json"] {
        let listed = run(&emulator, &["list", "--status", "paused", "--output", format]).await;
        let mut command = cli(&emulator);
        command.args(["resume", "--ids-file", "-", "--dry-run", "--output", "ids"]);
        let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(listed.stdout.as_bytes()).await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 5, "{format}");
    }
    assert!(emulator.report(ACTIVE.parse().unwrap()).unwrap().is_active());
    emulator.assert_requests(RESUME, 0);
}
