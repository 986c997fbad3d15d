//! Settings of executions and quotas.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use super::EmulatorBuilder;
use crate::report::{Execution, ReportId};

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub one_time_duration: Duration,
    pub quotas: bool,
    /// The start of the outage of each report that delivers no files.
    outages: HashMap<ReportId, SystemTime>,
}

impl Settings {
    pub fn add_outage(&mut self, id: ReportId, since: SystemTime) {
        self.outages.insert(id, since);
    }

    /// Whether an execution is listed: not if it was due during an outage.
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
    /// Sets the time from the creation of a one-time report to its file. Default: two seconds.
    pub fn one_time_duration(mut self, duration: Duration) -> Self {
        self.settings.one_time_duration = duration;
        self
    }

    /// Omits the executions of a report that were due at this time or later, as if they had failed. How the service
    /// lists failed executions is not documented.
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
