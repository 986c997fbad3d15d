//! What must hold for any input. The fuzz targets check it on generated inputs, and a test on the seeds.
#![allow(missing_docs)]

use reqwest::header::{HeaderMap, HeaderValue, LINK, RETRY_AFTER, WWW_AUTHENTICATE};

use crate::body::{self, charset, failure};
use crate::envelope::Envelope;
use crate::pages::signs::Pages;
use crate::refusal::evidence::Evidence;
use crate::response::{self, Item};
use crate::transport::retry_after;
use crate::{Execution, Report};

/// Checks the body of a 200: an envelope of reports or executions, which may be malformed.
pub fn check_envelope(bytes: &[u8]) {
    check_items::<Report>(bytes);
    check_items::<Execution>(bytes);
    let failure = failure::without_envelope(&charset::decode(bytes, None));
    assert!(failure.and_then(|failure| failure.status).is_none_or(|status| status >= 400));
}

fn check_items<T: Item>(bytes: &[u8]) {
    match response::read_bytes::<T>(bytes) {
        // Every error can be printed on one line.
        Err(error) => {
            let line = error.to_string();
            assert!(!line.contains(char::is_control), "{line:?}");
            assert!(error.status().is_some(), "no status: {line}");
        }
        // Every warning can be printed on one line too, and there are no more elements than bytes.
        Ok(read) => {
            assert!(read.items.len() <= bytes.len());
            for line in read.warnings.iter().map(ToString::to_string) {
                assert!(!line.is_empty() && !line.contains(char::is_control), "{line:?}");
                assert!(line.chars().count() <= 420, "too long: {line:?}");
            }
        }
    }
}

/// Checks the body of an error response, decoded with several labels of its encoding, and the same bytes as headers.
pub fn check_error(bytes: &[u8]) {
    for label in
        ["application/json", "text/html; charset=utf-16le", "text/html;charset=shift_jis", "charset="]
    {
        let detail = body::detail(&charset::decode(bytes, Some(&HeaderValue::from_static(label))));
        for text in [detail.code, detail.message].into_iter().flatten() {
            assert!(!text.is_empty() && !text.contains(char::is_control), "{text:?}");
            assert!(text.chars().count() <= 301, "too long: {text:?}");
        }
    }
    read_head(bytes);
}

/// Reads the headers of an error response, which must not panic.
fn read_head(bytes: &[u8]) {
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
    let _ = (Pages::of(&envelope, Some(headers)), retry_after(headers), Evidence::of(&response));
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_seeds_of_the_fuzz_targets_hold() {
        for (target, check) in
            [("envelope", super::check_envelope as fn(&[u8])), ("error_body", super::check_error)]
        {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
            let seeds = fs::read_dir(folder).unwrap();
            assert!(seeds.map(|seed| check(&fs::read(seed.unwrap().path()).unwrap())).count() > 10);
        }
    }
}
