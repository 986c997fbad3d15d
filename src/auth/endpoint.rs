//! Sends forms to Entra, with retries, and parses the responses.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::{AccessToken, AuthError, Entra, EntraError, Secret, hints};
use crate::body;
use crate::error::ErrorKind;
use crate::proxy::ProxyFailure;
use crate::text::one_line;
use crate::transport::{
    Extent, LONGEST, backoff, is_invalid_data, out_of_files, read_body, retry_after, root_cause,
};

/// Maximum number of attempts, including the first.
const MAX_ATTEMPTS: u32 = 3;
/// Upper bound of the first backoff.
const INITIAL_BACKOFF: Duration = Duration::from_millis(500);
const MAX_BACKOFF: Duration = Duration::from_secs(5);
/// Even the token of a user in many groups has only about 20 KiB.
const MAX_RESPONSE_BYTES: usize = 256 << 10;

/// The response to a grant ([RFC 6749, section 5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1)).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenSet {
    /// The access token for the service.
    pub access_token: AccessToken,
    /// The refresh token, if the response has one.
    pub refresh_token: Option<Secret>,
}

/// A parameter of the form.
#[derive(Clone, Copy)]
pub(super) enum Field<'a> {
    Plain(&'static str, &'a str),
    /// Redacted from all text of the response.
    Secret(&'static str, &'a Secret),
}

impl<'a> Field<'a> {
    fn pair(&self) -> (&'static str, &'a str) {
        match self {
            Self::Plain(name, value) => (name, value),
            Self::Secret(name, value) => (name, value.expose()),
        }
    }
}

