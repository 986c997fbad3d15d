//! Text from elsewhere, made safe to print.

/// Returns the text as one line of at most `limit` characters, without control characters.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_removes_control_characters() {
        assert_eq!(one_line(" a\r\n\tb\u{1b}[31m ", 300), "a b [31m");
    }

    #[test]
    fn one_line_truncates_by_characters() {
        assert_eq!(one_line(&"é".repeat(500), 3), "ééé…");
    }
}
