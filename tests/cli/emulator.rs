//! `emulator`: what it prints, logs and serves.

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr};

use crate::golden::{described, golden, masked};
use crate::{PAUSED, UNKNOWN, bare, finish};

/// Starts the command, and returns it with its first line, which has its address, and the lines that follow.
async fn started(args: &[&str]) -> (Child, String, Lines<BufReader<ChildStderr>>) {
    let mut child = bare().arg("emulator").args(args).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    (child, line, lines)
}

/// The exit code and the output of a command that uses the emulator.
async fn served(address: &str, args: &[&str]) -> (Option<i32>, String) {
    let url = address.split_whitespace().nth(2).unwrap();
    let mut client = bare();
    client.env("PARTNER_CENTER_BASE_URL", url).env("PARTNER_CENTER_ACCESS_TOKEN", "emulator-token");
    let finished = finish(client.args(args)).await;
    (finished.code, finished.stdout)
}

#[tokio::test]
async fn emulator_prints_its_address_and_serves_a_file() {
    let listed = finish(bare().args(["--emulator", "list", "--status", "paused", "--output", "json"])).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &listed.stdout).unwrap();

    let (mut child, line, _lines) = started(&["--reports", file.path().to_str().unwrap()]).await;
    golden("emulator.txt", masked(&format!("stderr: {line}\n")));
    assert_eq!(served(&line, &["list", "--output", "json"]).await, (Some(0), listed.stdout));
    child.kill().await.unwrap();
}

#[tokio::test]
async fn emulator_warns_if_the_network_reaches_it() {
    let (mut child, line, mut lines) = started(&["--listen", "0.0.0.0:0"]).await;
    let port = line.split([':', ',']).nth(2).unwrap();
    let addresses = format!("Listening on http://0.0.0.0:{port}, on this computer http://127.0.0.1:{port} (");
    assert!(line.starts_with(&addresses), "{line}");
    assert!(lines.next_line().await.unwrap().unwrap().starts_with("warning: every computer"));
    child.kill().await.unwrap();
}

#[tokio::test]
async fn verbose_emulator_logs_each_request() {
    let (mut child, line, mut lines) = started(&["-v"]).await;
    let mut log = masked(&format!("stderr: {line}\n"));
    let commands: [(&[&str], i32, usize); 3] = [
        (&["list"], 0, 1),
        (&["resume", PAUSED, "--no-verify"], 0, 1),
        (&["resume", UNKNOWN, "--no-verify"], 3, 1),
    ];
    for (args, code, requests) in commands {
        assert_eq!(served(&line, args).await.0, Some(code), "{args:?}");
        log += &format!("\n$ partner-insights {}\n", args.join(" "));
        for _ in 0..requests {
            let logged = lines.next_line().await.unwrap().unwrap();
            let (time, rest) = logged.split_once(' ').unwrap();
            assert!(time.starts_with("20") && time.ends_with('Z'), "{logged}");
            log += &format!("stderr: 0000-00-00T00:00:00Z {rest}\n");
        }
    }
    golden("emulator-log.txt", log);
    child.kill().await.unwrap();
}

#[tokio::test]
async fn emulator_help_describes_each_scenario() {
    golden("emulator-help.txt", described(&[&["emulator", "-h"], &["emulator", "--help"]]).await);
}
