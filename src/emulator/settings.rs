//! Settings of what is created through the API.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use super::EmulatorBuilder;
use crate::report::{Execution, ReportId};

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub one_time_duration: Duration,
    pub quotas: bool,
    /// Since when a report delivers no files.
    outages: HashMap<ReportId, SystemTime>,
}

impl Settings {
    pub fn add_outage(&mut self, id: ReportId, since: SystemTime) {
        self.outages.insert(id, since);
    }

    /// Whether an execution has a file, or has none yet.
    pub fn lists(&self, id: ReportId, execution: &Execution) -> bool {
        let outage = self.outages.get(&id).zip(execution.generated());
        outage.is_none_or(|(since, generated)| generated < *since)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { one_time_duration: Duration::from_secs(2), quotas: true, outages: HashMap::new() }
    }
}

impl EmulatorBuilder {
    /// Sets how long one-time reports take from their creation to their file. Default: two seconds.
    pub fn one_time_duration(mut self, duration: Duration) -> Self {
        self.settings.one_time_duration = duration;
        self
    }

    /// Omits the files that a report should have delivered at this time or later: its executions are not listed. That is how
    /// a failed execution looks here; what the service lists is not documented.
    pub fn outage(mut self, id: ReportId, since: SystemTime) -> Self {
        self.settings.add_outage(id, since);
        self
    }

    /// Removes the quotas of 50 active reports, five one-time reports in 60 minutes, and 100 queries.
    pub fn without_quotas(mut self) -> Self {
        self.settings.quotas = false;
        self
    }
}
