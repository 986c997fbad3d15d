//! `--exercise`: asks for confirmation, pauses and resumes a report, and restores its state, even after Ctrl-C.

use partner_center_insights::conformance::{Exchange, Exercise};
use partner_center_insights::{ReportId, ReportStatus};

use super::note::Note;
use crate::args::Global;
use crate::confirm::{confirm, require_terminal};
use crate::exit::Failure;
use crate::interrupt::Interrupts;
use crate::output::Output;
use crate::session::Session;
use crate::table::visible;

/// A confirmed exercise.
pub struct Agreed {
    exercise: Exercise,
    /// `None` for the in-process emulator, whose state ends with the process.
    note: Option<Note>,
}

/// Looks up the report, and asks for confirmation.
pub async fn prepare(
    global: &Global,
    session: &Session,
    id: ReportId,
    yes: bool,
    output: &Output,
) -> Result<Agreed, Failure> {
    let mut exercise = Exercise::new(&session.client, id).await?;
    let base_url = global.base_url.as_deref();
    let earlier = Note::all(base_url).into_iter().find(|note| note.report_id == id && !session.is_emulated());
    if let Some(note) = earlier {
        let now = exercise.initial_status().clone();
        output.prompt(format_args!(
            "An earlier run did not restore the state of the report: it was {} and is now {now}.",
            note.status
        ));
        exercise = exercise.with_initial_status(note.status);
    }
    let initial = exercise.initial_status().clone();
    let name = exercise.report().report_name.as_deref().unwrap_or_default();
    let plan =
        format!("pause and resume the report {id} {:?}, which will be {initial} at the end", visible(name));
    if yes || session.is_emulated() {
        output.note(format_args!("Going to {plan}."));
    } else {
        require_terminal(&plan).map_err(|failure| failure.hint("pass --yes"))?;
        confirm(&format!("Going to {plan}. Continue?")).await?;
    }
    let note = (!session.is_emulated()).then(|| Note::new(id, initial, base_url));
    Ok(Agreed { exercise, note })
}

impl Agreed {
    /// Returns the exchanges and the result. After the first Ctrl-C, waits for the request in flight and restores the
    /// state; a second one ends the command without that.
    pub async fn run(
        mut self,
        interrupts: &mut Interrupts,
        output: &Output,
    ) -> (Vec<Exchange>, Result<(), Failure>) {
        let written = self.note.as_ref().map_or(Ok(()), Note::write);
        if let Err(error) = written {
            let problem =
                format!("cannot store the initial state of the report: {error}; nothing was changed");
            return (Vec::new(), Err(Failure::unexpected(problem)));
        }
        let mut stopped = false;
        let advanced = loop {
            let more = until_aborted(&mut stopped, interrupts, output, self.exercise.advance()).await;
            match more {
                Ok(Ok(true)) if !stopped => {}
                Ok(more) => break more,
                Err(failure) => return self.unrestored_failure(failure),
            }
        };
        let restored = until_aborted(&mut stopped, interrupts, output, self.exercise.restore()).await;
        if let Err(failure) = restored.and_then(|restored| restored.map_err(Failure::from)) {
            return self.unrestored_failure(failure);
        }
        if let Some(Err(error)) = self.note.as_ref().map(Note::remove) {
            output.note(format_args!("Cannot remove the stored initial state of the report: {error}."));
        }
        let id = self.exercise.report().report_id;
        output.note(format_args!("The report {id} is {} again.", self.exercise.initial_status()));
        let ended =
            if stopped { Err(Failure::interrupted()) } else { advanced.map(drop).map_err(Failure::from) };
        (self.exercise.exchanges().to_vec(), ended)
    }

    /// Returns the failure of an exercise whose initial state was not restored.
    fn unrestored_failure(self, failure: Failure) -> (Vec<Exchange>, Result<(), Failure>) {
        let id = self.exercise.report().report_id;
        let failure = failure.hint(unrestored(id, self.exercise.initial_status()));
        (self.exercise.exchanges().to_vec(), Err(failure))
    }
}

/// Finishes the work despite a first Ctrl-C; fails after a second one.
async fn until_aborted<T>(
    stopped: &mut bool,
    interrupts: &mut Interrupts,
    output: &Output,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    let mut work = Box::pin(work);
    loop {
        tokio::select! {
            done = &mut work => return Ok(done),
            () = interrupts.next() => {
                if *stopped {
                    return Err(Failure::interrupted());
                }
                *stopped = true;
                output.note("Restoring the state of the report; press Ctrl-C again to abort.");
            }
        }
    }
}

/// Lists the reports whose state an earlier run did not restore.
pub fn remind(global: &Global, session: &Session, exercised: Option<ReportId>, output: &Output) {
    let notes = if session.is_emulated() { Vec::new() } else { Note::all(global.base_url.as_deref()) };
    for note in notes.into_iter().filter(|note| Some(note.report_id) != exercised) {
        output.prompt(format_args!("warning: {}", unrestored(note.report_id, &note.status)));
    }
}

/// Explains how to restore the state of a report.
fn unrestored(id: ReportId, status: &ReportStatus) -> String {
    let verb = if *status == ReportStatus::Paused { "pause" } else { "resume" };
    format!(
        "the report {id} was {status} before an exercise, and may be in another state; run `partner-insights {verb} \
         {id}`, or `partner-insights conformance --exercise {id}`, which restores that state"
    )
}
