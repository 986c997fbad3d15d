//! `resume` and `pause`: plan, ask, change, verify, report.

use std::time::Duration;

use comfy_table::{Cell, Color};
use partner_center_insights::{BulkChange, Event, Plan, ReportStatus, Selection};
use tokio::time::Instant;

use crate::args::{Change, Global};
use crate::exit::Failure;
use crate::ids;
use crate::interrupt::Interrupts;
use crate::output::{Output, Row, meaning, plain, visible};
use crate::question;
use crate::rows::{ChangeRow, Direction, Word};
use crate::session::Session;
use crate::summary::{Summary, requests};

pub async fn run(
    global: &Global,
    command: Change,
    all: bool,
    direction: Direction,
    output: &mut Output,
) -> Result<u8, Failure> {
    if let Some(problem) = misuse(&command, all, direction) {
        return Err(Failure::usage(problem));
    }
    let mut interrupts = Interrupts::listen().map_err(Failure::unexpected)?;
    // Interrupted before anything was changed, there is nothing to finish.
    let (session, plan) = interrupts.end(plan(global, &command, direction, output)).await?;
    if command.dry_run {
        return show(&plan, direction, output);
    }
    let bulk = command.ids.is_empty();
    if bulk && plan.requests() > 0 && !command.yes && !session.is_emulated() {
        interrupts.end(question::ask(&plan, direction.verb(), output)).await?;
    }
    if plan.steps().is_empty() {
        output.note(&match &command.ids_file {
            Some(file) => format!("There are no ids in {}.", ids::name(file)),
            None => format!("There is no report to {}.", direction.verb()),
        });
    }
    finish(plan, &command, direction, interrupts, output).await
}

/// What the parser cannot tell.
fn misuse(command: &Change, all: bool, direction: Direction) -> Option<String> {
    let named = !command.ids.is_empty() || command.ids_file.is_some();
    let filtered = command.filter.name.is_some() || command.filter.query_id.is_some();
    let (flag, status) = match direction {
        Direction::Resume => ("--all-paused", ReportStatus::Paused),
        Direction::Pause => ("--all-active", ReportStatus::Active),
    };
    match (named, filtered) {
        // A report that was asked for by its id must not drop out in silence.
        (true, true) => {
            Some("--name and --query-id choose among all reports, not among given ids".to_owned())
        }
        (false, true) if !all => Some(format!("--name and --query-id choose among all reports; add {flag}")),
        (false, false) if !all => Some(format!(
            "which reports? Give their ids, --ids-file FILE or {flag}; `list --status {}` shows them",
            status.as_str().to_lowercase()
        )),
        _ => None,
    }
}

async fn plan(
    global: &Global,
    command: &Change,
    direction: Direction,
    output: &Output,
) -> Result<(Session, Plan), Failure> {
    let mut selection = match (&command.ids[..], &command.ids_file) {
        ([], None) => Selection::all(),
        // Both on standard input, say: the token would be read as an id, and shown because it is none.
        ([], Some(file)) if global.sign_in.reads(file) => {
            return Err(Failure::usage("--ids-file is the file with the token; give the ids in another one"));
        }
        ([], Some(file)) => Selection::ids(ids::read(file).await?),
        (ids, _) => Selection::ids(ids.iter().copied()),
    };
    if let Some(name) = &command.filter.name {
        selection = selection.name_matches(name);
    }
    if let Some(query_id) = &command.filter.query_id {
        selection = selection.query_id(query_id);
    }
    let session = Session::open(global, output).await?;
    let change: BulkChange = match direction {
        Direction::Resume => session.client.resume_all(selection),
        Direction::Pause => session.client.pause_all(selection),
    };
    let change = change.concurrency(command.concurrency.into());
    let change = if command.no_verify {
        change.skip_verification()
    } else {
        change.verify_timeout(command.verify_timeout)
    };
    let plan = change.plan().await?;
    Ok((session, plan))
}

