//! Routes requests to the operations of the spec, after the rate limit and the faults.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::http::header::CONNECTION;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{MethodFilter, get, on};
use serde_json::Value;
use uuid::Uuid;

use super::check::{self, Parameters, refusal};
use super::fault::{Effect, Fault};
use super::files::Store;
use super::limit::{Meter, Verdict};
use super::nulls;
use super::record::{Record, RecordedRequest};
use super::response::{self, Disconnect, Refusal};
use super::state::{Refused, State};
use crate::report::{ReportId, ReportStatus};
use crate::spec::{self, Operation};

const CORRELATION_ID: HeaderName = HeaderName::from_static("ms-correlationid");
const REQUEST_ID: HeaderName = HeaderName::from_static("ms-requestid");
const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

pub(super) struct Service {
    pub token: String,
    pub is_tls: bool,
    pub store: Store,
    pub shared: Mutex<Shared>,
}

/// The data that requests change.
pub(super) struct Shared {
    pub state: State,
    pub faults: Vec<Fault>,
    pub meter: Option<Meter>,
    pub random: fastrand::Rng,
    pub record: Record,
}

struct Request {
    /// The operation, or the status of the response if the spec has none.
    operation: Result<&'static Operation, StatusCode>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    path: Parameters,
    /// The body, or the status of the response if it cannot be read.
    body: Result<Bytes, StatusCode>,
}

/// A request that the spec allows.
pub(super) struct Call<'a> {
    pub parameters: Parameters,
    pub body: &'a [u8],
    /// Whether the program is the commercial marketplace.
    pub is_marketplace: bool,
    pub is_v1_1: bool,
}

impl Call<'_> {
    /// Returns the user of created items: a sign-in name, or a number in the commercial marketplace.
    pub fn user(&self) -> &'static str {
        if self.is_marketplace { "142344300" } else { "reports@partner.example" }
    }
}

