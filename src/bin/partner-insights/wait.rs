//! `wait`: waits until a report has delivered a file.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use partner_center_insights::{Error, ErrorKind, InsightsClient, ReportId, Timestamp, WaitForExecution};

use crate::args::{self, Global};
use crate::executions::ExecutionRow;
use crate::exit::{self, Failure};
use crate::output::Output;
use crate::session::Session;

pub async fn run(global: &Global, command: args::Wait, output: &Output) -> Result<u8, Failure> {
    let session = Session::open(global, output).await?;
    let after = command.after.unwrap_or_else(SystemTime::now);
    let mut wait = session.client.wait_for_execution(command.id);
    if let Some(after) = command.after {
        wait = wait.after(after);
    }
    let wait = with_notes(limited(wait, command.timeout), "a file".to_owned(), output);
    let execution = match wait.await {
        Ok(execution) => execution,
        Err(error) => return Err(failure(&session.client, command.id, after, error).await),
    };
    output.rows(&[ExecutionRow::without_link(execution).with_warnings(&session.warnings)])?;
    Ok(exit::OK)
}

/// Returns the failure of a wait for files since `after`, with the next step for this report.
async fn failure(client: &InsightsClient, id: ReportId, after: SystemTime, error: Error) -> Failure {
    match error.kind() {
        ErrorKind::Timeout => undelivered(error).hint(format!(
            "`partner-insights wait {id} --after {}` waits again; `partner-insights health` shows whether the report \
             delivers",
            Timestamp::from(after)
        )),
        ErrorKind::Conflict => {
            let report = client.report(id).await.ok().flatten();
            let hint = if report.is_some_and(|report| report.is_paused()) {
                format!("run `partner-insights resume {id}` first")
            } else {
                format!("`partner-insights show {id}` shows the next step")
            };
            Failure::from(error).hint(hint)
        }
        _ => error.into(),
    }
}

/// Returns the failure of a wait that found no file in time.
pub fn undelivered(error: Error) -> Failure {
    Failure { code: exit::NOT_DELIVERED, ..error.into() }
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
