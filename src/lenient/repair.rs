//! Text that is almost JSON.

use std::borrow::Cow;

/// A text that serde_json accepts.
pub(super) struct Repaired<'a> {
    pub text: Cow<'a, str>,
    /// There were control characters in strings.
    pub has_controls: bool,
}

/// Replaces escapes of half a character, which serde_json refuses, and escapes control characters in strings.
pub(super) fn repair(text: &str) -> Repaired<'_> {
    let mut repaired = String::new();
    let (mut copied, mut at, mut in_string, mut has_controls) = (0, 0, false, false);
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        let (length, replacement) = match byte {
            b'"' => {
                in_string = !in_string;
                (1, None)
            }
            b'\\' if in_string => match (surrogate(bytes, at), surrogate(bytes, at + 6)) {
                (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, None),
                (Some(_), _) => (6, Some("\\ufffd".to_owned())),
                (None, _) => (2, None),
            },
            0..=0x1f if in_string => {
                has_controls = true;
                (1, Some(format!("\\u{byte:04x}")))
            }
            _ => (1, None),
        };
        if let Some(replacement) = replacement {
            repaired += &text[copied..at];
            repaired += &replacement;
            copied = at + length;
        }
        at += length;
    }
    if copied == 0 {
        return Repaired { text: text.into(), has_controls };
    }
    repaired += &text[copied..];
    Repaired { text: repaired.into(), has_controls }
}

/// Returns the half of a character whose escape, such as `\ud83d`, is at a position.
fn surrogate(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let unit = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    (0xd800..=0xdfff).contains(&unit).then_some(unit)
}
