//! The question before something is deleted.

use std::io::{self, IsTerminal, Write};

use crate::exit::Failure;
use crate::input;

/// Asks, or fails where nobody can answer.
pub async fn confirm(question: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::usage("refusing to delete without confirmation (not a terminal)")
            .hint("pass --yes, or --dry-run to preview"));
    }
    let mut stderr = io::stderr();
    let _ = stderr.write_all(format!("{question} [y/N] ").as_bytes()).and_then(|()| stderr.flush());
    let answer = input::read_line().await.map_err(Failure::unexpected)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::declined()),
    }
}
