//! Reports and executions. The service deviates from its documentation, so the types accept unknown values.

mod id;
mod link;
mod schedule;
mod status;
mod text;
mod timestamp;

pub use crate::generated::types::{Execution, Report};
pub use id::{InvalidReportId, ReportId};
pub use link::SecureLink;
pub(crate) use schedule::Schedule;
pub use status::{ExecutionStatus, ReportStatus};
pub use timestamp::Timestamp;

impl Report {
    /// Creates a report with this id and nothing else, for tests. Set further fields by name or with the methods below:
    ///
    /// ```
    /// use partner_center_insights::{Report, ReportStatus};
    ///
    /// let id = "3f0c2a5e-6c1b-4d7f-9a43-0d6a8f2b71c4".parse()?;
    /// let mut report = Report::new(id).with_name("Sales").with_status(ReportStatus::Paused);
    /// report.format = Some("csv".to_owned());
    /// assert!(report.is_paused());
    /// # Ok::<(), partner_center_insights::InvalidReportId>(())
    /// ```
    pub fn new(id: ReportId) -> Self {
        Self {
            report_id: id,
            report_name: None,
            report_status: None,
            description: None,
            query_id: None,
            query: None,
            user: None,
            created_time: None,
            modified_time: None,
            execute_now: None,
            query_start_time: None,
            query_end_time: None,
            start_time: None,
            end_time: None,
            recurrence_interval: None,
            recurrence_count: None,
            callback_url: None,
            callback_method: None,
            format: None,
        }
    }

    /// Sets the name.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.report_name = Some(name.into());
        self
    }

    /// Sets the status.
    pub fn with_status(mut self, status: ReportStatus) -> Self {
        self.report_status = Some(status);
        self
    }

    /// Sets the id of the query.
    pub fn with_query_id(mut self, query_id: impl Into<String>) -> Self {
        self.query_id = Some(query_id.into());
        self
    }

    /// Sets the schedule: the first execution, the hours between executions, and their number.
    pub fn with_schedule(mut self, start: impl Into<Timestamp>, interval_hours: i32, count: i32) -> Self {
        self.start_time = Some(start.into());
        self.recurrence_interval = Some(interval_hours);
        self.recurrence_count = Some(count);
        self
    }

    /// Sets the time of the last modification.
    pub fn with_modified_time(mut self, time: impl Into<Timestamp>) -> Self {
        self.modified_time = Some(time.into());
        self
    }

    /// Returns whether the report is paused and can be resumed.
    pub fn is_paused(&self) -> bool {
        self.report_status == Some(ReportStatus::Paused)
    }

    /// Returns whether the report runs on schedule.
    pub fn is_active(&self) -> bool {
        self.report_status == Some(ReportStatus::Active)
    }
}

impl Execution {
    /// Creates an execution with this id and nothing else, for tests. Set further fields by name or with the methods
    /// below.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            execution_id: id.into(),
            report_id: None,
            execution_status: None,
            recurrence_interval: None,
            recurrence_count: None,
            callback_url: None,
            callback_method: None,
            format: None,
            report_location: None,
            report_access_secure_link: None,
            report_expiry_time: None,
            report_generated_time: None,
        }
    }

    /// Sets the report.
    pub fn with_report_id(mut self, id: ReportId) -> Self {
        self.report_id = Some(id);
        self
    }

    /// Sets the status.
    pub fn with_status(mut self, status: ExecutionStatus) -> Self {
        self.execution_status = Some(status);
        self
    }

    /// Sets the link to the file, and when the file was written.
    pub fn with_file(mut self, link: impl Into<SecureLink>, generated: impl Into<Timestamp>) -> Self {
        self.report_access_secure_link = Some(link.into());
        self.report_generated_time = Some(generated.into());
        self
    }

    /// Returns whether its file can be downloaded.
    pub fn is_completed(&self) -> bool {
        self.execution_status == Some(ExecutionStatus::Completed)
    }

    /// Returns when its file was written, if the service reports a readable time.
    pub fn generated(&self) -> Option<std::time::SystemTime> {
        self.report_generated_time.as_ref().and_then(Timestamp::to_system_time)
    }
}
