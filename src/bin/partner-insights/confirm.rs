//! The confirmation prompt.

use std::io::{self, IsTerminal, Write};

use crate::exit::Failure;
use crate::input;

/// Fails without a terminal to prompt at. `what` completes the error "refusing to …".
pub fn require_terminal(what: &str) -> Result<(), Failure> {
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        return Ok(());
    }
    Err(Failure::usage(format!("refusing to {what} without confirmation (not a terminal)"))
        .hint("pass --yes, or --dry-run to preview"))
}

/// Prompts for confirmation. Any answer except yes declines.
pub async fn confirm(question: &str) -> Result<(), Failure> {
    let mut stderr = io::stderr();
    let _ = stderr.write_all(format!("{question} [y/N] ").as_bytes()).and_then(|()| stderr.flush());
    let answer = input::read_line().await.map_err(Failure::unexpected)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::declined()),
    }
}
