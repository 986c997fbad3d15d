//! The outcome of a bulk change for a report, and its reason.

use std::fmt;
use std::time::SystemTime;

use crate::error::{Error, ErrorKind};
use crate::report::{Report, ReportId, ReportStatus};

/// The outcome of a bulk change for one report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The report was paused and is active again.
    Resumed,
    /// The report was active already; nothing was sent.
    AlreadyActive,
    /// The report is inactive or in an unknown status; nothing was sent.
    NotResumable,
    /// The report was active and is paused.
    Paused,
    /// The report was paused already; nothing was sent.
    AlreadyPaused,
    /// The report is inactive or in an unknown status; nothing was sent.
    NotPausable,
    /// An inactive one-time report. It is assumed to have run: nothing is left to do.
    Completed,
    /// There is no such report.
    NotFound,
    /// The service refused the request; a retry does not help.
    Refused,
    /// The request failed; a retry may help.
    Failed,
    /// The request was accepted, or may have arrived, but the report was not seen in the new status.
    Unconfirmed,
    /// Nothing was sent, because the run was stopped or another request failed for all reports.
    NotTried,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: &'static [Self] = &[
        Self::Resumed,
        Self::AlreadyActive,
        Self::NotResumable,
        Self::Paused,
        Self::AlreadyPaused,
        Self::NotPausable,
        Self::Completed,
        Self::NotFound,
        Self::Refused,
        Self::Failed,
        Self::Unconfirmed,
        Self::NotTried,
    ];

    /// Returns the name, such as `already-active`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resumed => "resumed",
            Self::AlreadyActive => "already-active",
            Self::NotResumable => "not-resumable",
            Self::Paused => "paused",
            Self::AlreadyPaused => "already-paused",
            Self::NotPausable => "not-pausable",
            Self::Completed => "completed",
            Self::NotFound => "not-found",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unconfirmed => "unconfirmed",
            Self::NotTried => "not-tried",
        }
    }

    /// Returns whether nothing is left to do: the report is in the requested status, or is a one-time report that is
    /// assumed to have run.
    pub fn is_success(self) -> bool {
        self.is_in_requested_status() || self == Self::Completed
    }

    /// Returns whether the report is in the requested status.
    pub fn is_in_requested_status(self) -> bool {
        matches!(self, Self::Resumed | Self::AlreadyActive | Self::Paused | Self::AlreadyPaused)
    }

    pub(super) fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::BadRequest | ErrorKind::Conflict | ErrorKind::Forbidden => Self::Refused,
            _ => Self::Failed,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why an [`Outcome`] is not a success.
///
/// `Display` is a stable word, such as `one-time` or `bad-request`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The report is inactive because its recurrences have run, or its end has passed.
    Ended,
    /// The report is inactive although its schedule has not ended; the service does not report why.
    Inactive,
    /// The report is an inactive one-time report, which is assumed to have run.
    OneTime,
    /// The service reports a status that the spec does not define, or none.
    UnknownStatus,
    /// The request was accepted, but the report was not seen in the requested status.
    NotReached,
    /// The run was stopped.
    Stopped,
    /// A request for another report failed with an error that concerns all reports.
    OtherRequest,
    /// The request failed, or there is no such report.
    Error(ErrorKind),
}

impl Reason {
    /// Every reason except [`Error`](Self::Error).
    pub const ALL: &'static [Self] = &[
        Self::Ended,
        Self::Inactive,
        Self::OneTime,
        Self::UnknownStatus,
        Self::NotReached,
        Self::Stopped,
        Self::OtherRequest,
    ];

    /// Returns why a report that is neither active nor paused cannot be changed.
    pub(super) fn of_status(report: &Report, now: SystemTime) -> Self {
        if report.report_status != Some(ReportStatus::Inactive) {
            return Self::UnknownStatus;
        }
        let is_one_time =
            report.execute_now == Some(true) || report.recurrence_interval.is_some_and(|h| h <= 0);
        let has_ended = report.schedule().is_some_and(|schedule| schedule.next_after(now).is_none());
        match (is_one_time, has_ended) {
            (true, _) => Self::OneTime,
            (false, true) => Self::Ended,
            (false, false) => Self::Inactive,
        }
    }

    /// Returns the next step.
    pub fn help(self) -> &'static str {
        match self {
            Self::Ended => "schedule a new report: this one has no executions left",
            Self::Inactive => {
                "look at the report in Partner Center; only paused and active reports can be changed"
            }
            Self::OneTime => "schedule a new report to run the query again",
            Self::UnknownStatus => {
                "look at the report in Partner Center; `skip_verification` sends the request for its ID in any status"
            }
            Self::NotReached | Self::Stopped => {
                "list the reports in a few minutes to see their status; running the command again is safe"
            }
            Self::OtherRequest => "correct the cause of the failure; running the command again is safe",
            Self::Error(kind) => kind.help(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Ended => "ended",
            Self::Inactive => "inactive",
            Self::OneTime => "one-time",
            Self::UnknownStatus => "unknown-status",
            Self::NotReached => "not-reached",
            Self::Stopped => "stopped",
            Self::OtherRequest => "other-request",
            Self::Error(kind) => return f.pad(&kind.name().to_lowercase().replace(' ', "-")),
        };
        f.pad(word)
    }
}

/// The outcome of one report, and its cause.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReportOutcome {
    /// Index of the report's step in [`Plan::steps`](super::Plan::steps).
    pub index: usize,
    /// The report.
    pub report_id: ReportId,
    /// The name, if the service has reported it.
    pub name: Option<String>,
    /// The status that was seen last.
    pub status: Option<ReportStatus>,
    /// When that status was seen.
    pub seen_at: Option<SystemTime>,
    /// The outcome.
    pub outcome: Outcome,
    /// Why the outcome is not a success. `None` for a success only.
    pub reason: Option<Reason>,
    /// The error behind the reason, if any.
    pub error: Option<Error>,
    /// When the report is due next, if it is active and its schedule is known. [`Timestamp::from`](crate::Timestamp)
    /// formats it.
    pub next_execution: Option<SystemTime>,
}

impl ReportOutcome {
    /// Returns the reason in one sentence. `None` for a success.
    pub fn message(&self) -> Option<String> {
        let reason = self.reason?;
        if let Some(message) = self.error.as_ref().and_then(Error::message) {
            return Some(message.to_owned());
        }
        let status = self.status.as_ref().map(ReportStatus::as_str);
        let seen = status.map_or_else(String::new, |status| format!("; last seen: {status}"));
        Some(match (reason, self.outcome) {
            (Reason::Ended, _) => "inactive: no executions are left".to_owned(),
            (Reason::Inactive, _) => "inactive, although its schedule has not ended".to_owned(),
            (Reason::OneTime, _) => "a one-time report that has run".to_owned(),
            (Reason::UnknownStatus, _) => match status {
                Some(status) => format!("in status {status}, which the spec does not define"),
                None => "the service reports no status".to_owned(),
            },
            (Reason::NotReached, _) => format!("not seen in the requested status{seen}"),
            (Reason::Stopped, Outcome::NotTried) => "not tried, because the run was stopped".to_owned(),
            (Reason::Stopped, _) => format!("the run was stopped before the change was verified{seen}"),
            (Reason::OtherRequest, _) => {
                "not tried, because another request failed for all reports".to_owned()
            }
            (Reason::Error(ErrorKind::NotFound), _) => "no report has this ID".to_owned(),
            (Reason::Error(kind), _) => kind.name().to_owned(),
        })
    }
}
