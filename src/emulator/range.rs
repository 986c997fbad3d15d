//! The `Range` header of a request for a file (RFC 9110, section 14.2).

use std::ops::Range;

use axum::http::HeaderValue;

/// No byte of the range is in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unsatisfiable;

/// Returns the requested part of a file of `length` bytes, or `None` if the header is not a single range of bytes.
pub(super) fn requested(header: &HeaderValue, length: u64) -> Option<Result<Range<u64>, Unsatisfiable>> {
    let (first, last) = header.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| match text {
        "" => Some(None),
        digits => digits.parse::<u64>().ok().map(Some),
    };
    let range = match (number(first)?, number(last)?) {
        (Some(first), Some(last)) if first > last => return None,
        (Some(first), last) => first..last.map_or(length, |last| last.saturating_add(1).min(length)),
        (None, Some(count)) => length.saturating_sub(count)..length,
        (None, None) => return None,
    };
    Some(if range.start < range.end { Ok(range) } else { Err(Unsatisfiable) })
}
