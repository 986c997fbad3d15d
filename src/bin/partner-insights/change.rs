//! `resume` and `pause`: plan, ask, change, verify, report.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::Path;

use comfy_table::Cell;
use partner_center_insights::{ChangeAll, Event, Plan, ReportId, Run, Selection};

use crate::args::{Change, Global};
use crate::exit::{self, Failure, Tally};
use crate::output::{Output, Row, meaning};
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
    let foreign = match direction {
        Direction::Resume => {
            command.all.all_active.then_some("--all-active pauses; to resume, use --all-paused")
        }
        Direction::Pause => {
            command.all.all_paused.then_some("--all-paused resumes; to pause, use --all-active")
        }
    };
    if let Some(problem) = foreign {
        return Err(Failure::usage(problem));
    }
    // Interrupted before anything was changed, there is nothing to finish.
    let (session, plan) = tokio::select! {
        planned = plan(global, &command, direction, output) => planned?,
        _ = tokio::signal::ctrl_c() => return Err(Failure::interrupted()),
    };
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
        confirm(&plan, direction, &would, output)?;
    }
    let total = plan.steps().len();
    let order = plan.steps().iter().enumerate().map(|(place, step)| (step.report_id, place)).collect();
    if total == 0 {
        output.note(&format!("There is no report to {}.", direction.verb()));
    }
    finish(plan.run(), &order, direction, output).await
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
        ([], Some(file)) => Selection::ids(read_ids(file)?),
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

/// Shows the plan and asks. Without a terminal there is nobody to ask.
fn confirm(plan: &Plan, direction: Direction, would: &str, output: &Output) -> Result<(), Failure> {
    let verb = direction.verb();
    let count = reports(plan.requests());
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::usage(format!(
            "this would {verb} {count}, and there is no terminal to ask at; add --yes, or --dry-run to see them"
        )));
    }
    for step in plan.steps().iter().filter(|step| step.skip.is_none()).take(SHOWN) {
        output.note(&format!("{would}  {}  {}", step.report_id, step.name.as_deref().unwrap_or_default()));
    }
    if plan.requests() > SHOWN {
        output.note(&format!("… and {} more (--dry-run shows all)", plan.requests() - SHOWN));
    }
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{} {count}? [y/N] ", capital(verb)).and_then(|()| stderr.flush());
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(Failure::unexpected)?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        Ok(())
    } else {
        Err(Failure { code: exit::INTERRUPTED, message: "nothing was changed".to_owned() })
    }
}

/// So many steps are shown before the question.
const SHOWN: usize = 20;

/// Follows the run to its end. The first Ctrl-C lets what is under way finish, the second does not.
async fn finish(
    mut run: Run,
    order: &HashMap<ReportId, usize>,
    direction: Direction,
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
            _ = tokio::signal::ctrl_c() => {
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

/// Ids, one a line, or JSON lines with a `reportId`; empty lines and lines that begin with # do not count.
fn read_ids(file: &Path) -> Result<Vec<ReportId>, Failure> {
    let name = file.display();
    let mut text = String::new();
    let read = match file.to_str() {
        Some("-") => io::stdin().read_to_string(&mut text).map(drop),
        _ => fs::read_to_string(file).map(|read| text = read),
    };
    read.map_err(|error| Failure::usage(format!("{name}: {error}")))?;
    let mut ids = Vec::new();
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line.trim())) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let id = match serde_json::from_str::<serde_json::Value>(line) {
            Ok(serde_json::Value::Object(row)) => {
                row.get("reportId").and_then(|id| id.as_str()).unwrap_or_default().to_owned()
            }
            _ => line.to_owned(),
        };
        ids.push(id.parse().map_err(|error| Failure::usage(format!("{name}, line {number}: {error}")))?);
    }
    Ok(ids)
}

fn reports(count: usize) -> String {
    if count == 1 { "1 report".to_owned() } else { format!("{count} reports") }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

impl Row for ChangeRow {
    const HEADINGS: &'static [&'static str] = &["REPORT", "OUTCOME", "STATUS", "NAME"];

    fn cells(&self) -> Vec<Cell> {
        let mut name = self.report_name.clone().unwrap_or_default();
        if let Some(error) = &self.error {
            name += &format!("\n{}", error.explanation());
        }
        vec![
            Cell::new(&self.report_id),
            meaning(&self.outcome),
            Cell::new(self.report_status.as_deref().unwrap_or_default()),
            Cell::new(name.trim_start()),
        ]
    }

    /// Reports that are in the wanted state, or would be.
    fn id(&self) -> Option<&str> {
        let good = ["resumed", "already-active", "paused", "already-paused", "would-resume", "would-pause"];
        good.contains(&self.outcome.as_str()).then_some(&self.report_id)
    }
}
