//! Details from the head of an error response: reason phrase and challenges.

use hyper::ext::ReasonPhrase;
use reqwest::header::WWW_AUTHENTICATE;

/// Details from the head of an error response.
#[derive(Debug)]
pub(crate) struct Evidence {
    /// The reason phrase, unless it is the standard one. HTTP/2 has none.
    pub reason: Option<String>,
    /// The parameters of all challenges (RFC 9110, section 11.6.1).
    challenge: Vec<(String, String)>,
}

impl Evidence {
    pub fn of(response: &reqwest::Response) -> Option<Box<Self>> {
        let status = response.status();
        if !status.is_client_error() && !status.is_server_error() {
            return None;
        }
        let reason = response.extensions().get::<ReasonPhrase>();
        let reason = reason.map(|reason| String::from_utf8_lossy(reason.as_bytes()).into_owned());
        let challenges = response.headers().get_all(WWW_AUTHENTICATE).iter();
        let challenge =
            challenges.flat_map(|value| parameters(&String::from_utf8_lossy(value.as_bytes()))).collect();
        Some(Box::new(Self { reason, challenge }))
    }

    /// Returns a parameter of the challenges (RFC 6750, section 3).
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.challenge.iter().filter(|(known, value)| known == name && !value.is_empty());
        found.next().map(|(_, value)| value.as_str())
    }
}

/// Parses the parameters of a list of challenges, with names in lower case. A word without a value is a scheme.
fn parameters(challenges: &str) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    let mut rest = challenges;
    while let Some(at) = rest.find('=') {
        let (before, after) = (rest[..at].trim_end(), rest[at + 1..].trim_start());
        let name = before.rsplit([' ', ',', '\t']).next().unwrap_or_default().to_ascii_lowercase();
        let mut value = String::new();
        if let Some(quoted) = after.strip_prefix('"') {
            let mut chars = quoted.chars();
            while let Some(c) = chars.next().filter(|c| *c != '"') {
                value.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
            }
            rest = chars.as_str();
        } else {
            let end = after.find([',', ' ', '\t']).unwrap_or(after.len());
            value.push_str(&after[..end]);
            rest = &after[end..];
        }
        parameters.push((name, value));
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_split_into_parameters() {
        let rows: [(&str, &[(&str, &str)]); 6] = [
            ("Bearer", &[]),
            ("Bearer error=\"invalid_token\"", &[("error", "invalid_token")]),
            ("Negotiate, Bearer realm=\"a, b\", Error = x", &[("realm", "a, b"), ("error", "x")]),
            (r#"Basic realm="say \"hi\"",Bearer error=e"#, &[("realm", "say \"hi\""), ("error", "e")]),
            ("Bearer error=\"no end", &[("error", "no end")]),
            ("Bearer error=\"\", claims=eyJ9==", &[("error", ""), ("claims", "eyJ9==")]),
        ];
        for (text, expected) in rows {
            let found = parameters(text);
            let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
