//! Lists of reports and of executions, and what they can be narrowed down by.

use std::future::IntoFuture;
use std::pin::Pin;

use wildmatch::WildMatch;

use crate::answer::Answer;
use crate::client::InsightsClient;
use crate::error::{Error, ErrorKind};
use crate::generated::Client;
use crate::report::{Execution, ExecutionStatus, Report, ReportId, ReportStatus};
use crate::spec::{self, Operation};

type ListFuture<'a, T> = Pin<Box<dyn Future<Output = Result<Vec<T>, Error>> + Send + 'a>>;

/// A list of reports, made by [`InsightsClient::reports`] and sent when it is awaited.
///
/// The service itself cannot filter by status, so all reports are fetched in one request, and the filters apply here.
///
/// ```no_run
/// # async fn run(client: partner_center_insights::InsightsClient) -> Result<(), partner_center_insights::Error> {
/// use partner_center_insights::ReportStatus;
///
/// for report in client.reports().status(ReportStatus::Paused).name_matches("Sales*").await? {
///     println!("{} {}", report.report_id, report.report_name.unwrap_or_default());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct ListReports<'a> {
    client: &'a InsightsClient,
    filter: ReportFilter,
}

/// Which reports are wanted. Everything that is set must fit.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReportFilter {
    pub status: Option<ReportStatus>,
    pub name: Option<WildMatch>,
    pub query_id: Option<String>,
}

impl ReportFilter {
    pub fn fits(&self, report: &Report) -> bool {
        let name = report.report_name.as_deref().unwrap_or_default();
        self.status.as_ref().is_none_or(|status| report.report_status.as_ref() == Some(status))
            && self.name.as_ref().is_none_or(|pattern| pattern.matches(name))
            && self.query_id.as_ref().is_none_or(|id| {
                report.query_id.as_ref().is_some_and(|own| own.trim().eq_ignore_ascii_case(id.trim()))
            })
    }
}

/// A pattern of a report's name, in any letter case: `*` for any text, `?` for one character.
pub(crate) fn name_pattern(pattern: &str) -> WildMatch {
    WildMatch::new_case_insensitive(pattern)
}

impl<'a> ListReports<'a> {
    pub(crate) fn new(client: &'a InsightsClient) -> Self {
        Self { client, filter: ReportFilter::default() }
    }

    /// Only reports with this status.
    pub fn status(mut self, status: ReportStatus) -> Self {
        self.filter.status = Some(status);
        self
    }

    /// Only reports whose whole name fits this pattern, in any letter case: `*` stands for any text, `?` for one
    /// character.
    pub fn name_matches(mut self, pattern: &str) -> Self {
        self.filter.name = Some(name_pattern(pattern));
        self
    }

    /// Only reports that run this query.
    pub fn query_id(mut self, query_id: impl Into<String>) -> Self {
        self.filter.query_id = Some(query_id.into());
        self
    }

    async fn send(self) -> Result<Vec<Report>, Error> {
        let mut reports = self.client.list_reports(None).await?;
        reports.retain(|report| self.filter.fits(report));
        Ok(reports)
    }
}

impl InsightsClient {
    /// Gets one report, or nothing if there is none with this id.
    ///
    #[doc = concat!("See [the service's page](", env!("DOC_GET_REPORTS"), ").")]
    ///
    /// # Errors
    ///
    /// As for [`resume`](Self::resume).
    pub async fn report<I>(&self, report_id: I) -> Result<Option<Report>, Error>
    where
        I: TryInto<ReportId, Error: Into<Error>>,
    {
        let id = report_id.try_into().map_err(Into::into)?;
        let reports = self.list_reports(Some(id)).await?;
        // A service that ignores the parameter lists every report.
        Ok(reports.into_iter().find(|report| report.report_id == id))
    }

    pub(crate) async fn list_reports(&self, id: Option<ReportId>) -> Result<Vec<Report>, Error> {
        let operation = &spec::GET_REPORTS;
        let send = |api: Client| async move { api.get_reports(None, id.as_ref(), None).await };
        whole_list(operation, self.call(operation, send).await, NOTHING_MATCHES)
    }
}

impl<'a> IntoFuture for ListReports<'a> {
    type Output = Result<Vec<Report>, Error>;
    type IntoFuture = ListFuture<'a, Report>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// A list of executions, made by [`InsightsClient::executions`] and sent when it is awaited.
#[derive(Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct ListExecutions<'a> {
    client: &'a InsightsClient,
    report_id: Result<ReportId, Error>,
    execution_id: Option<String>,
    status: Option<ExecutionStatus>,
    latest: bool,
}

impl<'a> ListExecutions<'a> {
    pub(crate) fn new(client: &'a InsightsClient, report_id: Result<ReportId, Error>) -> Self {
        Self { client, report_id, execution_id: None, status: None, latest: false }
    }

    /// Only executions in this state. The service takes [`Completed`](ExecutionStatus::Completed) if none is given.
    pub fn status(mut self, status: ExecutionStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Only the execution with this id.
    pub fn execution_id(mut self, execution_id: impl Into<String>) -> Self {
        self.execution_id = Some(execution_id.into());
        self
    }

    /// Only the latest execution instead of those of the last 90 days.
    pub fn latest(mut self) -> Self {
        self.latest = true;
        self
    }

    async fn send(self) -> Result<Vec<Execution>, Error> {
        let operation = &spec::GET_REPORT_EXECUTIONS;
        let id = self.report_id?;
        let (execution, status, latest) = (self.execution_id, self.status, self.latest);
        let send = |api: Client| {
            let (execution, status) = (execution.clone(), status.clone());
            async move {
                api.get_report_executions(&id, execution.as_deref(), status.as_ref(), Some(latest)).await
            }
        };
        let answer = self.client.call(operation, send).await;
        whole_list(operation, answer, NO_EXECUTIONS)
    }
}

impl<'a> IntoFuture for ListExecutions<'a> {
    type Output = Result<Vec<Execution>, Error>;
    type IntoFuture = ListFuture<'a, Execution>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Words by which the message of a 404 is told to mean an empty list; any other 404 is an error.
const NOTHING_MATCHES: &str = "no item found";
const NO_EXECUTIONS: &str = "no executions";

/// Whether the service says in this way that there are no reports.
pub(crate) fn means_no_reports(error: &Error) -> bool {
    says(error, NOTHING_MATCHES)
}

fn says(error: &Error, empty: &str) -> bool {
    error.status() == Some(404) && error.message().is_some_and(|m| m.to_ascii_lowercase().contains(empty))
}

fn whole_list<T>(
    operation: &'static Operation,
    answer: Result<Answer<T>, Error>,
    empty: &str,
) -> Result<Vec<T>, Error> {
    match answer {
        Err(error) if says(&error, empty) => Ok(Vec::new()),
        // Nobody has seen a second page, so nothing is known of how to fetch it.
        // Nothing would pass for a list without elements.
        Ok(answer) if answer.is_bare => Err(Error::new(ErrorKind::InvalidResponse)
            .with_operation(operation)
            .with_message("the service answered without a list")),
        Ok(answer) if answer.has_next_page => Err(Error::new(ErrorKind::InvalidResponse)
            .with_operation(operation)
            .with_status(Some(200))
            .with_message("the list goes on on a further page; a part of it is not passed off as the whole")),
        answer => answer.map(|answer| answer.items),
    }
}
