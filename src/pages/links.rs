//! Parses the header `Link` (RFC 8288, section 3).

/// Returns the target of the link with the relation `next`.
pub(super) fn next(header: &str) -> Option<String> {
    let mut rest = header;
    while let Some((target, after)) = rest.split_once('<').and_then(|(_, link)| link.split_once('>')) {
        let (parameters, end) = parameters(after);
        if parameters.iter().any(|(name, value)| {
            name == "rel" && value.split_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))
        }) {
            return Some(target.trim().to_owned());
        }
        rest = &after[end..];
    }
    None
}

/// Returns the parameters up to the next link, with names in lower case, and where they end. Separators in quotes do
/// not count.
fn parameters(text: &str) -> (Vec<(String, String)>, usize) {
    let (mut parameters, mut current, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    let mut end = text.len();
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => {
                escaped = false;
                current.push(c);
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                end = at;
                break;
            }
            ';' if !quoted => parameters.push(std::mem::take(&mut current)),
            c => current.push(c),
        }
    }
    parameters.push(current);
    let pair = |text: &String| {
        let (name, value) = text.split_once('=')?;
        Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
    };
    (parameters.iter().filter_map(pair).collect(), end)
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn next_link_is_found() {
        for (header, target) in [
            ("<?a=1>; rel=next", Some("?a=1")),
            ("<?a=1,2;3>; rel=\"prev next\"", Some("?a=1,2;3")),
            ("<a>; rel=prev, <b> ; title=\"c, <d>; rel=next\" ; REL = NEXT", Some("b")),
            ("<a>; title=\"\\\"; rel=next\"", None),
            ("<a>; rel=nextish, b; rel=next", None),
            ("<a", None),
            ("", None),
        ] {
            assert_eq!(next(header).as_deref(), target, "{header}");
        }
    }
}
