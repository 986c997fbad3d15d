//! `wait`: waits until a report has delivered a file.

use std::sync::Mutex;
use std::time::Duration;

use partner_center_insights::{Timestamp, WaitForExecution};

use crate::args::{self, Global};
use crate::executions::ExecutionRow;
use crate::exit::{self, Failure};
use crate::output::Output;
use crate::session::Session;

pub async fn run(global: &Global, command: args::Wait, output: &Output) -> Result<u8, Failure> {
    let session = Session::open(global, output).await?;
    let mut wait = session.client.wait_for_execution(command.id);
    if let Some(after) = command.after {
        wait = wait.after(after);
    }
    let wait = with_notes(limited(wait, command.timeout), "a file".to_owned(), output);
    output.rows(&[ExecutionRow::without_link(wait.await?).with_warnings(&session.warnings)])?;
    Ok(exit::OK)
}

pub fn limited(wait: WaitForExecution, timeout: Option<Duration>) -> WaitForExecution {
    match timeout {
        Some(timeout) => wait.timeout(timeout),
        None => wait,
    }
}

/// Prints progress notes. A note that repeats the previous one is omitted.
pub fn with_notes(wait: WaitForExecution, what: String, output: &Output) -> WaitForExecution {
    let (notes, last) = (output.clone(), Mutex::new(String::new()));
    wait.on_progress(move |poll| {
        let due = poll.due.map(|due| format!(", due at {}", Timestamp::from(due)));
        let note = match poll.error {
            Some(error) => format!("Request failed ({}); trying again.", error.kind()),
            None => format!("Waiting for {what}{}.", due.unwrap_or_default()),
        };
        if let Ok(mut last) = last.lock()
            && *last != note
        {
            notes.note(&note);
            *last = note;
        }
    })
}
