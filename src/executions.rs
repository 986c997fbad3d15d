//! The operation on executions: list.

use std::future::IntoFuture;
use std::pin::Pin;

use crate::client::InsightsClient;
use crate::error::Error;
use crate::generated::Client;
use crate::report::{Execution, ExecutionStatus, ReportId};
use crate::spec;

/// The message of the 404 that means "no executions"; any other 404 is an error.
const NO_EXECUTIONS: &str = "no executions";

impl InsightsClient {
    /// Lists the executions of a report.
    ///
    /// Await it for the completed executions of the last 90 days, or set filters first.
    #[doc = concat!("See [the service's page](", env!("DOC_GET_REPORT_EXECUTIONS"), ").")]
    ///
    /// # Errors
    ///
    /// As for [`resume`](Self::resume). An empty list is not an error, although the service may respond with 404; a
    /// report that does not exist is an error.
    pub fn executions<I>(&self, report_id: I) -> ListExecutions
    where
        I: TryInto<ReportId, Error: Into<Error>>,
    {
        ListExecutions {
            client: self.clone(),
            report_id: report_id.try_into().map_err(Into::into),
            execution_id: None,
            status: None,
            latest: false,
        }
    }
}

/// A list of executions, created by [`InsightsClient::executions`] and sent when it is awaited.
#[derive(Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct ListExecutions {
    client: InsightsClient,
    report_id: Result<ReportId, Error>,
    execution_id: Option<String>,
    status: Option<ExecutionStatus>,
    latest: bool,
}

impl ListExecutions {
    /// Lists only executions with this status. The default of the service is [`Completed`](ExecutionStatus::Completed).
    pub fn status(mut self, status: ExecutionStatus) -> Self {
        self.status = Some(status);
        self
    }

    /// Lists only the execution with this id.
    pub fn execution_id(mut self, execution_id: impl Into<String>) -> Self {
        self.execution_id = Some(execution_id.into());
        self
    }

    /// Lists only the latest execution, instead of all of the last 90 days.
    pub fn latest(mut self) -> Self {
        self.latest = true;
        self
    }

    async fn send(self) -> Result<Vec<Execution>, Error> {
        let Self { client, report_id, execution_id, status, latest } = self;
        let id = report_id?;
        let request = |api: Client| {
            let (execution_id, status) = (execution_id.clone(), status.clone());
            async move {
                api.get_report_executions(&id, execution_id.as_deref(), status.as_ref(), Some(latest)).await
            }
        };
        // Only one execution was requested, but `totalCount` may count all.
        let is_one = latest || execution_id.is_some();
        let is_enough = |executions: &[Execution]| is_one && !executions.is_empty();
        let list = client.call_pages(&spec::GET_REPORT_EXECUTIONS, NO_EXECUTIONS, is_enough, request);
        Ok(list.await?.items)
    }
}

impl IntoFuture for ListExecutions {
    type Output = Result<Vec<Execution>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
