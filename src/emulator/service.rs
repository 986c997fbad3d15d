//! Routes of the contract, and what each operation does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use uuid::Uuid;

use super::answer::{self, Refusal};
use super::check::{self, Contract, Parameters};
use super::state::{ExecutionFilter, Refused, ReportFilter, State};
use crate::contract::{self, Operation};
use crate::report::{ExecutionStatus, ReportId, ReportStatus};

const CORRELATION_ID: HeaderName = HeaderName::from_static("ms-correlationid");

pub(crate) struct Service {
    contract: Contract,
    token: String,
    state: Mutex<State>,
}

impl Service {
    pub fn new(token: &str, state: State) -> serde_json::Result<Self> {
        Ok(Self { contract: Contract::load()?, token: token.to_owned(), state: Mutex::new(state) })
    }

    /// A route for each operation of the contract, whether it is known here or not.
    pub fn router(self) -> Router {
        let service = Arc::new(self);
        let mut router = Router::new();
        for operation in contract::OPERATIONS {
            let Ok(method) = axum::http::Method::from_bytes(operation.method.as_bytes()) else { continue };
            let Ok(filter) = MethodFilter::try_from(method) else { continue };
            let service = service.clone();
            let handler = move |Path(path): Path<Parameters>,
                                RawQuery(query): RawQuery,
                                headers: HeaderMap| async move {
                let answer = service.answer(operation, path, &query.unwrap_or_default(), &headers);
                with_correlation_id(answer.into_response(), &headers)
            };
            // OpenAPI and the router write path parameters alike.
            router = router.route(&format!("{}{}", contract::BASE_PATH, operation.path), on(filter, handler));
        }
        router
            .method_not_allowed_fallback(async |headers: HeaderMap| {
                let refusal =
                    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "The address does not know this method.");
                with_correlation_id(refusal.into_response(), &headers)
            })
            .fallback(async |headers: HeaderMap| {
                let refusal = Refusal::new(StatusCode::NOT_FOUND, "There is nothing at this address.");
                with_correlation_id(refusal.into_response(), &headers)
            })
    }

    fn answer(
        &self,
        operation: &Operation,
        path: Parameters,
        query: &str,
        headers: &HeaderMap,
    ) -> Result<Response, Refusal> {
        if !check::is_authorized(headers, &self.token) {
            return Err(self.contract.refusal(operation, StatusCode::UNAUTHORIZED));
        }
        let parameters = self.contract.check(operation, path, query, headers)?;
        match operation.id {
            id if id == contract::GET_REPORTS.id => self.reports(&parameters),
            id if id == contract::PAUSE_REPORT_EXECUTIONS.id => {
                self.set_status(&parameters, ReportStatus::Paused)
            }
            id if id == contract::RESUME_REPORT_EXECUTIONS.id => {
                self.set_status(&parameters, ReportStatus::Active)
            }
            id if id == contract::GET_REPORT_EXECUTIONS.id => self.executions(&parameters),
            id => Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, format!("The emulator does not know {id}."))),
        }
    }

    fn reports(&self, parameters: &Parameters) -> Result<Response, Refusal> {
        let reports = self.state().reports(&ReportFilter {
            id: report_id(parameters),
            name: get(parameters, "reportName"),
            query_id: get(parameters, "queryId"),
        });
        if reports.is_empty() { Err(self.no_item()) } else { Ok(answer::reports(reports)) }
    }

    fn set_status(&self, parameters: &Parameters, status: ReportStatus) -> Result<Response, Refusal> {
        let id = report_id(parameters).ok_or_else(|| self.no_item())?;
        let changed = self.state().set_status(id, status);
        match changed {
            Ok(report) => Ok(answer::reports(vec![report])),
            Err(Refused::NoSuchReport) => Err(self.no_item()),
            Err(Refused::Inactive) => {
                Err(Refusal::new(StatusCode::BAD_REQUEST, "An inactive report cannot be paused or resumed."))
            }
        }
    }

    fn executions(&self, parameters: &Parameters) -> Result<Response, Refusal> {
        let id = report_id(parameters).ok_or_else(|| self.no_item())?;
        let filter = ExecutionFilter {
            id: get(parameters, "executionId"),
            status: get(parameters, "executionStatus")
                .map_or(ExecutionStatus::Completed, ExecutionStatus::from),
            latest: get(parameters, "getLatestExecution")
                .is_none_or(|latest| latest.eq_ignore_ascii_case("true")),
        };
        let executions = self.state().executions(id, &filter).map_err(|_| self.no_item())?;
        if executions.is_empty() {
            return Err(self.contract.refusal(&contract::GET_REPORT_EXECUTIONS, StatusCode::NOT_FOUND));
        }
        Ok(answer::executions(executions))
    }

    /// The same wording for an unknown id as for a list that is empty, as on the pages.
    fn no_item(&self) -> Refusal {
        self.contract.refusal(&contract::GET_REPORTS, StatusCode::NOT_FOUND)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn report_id(parameters: &Parameters) -> Option<ReportId> {
    get(parameters, "reportId").and_then(|id| id.parse().ok())
}

fn get<'a>(parameters: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    parameters.get(name).map(String::as_str)
}

/// Every answer carries the id, the caller's own if there is one.
fn with_correlation_id(mut response: Response, request: &HeaderMap) -> Response {
    let sent =
        request.get(CORRELATION_ID).filter(|id| id.to_str().is_ok_and(|id| Uuid::parse_str(id).is_ok()));
    let fresh = || HeaderValue::from_str(&Uuid::new_v4().to_string()).ok();
    if let Some(id) = sent.cloned().or_else(fresh) {
        response.headers_mut().insert(CORRELATION_ID, id);
    }
    response
}
