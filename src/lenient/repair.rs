//! Repairs text that is almost JSON, as serializers of other languages write it.

use std::borrow::Cow;

/// A text without the problems that are repaired here.
pub(super) struct Repaired<'a> {
    pub text: Cow<'a, str>,
    /// What was repaired, for a warning.
    pub problems: Vec<&'static str>,
}

const CONTROLS: &str = "control characters in strings; read literally";
const ESCAPES: &str = "invalid escapes in strings; read literally";
const WORDS: &str = "words and numbers that are not JSON; read as text";
const COMMAS: &str = "commas at the end of objects; ignored";
const PADDING: &str = "zero bytes at the end; ignored";

/// Repairs strings, and quotes words such as `NaN`, `True` and `024`, which may be converted later by the type of their
/// field. Unpaired surrogates are replaced; they have a separate warning.
pub(super) fn repair(text: &str) -> Repaired<'_> {
    let mut problems = Vec::new();
    let whole = text.trim_end_matches('\0');
    if whole.len() < text.len() {
        problems.push(PADDING);
    }
    let mut repaired = String::new();
    let (mut copied, mut at, mut in_string) = (0, 0, false);
    let bytes = whole.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        let (length, replacement, problem) = match byte {
            b'"' => {
                in_string = !in_string;
                (1, None, "")
            }
            b'\\' if in_string => escape(bytes, at),
            0..=0x1f if in_string => (1, Some(format!("\\u{byte:04x}")), CONTROLS),
            b',' if !in_string && ends_here(&bytes[at + 1..]) => (1, Some(String::new()), COMMAS),
            _ if !in_string && is_word(byte) => {
                let length = bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
                let word = &whole[at..at + length];
                let is_json = matches!(word, "true" | "false" | "null") || is_number(word);
                (length, (!is_json).then(|| format!("\"{word}\"")), WORDS)
            }
            _ => (1, None, ""),
        };
        if let Some(replacement) = replacement {
            repaired += &whole[copied..at];
            repaired += &replacement;
            copied = at + length;
            if !problem.is_empty() && !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        at += length;
    }
    if copied == 0 {
        return Repaired { text: whole.into(), problems };
    }
    repaired += &whole[copied..];
    Repaired { text: repaired.into(), problems }
}

/// Returns the length of an escape, its replacement if serde_json refuses it, and the problem.
fn escape(bytes: &[u8], at: usize) -> (usize, Option<String>, &'static str) {
    let literal = (1, Some("\\\\".to_owned()), ESCAPES);
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => (2, None, ""),
        Some(b'u') => match (unit(bytes, at), unit(bytes, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, None, ""),
            (Some(0xd800..=0xdfff), _) => (6, Some("\\ufffd".to_owned()), ""),
            (Some(_), _) => (6, None, ""),
            (None, _) => literal,
        },
        _ => literal,
    }
}

/// Returns the UTF-16 unit of an escape such as `\ud83d`.
fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok().filter(|_| is_hex)
}

/// Whether only white space precedes the end of an object. The end of a list does not count: an element may be missing.
fn ends_here(rest: &[u8]) -> bool {
    rest.trim_ascii_start().first() == Some(&b'}')
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_')
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit()) && (word.len() == 1 || !word.starts_with('0'))
        || serde_json::from_str::<&serde_json::value::RawValue>(word).is_ok()
}
