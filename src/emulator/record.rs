//! Records requests for assertions.

use std::collections::VecDeque;
use std::fmt;

use crate::spec::Operation;

const MAX_RECORDED: usize = 100_000;

/// A request that the emulator received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The operation, if the spec defines one for this method and path.
    pub operation: Option<&'static Operation>,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The `MS-RequestId` header, if present.
    pub request_id: Option<String>,
    /// The status of the response; `None` if the connection was closed instead.
    pub status: Option<u16>,
}

impl fmt::Display for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map_or_else(|| "disconnected".to_owned(), |status| status.to_string());
        write!(f, "{} {} -> {status}", self.method, self.target)
    }
}

/// Counts all requests and stores the latest.
#[derive(Default)]
pub(super) struct Record {
    pub latest: VecDeque<RecordedRequest>,
    pub count: u64,
}

impl Record {
    pub fn push(&mut self, request: RecordedRequest) {
        self.count += 1;
        if self.latest.len() == MAX_RECORDED {
            self.latest.pop_front();
        }
        self.latest.push_back(request);
    }
}
