//! Carries out a plan: sends requests with bounded concurrency, then polls the reports until all are verified.

use std::collections::{BTreeSet, HashMap};
use std::future::ready;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{BulkChange, Event, Outcome, Reason, Step};
use crate::error::{Error, ErrorKind};
use crate::report::Report;

/// First and longest pause between two verification polls.
const VERIFY_BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));
/// See [`Run::GRACE_PERIOD`](super::Run::GRACE_PERIOD).
pub(super) const GRACE_PERIOD: Duration = Duration::from_secs(5);
/// Consecutive connection failures after which no further request is sent.
const MAX_CONNECTION_FAILURES: u32 = 8;

/// Carries out a plan, and sends its events along with the number of completed reports.
pub(super) struct Driver {
    pub steps: Vec<Step>,
    pub completed: usize,
    pub events: UnboundedSender<(Event, usize)>,
    pub stop: CancellationToken,
    pub abort: CancellationToken,
}

/// A report whose new status has yet to be verified.
struct Unverified {
    index: usize,
    /// The error of its request, if there was one.
    error: Option<Error>,
}

impl Driver {
    pub async fn run(mut self, change: BulkChange) {
        for index in 0..self.steps.len() {
            if let Some(outcome) = self.steps[index].skip {
                self.completed += 1;
                self.finish(index, outcome, None);
            }
        }
        // Lets the caller receive these events before anything is sent.
        tokio::task::yield_now().await;
        let unverified = self.send_requests(&change).await;
        self.verify(&change, unverified).await;
    }

    /// Sends the requests, and returns the reports that have to be verified.
    async fn send_requests(&mut self, change: &BulkChange) -> Vec<Unverified> {
        let mut indexes = 0..self.steps.len();
        let mut in_flight = FuturesUnordered::new();
        let mut sent = BTreeSet::new();
        let mut unverified = Vec::new();
        let mut connection_failures = 0;
        let mut fatal = None;
        loop {
            while in_flight.len() < change.concurrency
                && !self.stop.is_cancelled()
                && let Some(index) = indexes.find(|index| self.steps[*index].skip.is_none())
            {
                if let Some(cause) = &fatal {
                    self.completed += 1;
                    self.finish(index, Outcome::NotTried, Some(not_tried(cause)));
                    continue;
                }
                sent.insert(index);
                let (id, stop) = (self.steps[index].report_id, self.stop.clone());
                in_flight.push(async move {
                    tokio::select! {
                        biased;
                        result = change.send(id) => (index, Some(result)),
                        () = grace_period(&stop) => (index, None),
                    }
                });
            }
            let response = tokio::select! {
                biased;
                () = self.abort.cancelled() => None,
                response = in_flight.next() => response,
            };
            let Some((index, result)) = response else { break };
            sent.remove(&index);
            let (outcome, error, may_be_done) = match result {
                None => {
                    let message = "the run was stopped before a response arrived";
                    (Outcome::Unconfirmed, Some(Error::new(ErrorKind::Timeout).with_message(message)), true)
                }
                Some(Ok(report)) => {
                    connection_failures = 0;
                    let status = report.as_ref().and_then(|report| report.report_status.as_ref());
                    let is_done = status.is_none_or(|status| *status == change.direction.target());
                    if let Some(report) = report {
                        self.steps[index].update(report);
                    }
                    (if is_done { change.direction.done() } else { Outcome::Unconfirmed }, None, true)
                }
                Some(Err(error)) => {
                    use ErrorKind::{Connect, Timeout, Unavailable};
                    let is_connection_failure = matches!(error.kind(), Connect | Timeout | Unavailable);
                    connection_failures = if is_connection_failure { connection_failures + 1 } else { 0 };
                    if concerns_all(&error) || connection_failures >= MAX_CONNECTION_FAILURES {
                        fatal.get_or_insert_with(|| error.clone());
                    }
                    let may_be_done = may_have_arrived(&error);
                    (Outcome::of(&error), Some(error), may_be_done)
                }
            };
            self.completed += 1;
            if may_be_done && change.verify_timeout.is_some() {
                self.emit(Event::Responded { report_id: self.steps[index].report_id });
                unverified.push(Unverified { index, error });
            } else {
                self.finish(index, outcome, error);
            }
        }
        // First the requests in flight when the run was aborted, then those that were not sent.
        for index in sent {
            self.completed += 1;
            self.finish(index, Outcome::Unconfirmed, None);
        }
        for index in indexes.filter(|index| self.steps[*index].skip.is_none()).collect::<Vec<_>>() {
            self.completed += 1;
            self.finish(index, Outcome::NotTried, None);
        }
        unverified
    }

