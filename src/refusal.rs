//! Interprets an error response by its status, service code, reason phrase, challenge and message.

pub(crate) mod evidence;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::body::Detail;
use crate::error::{Error, ErrorKind};
use crate::response::Attempted;
use crate::transport::{clock, seconds};

impl Attempted<'_> {
    /// Creates the error of an error response.
    pub(crate) fn refusal(&self, status: u16, detail: Detail) -> Error {
        let evidence = self.record.evidence.as_deref();
        let get = |name| evidence.and_then(|evidence| evidence.get(name));
        let code = detail.code.or_else(|| get("error").map(|code| self.clean_line(code, 60)));
        let reason = evidence.and_then(|evidence| evidence.reason.as_deref());
        let mut message = String::new();
        // The missing scope, if the challenge names one.
        let scope = get("scope").filter(|_| code.as_deref() == Some("insufficient_scope"));
        let scope = scope.map(|scope| format!("expected the scope {scope}"));
        let parts = [detail.message.as_deref(), reason, get("error_description"), scope.as_deref()];
        for part in parts.into_iter().flatten() {
            if !message.contains(part.trim()) {
                message += if message.is_empty() { "" } else { "; " };
                message += part.trim();
            }
        }
        let message = self.clean_line(&message, 300);
        let lower = message.to_ascii_lowercase();
        let said = format!("{lower} {}", code.as_deref().unwrap_or_default().to_ascii_lowercase());
        let plain: String = said.chars().filter(|c| c.is_alphanumeric()).collect();
        let has_word =
            |wanted: &[&str]| said.split(|c: char| !c.is_alphanumeric()).any(|word| wanted.contains(&word));
        let has = |wanted: &[&str]| wanted.iter().any(|words| plain.contains(words));
        let kind = match ErrorKind::of(status, code.as_deref()) {
            kind @ (ErrorKind::Unauthenticated | ErrorKind::Forbidden) => {
                let demands_more = code.as_deref() == Some("insufficient_claims") || get("claims").is_some();
                let is_limit = kind == ErrorKind::Forbidden
                    && (self.record.retry_after().is_some()
                        || has(&LIMIT)
                        || (plain.contains("quota") && has(&["replenish", "exceed"])));
                if has(&MFA) || has_word(&["mfa", "2fa"]) || (demands_more && !is_revocation(get("claims"))) {
                    ErrorKind::MfaRequired
                } else if has(&["audience"]) || has_word(&["aud"]) {
                    ErrorKind::WrongAudience
                } else if has(&["apponly", "applicationonly"]) {
                    ErrorKind::AppOnlyNotAllowed
                } else if is_limit {
                    ErrorKind::Throttled
                } else {
                    kind
                }
            }
            kind => kind,
        };
        let wait = Some(kind).filter(|kind| *kind == ErrorKind::Throttled).and_then(|_| wait_in(&lower));
        let error = Error::new(kind).with_status(Some(status)).with_service_code(code);
        error.with_message(message).with_retry_after(wait)
    }
}

/// Terms for multi-factor authentication, without punctuation. The numbers are error codes of Entra.
const MFA: [&str; 11] = [
    "multifactor",
    "twofactor",
    "secondfactor",
    "twostep",
    "strongauthentication",
    "mfarequired",
    "requiresmfa",
    "aadsts50072",
    "aadsts50074",
    "aadsts50076",
    "aadsts50079",
];

/// Terms for limits, as in the errors of Azure API Management, which refuses exceeded quotas with 403.
const LIMIT: [&str; 8] = [
    "outofcallvolume",
    "outofbandwidth",
    "ratelimit",
    "toomanyrequests",
    "throttl",
    "maximumnumberofrequests",
    "maximumnumberofcalls",
    "requestlimit",
];

/// Whether the claims only require a token that is newer than a revocation (continuous access evaluation). The user
/// need not sign in again for that.
fn is_revocation(claims: Option<&str>) -> bool {
    let Some(claims) = claims.map(|claims| claims.trim_end_matches('=')) else { return false };
    let decoded = STANDARD_NO_PAD.decode(claims).or_else(|_| URL_SAFE_NO_PAD.decode(claims));
    let claims = decoded.map_or(claims.to_owned(), |bytes| String::from_utf8_lossy(&bytes).into_owned());
    claims.contains("\"nbf\"") && !claims.contains("acr")
}

/// Finds a wait such as `in 00:12:33`, `in 27 seconds` or `after 1h5m`. The text is in lower case.
fn wait_in(text: &str) -> Option<Duration> {
    let words: Vec<_> =
        text.split_whitespace().map(|word| word.trim_matches(['.', ',', ';', '"', '\''])).collect();
    let mut places = words.iter().enumerate().filter(|(_, word)| matches!(**word, "in" | "after" | "for"));
    places.find_map(|(at, _)| {
        let rest = &words[at + 1..];
        clock(rest.first()?).or_else(|| duration(&rest[..rest.len().min(6)].join(" ")))
    })
}

/// Parses the duration at the beginning of a text: `1 hour 5 minutes` or `1h5m`.
fn duration(text: &str) -> Option<Duration> {
    let (mut rest, mut total) = (text, None);
    loop {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let Some(number) = seconds(&rest[..end]) else { return total };
        let after = rest[end..].trim_start();
        let end = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let length = match &after[..end] {
            unit if unit.starts_with("ms") || unit.starts_with("milli") => 0.001,
            unit if unit.starts_with('s') => 1.0,
            unit if unit.starts_with('m') => 60.0,
            unit if unit.starts_with('h') => 3_600.0,
            unit if unit.starts_with('d') => 86_400.0,
            _ => return total,
        };
        let length = Duration::try_from_secs_f64(number.as_secs_f64() * length).ok()?;
        total = Some(length.saturating_add(total.unwrap_or_default()));
        rest = after[end..].trim_start();
        rest = rest.strip_prefix("and ").unwrap_or(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_found_in_messages() {
        for (text, expected) in [
            ("quota will be replenished in 00:12:33.", Some(753.0)),
            ("quota will be replenished in 1.00:00:05", Some(86_405.0)),
            ("rate limit is exceeded. try again in 27 seconds.", Some(27.0)),
            ("please retry after 1.5s", Some(1.5)),
            ("retry after 5 minutes", Some(300.0)),
            ("try again in 1 hour 5 minutes.", Some(3_900.0)),
            ("try again in 1 minute and 5 seconds", Some(65.0)),
            ("retry after 1h5m", Some(3_900.0)),
            ("retry after 00:10:30.5", Some(630.5)),
            ("retry after 12:33", Some(753.0)),
            ("failed after 3 attempts", None),
            ("in", None),
            ("", None),
        ] {
            assert_eq!(wait_in(text).map(|wait| wait.as_secs_f64()), expected, "{text}");
        }
    }
}
