//! Compares a service with the [spec](crate::spec): this crate's emulator, a mock, or the real service.
//!
//! [`run`] sends a fixed list of requests that only read, and [`check`] compares each exchange with the spec. A
//! [`Finding`] contains no values of a response, only their types and the words of enumerations.
//!
//! ```
//! # #[cfg(feature = "emulator")]
//! # tokio_test::block_on(async {
//! use partner_center_insights::InsightsClient;
//! use partner_center_insights::conformance::{self, Verdict};
//! use partner_center_insights::emulator::Emulator;
//!
//! let emulator = Emulator::start().await?;
//! let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//! for exchange in conformance::run(&client).await? {
//!     assert!(conformance::check(&exchange).iter().all(|finding| finding.verdict.is_conformant()));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod assumptions;
mod body;
mod document;
mod evidence;
mod head;
mod run;
mod schema;

use std::fmt;

pub use self::assumptions::{Assumptions, assumptions};
pub use self::evidence::{evidence, replay};
pub use self::run::run;
use crate::spec::Operation;

/// A request and its response.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// The operation that was requested.
    pub operation: &'static Operation,
    /// What distinguishes the request from others of the operation, such as `unknown id`.
    pub request: &'static str,
    /// The statuses that the spec documents for such a request.
    pub expected: &'static [u16],
    /// The `MS-CorrelationId` of the request.
    pub correlation_id: Option<String>,
    /// The response, or `None` if the request was not sent.
    pub response: Option<Received>,
}

/// A response as it was received.
#[derive(Clone, Default)]
pub struct Received {
    /// The HTTP status.
    pub status: u16,
    /// Names and values of the headers.
    pub headers: Vec<(String, String)>,
    /// The body, without content codings.
    pub body: Vec<u8>,
}

impl Exchange {
    /// Creates an exchange.
    pub fn new(
        operation: &'static Operation,
        request: &'static str,
        expected: &'static [u16],
        response: Option<Received>,
    ) -> Self {
        Self { operation, request, expected, correlation_id: None, response }
    }
}

/// Without values: bodies contain data of the tenant.
impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Received {
    /// Returns the value of a header, in any letter case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The operation's id, such as `getReports`.
    pub operation: &'static str,
    /// Which request of the operation.
    pub request: &'static str,
    /// What was checked.
    pub check: Check,
    /// The field or header, such as `value[].reportId`; empty if the check is about the whole response.
    pub place: String,
    /// What the spec says.
    pub expected: String,
    /// What was received: a type or a documented word, no other value.
    pub found: String,
    /// How the two compare.
    pub verdict: Verdict,
}

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Check {
    /// The HTTP status.
    Status,
    /// A declared header and its type.
    Header,
    /// The media type.
    ContentType,
    /// Whether the body is JSON.
    Json,
    /// The letter case of names: camelCase in responses.
    Spelling,
    /// Required fields, types and formats.
    Schema,
    /// Fields that the spec does not have.
    Fields,
    /// Words of enumerations.
    Words,
    /// The number of elements.
    Count,
    /// Links to further pages.
    Paging,
    /// An assumption of the spec.
    Assumption,
}

impl Check {
    /// Returns the name, such as `content-type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Header => "header",
            Self::ContentType => "content-type",
            Self::Json => "json",
            Self::Spelling => "spelling",
            Self::Schema => "schema",
            Self::Fields => "fields",
            Self::Words => "words",
            Self::Count => "count",
            Self::Paging => "paging",
            Self::Assumption => "assumption",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a response compares with the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// As the spec says.
    AsDocumented,
    /// The spec says something else.
    Differs,
    /// The spec does not mention it, and does not exclude it: an unknown field, a new word, a link to a further page.
    Undocumented,
    /// The responses do not show it.
    NotSeen,
}

impl Verdict {
    /// Returns the name, such as `as-documented`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AsDocumented => "as-documented",
            Self::Differs => "differs",
            Self::Undocumented => "undocumented",
            Self::NotSeen => "not-seen",
        }
    }

    /// Whether the spec is not contradicted.
    pub fn is_conformant(self) -> bool {
        self != Self::Differs
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Compares an exchange with the spec. Every check of what was received is in the result.
pub fn check(exchange: &Exchange) -> Vec<Finding> {
    let mut findings = Findings { exchange, list: Vec::new() };
    match &exchange.response {
        None => {
            let expected = head::statuses(exchange.expected);
            findings.add(Check::Status, "", expected, "not sent", Verdict::NotSeen);
        }
        Some(response) => {
            let declared = head::check(&mut findings, response);
            body::check(&mut findings, response, declared);
        }
    }
    findings.list.sort_by_key(|finding| finding.check);
    findings.list
}

/// The findings about one exchange.
struct Findings<'a> {
    exchange: &'a Exchange,
    list: Vec<Finding>,
}

impl Findings<'_> {
    /// Adds a finding, unless the same check has one of this place.
    fn add(
        &mut self,
        check: Check,
        place: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
        verdict: Verdict,
    ) {
        let place = place.into();
        if self.list.iter().any(|known| known.check == check && known.place == place) {
            return;
        }
        self.list.push(Finding {
            operation: self.exchange.operation.id,
            request: self.exchange.request,
            check,
            place,
            expected: expected.into(),
            found: found.into(),
            verdict,
        });
    }

    /// Adds that everything is as documented, unless the check has found something.
    fn settle(&mut self, check: Check, expected: &str) {
        if self.list.iter().all(|known| known.check != check) {
            self.add(check, "", expected, expected, Verdict::AsDocumented);
        }
    }
}
