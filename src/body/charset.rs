//! Detects the encoding of a body.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use reqwest::header::HeaderValue;

/// Decodes a body by its byte order mark, by the charset of its `Content-Type`, or by its content.
pub(crate) fn decode<'a>(bytes: &'a [u8], content_type: Option<&HeaderValue>) -> Cow<'a, str> {
    // `decode` removes a byte order mark, which takes precedence.
    encoding(bytes, content_type).decode(bytes).0
}

fn encoding(bytes: &[u8], content_type: Option<&HeaderValue>) -> &'static Encoding {
    let labeled = content_type.and_then(|value| charset(value.to_str().ok()?));
    // A UTF-8 label may be wrong, so the zero bytes of UTF-16 take precedence.
    if labeled.is_none_or(|encoding| encoding == UTF_8) {
        match bytes {
            [0, first, ..] if first.is_ascii() && *first != 0 => return UTF_16BE,
            [first, 0, ..] if first.is_ascii() && *first != 0 => return UTF_16LE,
            _ => {}
        }
    }
    let head = || String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let declared = || charset(&head());
    let starts = |byte: &u8| bytes.trim_ascii_start().first() == Some(byte);
    match labeled {
        Some(encoding) => encoding,
        None if std::str::from_utf8(bytes).is_ok() || starts(&b'{') || starts(&b'[') => UTF_8,
        // Browsers assume the same.
        None => declared().unwrap_or(WINDOWS_1252),
    }
}

/// Returns the encoding after `charset=` or, in XML, `encoding=`.
fn charset(text: &str) -> Option<&'static Encoding> {
    let lower = text.to_ascii_lowercase();
    let after = ["charset", "encoding"].iter().find_map(|name| lower.split_once(name))?.1;
    let label = after.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let end = label.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.:".contains(c)).unwrap_or(label.len());
    Encoding::for_label(&label.as_bytes()[..end])
}
