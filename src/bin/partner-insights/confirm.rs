//! The question before a change.

use std::io::{self, IsTerminal, Write};

use crate::exit::Failure;
use crate::input;

/// Fails where nobody can answer. `what` is what would be done.
pub fn require_terminal(what: &str) -> Result<(), Failure> {
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        return Ok(());
    }
    Err(Failure::usage(format!("refusing to {what} without confirmation (not a terminal)"))
        .hint("pass --yes, or --dry-run to preview"))
}

/// Asks; anything but yes declines.
pub async fn confirm(question: &str) -> Result<(), Failure> {
    let mut stderr = io::stderr();
    let _ = stderr.write_all(format!("{question} [y/N] ").as_bytes()).and_then(|()| stderr.flush());
    let answer = input::read_line().await.map_err(Failure::unexpected)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::declined()),
    }
}
