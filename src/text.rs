//! Text from elsewhere, made safe to print.

/// Returns the text as one line of at most `limit` characters, without control characters, those of writing direction
/// included.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
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
        assert_eq!(one_line(" a\r\n\tb\u{1b}[31m ", 300), "a b [31m");
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
