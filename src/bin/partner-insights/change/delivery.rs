//! `resume --wait`: waits until each resumed report has delivered a file.

use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use partner_center_insights::InsightsClient;
use tokio::time::{Instant, sleep_until};

use super::row::ChangeRow;
use super::summary::Summary;
use crate::exit::Failure;
use crate::interrupt::Interrupts;
use crate::output::Output;
use crate::table::reports;
use crate::wait;

/// Which files to wait for, and how long.
pub struct Delivery {
    /// Only files written at this time or later count. It is the start of the run: a paused report writes no earlier
    /// file.
    pub after: SystemTime,
    /// Limit of the wait.
    pub timeout: Option<Duration>,
    /// The deadline of the whole run.
    pub deadline: Option<Instant>,
}

/// How the wait for the files ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    Complete,
    Interrupted,
    TimedOut,
}

impl Delivery {
    /// Waits for a file of each report, and prints the row of the report with it.
    pub async fn wait(
        &self,
        client: &InsightsClient,
        rows: &mut [ChangeRow],
        is_stopped: bool,
        interrupts: &mut Interrupts,
        summary: &mut Summary,
        output: &Output,
    ) -> Result<End, Failure> {
        let mut waits: FuturesUnordered<_> = rows
            .iter_mut()
            .map(|row| {
                let wait = client.wait_for_execution(row.report_id()).after(self.after);
                let wait = wait::limited(wait, self.timeout);
                let wait = wait::with_notes(wait, format!("a file of {}", row.label()), output);
                async move {
                    let result = wait.await;
                    (row, result)
                }
            })
            .collect();
        let (total, mut delivered) = (waits.len(), 0);
        let end = loop {
            if is_stopped {
                break End::Interrupted;
            }
            tokio::select! {
                next = waits.next() => {
                    let Some((row, result)) = next else { break End::Complete };
                    delivered += usize::from(result.is_ok());
                    if let Err(error) = &result {
                        summary.add_undelivered(error);
                    }
                    row.deliver(result);
                    output.row(row)?;
                }
                () = sleep_until(self.deadline.unwrap_or(Instant::now())), if self.deadline.is_some() => {
                    break End::TimedOut;
                }
                () = interrupts.next() => break End::Interrupted,
            }
        };
        drop(waits);
        for row in rows.iter_mut().filter(|row| row.is_undelivered()) {
            summary.add_stopped();
            row.stop_waiting();
            if end == End::TimedOut {
                row.time_out();
            }
            output.row(row)?;
        }
        output.note(format_args!("{delivered} of {total} resumed reports delivered a file."));
        Ok(end)
    }
}

/// Names the reports that were active before the run, for whose files it did not wait.
pub fn note_active(rows: &[ChangeRow], output: &Output) {
    let active: Vec<_> = rows.iter().filter(|row| row.was_active()).collect();
    let (what, id) = match active[..] {
        [] => return,
        [row] => (format!("{} was already active: its file is", row.label()), row.report_id().to_string()),
        _ => (format!("{} were already active: their files are", reports(active.len())), "ID".to_owned()),
    };
    output.note(format_args!("{what} not waited for."));
    output.note(format_args!("hint: `partner-insights wait {id}` waits for the next file"));
}
