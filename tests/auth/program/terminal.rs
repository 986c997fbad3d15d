//! The program at a terminal of its own.

use pty_process::{Command, Size};
use tokio::io::AsyncReadExt;

use super::{PROGRAM, Stage};

/// How it ended, and all that was on the screen.
pub async fn run(stage: &Stage, environment: &[(&str, &str)], args: &[&str]) -> (i32, String) {
    let (mut pty, pts) = pty_process::open().unwrap();
    // Wide, so that no line is broken.
    pty.resize(Size::new(40, 400)).unwrap();
    let command = Command::new(PROGRAM).args(args).env_clear().envs(stage.environment());
    let command = command.envs(environment.iter().copied()).current_dir(stage.home.path());
    let mut child = command.kill_on_drop(true).spawn(pts).unwrap();
    let mut screen = Vec::new();
    // Linux reports the end as an error.
    while pty.read_buf(&mut screen).await.is_ok_and(|read| read > 0) {}
    let code = child.wait().await.unwrap().code().unwrap();
    (code, String::from_utf8(screen).unwrap().replace("\r\n", "\n"))
}
