//! Functions for the fuzz targets, which read input in the same way as a call.
#![allow(missing_docs)]

use reqwest::header::{HeaderMap, HeaderValue, LINK, RETRY_AFTER, WWW_AUTHENTICATE};

use crate::body::{self, charset, failure};
use crate::envelope::Envelope;
use crate::pages::signs::Pages;
use crate::refusal::Evidence;
use crate::transport::retry_after;
use crate::{Error, Execution, Report, Warning, response};

/// Reads a list of reports. Returns the number of elements, and the warnings.
pub fn reports(bytes: &[u8]) -> Result<(usize, Vec<Warning>), Error> {
    response::read_bytes::<Report>(bytes).map(|read| (read.items.len(), read.warnings))
}

/// Reads a list of executions, in the same way.
pub fn executions(bytes: &[u8]) -> Result<(usize, Vec<Warning>), Error> {
    response::read_bytes::<Execution>(bytes).map(|read| (read.items.len(), read.warnings))
}

/// Returns the status of a failure in a success without an envelope.
pub fn without_envelope(bytes: &[u8]) -> Option<u16> {
    failure::without_envelope(&charset::decode(bytes, None))?.status
}

/// Returns the codes and messages of an error body, decoded with several labels of its encoding.
pub fn error_body(bytes: &[u8]) -> Vec<String> {
    let labels =
        ["application/json", "text/html; charset=utf-16le", "text/html;charset=shift_jis", "charset="];
    let details = labels.map(|label| {
        let body::Detail { code, message } =
            body::detail(&charset::decode(bytes, Some(&HeaderValue::from_static(label))));
        [code, message]
    });
    details.into_iter().flatten().flatten().collect()
}

/// Reads the headers of an error response.
pub fn head(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let mut response = http::Response::builder().status(401);
    for name in [LINK, RETRY_AFTER, WWW_AUTHENTICATE] {
        response = response.header(name, value.clone());
    }
    for name in ["x-pagination", "x-total-count", "content-range"] {
        response = response.header(name, value.clone());
    }
    let Ok(response) = response.body("").map(reqwest::Response::from) else { return };
    let headers: &HeaderMap = response.headers();
    let envelope = Envelope::<Report> { value: None, has_value: false, members: Vec::new() };
    let _ =
        (Pages::of(&envelope, Some(headers)), retry_after(headers), Evidence::of(&response));
}
