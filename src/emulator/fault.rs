//! Faults on demand: what goes wrong, for which calls, and how often.

use std::time::Duration;

use crate::report::ReportId;

/// Something that goes wrong.
///
/// Without further words it concerns every call. Narrow it down by operation, by report and by number:
///
/// ```
/// use partner_center_insights::emulator::Fault;
///
/// // The first two resumes fail, as a gateway does it.
/// let fault = Fault::answer(503, "text/html", "<title>Busy</title>").on("resumeReportExecutions").first(2);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Fault {
    pub(super) effect: Effect,
    operation: Option<String>,
    report: Option<ReportId>,
    calls: Calls,
    seen: u64,
}

#[derive(Clone, Debug)]
pub(super) enum Effect {
    Answer { status: u16, headers: Vec<(String, String)>, body: String },
    Refuse(u16),
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
    Chance(f64),
}

impl Fault {
    fn new(effect: Effect) -> Self {
        Self { effect, operation: None, report: None, calls: Calls::All, seen: 0 }
    }

    /// Answers with this status and body instead of doing what was asked.
    pub fn answer(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self::new(Effect::Answer { status, headers, body: body.into() })
    }

    /// Refuses with this status as the contract shows it in its example, instead of doing what was asked.
    pub fn refuse(status: u16) -> Self {
        Self::new(Effect::Refuse(status))
    }

    /// Waits before it does what was asked.
    pub fn delay(time: Duration) -> Self {
        Self::new(Effect::Delay(time))
    }

    /// Closes the connection instead of doing what was asked.
    pub fn disconnect_before() -> Self {
        Self::new(Effect::DisconnectBefore)
    }

    /// Does what was asked, and closes the connection instead of answering.
    pub fn disconnect_after() -> Self {
        Self::new(Effect::DisconnectAfter)
    }

    /// Does what was asked, and closes the connection after so many bytes of the answer's body.
    pub fn truncate(bytes: usize) -> Self {
        Self::new(Effect::Truncate(bytes))
    }

    /// Adds a header, if the fault is an answer.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Effect::Answer { headers, .. } = &mut self.effect {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Only calls of this operation, by its `operationId`.
    pub fn on(mut self, operation: &str) -> Self {
        self.operation = Some(operation.to_owned());
        self
    }

    /// Only calls for this report.
    pub fn report(mut self, report: ReportId) -> Self {
        self.report = Some(report);
        self
    }

    /// Of these, only the first so many.
    pub fn first(mut self, calls: u64) -> Self {
        self.calls = Calls::First(calls);
        self
    }

    /// Of these, only this one; the first is 1.
    pub fn nth(mut self, call: u64) -> Self {
        self.calls = Calls::Nth(call);
        self
    }

    /// Of these, one in so many.
    pub fn every(mut self, calls: u64) -> Self {
        self.calls = Calls::Every(calls.max(1));
        self
    }

    /// Of these, each with this probability, drawn from the emulator's seed.
    pub fn with_probability(mut self, chance: f64) -> Self {
        self.calls = Calls::Chance(chance);
        self
    }

    /// Whether this call is concerned. Counts it if it is one of those that may be.
    pub(super) fn strikes(
        &mut self,
        operation: &str,
        report: Option<ReportId>,
        random: &mut fastrand::Rng,
    ) -> bool {
        if self.operation.as_ref().is_some_and(|own| own != operation)
            || (self.report.is_some() && self.report != report)
        {
            return false;
        }
        self.seen += 1;
        match self.calls {
            Calls::All => true,
            Calls::First(calls) => self.seen <= calls,
            Calls::Nth(call) => self.seen == call,
            Calls::Every(calls) => self.seen.is_multiple_of(calls),
            Calls::Chance(chance) => random.f64() < chance,
        }
    }
}

/// A named set of faults, for the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scenario {
    /// Every token lacks the proof of a multi-factor sign-in.
    Mfa,
    /// Ten calls in ten seconds, as a limit of ten in a window of unknown length has been seen.
    Throttle,
    /// One call in four fails in one way or another.
    Flaky,
    /// A gateway refuses in HTML.
    Html403,
    /// Answers are spelled as the pages spell them, in PascalCase.
    Pascal,
    /// Answers are spelled as on the wire, in camelCase; this is the default.
    Camel,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 6] =
        [Self::Mfa, Self::Throttle, Self::Flaky, Self::Html403, Self::Pascal, Self::Camel];

    /// Its name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mfa => "mfa",
            Self::Throttle => "throttle",
            Self::Flaky => "flaky",
            Self::Html403 => "html-403",
            Self::Pascal => "pascal",
            Self::Camel => "camel",
        }
    }

    pub(super) fn faults(self) -> Vec<Fault> {
        match self {
            Self::Mfa => vec![
                Fault::answer(
                    401,
                    "application/json",
                    r#"{"code":"900421","description":"MFA is required to call this API.","data":[],"source":"PartnerApiServiceCore"}"#,
                )
                .header("www-authenticate", "Bearer error=\"invalid_token\""),
            ],
            Self::Html403 => vec![Fault::answer(
                403,
                "text/html",
                "<!doctype html><html><head><title>Request blocked</title></head><body><h1>Request blocked</h1></body></html>",
            )],
            Self::Flaky => vec![
                Fault::answer(503, "text/plain", "Service unavailable").with_probability(0.1),
                Fault::disconnect_before().with_probability(0.05),
                Fault::disconnect_after().with_probability(0.05),
                Fault::truncate(40).with_probability(0.05),
                Fault::delay(Duration::from_millis(300)).with_probability(0.05),
            ],
            Self::Throttle | Self::Pascal | Self::Camel => Vec::new(),
        }
    }
}
