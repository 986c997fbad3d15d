//! Routes of the contract, and what each operation does.

use std::collections::{BTreeMap, VecDeque};
use std::future::ready;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use std::{fmt, io};

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use futures_util::stream::{self, StreamExt};
use uuid::Uuid;

use super::answer::{self, Refusal, Spelling};
use super::check::{self, Parameters, Spec};
use super::fault::{Effect, Fault};
use super::limit::{Limit, Meter};
use super::server::DropConnection;
use super::state::{ExecutionFilter, Refused, ReportFilter, State};
use crate::report::{ExecutionStatus, Report, ReportId, ReportStatus};
use crate::spec::{self, Operation};

const CORRELATION_ID: HeaderName = HeaderName::from_static("ms-correlationid");
const REQUEST_ID: HeaderName = HeaderName::from_static("ms-requestid");
const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// So many requests are remembered.
const REMEMBERED: usize = 100_000;

/// A request that came.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The `operationId`, if the contract knows the request.
    pub operation: Option<&'static str>,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The `MS-RequestId`, if there was one.
    pub request_id: Option<String>,
    /// The status of the answer; nothing if the connection was closed instead.
    pub status: Option<u16>,
}

impl fmt::Display for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map_or_else(|| "dropped".to_owned(), |status| status.to_string());
        write!(f, "{} {} -> {status}", self.method, self.target)
    }
}

/// How the service behaves beside what the contract says.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    pub faults: Vec<Fault>,
    pub limit: Option<Limit>,
    pub spelling: Spelling,
    pub seed: u64,
}

pub(crate) struct Service {
    spec: Spec,
    token: String,
    spelling: Spelling,
    state: Mutex<State>,
    trouble: Mutex<Trouble>,
    seen: Mutex<VecDeque<RecordedRequest>>,
    count: AtomicU64,
}

/// What decides over faults, and is changed by every call.
struct Trouble {
    faults: Vec<Fault>,
    meter: Option<Meter>,
    random: fastrand::Rng,
}

/// A request, as far as the service looks at it.
struct Request {
    /// The operation, or the status for none.
    operation: Result<&'static Operation, StatusCode>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    path: Parameters,
}

impl Service {
    pub fn new(token: &str, state: State, settings: Settings) -> serde_json::Result<Self> {
        let Settings { faults, limit, spelling, seed } = settings;
        let meter = limit.map(|limit| Meter::new(limit, Instant::now()));
        let trouble = Trouble { faults, meter, random: fastrand::Rng::with_seed(seed) };
        Ok(Self {
            spec: Spec::load()?,
            token: token.to_owned(),
            spelling,
            state: Mutex::new(state),
            trouble: Mutex::new(trouble),
            seen: Mutex::default(),
            count: AtomicU64::new(0),
        })
    }

    /// A route for each operation of the contract, whether it is known here or not.
    pub fn router(self: &Arc<Self>) -> Router {
        let mut router = Router::new();
        for operation in spec::OPERATIONS {
            let Ok(method) = Method::from_bytes(operation.method.as_bytes()) else { continue };
            let Ok(filter) = MethodFilter::try_from(method) else { continue };
            let service = self.clone();
            let handler =
                async move |Path(path): Path<Parameters>, method: Method, uri: Uri, headers: HeaderMap| {
                    service.handle(Request { operation: Ok(operation), method, uri, headers, path }).await
                };
            // OpenAPI and the router write path parameters alike.
            router = router.route(&format!("{}{}", spec::BASE_PATH, operation.path), on(filter, handler));
        }
        let unknown = |status: StatusCode| {
            let service = self.clone();
            async move |method: Method, uri: Uri, headers: HeaderMap| {
                let request =
                    Request { operation: Err(status), method, uri, headers, path: Parameters::new() };
                service.handle(request).await
            }
        };
        router
            .method_not_allowed_fallback(unknown(StatusCode::METHOD_NOT_ALLOWED))
            .fallback(unknown(StatusCode::NOT_FOUND))
    }

    /// Takes a request through the gateway, faults included, to its operation.
    async fn handle(&self, request: Request) -> Response {
        let limit = self.trouble().meter.as_mut().map(|meter| meter.count(Instant::now()));
        let fault = self.strike(&request);
        let mut answer = match (limit.and_then(|verdict| verdict.refused), &fault) {
            (Some(wait), _) => throttled(wait),
            (None, Some(Effect::Answer { status, headers, body })) => replaced(*status, headers, body),
            (None, Some(Effect::Refuse(status))) => self.refuse(&request, *status),
            (None, Some(Effect::DisconnectBefore)) => dropped(),
            (None, Some(Effect::Delay(time))) => {
                tokio::time::sleep(*time).await;
                self.answer(&request)
            }
            (None, Some(Effect::DisconnectAfter)) => {
                self.answer(&request);
                dropped()
            }
            (None, Some(Effect::Truncate(bytes))) => truncated(self.answer(&request), *bytes),
            (None, None) => self.answer(&request),
        };
        let headers = answer.headers_mut();
        headers.insert(CORRELATION_ID, self.correlation_id(&request.headers));
        if let Some(verdict) = limit {
            headers.insert(RATE_LIMIT, verdict.limit.into());
            headers.insert(RATE_LIMIT_REMAINING, verdict.remaining.into());
        }
        self.remember(&request, &answer);
        answer
    }

    fn strike(&self, request: &Request) -> Option<Effect> {
        let operation = request.operation.map_or("", |operation| operation.id);
        let report = request.path.get("reportId").and_then(|id| id.parse().ok());
        let mut trouble = self.trouble();
        let Trouble { faults, random, .. } = &mut *trouble;
        // Every fault counts the call, also those behind the one that strikes.
        let mut striking = faults
            .iter_mut()
            .filter_map(|fault| fault.strikes(operation, report, random).then(|| fault.effect.clone()));
        let first = striking.next();
        striking.for_each(drop);
        first
    }

