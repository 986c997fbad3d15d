//! A terminal that closes.

use std::time::Duration;

use partner_center_insights::emulator::Fault;
use tokio::process::Command;

use crate::{RESUME, cli, count, emulator, paused, until};

/// Sends SIGHUP to a run when some reports are resumed. If `ignored`, the run ignores the signal, as under nohup.
async fn hung_up(ignored: bool) -> (Option<i32>, String) {
    let slow = Fault::delay(Duration::from_millis(20)).on(RESUME);
    let emulator = emulator().reports(paused(60)).fault(slow).start().await.unwrap();
    let mut command = if ignored { Command::new("sh") } else { cli(&emulator) };
    if ignored {
        let cli = cli(&emulator);
        command.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(cli.as_std().get_program());
        command.envs(cli.as_std().get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    }
    let child = command.args(["resume", "--all-paused", "--yes", "--no-verify"]).spawn().unwrap();
    until("some are resumed", || count(&emulator, RESUME) > 4).await;
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-HUP", &id]).status().await.unwrap().success());
    let output = child.wait_with_output().await.unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn hangup_stops_a_run_with_a_summary() {
    let (code, stderr) = hung_up(false).await;
    assert_eq!(code, Some(130), "{stderr}");
    assert!(stderr.contains(" resumed."), "{stderr}");
}

#[tokio::test]
async fn ignored_hangup_does_not_stop_a_run() {
    let (code, stderr) = hung_up(true).await;
    assert_eq!(code, Some(0), "{stderr}");
}