/// Requests a token.
pub(super) async fn grant(entra: &Entra, fields: &[Field<'_>]) -> Result<TokenSet, AuthError> {
    let response = post(entra, &entra.token_endpoint, fields).await?;
    let text = |name| response.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let Some(token) = text("access_token") else {
        return Err(no_token("the response of the token endpoint has no access token"));
    };
    // Counted from now, which is slightly too late, but the cache refreshes early enough.
    let access_token = match seconds(response.get("expires_in")).map(|lifetime| lifetime.min(LONGEST)) {
        Some(lifetime) => AccessToken::new(token).with_lifetime(lifetime),
        None => AccessToken::new(token),
    };
    Ok(TokenSet { access_token, refresh_token: text("refresh_token").map(Secret::from) })
}

/// Sends a form, retries it where that may help, and returns the JSON of a 200.
pub(super) async fn post(entra: &Entra, url: &Url, fields: &[Field<'_>]) -> Result<Value, AuthError> {
    let ends = Instant::now() + entra.max_elapsed.min(LONGEST);
    for attempt in 1.. {
        let (error, wait) = match post_once(entra, url, fields, ends).await {
            Ok(response) => return Ok(response),
            Err(Failed::Permanently(error)) => return Err(error),
            Err(Failed::Transiently(error, wait)) => (error, wait),
        };
        let backoff = backoff(INITIAL_BACKOFF, MAX_BACKOFF, attempt, fastrand::f64());
        let wait = wait.unwrap_or_default().max(backoff);
        if attempt >= MAX_ATTEMPTS || ends.saturating_duration_since(Instant::now()) <= wait {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
    }
    Err(no_token("no attempt was made"))
}

enum Failed {
    Permanently(AuthError),
    /// With the wait of `Retry-After`.
    Transiently(AuthError, Option<Duration>),
}

async fn post_once(entra: &Entra, url: &Url, fields: &[Field<'_>], ends: Instant) -> Result<Value, Failed> {
    let form: Vec<_> = fields.iter().map(Field::pair).collect();
    let left = ends.saturating_duration_since(Instant::now());
    let sent = entra.http.post(url.clone()).timeout(left).form(&form).send().await;
    let mut response = match sent {
        Ok(response) => response,
        Err(error) => return Err(unreachable_endpoint(entra, error).await),
    };
    let status = response.status();
    let wait = retry_after(response.headers());

    let mut bytes = Bytes::new();
    match read_body(&mut response, MAX_RESPONSE_BYTES, &mut bytes).await {
        Ok(Extent::Whole) => {}
        // The status of a failure is known; its body may be incomplete.
        _ if !status.is_success() => {}
        Ok(Extent::TooLarge) => {
            return Err(Failed::Permanently(no_token("the response of the token endpoint is too large")));
        }
        Ok(Extent::Damaged(error)) => {
            let message = format!("the response of the token endpoint is damaged: {error}");
            return Err(Failed::Permanently(no_token(&message)));
        }
        Err(error) => return Err(Failed::Permanently(truncated(error))),
    }
    let value = serde_json::from_slice::<Value>(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)).ok();
    if status == StatusCode::OK
        && let Some(value) = value.as_ref().filter(|value| value.is_object() && value.get("error").is_none())
    {
        return Ok(value.clone());
    }
    let error = refused(status, value.as_ref(), &bytes, fields);
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return Err(Failed::Transiently(AuthError::Entra(Box::new(error)), wait));
    }
    // The codes of OAuth and OpenID Connect that require a person; Entra's own codes are not considered.
    let interaction = [
        "invalid_grant",
        "interaction_required",
        "login_required",
        "consent_required",
        "expired_token",
        "access_denied",
        "authorization_declined",
    ];
    let error = Box::new(error);
    Err(Failed::Permanently(if interaction.contains(&error.error.as_str()) {
        AuthError::InteractionRequired(error)
    } else {
        AuthError::Entra(error)
    }))
}

/// Creates the error of a response without a token.
fn refused(status: StatusCode, value: Option<&Value>, bytes: &[u8], fields: &[Field<'_>]) -> EntraError {
    let text = |name| {
        let text = value.and_then(|value| value.get(name)).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(|text| one_line(&without_secrets(text, fields), 1_500))
    };
    let stated = text("error_description");
    // Redacted before truncation, which could leave a part of a secret.
    let clean = || without_secrets(&String::from_utf8_lossy(bytes), fields);
    let stated = stated.or_else(|| body::detail(&clean()).message);
    let description = stated.unwrap_or_else(|| match status {
        StatusCode::OK => "the server is not a token endpoint".into(),
        _ if status.is_redirection() => "redirected; redirects are not followed".into(),
        _ => String::new(),
    });
    let mut codes = Vec::new();
    for code in
        value.and_then(|value| value.get("error_codes")).and_then(Value::as_array).into_iter().flatten()
    {
        codes.extend(code.as_u64().and_then(|code| u32::try_from(code).ok()));
    }
    if codes.is_empty() {
        codes = hints::codes_in(&description);
    }
    EntraError {
        status: Some(status.as_u16()),
        error: text("error").unwrap_or_default(),
        suberror: text("suberror"),
        codes,
        description,
        correlation_id: text("correlation_id"),
        trace_id: text("trace_id"),
        timestamp: text("timestamp"),
    }
}

/// Redacts secrets: some servers quote what they reject.
fn without_secrets(text: &str, fields: &[Field<'_>]) -> String {
    fields.iter().fold(text.to_owned(), |text, field| match field {
        Field::Secret(_, secret) if !secret.expose().is_empty() => text.replace(secret.expose(), "[secret]"),
        _ => text,
    })
}

async fn unreachable_endpoint(entra: &Entra, error: reqwest::Error) -> Failed {
    let proxy = ProxyFailure::of(&error).await;
    let error = error.without_url();
    let tls = is_invalid_data(&error);
    let why = if error.is_timeout() { "timeout".into() } else { root_cause(&error) };
    let kind = match &proxy {
        Some(proxy) if proxy.is_permanent() => ErrorKind::Configuration,
        _ if tls => ErrorKind::Tls,
        _ if error.is_timeout() => ErrorKind::Timeout,
        _ => ErrorKind::Connect,
    };
    let retry = error.is_connect() && !matches!(kind, ErrorKind::Configuration | ErrorKind::Tls);
    let why = match out_of_files(&error) {
        Some(_) => format!("too few file descriptors: {why}"),
        None => why,
    };
    let why = proxy.map_or(why, |proxy| proxy.to_string());
    let message = format!("{} is unreachable: {why}", entra.authority());
    let error = AuthError::Transport { message, kind, source: Some(Arc::new(error)) };
    if retry { Failed::Transiently(error, None) } else { Failed::Permanently(error) }
}

fn truncated(error: reqwest::Error) -> AuthError {
    let error = error.without_url();
    let message = format!("the response of the token endpoint was truncated: {}", root_cause(&error));
    AuthError::Transport { message, kind: ErrorKind::Connect, source: Some(Arc::new(error)) }
}

fn no_token(message: &str) -> AuthError {
    AuthError::transport(message)
}

/// Parses a number of seconds, which the older endpoint and some proxies write as a string.
pub(super) fn seconds(value: Option<&Value>) -> Option<Duration> {
    let seconds = match value? {
        Value::String(text) => text.trim().parse().ok()?,
        number => number.as_u64()?,
    };
    Some(Duration::from_secs(seconds))
}
