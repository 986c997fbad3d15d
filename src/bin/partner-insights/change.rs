//! `resume` and `pause`: plan, ask, change, verify, report.

use std::collections::{BTreeMap, HashMap, HashSet};

use comfy_table::Cell;
use partner_center_insights::{ChangeAll, Event, Plan, ReportId, Run, Selection};

use crate::args::{Change, Global};
use crate::exit::{self, Failure, Tally};
use crate::ids;
use crate::interrupt::Interrupts;
use crate::output::{Output, Row, meaning, plain, visible};
use crate::question::{self, reports};
use crate::rows::ChangeRow;
use crate::session::Session;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Resume,
    Pause,
}

impl Direction {
    fn verb(self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::Pause => "pause",
        }
    }
}

pub async fn run(
    global: &Global,
    command: Change,
    direction: Direction,
    output: &mut Output,
) -> Result<u8, Failure> {
    if let Some(problem) = misuse(&command, direction) {
        return Err(Failure::usage(problem));
    }
    let mut interrupts = Interrupts::listen().map_err(Failure::unexpected)?;
    // Interrupted before anything was changed, there is nothing to finish.
    let (session, plan) = interrupts.end(plan(global, &command, direction, output)).await?;
    let would = format!("would-{}", direction.verb());
    if command.dry_run {
        let rows: Vec<_> = plan.steps().iter().map(|step| ChangeRow::planned(step, &would)).collect();
        output.rows(&rows)?;
        output.note(&format!(
            "Would {} {}; nothing was changed.",
            direction.verb(),
            reports(plan.requests())
        ));
        return Ok(exit::OK);
    }
    let bulk = command.ids.is_empty();
    if bulk && plan.requests() > 0 && !command.yes && !session.is_emulated() {
        interrupts.end(question::ask(&plan, direction.verb(), output)).await?;
    }
    let total = plan.steps().len();
    let order = plan.steps().iter().enumerate().map(|(place, step)| (step.report_id, place)).collect();
    if total == 0 {
        output.note(&format!("There is no report to {}.", direction.verb()));
    }
    finish(plan.run(), &order, direction, interrupts, output).await
}

/// What the parser cannot tell.
fn misuse(command: &Change, direction: Direction) -> Option<&'static str> {
    let named = !command.ids.is_empty() || command.ids_file.is_some();
    let filtered = command.filter.name.is_some() || command.filter.query_id.is_some();
    match direction {
        Direction::Resume if command.all.all_active => {
            Some("--all-active pauses; to resume, use --all-paused")
        }
        Direction::Pause if command.all.all_paused => {
            Some("--all-paused resumes; to pause, use --all-active")
        }
        Direction::Resume if !named && !command.all.all_paused => Some(
            "which reports? Give their ids, --ids-file FILE or --all-paused; `list --status paused` shows them",
        ),
        Direction::Pause if !named && !command.all.all_active => Some(
            "which reports? Give their ids, --ids-file FILE or --all-active; `list --status active` shows them",
        ),
        // The list is not read then, so that nothing is known but the id.
        _ if named && filtered && command.no_verify => {
            Some("with ids and --no-verify, --name and --query-id cannot be used")
        }
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
        ([], Some(file)) if global.sign_in.token_file.as_ref() == Some(file) => {
            return Err(Failure::usage(
                "--ids-file and --token-file are the same file; give the token in PARTNER_CENTER_ACCESS_TOKEN",
            ));
        }
        ([], Some(file)) => Selection::ids(ids::read(file).await?),
        (ids, _) => Selection::ids(ids.iter().copied()),
    };
    if let Some(name) = &command.filter.name {
        selection = selection.name(name);
    }
    if let Some(query_id) = &command.filter.query_id {
        selection = selection.query_id(query_id);
    }
    let session = Session::open(global, output).await?;
    let change: ChangeAll = match direction {
        Direction::Resume => session.client.resume_all(selection),
        Direction::Pause => session.client.pause_all(selection),
    };
    let change = change.concurrency(command.concurrency.into());
    let change = if command.no_verify {
        change.without_confirmation()
    } else {
        change.confirm_within(command.timeout)
    };
    let plan = change.plan().await?;
    Ok((session, plan))
}

/// Follows the run to its end. The first Ctrl-C lets what is under way finish, the second does not.
async fn finish(
    mut run: Run,
    order: &HashMap<ReportId, usize>,
    direction: Direction,
    mut interrupts: Interrupts,
    output: &mut Output,
) -> Result<u8, Failure> {
    let total = order.len();
    let bar = output.progress(total);
    bar.set_message(direction.verb());
    let mut tally = Tally::default();
    let mut counts = BTreeMap::new();
    let mut rows = Vec::new();
    let mut answered = HashSet::new();
    let mut stopped = false;
    loop {
        let event = tokio::select! {
            event = run.next() => event,
            _ = interrupts.next() => {
                if stopped {
                    bar.abandon();
                    return Err(Failure::interrupted());
                }
                stopped = true;
                run.stop();
                bar.suspend(|| output.note("Finishing what is under way; Ctrl-C again stops at once."));
                continue;
            }
        };
        match event {
            Some(Event::Answered(id)) => {
                answered.insert(id);
                bar.inc(1);
            }
            Some(Event::Finished(report)) => {
                // Counted already when it was answered.
                if !answered.remove(&report.report_id) {
                    bar.inc(1);
                }
                tally.add(&report);
                *counts.entry(report.outcome.as_str()).or_insert(0_usize) += 1;
                let row = ChangeRow::of(&report);
                bar.suspend(|| output.line(&row))?;
                if output.keeps_rows() {
                    rows.push((order.get(&report.report_id), row));
                }
            }
            Some(_) => {}
            None => break,
        }
    }
    bar.finish_and_clear();
    // Whole documents are in the order of the plan, whichever report came first.
    rows.sort_by_key(|(place, _)| *place);
    output.whole(&rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>())?;
    let done: usize = counts.values().sum();
    let mut summary: Vec<_> = counts.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    if done < total {
        summary.push(format!("{} not tried", total - done));
    }
    if !summary.is_empty() {
        output.note(&format!("{}.", summary.join(", ")));
    }
    if stopped { Err(Failure::interrupted()) } else { Ok(tally.code()) }
}

impl Row for ChangeRow {
    const HEADINGS: &'static [&'static str] = &["REPORT", "OUTCOME", "STATUS", "NAME"];

    fn cells(&self) -> Vec<Cell> {
        let mut name = visible(self.report_name.as_deref().unwrap_or_default());
        if let Some(error) = &self.error {
            name += &format!("\n{}", error.explanation());
        }
        vec![
            Cell::new(&self.report_id),
            meaning(&self.outcome),
            plain(self.report_status.as_deref()),
            Cell::new(name.trim_start()),
        ]
    }

    /// Reports that are in the wanted state, or would be.
    fn id(&self) -> Option<&str> {
        let good = ["resumed", "already-active", "paused", "already-paused", "would-resume", "would-pause"];
        good.contains(&self.outcome.as_str()).then_some(&self.report_id)
    }
}
