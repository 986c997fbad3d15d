//! Computes when a report runs, from its start, interval and number of recurrences.

use std::time::{Duration, SystemTime};

use super::{Report, Timestamp};

/// The schedule of a report. Recurrences are assumed to count from the start, even while the report is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    start: SystemTime,
    interval: Duration,
    /// `None` if it is not limited.
    count: Option<u64>,
    end: Option<SystemTime>,
}

impl Schedule {
    /// Creates a schedule. Returns `None` without a start and an interval of at least one hour.
    pub fn new(
        start: Option<&Timestamp>,
        hours: Option<i32>,
        count: Option<i32>,
        end: Option<&Timestamp>,
    ) -> Option<Self> {
        let hours = hours.and_then(|hours| u64::try_from(hours).ok()).filter(|hours| *hours > 0)?;
        Some(Self {
            start: start.and_then(Timestamp::to_system_time)?,
            interval: Duration::from_secs(hours * 60 * 60),
            // One-time reports have been observed with -1.
            count: count.and_then(|count| u64::try_from(count).ok()).filter(|count| *count > 0),
            end: end.and_then(Timestamp::to_system_time),
        })
    }

    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Returns how many executions are due by `time`.
    pub fn due_by(&self, time: SystemTime) -> u64 {
        let time = self.end.map_or(time, |end| time.min(end));
        let Ok(age) = time.duration_since(self.start) else { return 0 };
        let due = age.as_secs() / self.interval.as_secs() + 1;
        self.count.map_or(due, |count| due.min(count))
    }

    /// Returns when the next execution after `time` is due, if one is left.
    pub fn next_after(&self, time: SystemTime) -> Option<SystemTime> {
        self.time_of(self.due_by(time))
    }

    /// Returns when the last execution is due. `None` if their number is not limited.
    pub fn last(&self) -> Option<SystemTime> {
        let number = match self.end {
            Some(end) => self.due_by(end),
            None => self.count?,
        };
        self.time_of(number.checked_sub(1)?)
    }

    /// Returns when the execution with this number is due, counted from 0.
    pub fn time_of(&self, number: u64) -> Option<SystemTime> {
        let age = self.interval.as_secs().checked_mul(number)?;
        let time = self.start.checked_add(Duration::from_secs(age))?;
        let is_past_end = self.end.is_some_and(|end| time > end);
        let is_used_up = self.count.is_some_and(|count| number >= count);
        (!is_past_end && !is_used_up).then_some(time)
    }
}

impl Report {
    /// Returns when the report is due next after `time`, by its start, interval and number of recurrences.
    ///
    /// `None` if it is not active, has no readable schedule, or has no recurrence left. The service does not document
    /// when exactly it runs, so this is when the execution is due, not when its file is ready.
    pub fn next_execution_after(&self, time: SystemTime) -> Option<SystemTime> {
        self.schedule().filter(|_| self.is_active())?.next_after(time)
    }

    /// Returns the schedule, regardless of the status. `None` if a part is missing or cannot be parsed.
    pub(crate) fn schedule(&self) -> Option<Schedule> {
        let Self { start_time, recurrence_interval, recurrence_count, end_time, .. } = self;
        Schedule::new(start_time.as_ref(), *recurrence_interval, *recurrence_count, end_time.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ReportStatus;

    fn at(hour: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + hour * 3600)
    }

    fn report(count: i32) -> Report {
        let report = Report::new(uuid::Uuid::nil().into()).with_status(ReportStatus::Active);
        report.with_schedule(at(0), 24, count)
    }

    #[test]
    fn next_execution_follows_the_interval() {
        assert_eq!(report(100).next_execution_after(at(0) - Duration::from_secs(1)), Some(at(0)));
        assert_eq!(report(100).next_execution_after(at(0)), Some(at(24)));
        assert_eq!(report(100).next_execution_after(at(25)), Some(at(48)));
    }

    #[test]
    fn next_execution_ends_with_the_count() {
        assert_eq!(report(2).next_execution_after(at(23)), Some(at(24)));
        assert_eq!(report(2).next_execution_after(at(24)), None);
        assert_eq!(report(-1).next_execution_after(at(24)), Some(at(48)));
    }

    #[test]
    fn next_execution_ends_with_the_end_time() {
        let mut report = report(100);
        report.end_time = Some(at(30).into());
        assert_eq!(report.next_execution_after(at(20)), Some(at(24)));
        assert_eq!(report.next_execution_after(at(24)), None);
    }

    #[test]
    fn last_execution_follows_count_and_end() {
        let last = |count, end: Option<u64>| {
            let mut report = report(count);
            report.end_time = end.map(|hour| at(hour).into());
            report.schedule().unwrap().last()
        };
        assert_eq!(last(5, None), Some(at(96)));
        assert_eq!(last(5, Some(30)), Some(at(24)));
        assert_eq!(last(-1, Some(48)), Some(at(48)));
        assert_eq!(last(-1, None), None);
    }

    #[test]
    fn paused_report_has_no_next_execution() {
        assert_eq!(report(100).with_status(ReportStatus::Paused).next_execution_after(at(0)), None);
    }
}
