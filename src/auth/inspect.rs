//! Decodes the claims of a token, to explain why it might be rejected.
//!
//! The claims are not verified, and must not be used for decisions: access tokens are opaque to clients, and their
//! format may change. The [claims](https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference)
//! are documented.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::hints;
use super::token::AccessToken;
use crate::program::Program;

/// The claims of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claims {
    /// The ID of the tenant (`tid`).
    pub tenant: Option<String>,
    /// The ID of the application (`appid` or `azp`).
    pub client_id: Option<String>,
    /// The user's sign-in name.
    pub user: Option<String>,
    /// Whether the token belongs to a user or to an application.
    pub kind: TokenKind,
    /// The service that the token is for (`aud`).
    pub audience: Option<String>,
    /// The time of expiry (`exp`).
    pub expires_at: Option<SystemTime>,
    /// Whether the token proves multi-factor authentication (`amr`).
    pub mfa: Mfa,
    /// Roles of the application or the user (`roles`).
    pub roles: Vec<String>,
    /// Permissions that the user delegated to the application (`scp`).
    pub scopes: Vec<String>,
}

impl Claims {
    /// Returns why the service will probably reject the token for this program, each with the next step.
    ///
    /// This is a guess: the rules of the service are not documented.
    pub fn concerns(&self, program: Program, now: SystemTime) -> Vec<&'static str> {
        let mut concerns = Vec::new();
        if self.expires_at.is_some_and(|end| end <= now) {
            concerns.push("the token has expired; get a new one");
        }
        concerns.extend(self.audience.as_deref().and_then(hints::for_audience));
        match (self.kind, self.mfa) {
            (TokenKind::Application, _) if program == Program::Cmp => {}
            (TokenKind::Application, _) => concerns.push(
                "the token belongs to an application alone, but partner insights (mpn) expect a user's; use a refresh token or a device code",
            ),
            // Applications are exempt from multi-factor authentication.
            (_, Mfa::No) => concerns.push(
                "the token does not prove multi-factor authentication; sign in again with it, and use the refresh token of that sign-in",
            ),
            _ => {}
        }
        concerns
    }
}

/// Whether a token belongs to a user or to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenKind {
    /// It belongs to a user who signed in through an application.
    User,
    /// It belongs to an application alone.
    Application,
    /// The claims do not show it.
    Unknown,
}

/// Whether a token proves multi-factor authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mfa {
    /// It does.
    Yes,
    /// It lists the authentication methods, and multi-factor is not among them.
    No,
    /// It lists no authentication methods.
    Unknown,
}

/// Decodes the claims of a token. Returns `None` if it is not a JWT, which does not make it invalid.
pub fn claims(token: &AccessToken) -> Option<Claims> {
    // RFC 7519: the second of three parts contains the claims.
    let parts: Vec<_> = token.expose().split('.').collect();
    let [_, payload, _] = parts[..] else { return None };
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    claims.is_object().then(|| read(&claims))
}

fn read(claims: &Value) -> Claims {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let first = |names: &[&str]| names.iter().find_map(|name| text(name));
    let list = |name: &str| match claims.get(name) {
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(words)) => words.split_whitespace().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let scopes: Vec<String> = list("scp");
    let kind = match text("idtyp").as_deref() {
        Some("app") => TokenKind::Application,
        Some("user") => TokenKind::User,
        _ if !scopes.is_empty() => TokenKind::User,
        // An application is its own subject.
        _ if text("sub").is_some() && text("sub") == text("oid") => TokenKind::Application,
        _ => TokenKind::Unknown,
    };
    let methods: Vec<String> = list("amr");
    let mfa = match &methods[..] {
        [] => Mfa::Unknown,
        // `mfa`, and `ngcmfa` for Windows Hello.
        methods if methods.iter().any(|method| method.ends_with("mfa")) => Mfa::Yes,
        _ => Mfa::No,
    };
    let expires_at = claims.get("exp").and_then(Value::as_u64);
    Claims {
        tenant: text("tid"),
        client_id: first(&["appid", "azp"]),
        user: first(&["upn", "preferred_username", "unique_name"]),
        kind,
        audience: text("aud"),
        expires_at: expires_at.and_then(|s| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(s))),
        mfa,
        roles: list("roles"),
        scopes,
    }
}