    fn refuse(&self, request: &Request, status: u16) -> Response {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let refusal = match request.operation {
            Ok(operation) => self.spec.refusal(operation, status),
            Err(_) => Refusal::new(status, ""),
        };
        refusal.answer(self.spelling)
    }

    fn answer(&self, request: &Request) -> Response {
        self.perform(request).unwrap_or_else(|refusal| refusal.answer(self.spelling))
    }

    fn perform(&self, request: &Request) -> Result<Response, Refusal> {
        let unknown = |status| Refusal::new(status, "The spec does not define this method and address.");
        let operation = request.operation.map_err(unknown)?;
        if !check::is_authorized(&request.headers, &self.token) {
            return Err(self.spec.refusal(operation, StatusCode::UNAUTHORIZED));
        }
        let query = request.uri.query().unwrap_or_default();
        let parameters = self.spec.check(operation, request.path.clone(), query, &request.headers)?;
        match operation.id {
            id if id == spec::GET_REPORTS.id => self.reports(&parameters),
            id if id == spec::PAUSE_REPORT_EXECUTIONS.id => {
                self.set_status(&parameters, ReportStatus::Paused)
            }
            id if id == spec::RESUME_REPORT_EXECUTIONS.id => {
                self.set_status(&parameters, ReportStatus::Active)
            }
            id if id == spec::GET_REPORT_EXECUTIONS.id => self.executions(&parameters),
            id => Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, format!("The emulator does not know {id}."))),
        }
    }

    fn reports(&self, parameters: &Parameters) -> Result<Response, Refusal> {
        let reports = self.state().reports(&ReportFilter {
            id: report_id(parameters),
            name: get(parameters, "reportName"),
            query_id: get(parameters, "queryId"),
        });
        if reports.is_empty() { Err(self.no_item()) } else { Ok(answer::reports(reports, self.spelling)) }
    }

    fn set_status(&self, parameters: &Parameters, status: ReportStatus) -> Result<Response, Refusal> {
        let id = report_id(parameters).ok_or_else(|| self.no_item())?;
        let changed = self.state().set_status(id, status);
        match changed {
            Ok(report) => Ok(answer::reports(vec![report], self.spelling)),
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
            return Err(self.spec.refusal(&spec::GET_REPORT_EXECUTIONS, StatusCode::NOT_FOUND));
        }
        Ok(answer::executions(executions, self.spelling))
    }

    /// The same wording for an unknown id as for a list that is empty, as on the pages.
    fn no_item(&self) -> Refusal {
        self.spec.refusal(&spec::GET_REPORTS, StatusCode::NOT_FOUND)
    }

    pub fn all_reports(&self) -> Vec<Report> {
        self.state().reports(&ReportFilter::default())
    }

    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub fn request_count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn remember(&self, request: &Request, answer: &Response) {
        self.count.fetch_add(1, Ordering::Relaxed);
        let dropped = answer.extensions().get::<DropConnection>().is_some();
        let id = request.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() == REMEMBERED {
            seen.pop_front();
        }
        seen.push_back(RecordedRequest {
            operation: request.operation.ok().map(|operation| operation.id),
            method: request.method.to_string(),
            target: request.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            request_id: id.map(str::to_owned),
            status: (!dropped).then(|| answer.status().as_u16()),
        });
    }

    /// The caller's own id if it is one, or else one drawn from the seed.
    fn correlation_id(&self, request: &HeaderMap) -> HeaderValue {
        let sent =
            request.get(CORRELATION_ID).filter(|id| id.to_str().is_ok_and(|id| Uuid::parse_str(id).is_ok()));
        sent.cloned().unwrap_or_else(|| {
            let id =
                uuid::Builder::from_random_bytes(self.trouble().random.u128(..).to_be_bytes()).into_uuid();
            HeaderValue::from_str(&id.to_string()).unwrap_or(HeaderValue::from_static(""))
        })
    }

    fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
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

/// A refusal of the gateway, which knows neither contract nor envelope.
fn throttled(wait: Option<u64>) -> Response {
    let seconds = wait.map_or_else(String::new, |wait| format!(" Try again in {wait} seconds."));
    let body = format!(r#"{{"statusCode":429,"message":"Rate limit is exceeded.{seconds}"}}"#);
    let mut answer =
        (StatusCode::TOO_MANY_REQUESTS, [(CONTENT_TYPE, "application/json")], body).into_response();
    if let Some(wait) = wait {
        answer.headers_mut().insert(RETRY_AFTER, wait.into());
    }
    answer
}

fn replaced(status: u16, headers: &[(String, String)], body: &str) -> Response {
    let mut answer = body.to_owned().into_response();
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

fn dropped() -> Response {
    let mut answer = Response::default();
    answer.extensions_mut().insert(DropConnection);
    answer
}

/// Lets the body end in an error after some bytes, upon which the connection is closed.
fn truncated(answer: Response, bytes: usize) -> Response {
    let (parts, body) = answer.into_parts();
    let cut = body.into_data_stream().scan(bytes, |left, chunk| {
        let part = chunk.map_err(io::Error::other).map(|mut chunk| {
            chunk.truncate(*left);
            *left -= chunk.len();
            chunk
        });
        ready((*left > 0 || part.as_ref().is_ok_and(|part| !part.is_empty())).then_some(part))
    });
    let end = stream::once(async {
        // What was written so far is sent while the body has nothing to give.
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    Response::from_parts(parts, Body::from_stream(cut.chain(end)))
}
