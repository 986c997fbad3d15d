//! `wait`: until a report has delivered a file.

use std::sync::Mutex;

use partner_center_insights::Timestamp;

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
    if let Some(timeout) = command.timeout {
        wait = wait.timeout(timeout);
    }
    let (notes, last) = (output.clone(), Mutex::new(String::new()));
    let wait = wait.on_progress(move |poll| {
        let due = poll.due.map(|due| format!(", due at {}", Timestamp::from(due)));
        let note = match poll.error {
            Some(error) => format!("Request failed ({}); trying again until the timeout.", error.kind()),
            None => format!("Waiting for a file{}.", due.unwrap_or_default()),
        };
        // Each state once, however often it is polled.
        if let Ok(mut last) = last.lock()
            && *last != note
        {
            notes.note(&note);
            *last = note;
        }
    });
    output.rows(&[ExecutionRow::without_link(wait.await?).with_warnings(&session.warnings)])?;
    Ok(exit::OK)
}
