//! `resume` and `pause`: plan, confirm, change, verify, report.

mod delivery;
mod question;
mod row;
pub mod selection;
mod summary;

use std::time::{Duration, SystemTime};

use partner_center_insights::{Direction, ErrorKind, Event, Plan, Reason, ReportId, Run, Selection};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::{Instant, sleep_until, timeout_at};

use self::delivery::{Delivery, End};
use self::row::ChangeRow;
use self::summary::{Counts, Summary, requests};
use crate::args::{Change, Global, Pause, Resume};
use crate::exit::{self, Failure};
use crate::interrupt::Interrupts;
use crate::output::{Format, Output};
use crate::session::{Session, Warnings};

/// Interval of progress notes without a progress bar: throttling may delay a run for minutes.
const NOTE_INTERVAL: Duration = Duration::from_secs(30);

/// What `--output json` prints. `--output jsonl` prints the reports, one per line, and then the summary.
#[derive(Serialize, JsonSchema)]
pub struct Changes<'a> {
    reports: &'a [ChangeRow],
    #[serde(flatten)]
    summary: SummaryLine,
}

#[derive(Serialize, JsonSchema)]
struct SummaryLine {
    summary: Counts,
}

pub async fn resume(global: &Global, command: Resume, output: &Output) -> Result<u8, Failure> {
    let Resume { all_paused, only_paused, wait, wait_timeout, change } = command;
    check_usage(&change, all_paused, Direction::Resume)?;
    let delivery = wait.then(|| Delivery { after: SystemTime::now(), timeout: wait_timeout, deadline: None });
    run(global, change, only_paused, delivery, Direction::Resume, output).await
}

pub async fn pause(global: &Global, command: Pause, output: &Output) -> Result<u8, Failure> {
    let Pause { all_active, only_active, change } = command;
    check_usage(&change, all_active, Direction::Pause)?;
    run(global, change, only_active, None, Direction::Pause, output).await
}

async fn run(
    global: &Global,
    command: Change,
    only_changeable: bool,
    delivery: Option<Delivery>,
    direction: Direction,
    output: &Output,
) -> Result<u8, Failure> {
    let deadline = command.timeout.map(|timeout| Instant::now() + timeout);
    let mut interrupts = Interrupts::listen().map_err(Failure::unexpected)?;
    let work = Box::pin(plan(global, &command, only_changeable, direction, output));
    let (session, plan) = interrupts.or_interrupted(or_timeout(deadline, work)).await?;
    if plan.steps().is_empty() {
        selection::explain_empty(&plan, &command, direction, output)?;
    }
    if command.dry_run {
        return preview(&plan, direction, &session.warnings, output);
    }
    let bulk = command.ids.is_empty();
    if bulk && plan.requests() > 0 && !command.yes && !session.is_emulated() {
        let question = or_timeout(deadline, question::ask(&plan, direction.as_str(), output));
        interrupts.or_interrupted(question).await?;
    }
    let delivery = delivery.map(|delivery| Delivery { deadline, ..delivery });
    let run = Changing { command: &command, deadline, direction, delivery, session: &session };
    run.execute(plan, interrupts, output).await
}

/// Checks rules that clap cannot express.
fn check_usage(command: &Change, all: bool, direction: Direction) -> Result<(), Failure> {
    let has_ids = !command.ids.is_empty() || command.ids_file.is_some();
    let (flag, status) = match direction {
        Direction::Resume => ("--all-paused", "paused"),
        Direction::Pause => ("--all-active", "active"),
    };
    match (has_ids, command.filter.is_set()) {
        // A filter could silently leave out a report that was requested by ID.
        (true, true) => Err(Failure::usage("--name and --query-id cannot be used with report IDs")),
        (false, false) if !all => Err(Failure::usage("no reports given").hint(format!(
            "pass report IDs, --ids-file FILE, --name PATTERN or {flag}; `partner-insights list --status {status}` lists them"
        ))),
        _ => Ok(()),
    }
}

async fn or_timeout<T>(
    deadline: Option<Instant>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    match deadline {
        Some(deadline) => timeout_at(deadline, work).await.unwrap_or_else(|_| Err(Failure::timeout())),
        None => work.await,
    }
}

async fn plan(
    global: &Global,
    command: &Change,
    only_changeable: bool,
    direction: Direction,
    output: &Output,
) -> Result<(Session, Plan), Failure> {
    let selection = match (&command.ids[..], &command.ids_file) {
        ([], None) if only_changeable || !command.filter.is_set() => Selection::changeable(),
        ([], None) => Selection::matching(),
        // The error about an invalid ID would print the token.
        ([], Some(file)) if global.sign_in.reads(file) => {
            return Err(Failure::usage("--ids-file names the file with the token")
                .hint("put the report IDs in a file of their own"));
        }
        ([], Some(file)) => Selection::ids(selection::read_ids(file).await?),
        (ids, _) => Selection::ids(ids.iter().copied()),
    };
    let selection =
        command.filter.restrict(selection, Selection::name_matches, |selection, id| selection.query_id(id));
    let selection = selection.except(command.except.iter().copied());
    let session = Session::open(global, output).await?;
    let change = session.client.bulk_change(direction, selection);
    let change = change.concurrency(command.concurrency.into());
    let change = if command.no_verify {
        change.skip_verification()
    } else {
        change.verify_timeout(command.verify_timeout)
    };
    let plan = change.plan().await?;
    let is_listed = |id: &&ReportId| plan.left_out().iter().any(|report| report.report_id == **id);
    match command.except.iter().find(|id| !is_listed(id)) {
        // A mistyped exception would be changed.
        Some(id) => {
            Err(Failure::not_found(format!("there is no report {id} (--except); nothing was changed"))
                .hint("`partner-insights list` lists the reports"))
        }
        None => Ok((session, plan)),
    }
}

