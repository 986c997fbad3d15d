//! The differences between a resume and a pause.

use std::fmt;

use super::Outcome;
use crate::report::ReportStatus;

/// The direction of a bulk change, for [`bulk_change`](crate::InsightsClient::bulk_change).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From paused to active.
    Resume,
    /// From active to paused.
    Pause,
}

impl Direction {
    /// Returns the name: `resume` or `pause`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resume => "resume",
            Self::Pause => "pause",
        }
    }

    /// Returns the status of the reports that can be changed.
    pub fn source(self) -> ReportStatus {
        match self {
            Self::Resume => ReportStatus::Paused,
            Self::Pause => ReportStatus::Active,
        }
    }

    /// Returns the status that the change requests.
    pub fn target(self) -> ReportStatus {
        match self {
            Self::Resume => ReportStatus::Active,
            Self::Pause => ReportStatus::Paused,
        }
    }

    pub(super) fn done(self) -> Outcome {
        match self {
            Self::Resume => Outcome::Resumed,
            Self::Pause => Outcome::Paused,
        }
    }

    pub(super) fn already_done(self) -> Outcome {
        match self {
            Self::Resume => Outcome::AlreadyActive,
            Self::Pause => Outcome::AlreadyPaused,
        }
    }

    pub(super) fn not_possible(self) -> Outcome {
        match self {
            Self::Resume => Outcome::NotResumable,
            Self::Pause => Outcome::NotPausable,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
