//! A request to Entra: the form, further attempts, and what the answer says, whatever it is made of.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::{AccessToken, AuthError, Entra, EntraError, Secret, hints};
use crate::body;
use crate::error::one_line;
use crate::transport::{LONGEST, is_invalid_data, retry_after, root_cause};

/// Requests for one token, the first included.
const MAX_ATTEMPTS: u32 = 3;
/// Upper bound of the first wait; the second is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// More is not read. A token of somebody in very many groups has some 20 KiB.
const MAX_RESPONSE_BYTES: usize = 256 << 10;

/// What a grant brings ([RFC 6749, section 5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1)).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenSet {
    /// The token for the service.
    pub access_token: AccessToken,
    /// The token to get the next one with, if one came.
    pub refresh_token: Option<Secret>,
}

/// A parameter of the form.
#[derive(Clone, Copy)]
pub(super) enum Field<'a> {
    Plain(&'static str, &'a str),
    /// Taken out of every text that comes back.
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

/// Asks for a token.
pub(super) async fn grant(entra: &Entra, fields: &[Field<'_>]) -> Result<TokenSet, AuthError> {
    let answer = post(entra, &entra.token_endpoint, fields).await?;
    let text = |name| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let Some(token) = text("access_token") else {
        return Err(no_answer("the answer of the token endpoint holds no access token"));
    };
    // Counted from now, which is a little late; the cache asks early enough to make up for it.
    let access_token = match seconds(answer.get("expires_in")).map(|life| life.min(LONGEST)) {
        Some(lifetime) => AccessToken::new(token).with_lifetime(lifetime),
        None => AccessToken::new(token),
    };
    Ok(TokenSet { access_token, refresh_token: text("refresh_token").map(Secret::from) })
}

/// Sends a form, again where that helps, and gives the JSON of a 200.
pub(super) async fn post(entra: &Entra, url: &Url, fields: &[Field<'_>]) -> Result<Value, AuthError> {
    let ends = Instant::now() + entra.max_elapsed.min(LONGEST);
    for attempt in 1.. {
        let (error, wait) = match post_once(entra, url, fields, ends).await {
            Ok(answer) => return Ok(answer),
            Err(Failed::ForGood(error)) => return Err(error),
            Err(Failed::ForNow(error, wait)) => (error, wait),
        };
        let ours = FIRST_WAIT.mul_f64(f64::from(attempt) * (1.0 - 0.5 * fastrand::f64()));
        let wait = wait.unwrap_or_default().max(ours);
        if attempt >= MAX_ATTEMPTS || ends.saturating_duration_since(Instant::now()) <= wait {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
    }
    Err(no_answer("no attempt was made"))
}

enum Failed {
    ForGood(AuthError),
    /// May pass, after as long as was asked for.
    ForNow(AuthError, Option<Duration>),
}

async fn post_once(entra: &Entra, url: &Url, fields: &[Field<'_>], ends: Instant) -> Result<Value, Failed> {
    let form: Vec<_> = fields.iter().map(Field::pair).collect();
    let left = ends.saturating_duration_since(Instant::now());
    let sent = entra.http.post(url.clone()).timeout(left).form(&form).send().await;
    let mut response = sent.map_err(|error| unreachable_endpoint(entra, error))?;
    let status = response.status();
    let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let wait = wait.and_then(|value| retry_after(value, SystemTime::now()));

    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() <= MAX_RESPONSE_BYTES => {
                bytes.extend_from_slice(&chunk);
            }
            Ok(None) => break,
            // Of a failure the status is what counts.
            _ if !status.is_success() => break,
            Ok(Some(_)) => {
                return Err(Failed::ForGood(no_answer("the answer of the token endpoint is too long")));
            }
            Err(error) => return Err(Failed::ForGood(broken_off(error))),
        }
    }
    let value = serde_json::from_slice::<Value>(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)).ok();
    if status == StatusCode::OK
        && let Some(value) = value.as_ref().filter(|value| value.is_object() && value.get("error").is_none())
    {
        return Ok(value.clone());
    }
    let error = refused(status, value.as_ref(), &bytes, fields);
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return Err(Failed::ForNow(AuthError::Entra(Box::new(error)), wait));
    }
    // What OAuth and OpenID Connect define for "a person is needed"; codes and texts are not looked at.
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
    Err(Failed::ForGood(if interaction.contains(&error.error.as_str()) {
        AuthError::InteractionRequired(error)
    } else {
        AuthError::Entra(error)
    }))
}

/// What an answer without a token says.
fn refused(status: StatusCode, value: Option<&Value>, bytes: &[u8], fields: &[Field<'_>]) -> EntraError {
    let text = |name| {
        let text = value.and_then(|value| value.get(name)).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).map(|text| one_line(&without_secrets(text, fields), 1_500))
    };
    let said = text("error_description");
    // Taken out before the message is cut, or a part of a long secret would stay.
    let clean = || without_secrets(&String::from_utf8_lossy(bytes), fields);
    let said = said.or_else(|| body::detail(clean().as_bytes()).message);
    let description = said.unwrap_or_else(|| match status {
        StatusCode::OK => "what answered is no token endpoint".into(),
        _ if status.is_redirection() => "redirected elsewhere, which was not followed".into(),
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

/// Some servers repeat what they do not like.
fn without_secrets(text: &str, fields: &[Field<'_>]) -> String {
    fields.iter().fold(text.to_owned(), |text, field| match field {
        Field::Secret(_, secret) if !secret.expose().is_empty() => text.replace(secret.expose(), "[secret]"),
        _ => text,
    })
}

fn unreachable_endpoint(entra: &Entra, error: reqwest::Error) -> Failed {
    let error = error.without_url();
    let tls = is_invalid_data(&error);
    let why = if error.is_timeout() { "no answer in time".into() } else { root_cause(&error) };
    let retry = error.is_connect() && !tls;
    let message = format!("{} was not reached: {why}", entra.authority());
    let error = AuthError::Transport { message, is_tls: tls, source: Some(Arc::new(error)) };
    if retry { Failed::ForNow(error, None) } else { Failed::ForGood(error) }
}

fn broken_off(error: reqwest::Error) -> AuthError {
    let error = error.without_url();
    let message = format!("the answer of the token endpoint broke off: {}", root_cause(&error));
    AuthError::Transport { message, is_tls: false, source: Some(Arc::new(error)) }
}

fn no_answer(message: &str) -> AuthError {
    AuthError::transport(message)
}

/// A number of seconds, which the older endpoint and some proxies write as a string.
pub(super) fn seconds(value: Option<&Value>) -> Option<Duration> {
    let seconds = match value? {
        Value::String(text) => text.trim().parse().ok()?,
        number => number.as_u64()?,
    };
    Some(Duration::from_secs(seconds))
}