impl Service {
    /// Builds a route for each operation of the spec, implemented or not.
    pub fn router(self: &Arc<Self>) -> Router {
        let handler = |operation: Result<&'static Operation, StatusCode>| {
            let service = self.clone();
            async move |path: Result<Path<Parameters>, PathRejection>,
                        method: Method,
                        uri: Uri,
                        headers: HeaderMap,
                        body: Result<Bytes, BytesRejection>| {
                // Without a route, there are no path parameters.
                let (operation, path) = match path {
                    Ok(Path(path)) => (operation, path),
                    Err(_) => (operation.and(Err(StatusCode::BAD_REQUEST)), Parameters::new()),
                };
                let body = body.map_err(|rejection| rejection.status());
                service.handle(Request { operation, method, uri, headers, path, body }).await
            }
        };
        let mut router = Router::new();
        for operation in spec::OPERATIONS {
            let Ok(method) = Method::from_bytes(operation.method.as_bytes()) else { continue };
            let Ok(filter) = MethodFilter::try_from(method) else { continue };
            // OpenAPI and axum share the syntax of path parameters.
            let path = format!("{}{}", spec::BASE_PATH, operation.path);
            router = router.route(&path, on(filter, handler(Ok(operation))));
        }
        let service = self.clone();
        let file = async move |Path((report, name)): Path<(String, String)>, uri: Uri, headers: HeaderMap| {
            service.serve_file(&report, &name, uri.query().unwrap_or_default(), &headers)
        };
        router
            .route("/files/{report}/{name}", get(file))
            .method_not_allowed_fallback(handler(Err(StatusCode::METHOD_NOT_ALLOWED)))
            .fallback(handler(Err(StatusCode::NOT_FOUND)))
    }

    async fn handle(&self, request: Request) -> Response {
        let (verdict, fault) = self.shared().admit(&request);
        let mut response = match verdict.and_then(|verdict| verdict.refused) {
            Some(retry_after) => response::throttled(retry_after),
            None => self.respond_with(fault, &request).await,
        };
        let mut shared = self.shared();
        let headers = response.headers_mut();
        headers.insert(CORRELATION_ID, shared.correlation_id(&request));
        if let Some(verdict) = verdict {
            headers.insert(RATE_LIMIT, verdict.limit.into());
            headers.insert(RATE_LIMIT_REMAINING, verdict.remaining.into());
        }
        let recorded = recorded(&request, &response);
        let path = request.operation.map_or("", |operation| operation.path);
        let status = recorded.status.map_or_else(|| "disconnected".to_owned(), |status| status.to_string());
        tracing::debug!("emulator: {} {path} -> {status}", request.method);
        shared.record.push(recorded);
        response
    }

    async fn respond_with(&self, fault: Option<Effect>, request: &Request) -> Response {
        match fault {
            None => self.respond(request),
            Some(Effect::Respond { status, headers, body }) => response::custom(status, headers, body),
            Some(Effect::Refuse { status, headers }) => {
                response::with_headers(refuse(request, status), headers)
            }
            Some(Effect::Delay(time)) => {
                tokio::time::sleep(time).await;
                self.respond(request)
            }
            Some(Effect::DisconnectBefore) => response::disconnect(),
            Some(Effect::DisconnectAfter) => {
                self.respond(request);
                response::disconnect()
            }
            Some(Effect::Truncate(bytes)) => response::truncate(self.respond(request), bytes).await,
        }
    }

    fn respond(&self, request: &Request) -> Response {
        let mut response = self.perform(request).unwrap_or_else(|refusal| refusal.respond());
        if request.body.is_err() {
            // The rest of the body is not read, so the connection cannot be used again.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn perform(&self, request: &Request) -> Result<Response, Refusal> {
        let unknown = |status| Refusal::new(status, "The spec does not define this method and path.");
        let operation = request.operation.map_err(unknown)?;
        let body = request.body.as_ref().map_err(|status| unreadable(*status))?;
        if !check::is_authorized(&request.headers, &self.token) {
            return Err(refusal(operation, StatusCode::UNAUTHORIZED));
        }
        let query = request.uri.query().unwrap_or_default();
        let parameters = check::check(operation, request.path.clone(), query, &request.headers)?;
        let is = |variable: &str, value: &str| request.path.get(variable).is_some_and(|given| given == value);
        let (is_marketplace, is_v1_1) = (is("program", "cmp"), is("version", "v1.1"));
        let call = Call { parameters, body, is_marketplace, is_v1_1 };
        self.shared().state.settle();
        let mut envelope = match *operation {
            spec::GET_DATASETS => self.list_datasets(&call),
            spec::GET_REPORT_QUERIES => self.list_queries(&call),
            spec::CREATE_REPORT_QUERY => self.create_query(&call),
            spec::DELETE_REPORT_QUERY => self.delete_query(&call),
            spec::TRY_REPORT_QUERY => self.try_query(&call),
            spec::GET_REPORTS => self.list_reports(&call.parameters),
            spec::CREATE_REPORT => self.create_report(&call),
            spec::UPDATE_REPORT => self.update_report(&call),
            spec::DELETE_REPORT => self.delete_report(&call),
            spec::PAUSE_REPORT_EXECUTIONS => self.set_status(&call.parameters, ReportStatus::Paused),
            spec::RESUME_REPORT_EXECUTIONS => self.set_status(&call.parameters, ReportStatus::Active),
            spec::GET_REPORT_EXECUTIONS => self.list_executions(&call.parameters, &request.headers),
            Operation { id, .. } => {
                Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, format!("The emulator does not know {id}.")))
            }
        }?;
        nulls::fill(operation, &mut envelope);
        Ok(response::envelope(StatusCode::OK, &envelope))
    }

    fn list_reports(&self, parameters: &Parameters) -> Result<Value, Refusal> {
        let fits = |name: &str, value: Option<&String>| {
            parameters.get(name).is_none_or(|wanted| Some(wanted) == value)
        };
        let ids = parameters.get("reportId").map(|ids| ids.split(';').map(str::parse).collect::<Vec<_>>());
        let shared = self.shared();
        let reports = shared.state.reports().filter(|report| {
            ids.as_ref().is_none_or(|ids| ids.contains(&Ok(report.report_id)))
                && fits("reportName", report.report_name.as_ref())
                && fits("queryId", report.query_id.as_ref())
        });
        let reports: Vec<_> = reports.collect();
        if reports.is_empty() { Err(no_item()) } else { Ok(response::success(&reports)) }
    }

    fn set_status(&self, parameters: &Parameters, status: ReportStatus) -> Result<Value, Refusal> {
        let id = report_id(parameters).ok_or_else(no_item)?;
        let changed = self.shared().state.set_status(id, status);
        let report = changed.map_err(|refused| match refused {
            Refused::NotFound => no_item(),
            Refused::Inactive => {
                Refusal::new(StatusCode::BAD_REQUEST, "An inactive report cannot be paused or resumed.")
            }
        })?;
        Ok(response::success(&[report]))
    }

    pub fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Counts the request against the limit and the faults.
    fn admit(&mut self, request: &Request) -> (Option<Verdict>, Option<Effect>) {
        let verdict = self.meter.as_mut().map(|meter| meter.count(Instant::now()));
        let (operation, report) = (request.operation.ok(), report_id(&request.path));
        let mut effect = None;
        // Every fault counts the request, even if an earlier one applies.
        for fault in &mut self.faults {
            if fault.applies(operation, report, &mut self.random) && effect.is_none() {
                effect = Some(fault.effect.clone());
            }
        }
        (verdict, effect)
    }

    /// Returns the caller's own id if it is valid, else a random one.
    fn correlation_id(&mut self, request: &Request) -> HeaderValue {
        let sent = request.headers.get(CORRELATION_ID);
        let valid = sent.filter(|id| Uuid::try_parse_ascii(id.as_bytes()).is_ok()).cloned();
        valid.unwrap_or_else(|| {
            HeaderValue::from_str(&self.random_id().to_string()).unwrap_or(HeaderValue::from_static(""))
        })
    }

    pub fn random_id(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.random.u128(..).to_be_bytes()).into_uuid()
    }
}

fn recorded(request: &Request, response: &Response) -> RecordedRequest {
    let id = request.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let disconnected = response.extensions().get::<Disconnect>().is_some();
    RecordedRequest {
        operation: request.operation.ok(),
        method: request.method.to_string(),
        target: request.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        request_id: id.map(str::to_owned),
        status: (!disconnected).then(|| response.status().as_u16()),
    }
}

fn unreadable(status: StatusCode) -> Refusal {
    let message = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "The request payload is larger than 2 MB.",
        _ => "The request payload cannot be read.",
    };
    Refusal::new(status, message)
}

/// Refuses a request with the documented message of a status.
fn refuse(request: &Request, status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let refused = match request.operation {
        Ok(operation) => refusal(operation, status),
        Err(_) => Refusal::new(status, ""),
    };
    refused.respond()
}

/// Returns the documented error for an empty list, which is used for unknown IDs too.
pub(super) fn no_item() -> Refusal {
    refusal(&spec::GET_REPORTS, StatusCode::NOT_FOUND)
}

pub(super) fn report_id(parameters: &Parameters) -> Option<ReportId> {
    parameters.get("reportId")?.parse().ok()
}
