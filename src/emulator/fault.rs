//! Faults that the emulator simulates.

use std::time::Duration;

use serde_json::json;

use crate::report::ReportId;
use crate::spec::{self, Operation};

/// A failure that the emulator simulates.
///
/// A fault applies to every request unless it is narrowed down by operation, report or number:
///
/// ```
/// use partner_center_insights::emulator::Fault;
/// use partner_center_insights::spec;
///
/// // The first two resumes fail with an HTML page, as from a gateway.
/// let fault = Fault::respond(503, "text/html", "<title>Busy</title>").on(&spec::RESUME_REPORT_EXECUTIONS).first(2);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Fault {
    pub(super) effect: Effect,
    operation: Option<&'static Operation>,
    report: Option<ReportId>,
    calls: Calls,
    /// The number of matching requests so far.
    count: u64,
}

#[derive(Clone, Debug)]
pub(super) enum Effect {
    Respond { status: u16, headers: Vec<(String, String)>, body: String },
    Refuse { status: u16, headers: Vec<(String, String)> },
    Delay(Duration),
    DisconnectBefore,
    DisconnectAfter,
    Truncate(usize),
}

#[derive(Clone, Copy, Debug)]
enum Calls {
    All,
    First(u64),
    Nth(u64),
    Every(u64),
    /// Every `of`th request, starting with this number.
    Turn {
        number: u64,
        of: u64,
    },
    Chance(f64),
}

impl Fault {
    fn new(effect: Effect) -> Self {
        Self { effect, operation: None, report: None, calls: Calls::All, count: 0 }
    }

    /// Responds with this status and body; the operation is not performed.
    pub fn respond(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self::new(Effect::Respond { status, headers, body: body.into() })
    }

    /// Responds with the spec's example of this error status; the operation is not performed. The example of a 429 asks
    /// for a wait of 57 seconds; a shorter `Retry-After` can be set with [`header`](Self::header).
    pub fn refuse(status: u16) -> Self {
        Self::new(Effect::Refuse { status, headers: Vec::new() })
    }

    /// Waits before the operation is performed.
    pub fn delay(time: Duration) -> Self {
        Self::new(Effect::Delay(time))
    }

    /// Closes the connection; the operation is not performed.
    pub fn disconnect_before() -> Self {
        Self::new(Effect::DisconnectBefore)
    }

    /// Performs the operation, then closes the connection without a response.
    pub fn disconnect_after() -> Self {
        Self::new(Effect::DisconnectAfter)
    }

    /// Performs the operation, then closes the connection after `bytes` bytes of the response body.
    pub fn truncate(bytes: usize) -> Self {
        Self::new(Effect::Truncate(bytes))
    }

    /// Adds a response header after [`respond`](Self::respond), or sets one after [`refuse`](Self::refuse). The other
    /// faults ignore it.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Effect::Respond { headers, .. } | Effect::Refuse { headers, .. } = &mut self.effect {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Restricts the fault to an operation of the [spec](crate::spec).
    pub fn on(mut self, operation: &'static Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Restricts the fault to a report.
    pub fn report(mut self, report: ReportId) -> Self {
        self.report = Some(report);
        self
    }

    /// Applies to the first `n` matching requests only.
    pub fn first(mut self, n: u64) -> Self {
        self.calls = Calls::First(n);
        self
    }

    /// Applies to the `n`th matching request only, counted from 1.
    pub fn nth(mut self, n: u64) -> Self {
        self.calls = Calls::Nth(n);
        self
    }

    /// Applies to every `n`th matching request.
    pub fn every(mut self, n: u64) -> Self {
        self.calls = Calls::Every(n.max(1));
        self
    }

    /// Applies to each matching request with this probability, drawn from the emulator's seed.
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.calls = Calls::Chance(probability);
        self
    }

    /// Counts a request if it matches, and returns whether the fault applies to it.
    pub(super) fn applies(
        &mut self,
        operation: Option<&'static Operation>,
        report: Option<ReportId>,
        random: &mut fastrand::Rng,
    ) -> bool {
        if (self.operation.is_some() && self.operation != operation)
            || (self.report.is_some() && self.report != report)
        {
            return false;
        }
        self.count += 1;
        match self.calls {
            Calls::All => true,
            Calls::First(n) => self.count <= n,
            Calls::Nth(n) => self.count == n,
            Calls::Every(n) => self.count.is_multiple_of(n),
            Calls::Turn { number, of } => self.count % of == number,
            Calls::Chance(probability) => random.f64() < probability,
        }
    }
}

