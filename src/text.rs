//! Text from elsewhere, made safe to print.

use std::borrow::Cow;

/// Returns the text as one line of at most `limit` characters, without control characters, those of writing direction
/// included.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let (mut line, text) = (String::new(), &*without_escapes(text));
    for word in text.split(is_blank).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 4 * limit {
            break;
        }
    }
    match line.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Removes escape sequences whole, such as those of colors (ECMA-48, section 5.4).
fn without_escapes(text: &str) -> Cow<'_, str> {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default();
    if first.len() == text.len() {
        return Cow::Borrowed(text);
    }
    let rest = |part| str::trim_start_matches(part, |c| (' '..='?').contains(&c));
    let rest = parts.map(|part| {
        let rest: &str = rest(part);
        rest.strip_prefix(|c| ('@'..='~').contains(&c)).unwrap_or(rest)
    });
    Cow::Owned(std::iter::once(first).chain(rest).collect())
}

fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_removes_control_characters() {
        assert_eq!(one_line(" a\r\n\tb\u{1b}[31m ", 300), "a b");
    }

    #[test]
    fn one_line_removes_direction_controls() {
        assert_eq!(one_line("a\u{202e}b\u{2066}c\u{61c}", 300), "a b c");
    }

    #[test]
    fn one_line_truncates_by_characters() {
        assert_eq!(one_line(&"é".repeat(500), 3), "ééé…");
    }
}
