//! Tokens as people paste them.

use partner_center_insights::auth::StoredLogin;
use serde_json::Value;

use crate::exit::Failure;
use crate::input::unquoted;

/// What shells and scripts leave where a token was meant.
const PLACEHOLDERS: [&str; 7] =
    ["null", "undefined", "none", "true", "false", "System.Security.SecureString", "System.String"];

/// Extracts an access token: alone, in quotes, or after `Bearer`. A token response as JSON is refused: it holds more
/// than one token. `name` is where the text came from; the text itself is never shown.
pub fn access_token(text: &str, name: &str) -> Result<String, Failure> {
    let token = unquoted(text);
    let bare = match token.split_at_checked(7) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer ") => unquoted(rest),
        _ => token,
    };
    if !is_b64token(bare) || is_placeholder(bare) {
        return Err(Failure::authentication(format!("{name} holds no access token"))
            .hint("pass the token alone, as `partner-insights auth token` prints it"));
    }
    Ok(bare.to_owned())
}

/// Extracts a refresh token, and where it was issued if the JSON says so.
pub fn login(text: &str, name: &str) -> Result<StoredLogin, Failure> {
    let text = unquoted(text);
    let fields = serde_json::from_str(text).unwrap_or(Value::Null);
    let field = |key: &str| fields.get(key).and_then(Value::as_str).map(str::to_owned);
    let token = if fields.is_object() { field("refresh_token").unwrap_or_default() } else { text.to_owned() };
    let is_token = |text: &str| {
        text.bytes().all(|b| b.is_ascii_graphic()) && !text.contains(['{', '}', '"', '\'', '<', '>'])
    };
    if token.is_empty() || !is_token(&token) || is_placeholder(&token) {
        return Err(Failure::authentication(format!("{name} holds no refresh token")).hint(
            "put the refresh token alone into the file or the variable, or run `partner-insights auth login`",
        ));
    }
    let mut login = StoredLogin::new(token);
    login.authority = field("authority");
    login.tenant = field("tenant");
    login.client_id = field("client_id");
    Ok(login)
}

fn is_placeholder(text: &str) -> bool {
    PLACEHOLDERS.iter().any(|placeholder| placeholder.eq_ignore_ascii_case(text))
}

/// RFC 6750, section 2.1.
fn is_b64token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_token_is_found_in_what_was_pasted() {
        for text in ["a.b-c_d==", "\"a.b-c_d==\"\r\n", "\u{201c}a.b-c_d==\u{201d}", "Bearer a.b-c_d=="] {
            assert_eq!(access_token(text, "X").ok().as_deref(), Some("a.b-c_d=="), "{text}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused_and_not_shown() {
        for text in [
            "@{AccessToken=secret}",
            "${secret}",
            "$secret",
            "null",
            "undefined",
            "System.Security.SecureString",
            "a secret",
            "a,secret",
            r#"{"access_token":"secret","refresh_token":"secret"}"#,
            "{\"access_token\":\"secret",
        ] {
            let failure =
                access_token(text, "X").err().map(|failure| failure.to_string()).unwrap_or_default();
            assert!(failure.starts_with("error: X holds no access token\n"), "{failure}");
            assert!(!failure.contains("secret"), "{failure}");
        }
    }
}