    /// Polls the reports until each has its outcome.
    async fn verify(&mut self, change: &BulkChange, mut unverified: Vec<Unverified>) {
        let (source, target) = (Some(change.direction.source()), Some(change.direction.target()));
        let limit = change.verify_timeout.unwrap_or_default();
        let (mut pause, max_pause) = VERIFY_BACKOFF;
        let start = Instant::now();
        while !unverified.is_empty() {
            let (mut found, mut failure) = (HashMap::new(), None);
            let ids = unverified.iter().map(|report| self.steps[report.index].report_id).collect();
            let poll = change.read(ids).for_each(|read| {
                match read {
                    Ok(list) => {
                        found.extend(list.items.into_iter().map(|report| (report.report_id, report)));
                    }
                    Err(error) => failure = Some(error),
                }
                ready(())
            });
            tokio::select! {
                biased;
                () = self.abort.cancelled() => {}
                () = grace_period(&self.stop) => {}
                _ = timeout(limit.saturating_sub(start.elapsed()).max(VERIFY_BACKOFF.0), poll) => {}
            }
            let is_timed_out = start.elapsed() >= limit;
            let is_last = is_timed_out || self.stop.is_cancelled();
            let is_hopeless = failure.as_ref().is_some_and(|error| !error.is_retryable());
            for Unverified { index, error } in std::mem::take(&mut unverified) {
                let step = &mut self.steps[index];
                let report: Option<Report> = found.remove(&step.report_id);
                let status = report.as_ref().and_then(|report| report.report_status.clone());
                if let Some(report) = report {
                    step.update(report);
                }
                match error {
                    _ if status == target => self.finish(index, change.direction.done(), None),
                    // A request that was cut off, or is still being processed, may yet succeed.
                    Some(error)
                        if status == source
                            && (error.kind() == ErrorKind::ServerError
                                || (is_timed_out && !was_accepted(&error))) =>
                    {
                        self.finish(index, Outcome::of(&error), Some(error));
                    }
                    error if is_last || (is_hopeless && status.is_none()) => {
                        let error = error.or_else(|| failure.clone());
                        self.finish(index, Outcome::Unconfirmed, error);
                    }
                    error => unverified.push(Unverified { index, error }),
                }
            }
            if !unverified.is_empty() {
                let pause_left = pause.min(limit.saturating_sub(start.elapsed()));
                let _ = timeout(pause_left, self.stop.cancelled()).await;
                pause = (pause * 2).min(max_pause);
            }
        }
    }

    fn finish(&self, index: usize, outcome: Outcome, error: Option<Error>) {
        let step = &self.steps[index];
        let of_error = || error.as_ref().map(|error| Reason::Error(error.kind()));
        let reason = match outcome {
            outcome if outcome.is_success() => None,
            _ if step.skip.is_some() => step.reason,
            Outcome::NotTried => Some(error.as_ref().map_or(Reason::Stopped, |_| Reason::OtherRequest)),
            Outcome::Unconfirmed if self.stop.is_cancelled() => Some(Reason::Stopped),
            _ => of_error().or(Some(Reason::NotReached)),
        };
        self.emit(Event::Finished { report: step.finish(index, outcome, reason, error) });
    }

    fn emit(&self, event: Event) {
        // The receiver outlives the driver.
        let _ = self.events.send((event, self.completed));
    }
}

/// Waits for a stop, and then for the requests in flight.
async fn grace_period(stop: &CancellationToken) {
    stop.cancelled().await;
    sleep(GRACE_PERIOD).await;
}

fn not_tried(cause: &Error) -> Error {
    let message = cause.message().unwrap_or(cause.kind().name());
    cause
        .clone()
        .with_message(format!("not tried, because another request failed for all reports: {message}"))
}

/// Whether the error concerns the caller or the client, so that all requests would fail.
fn concerns_all(error: &Error) -> bool {
    use ErrorKind::*;
    let kind = error.kind();
    matches!(kind, Unauthenticated | MfaRequired | WrongAudience | AppOnlyNotAllowed | Forbidden)
        || matches!(kind, Credential | Configuration | Tls)
        || error.is_of_token()
}

/// Whether the service may have carried out a failed request. It has not if it requests a later attempt.
fn may_have_arrived(error: &Error) -> bool {
    let is_throttled = error.kind() == ErrorKind::Throttled || error.retry_after().is_some();
    (error.is_retryable() && !is_throttled && !error.is_of_token()) || was_accepted(error)
}

/// Whether the service accepted the request, although its response could not be read.
fn was_accepted(error: &Error) -> bool {
    error.status().is_some_and(|status| (200..300).contains(&status))
}
