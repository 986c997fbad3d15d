//! `resume` and `pause`: plan, ask, change, verify, report.

use std::collections::{BTreeMap, HashMap, HashSet};

use comfy_table::{Cell, Color};
use partner_center_insights::{
    ChangeAll, Event, Plan, ReportId, ReportOutcome, ReportStatus, Run, Selection,
};

use crate::args::{Change, Global};
use crate::exit::{Failure, Tally};
use crate::ids;
use crate::interrupt::Interrupts;
use crate::output::{Output, Row, meaning, plain, visible};
use crate::question::{self, reports};
use crate::rows::{ChangeRow, Direction, Word};
use crate::session::Session;

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
    if command.dry_run {
        return show(&plan, direction, output);
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
        // A report that was asked for by its id must not drop out in silence.
        _ if named && filtered => Some("--name and --query-id choose among all reports, not among given ids"),
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

/// The dry run.
fn show(plan: &Plan, direction: Direction, output: &mut Output) -> Result<u8, Failure> {
    let mut tally = Tally::default();
    for step in plan.steps() {
        match step.skip {
            Some(outcome) => tally.add(outcome, None),
            None => tally.add_planned(),
        }
    }
    let rows: Vec<_> = plan.steps().iter().map(|step| ChangeRow::planned(step, direction)).collect();
    output.rows(&rows)?;
    output.note(&format!("Would {} {}; nothing was changed.", direction.verb(), reports(plan.requests())));
    Ok(tally.code())
}

/// Follows the run to its end, and tells all that is known however it ends. The first Ctrl-C lets what is under way
/// finish, the second does not.
async fn finish(
    mut run: Run,
    order: &HashMap<ReportId, usize>,
    direction: Direction,
    mut interrupts: Interrupts,
    output: &mut Output,
) -> Result<u8, Failure> {
    let bar = output.progress(order.len());
    bar.set_message(direction.verb());
    let mut summary = Summary::default();
    let mut rows = Vec::new();
    let mut answered = HashSet::new();
    let mut ended = Ok(());
    loop {
        let event = tokio::select! {
            event = run.next() => event,
            () = interrupts.next() => {
                if summary.interrupted {
                    summary.abandoned = true;
                    break;
                }
                summary.interrupted = true;
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
                summary.add(&report);
                let row = ChangeRow::of(&report);
                if let Err(failure) = bar.suspend(|| output.line(&row)) {
                    // What cannot be told is better not done.
                    run.stop();
                    ended = Err(failure);
                }
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
    let ended = ended.and(output.whole(&rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>()));
    if let Some(summary) = summary.text(order.len()) {
        output.note(&summary);
    }
    ended?;
    if summary.interrupted { Err(Failure::interrupted()) } else { Ok(summary.tally.code()) }
}

/// What is known of a run.
#[derive(Default)]
struct Summary {
    tally: Tally,
    counts: BTreeMap<&'static str, usize>,
    interrupted: bool,
    /// Given up with requests under way.
    abandoned: bool,
}

impl Summary {
    fn add(&mut self, report: &ReportOutcome) {
        self.tally.add(report.outcome, report.error.as_ref());
        *self.counts.entry(report.outcome.as_str()).or_default() += 1;
    }

    /// A sentence, if there is anything to tell.
    fn text(&self, total: usize) -> Option<String> {
        let mut parts: Vec<_> =
            self.counts.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
        let left = total - self.counts.values().sum::<usize>();
        if left > 0 {
            parts.push(format!("{left} {}", if self.abandoned { "not known" } else { "not tried" }));
        }
        (!parts.is_empty()).then(|| format!("{}.", parts.join(", ")))
    }
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
            outcome(self.outcome),
            plain(self.report_status.as_ref().map(ReportStatus::as_str)),
            Cell::new(name.trim_start()),
        ]
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