/// The dry run.
fn show(plan: &Plan, direction: Direction, output: &mut Output) -> Result<u8, Failure> {
    let mut summary = Summary::of_skipped(plan);
    if plan.requests() > 0 {
        summary.tally.add_planned();
    }
    output.rows(plan.steps().iter().map(|step| ChangeRow::planned(step.clone(), direction)))?;
    output.note(&format!("Would {} {}; nothing was changed.", direction.verb(), requests(plan)));
    summary.advise(output);
    Ok(summary.tally.code())
}

/// Without a bar, so often a line says how far it is: a limit may keep a run waiting for long.
const STILL_THERE: Duration = Duration::from_secs(30);

/// Runs the plan to its end, and tells all that is known however it ends. The first Ctrl-C lets what is under way
/// finish, the second does not.
async fn finish(
    plan: Plan,
    command: &Change,
    direction: Direction,
    mut interrupts: Interrupts,
    output: &mut Output,
) -> Result<u8, Failure> {
    let total = plan.steps().len();
    let mut run = plan.run();
    let bar = output.progress(total);
    bar.set_message(direction.verb());
    let mut summary = Summary::default();
    let (mut interrupted, mut abandoned) = (false, false);
    let mut kept = Vec::new();
    let mut ended = Ok(());
    let mut still_there = tokio::time::interval_at(Instant::now() + STILL_THERE, STILL_THERE);
    loop {
        let event = tokio::select! {
            event = run.next() => event,
            _ = still_there.tick(), if bar.is_hidden() => {
                output.note(&format!("{} of {total} answered so far.", run.completed()));
                continue;
            }
            () = interrupts.next() => {
                if interrupted {
                    abandoned = true;
                    run.abort();
                } else {
                    interrupted = true;
                    run.stop();
                    let text =
                        "Finishing what is under way, some seconds at most; Ctrl-C again stops at once.";
                    bar.suspend(|| output.note(text));
                }
                continue;
            }
        };
        match event {
            Some(Event::Finished { report }) => {
                summary.add(report.outcome, report.error.as_ref());
                if output.keeps_rows() {
                    kept.push(report);
                } else if let Err(failure) = bar.suspend(|| output.line(&ChangeRow::of(&report))) {
                    // What cannot be told is better not done.
                    run.stop();
                    ended = Err(failure);
                }
            }
            Some(_) => {}
            None => break,
        }
        let answered = run.completed();
        if !command.no_verify && answered == total {
            bar.set_position(summary.reports() as u64);
            bar.set_message("confirm");
        } else {
            bar.set_position(answered as u64);
        }
    }
    drop(run);
    bar.finish_and_clear();
    // Whole documents are in the order of the plan, whichever report came first.
    kept.sort_unstable_by_key(|report| report.index);
    output.end_lines();
    let ended = ended.and(output.whole(kept.iter().map(ChangeRow::of)));
    if total > 0 {
        let left = match total - summary.reports() {
            0 => None,
            left => Some(format!("{left} {}", if abandoned { "not known" } else { "not tried" })),
        };
        let known = Some(summary.text()).filter(|text| !text.is_empty());
        output.note(&format!("{}.", known.into_iter().chain(left).collect::<Vec<_>>().join(", ")));
    }
    summary.advise(output);
    ended?;
    if interrupted { Err(Failure::interrupted()) } else { Ok(summary.tally.code()) }
}

impl Row for ChangeRow {
    const HEADINGS: &'static [&'static str] = &["REPORT", "OUTCOME", "STATUS", "NAME"];

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::new(&self.report_id),
            outcome(self.outcome),
            plain(self.report_status.as_ref().map(ReportStatus::as_str)),
            plain(self.report_name.as_deref()),
        ]
    }

    fn remark(&self) -> Option<(&str, String)> {
        Some((&self.report_id, visible(&self.error.as_ref()?.explanation())))
    }

    /// Reports that are in the wanted state, or would be.
    fn id(&self) -> Option<&str> {
        let good = match self.outcome {
            Word::Would(_) => true,
            Word::Did(outcome) => outcome.is_success(),
        };
        good.then_some(&self.report_id)
    }
}

fn outcome(word: Word) -> Cell {
    let color = match word {
        Word::Would(_) => Color::Yellow,
        Word::Did(outcome) if outcome.is_success() => Color::Green,
        Word::Did(_) => Color::Red,
    };
    meaning(word, color)
}
