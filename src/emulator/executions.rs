//! Lists executions, and serves their files.

use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;

use super::check::{Parameters, refusal};
use super::files::is_tsv;
use super::response::{self, Refusal};
use super::service::{Service, no_item, report_id};
use crate::report::{Execution, ExecutionStatus, ReportId};
use crate::spec;

impl Service {
    pub fn list_executions(&self, parameters: &Parameters, headers: &HeaderMap) -> Result<Value, Refusal> {
        let get = |name: &str| parameters.get(name).map(String::as_str);
        let status = get("executionStatus").map(ExecutionStatus::from);
        let latest = get("getLatestExecution").is_none_or(|latest| latest.eq_ignore_ascii_case("true"));
        let id = report_id(parameters).ok_or_else(no_item)?;
        let mut executions = self.shared().state.executions(id).ok_or_else(no_item)?;
        // The only execution of a one-time report is listed even before it is completed.
        let is_one_time = executions.iter().all(|execution| execution.recurrence_interval == Some(-1));
        executions.retain(|execution| {
            let has_status = match &status {
                None if is_one_time => true,
                status => {
                    execution.execution_status.as_ref()
                        == Some(status.as_ref().unwrap_or(&ExecutionStatus::Completed))
                }
            };
            has_status && get("executionId").is_none_or(|id| id == execution.execution_id)
        });
        if latest {
            executions.truncate(1);
        }
        if executions.is_empty() {
            return Err(refusal(&spec::GET_REPORT_EXECUTIONS, StatusCode::NOT_FOUND));
        }
        for execution in &mut executions {
            self.sign(id, execution, headers);
        }
        Ok(response::success(&executions))
    }

    /// Adds the links to the file, with the host that the caller uses.
    fn sign(&self, report: ReportId, execution: &mut Execution, headers: &HeaderMap) {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        if let Some(host) = host.filter(|_| execution.is_completed()) {
            let scheme = if self.is_tls { "https" } else { "http" };
            let format = execution.format.as_deref().unwrap_or("csv");
            let name = format!("{report}/{}.{format}", execution.execution_id);
            let link = self.store.link(&format!("{scheme}://{host}"), &name, self.shared().state.now());
            execution.report_location = link.split('?').next().map(str::to_owned);
            execution.report_access_secure_link = Some(link.into());
        }
    }

    /// Responds to a request for the file of an execution.
    pub fn serve_file(&self, report: &str, name: &str, query: &str, headers: &HeaderMap) -> Response {
        let now = self.shared().state.now();
        let content = || {
            let shared = self.shared();
            let report = shared.state.report(report.parse().ok()?)?;
            let text = report.query.as_deref().unwrap_or_default();
            Some(self.store.content(text, is_tsv(name), &shared.state.catalog))
        };
        self.store.serve(&format!("{report}/{name}"), query, headers, now, content)
    }
}