fn preview(plan: &Plan, direction: Direction, warnings: &Warnings, output: &Output) -> Result<u8, Failure> {
    let mut summary = Summary::of_skipped(plan);
    summary.add_planned(plan.requests(), direction.as_str());
    let planned = plan.steps().iter().enumerate().filter(|(_, step)| step.skip.is_none());
    let planned =
        planned.map(|(index, step)| (index, ChangeRow::planned(step, direction).with_warnings(warnings)));
    let skipped =
        plan.skipped().map(|report| (report.index, ChangeRow::from(report).with_warnings(warnings)));
    let rows: Vec<_> = planned.chain(skipped).collect();
    let rows = in_order(rows);
    rows.iter().try_for_each(|row| output.row(row))?;
    end(&rows, &summary, output)?;
    output.note(format_args!("Would {direction} {}; nothing was changed.", requests(plan)));
    summary.print_hints(output);
    Ok(code(&summary, plan.unreadable()))
}

/// Returns the exit code: a failure if there are unreadable reports, because the selection may include them.
fn code(summary: &Summary, unreadable: usize) -> u8 {
    match summary.code() {
        exit::OK if unreadable > 0 => exit::code(ErrorKind::InvalidResponse),
        code => code,
    }
}

/// Sorts the rows into the order of the plan.
fn in_order(mut rows: Vec<(usize, ChangeRow)>) -> Vec<ChangeRow> {
    rows.sort_unstable_by_key(|(index, _)| *index);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Prints the summary, and in the formats that are not streamed the rows too.
fn end(rows: &[ChangeRow], summary: &Summary, output: &Output) -> Result<(), Failure> {
    let line = SummaryLine { summary: summary.counts() };
    match output.format() {
        Format::Json => output.json(&Changes { reports: rows, summary: line }),
        Format::Jsonl => output.json_line(&line),
        Format::Table | Format::Ids => output.end(rows),
    }
}

/// The settings of a run.
struct Changing<'a> {
    command: &'a Change,
    deadline: Option<Instant>,
    direction: Direction,
    delivery: Option<Delivery>,
    session: &'a Session,
}

impl Changing<'_> {
    /// Runs the plan, and reports every known outcome even if the run is interrupted or fails. The first Ctrl-C waits
    /// for requests in flight; a second one, or the deadline, aborts them.
    async fn execute(self, plan: Plan, mut interrupts: Interrupts, output: &Output) -> Result<u8, Failure> {
        let Self { command, deadline, direction, delivery, session } = self;
        let unreadable = plan.unreadable();
        let total = plan.steps().len();
        let waits = delivery.is_some();
        let mut run = plan.run();
        let progress = output.progress(total);
        let mut summary = Summary::default();
        let (mut stopped, mut timed_out) = (false, false);
        let (mut rows, mut resumed) = (Vec::new(), Vec::new());
        let mut written = Ok(());
        let mut ticks = tokio::time::interval_at(Instant::now() + NOTE_INTERVAL, NOTE_INTERVAL);
        loop {
            let completed = run.completed();
            let verifying = completed == total && !command.no_verify;
            let (step, position) =
                if verifying { ("verify", summary.reports()) } else { (direction.as_str(), completed) };
            progress.set_position(position as u64);
            progress.set_message(step);
            let event = tokio::select! {
                event = run.next() => event,
                _ = ticks.tick(), if progress.is_hidden() => {
                    output.note(format_args!("{} of {total} requests completed.", run.completed()));
                    continue;
                }
                () = sleep_until(deadline.unwrap_or(Instant::now())), if deadline.is_some() && !timed_out => {
                    timed_out = true;
                    run.abort();
                    continue;
                }
                () = interrupts.next() => {
                    if stopped {
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
                    summary.add(&report);
                    let is_late = timed_out && report.reason == Some(Reason::Stopped);
                    let index = report.index;
                    let mut row = ChangeRow::from(report).with_warnings(&session.warnings);
                    if is_late {
                        row.time_out();
                    }
                    if delivery.is_some() && row.is_resumed() {
                        resumed.push((index, row));
                        continue;
                    }
                    if let Err(failure) = output.row(&row) {
                        // Without output, further changes could not be reported.
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
        if let Some(delivery) = delivery.filter(|_| !resumed.is_empty()) {
            let (indices, mut waiting): (Vec<_>, Vec<_>) = resumed.into_iter().unzip();
            let wait =
                delivery.wait(&session.client, &mut waiting, stopped, &mut interrupts, &mut summary, output);
            match wait.await {
                Ok(end) => stopped = end == End::Interrupted,
                Err(failure) => written = written.and(Err(failure)),
            }
            rows.extend(indices.into_iter().zip(waiting));
        }
        let rows = in_order(rows);
        if waits {
            delivery::note_active(&rows, output);
        }
        let written = written.and(end(&rows, &summary, output));
        if total > 0 {
            output.note(format_args!("{}.{}", summary.text(), next(&rows)));
        }
        summary.print_hints(output);
        written?;
        if stopped { Err(Failure::interrupted()) } else { Ok(code(&summary, unreadable)) }
    }
}

/// Returns the time of the next execution as a sentence, if there is exactly one report.
fn next(rows: &[ChangeRow]) -> String {
    match rows {
        [row] => row.next_execution().map(|time| format!(" Next execution: {time}.")).unwrap_or_default(),
        _ => String::new(),
    }
}
