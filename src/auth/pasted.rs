//! Cleans tokens and settings as people paste them, or describes what is wrong without showing them.

/// Removes whitespace, invisible marks and matching quotes around a value.
pub(super) fn unquoted(text: &str) -> &str {
    let blank = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
    };
    let text = text.trim_matches(blank);
    for quote in ['"', '\'', '`'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            return unquoted(inner);
        }
    }
    text
}

/// Removes what surrounds a pasted access token: quotes, the name of the header and the scheme.
pub(super) fn bare_token(text: &str) -> &str {
    let text = unquoted(text);
    for prefix in ["authorization:", "bearer "] {
        if let Some((start, rest)) = text.split_at_checked(prefix.len())
            && start.eq_ignore_ascii_case(prefix)
        {
            return bare_token(rest);
        }
    }
    text
}

/// Describes what was passed in place of a value, such as a variable that was not expanded.
pub(super) fn misread(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    let starts = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    if starts(&["@{"]) {
        Some("looks like a PowerShell object")
    } else if starts(&["$", "{{", "%"]) || (lower.starts_with("#{") && lower.ends_with('}')) {
        Some("looks like a variable that was not replaced by its value")
    } else if starts(&["{", "["]) {
        Some("looks like JSON, such as a whole token response")
    } else if starts(&["system.", "microsoft."]) {
        Some("looks like the name of a .NET type")
    } else if starts(&["<"]) {
        Some("looks like a placeholder or a page")
    } else if matches!(&*lower, "null" | "undefined" | "none" | "nil" | "nan" | "true" | "false") {
        Some("looks like a variable without a value")
    } else if starts(&["aadsts", "error:"]) {
        Some("looks like an error message")
    } else if text.starts_with(['“', '”', '„', '‘', '’', '«', '»'])
        || text.ends_with(['“', '”', '‘', '’', '»'])
    {
        Some("has typographic quotes")
    } else {
        None
    }
}

/// Returns what is wrong with a text that is not a `b64token` (RFC 6750, section 2.1).
pub(super) fn not_a_token(text: &str) -> Option<&'static str> {
    let is_token = |text: &str| {
        let bare = text.trim_end_matches('=');
        !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b))
    };
    match misread(text) {
        Some(problem) => Some(problem),
        None if is_token(text) => None,
        None if text.is_empty() => Some("is empty"),
        None if text.contains(char::is_whitespace) => Some("contains whitespace"),
        None => Some("contains characters that no token has"),
    }
}
