//! `resume` and `pause`: plan, confirm, change, verify, report.

mod question;
mod row;
mod summary;

use std::time::Duration;

use partner_center_insights::{ErrorKind, Event, Plan, Run, Selection};
use tokio::time::Instant;

pub use self::row::{ChangeRow, Direction};
use self::summary::{Summary, requests};
use crate::args::{Change, Global};
use crate::exit::{self, Failure};
use crate::interrupt::Interrupts;
use crate::output::Output;
use crate::session::{Session, Warnings};
use crate::{ids, input};

/// Interval of progress notes where there is no bar: a rate limit may stop a run for minutes.
const NOTE_INTERVAL: Duration = Duration::from_secs(30);

pub async fn run(
    global: &Global,
    command: Change,
    all: bool,
    direction: Direction,
    output: &Output,
) -> Result<u8, Failure> {
    check_usage(&command, all, direction)?;
    let mut interrupts = Interrupts::listen().map_err(Failure::unexpected)?;
    let (session, plan) = interrupts.or_interrupted(plan(global, &command, direction, output)).await?;
    if command.dry_run {
        return preview(&plan, direction, &session.warnings, output);
    }
    let bulk = command.ids.is_empty();
    if bulk && plan.requests() > 0 && !command.yes && !session.is_emulated() {
        interrupts.or_interrupted(question::ask(&plan, direction.verb(), output)).await?;
    }
    if plan.steps().is_empty() {
        output.note(match &command.ids_file {
            Some(file) => format!("No IDs in {}.", input::name(file)),
            None => format!("No reports to {}.", direction.verb()),
        });
    }
    execute(plan, &command, direction, interrupts, &session.warnings, output).await
}

/// Checks what clap cannot.
fn check_usage(command: &Change, all: bool, direction: Direction) -> Result<(), Failure> {
    let has_ids = !command.ids.is_empty() || command.ids_file.is_some();
    let filtered = command.filter.name.is_some() || command.filter.query_id.is_some();
    let (flag, status) = match direction {
        Direction::Resume => ("--all-paused", "paused"),
        Direction::Pause => ("--all-active", "active"),
    };
    match (has_ids, filtered) {
        // A report requested by ID must not be left out silently.
        (true, true) => Err(Failure::usage("--name and --query-id cannot be used with report IDs")),
        (false, true) if !all => Err(Failure::usage(format!("--name and --query-id require {flag}"))),
        (false, false) if !all => Err(Failure::usage("no reports given").hint(format!(
            "pass report IDs, --ids-file FILE or {flag}; `partner-insights list --status {status}` lists them"
        ))),
        _ => Ok(()),
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
        // The token would be read as an ID, and printed as an invalid one.
        ([], Some(file)) if global.sign_in.reads(file) => {
            return Err(Failure::usage("--ids-file names the file with the token")
                .hint("put the report IDs in a file of their own"));
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
    let change = match direction {
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

fn preview(plan: &Plan, direction: Direction, warnings: &Warnings, output: &Output) -> Result<u8, Failure> {
    let mut summary = Summary::of_skipped(plan);
    summary.add_planned(plan.requests());
    let rows: Vec<_> = plan
        .steps()
        .iter()
        .map(|step| ChangeRow::planned(step.clone(), direction))
        .map(|row| row.with_warnings(warnings))
        .collect();
    output.rows(&rows)?;
    output.note(format_args!("Would {} {}; nothing was changed.", direction.verb(), requests(plan)));
    summary.print_hints(output);
    Ok(code(&summary, plan.unreadable()))
}

/// A report that cannot be read may be one that was selected, so that is no success.
fn code(summary: &Summary, unreadable: usize) -> u8 {
    match summary.code() {
        exit::OK if unreadable > 0 => exit::code(ErrorKind::InvalidResponse),
        code => code,
    }
}

/// Runs the plan, and reports all that is known however it ends. The first Ctrl-C waits for requests in flight, the
/// second does not.
async fn execute(
    plan: Plan,
    command: &Change,
    direction: Direction,
    mut interrupts: Interrupts,
    warnings: &Warnings,
    output: &Output,
) -> Result<u8, Failure> {
    let unreadable = plan.unreadable();
    let total = plan.steps().len();
    let mut run = plan.run();
    let progress = output.progress(total);
    let mut summary = Summary::default();
    let (mut stopped, mut aborted) = (false, false);
    let mut rows = Vec::new();
    let mut written = Ok(());
    let mut ticks = tokio::time::interval_at(Instant::now() + NOTE_INTERVAL, NOTE_INTERVAL);
    loop {
        let completed = run.completed();
        let verifying = completed == total && !command.no_verify;
        let (step, position) =
            if verifying { ("verify", summary.reports()) } else { (direction.verb(), completed) };
        progress.set_position(position as u64);
        progress.set_message(step);
        let event = tokio::select! {
            event = run.next() => event,
            _ = ticks.tick(), if progress.is_hidden() => {
                output.note(format_args!("{} of {total} requests completed.", run.completed()));
                continue;
            }
            () = interrupts.next() => {
                if stopped {
                    aborted = true;
                    run.abort();
                } else {
                    stopped = true;
                    run.stop();
                    output.note(format_args!(
                        "Waiting up to {} s for in-flight requests; press Ctrl-C again to abort.",
                        Run::GRACE_PERIOD.as_secs()
                    ));
                }
                continue;
            }
        };
        match event {
            Some(Event::Finished { report, .. }) => {
                summary.add(report.outcome, report.error.as_ref());
                let (index, row) = (report.index, ChangeRow::from(report).with_warnings(warnings));
                if let Err(failure) = output.row(&row) {
                    // Change nothing that cannot be reported.
                    run.stop();
                    written = Err(failure);
                }
                rows.push((index, row));
            }
            Some(_) => {}
            None => break,
        }
    }
    drop(run);
    progress.finish_and_clear();
    // In the order of the plan, not of the responses.
    rows.sort_unstable_by_key(|(index, _)| *index);
    let rows: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
    let written = written.and(output.end(&rows));
    let mut counts = summary.text();
    if let left @ 1.. = total - summary.reports() {
        let separator = if counts.is_empty() { "" } else { ", " };
        counts += &format!("{separator}{left} {}", if aborted { "unknown" } else { "not tried" });
    }
    if total > 0 {
        output.note(format_args!("{counts}."));
    }
    summary.print_hints(output);
    written?;
    if stopped { Err(Failure::interrupted()) } else { Ok(code(&summary, unreadable)) }
}
