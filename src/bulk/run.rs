//! The stream of events of a running plan.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{BoxFuture, Fuse, FutureExt};
use futures_util::stream::{Stream, StreamExt};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::driver::{self, Driver};
use super::{BulkChange, ReportOutcome, Step};
use crate::report::ReportId;

/// A running bulk change: a [`Stream`] of [`Event`]s.
///
/// Nothing is sent until it is polled, and nothing more after it is dropped. Await [`outcomes`](Self::outcomes), or
/// read the events to show progress, as `examples/resume_all.rs` does.
pub struct Run {
    driver: Fuse<BoxFuture<'static, ()>>,
    events: UnboundedReceiver<(Event, usize)>,
    completed: usize,
    stop: CancellationToken,
    abort: CancellationToken,
}

impl Run {
    /// How long a [stopped](Self::stop) run waits for requests in flight, and then the same time for their
    /// verification.
    pub const GRACE_PERIOD: Duration = driver::GRACE_PERIOD;

    pub(super) fn new(change: BulkChange, steps: Vec<Step>) -> Self {
        let (sender, events) = unbounded_channel();
        let abort = CancellationToken::new();
        let stop = abort.child_token();
        let driver = Driver { steps, completed: 0, events: sender, stop: stop.clone(), abort: abort.clone() };
        Self { driver: driver.run(change).boxed().fuse(), events, completed: 0, stop, abort }
    }

    /// Returns the next event, or `None` at the end of the run.
    pub async fn next(&mut self) -> Option<Event> {
        StreamExt::next(self).await
    }

    /// Runs to the end and returns the outcomes, in the order of the plan.
    pub async fn outcomes(mut self) -> Vec<ReportOutcome> {
        let mut outcomes = Vec::new();
        while let Some(event) = self.next().await {
            if let Event::Finished { report } = event {
                outcomes.push(report);
            }
        }
        outcomes.sort_unstable_by_key(|report| report.index);
        outcomes
    }

    /// Returns the number of reports that were skipped or whose request has ended, for a progress bar over
    /// [`Plan::steps`](super::Plan::steps). Some of them may still have to be verified.
    pub fn completed(&self) -> usize {
        self.completed
    }

    /// Sends no further requests, and gives those in flight the [grace period](Self::GRACE_PERIOD) to end and to be
    /// verified.
    ///
    /// Requests that take longer are [unconfirmed](crate::Outcome::Unconfirmed); reports without a request are
    /// [not tried](crate::Outcome::NotTried).
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Ends the run at once.
    ///
    /// Reports whose request was sent are [unconfirmed](crate::Outcome::Unconfirmed), because its effect is unknown or
    /// not verified; reports without a request are [not tried](crate::Outcome::NotTried).
    pub fn abort(&self) {
        self.abort.cancel();
    }
}

impl Stream for Run {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut update = self.events.poll_recv(context);
        // Nothing more is sent before the caller has seen all events.
        if update.is_pending() {
            let _ = self.driver.poll_unpin(context);
            update = self.events.poll_recv(context);
        }
        update.map(|update| {
            let (event, completed) = update?;
            self.completed = completed;
            Some(event)
        })
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("completed", &self.completed).finish_non_exhaustive()
    }
}

/// The progress of one report. Reports that need no request come first, the others in the order of the responses.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The request has ended. The report has yet to be verified; [`Finished`](Self::Finished) follows.
    Responded {
        /// The report.
        report_id: ReportId,
    },
    /// The outcome of a report. Each report has one.
    Finished {
        /// The report and its outcome.
        report: ReportOutcome,
    },
}
