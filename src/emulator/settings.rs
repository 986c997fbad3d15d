//! Settings of what is created through the API.

use std::time::Duration;

use super::EmulatorBuilder;

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub one_time_duration: Duration,
    pub quotas: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { one_time_duration: Duration::from_secs(2), quotas: true }
    }
}

impl EmulatorBuilder {
    /// Sets how long one-time reports take from their creation to their file. Default: two seconds.
    pub fn one_time_duration(mut self, duration: Duration) -> Self {
        self.settings.one_time_duration = duration;
        self
    }

    /// Removes the quotas of 50 active reports, five one-time reports in 60 minutes, and 100 queries.
    pub fn without_quotas(mut self) -> Self {
        self.settings.quotas = false;
        self
    }
}