/// A named set of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scenario {
    /// Every request is refused because the token was not obtained through multi-factor authentication.
    Mfa,
    /// Only ten requests in ten seconds are accepted. A limit of ten has been observed, in a window of unknown length.
    Throttle,
    /// One request in four has a random fault.
    Flaky,
    /// Every third request to resume or pause a report is refused.
    Partial,
    /// Every response takes two seconds.
    Slow,
    /// Every request is refused, as with an expired token.
    ExpiredToken,
    /// A gateway refuses every request with an HTML page.
    Html403,
    /// Of six requests, five fail: with 400, 403, 429, 500, and a status of 404 in the body of a response of 200.
    Errors,
}

impl Scenario {
    /// All scenarios.
    pub const ALL: &'static [Self] = &[
        Self::Mfa,
        Self::Throttle,
        Self::Flaky,
        Self::Partial,
        Self::Slow,
        Self::ExpiredToken,
        Self::Html403,
        Self::Errors,
    ];

    /// Returns the name, such as `html-403`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mfa => "mfa",
            Self::Throttle => "throttle",
            Self::Flaky => "flaky",
            Self::Partial => "partial",
            Self::Slow => "slow",
            Self::ExpiredToken => "expired-token",
            Self::Html403 => "html-403",
            Self::Errors => "errors",
        }
    }

    /// Returns the description in one line.
    pub fn description(self) -> &'static str {
        match self {
            Self::Mfa => "every request needs a token from multi-factor authentication",
            Self::Throttle => "ten requests in ten seconds",
            Self::Flaky => "one request in four has a random fault",
            Self::Partial => "every third request to resume or pause is refused",
            Self::Slow => "every response takes two seconds",
            Self::ExpiredToken => "every request is refused, as with an expired token",
            Self::Html403 => "a gateway refuses every request with an HTML page",
            Self::Errors => "in turn 400, 403, 429, 500, 404 in the body of a 200, and success",
        }
    }

    pub(super) fn faults(self) -> Vec<Fault> {
        match self {
            Self::Partial => [&spec::RESUME_REPORT_EXECUTIONS, &spec::PAUSE_REPORT_EXECUTIONS]
                .map(|operation| Fault::refuse(403).on(operation).every(3))
                .into(),
            Self::Slow => vec![Fault::delay(Duration::from_secs(2))],
            Self::ExpiredToken => vec![Fault::refuse(401)],
            Self::Mfa => vec![
                Fault::respond(
                    401,
                    "application/json",
                    r#"{"code":"900421","description":"MFA is required to call this API.","data":[],"source":"PartnerApiServiceCore"}"#,
                )
                .header("www-authenticate", "Bearer error=\"invalid_token\""),
            ],
            Self::Html403 => vec![Fault::respond(
                403,
                "text/html",
                "<!doctype html><html><head><title>Request blocked</title></head><body><h1>Request blocked</h1></body></html>",
            )],
            Self::Flaky => vec![
                Fault::respond(503, "text/plain", "Service unavailable").with_probability(0.1),
                Fault::disconnect_before().with_probability(0.05),
                Fault::disconnect_after().with_probability(0.05),
                Fault::truncate(40).with_probability(0.05),
                Fault::delay(Duration::from_millis(300)).with_probability(0.05),
            ],
            Self::Errors => errors(),
            Self::Throttle => Vec::new(),
        }
    }
}

/// The faults of [`Scenario::Errors`]. The messages of 400 and 404 are documented for several operations.
fn errors() -> Vec<Fault> {
    let body = |status: u16, message: &str| {
        json!({ "value": [], "totalCount": 0, "message": message, "statusCode": status }).to_string()
    };
    let throttled =
        json!({ "statusCode": 429, "message": "Rate limit is exceeded. Try again in 1 seconds." });
    let respond = |status, body| Fault::respond(status, "application/json; charset=utf-8", body);
    let faults = [
        respond(400, body(400, "Null or missing value")),
        Fault::refuse(403),
        respond(429, throttled.to_string()).header("retry-after", "1"),
        Fault::refuse(500),
        respond(200, body(404, "No item found with given filters.")),
    ];
    let of = faults.len() as u64 + 1;
    let numbered = faults.into_iter().zip(1..);
    numbered.map(|(fault, number)| Fault { calls: Calls::Turn { number, of }, ..fault }).collect()
}
