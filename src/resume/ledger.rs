//! What is known of each report of a change, in as few bytes as that takes: it is all that grows with their number.

use std::collections::HashMap;

use super::{Outcome, Step};
use crate::report::{Report, ReportId, ReportStatus};

/// A line for each report, in the order of the plan. A place is the number of a line, from 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    lines: Vec<Line>,
    /// Places in the order of the ids.
    by_id: Vec<usize>,
    /// All names, one after the other.
    names: String,
    /// Statuses that the contract does not know.
    other_statuses: HashMap<ReportId, ReportStatus>,
}

#[derive(Clone, Debug)]
struct Line {
    report_id: ReportId,
    /// Where its name begins and ends.
    name: Option<(u32, u32)>,
    status: Status,
    skip: Option<Outcome>,
    progress: Progress,
}

#[derive(Clone, Copy, Debug)]
enum Status {
    Unseen,
    /// The index among those that the contract knows.
    Known(u8),
    Other,
}

/// How far a report has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It is not in the plan after all; its line goes when the ledger is [closed](Ledger::close).
    LeftOut,
    Planned,
    /// Its request was answered, or maybe arrived. It is to be looked up in the list.
    Awaited,
    /// The latest list tells its status.
    Listed,
    Settled,
}

impl Ledger {
    /// A line for each id.
    pub fn of_ids(ids: Vec<ReportId>) -> Self {
        Self { lines: ids.into_iter().map(Line::of).collect(), ..Self::default() }.close()
    }

    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Forgets what was read, and takes all for not found.
    pub fn begin(&mut self) {
        self.names.clear();
        self.other_statuses.clear();
        for line in &mut self.lines {
            *line = Line { skip: Some(Outcome::NotFound), ..Line::of(line.report_id) };
        }
    }

    /// Adds a line for a report that was read.
    pub fn add(&mut self, report: Report) {
        self.lines.push(Line::of(report.report_id));
        self.note(self.lines.len() - 1, report, None);
    }

    /// Notes what was read of a report.
    pub fn note(&mut self, place: usize, report: Report, skip: Option<Outcome>) {
        let begin = u32::try_from(self.names.len()).ok();
        let name = report.report_name.filter(|_| begin.is_some()).inspect(|name| self.names.push_str(name));
        let end = name.and_then(|_| u32::try_from(self.names.len()).ok());
        self.lines[place].name = begin.zip(end);
        self.lines[place].skip = skip;
        self.note_status(place, report.report_status);
    }

    pub fn note_status(&mut self, place: usize, status: Option<ReportStatus>) {
        let Some(status) = status else { return };
        let line = &mut self.lines[place];
        let known = ReportStatus::KNOWN.iter().position(|known| *known == status);
        line.status = if let Some(index) = known.and_then(|index| u8::try_from(index).ok()) {
            Status::Known(index)
        } else {
            self.other_statuses.insert(line.report_id, status);
            Status::Other
        };
    }

    /// Removes lines that are left out or are there twice, and puts the others in reach by their ids.
    pub fn close(mut self) -> Self {
        let lines = &mut self.lines;
        let by_id = |lines: &[Line]| {
            let mut places: Vec<_> = (0..lines.len()).collect();
            places.sort_unstable_by_key(|place| (lines[*place].report_id, *place));
            places
        };
        self.by_id = by_id(lines);
        for pair in self.by_id.windows(2) {
            if lines[pair[0]].report_id == lines[pair[1]].report_id {
                lines[pair[1]].progress = Progress::LeftOut;
            }
        }
        lines.retain(|line| line.progress != Progress::LeftOut);
        if lines.len() < self.by_id.len() {
            self.by_id = by_id(lines);
        }
        self
    }

    pub fn find(&self, id: ReportId) -> Option<usize> {
        let found = self.by_id.binary_search_by_key(&id, |place| self.lines[*place].report_id);
        found.ok().map(|index| self.by_id[index])
    }

    pub fn report_id(&self, place: usize) -> ReportId {
        self.lines[place].report_id
    }

    pub fn skip(&self, place: usize) -> Option<Outcome> {
        self.lines[place].skip
    }

    pub fn progress(&self, place: usize) -> Progress {
        self.lines[place].progress
    }

    pub fn set_progress(&mut self, place: usize, progress: Progress) {
        self.lines[place].progress = progress;
    }

    pub fn status(&self, place: usize) -> Option<&ReportStatus> {
        let line = &self.lines[place];
        match line.status {
            Status::Unseen => None,
            Status::Known(index) => ReportStatus::KNOWN.get(usize::from(index)),
            Status::Other => self.other_statuses.get(&line.report_id),
        }
    }

    pub fn step(&self, place: usize) -> Step {
        let &Line { report_id, name, skip, .. } = &self.lines[place];
        let name = name.and_then(|(begin, end)| self.names.get(begin as usize..end as usize));
        Step { report_id, name: name.map(str::to_owned), status: self.status(place).cloned(), skip }
    }
}

impl Line {
    fn of(report_id: ReportId) -> Self {
        Self { report_id, name: None, status: Status::Unseen, skip: None, progress: Progress::Planned }
    }
}
