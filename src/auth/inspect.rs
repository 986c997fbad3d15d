//! What a token says about itself: for people who ask why it is refused.
//!
//! Access tokens are a matter between Entra and the service, and may change their form at any time. Nothing here is
//! verified, and nothing may be decided by it: [claims](https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference).

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{AccessToken, hints};
use crate::program::Program;

/// What a token says.
///
/// ```
/// use partner_center_insights::auth::AccessToken;
/// use partner_center_insights::auth::inspect::{TokenKind, claims};
///
/// // {"alg":"none"}.{"idtyp":"app","aud":"https://api.partnercenter.microsoft.com"}
/// let token = AccessToken::new(
///     "eyJhbGciOiJub25lIn0.eyJpZHR5cCI6ImFwcCIsImF1ZCI6Imh0dHBzOi8vYXBpLnBhcnRuZXJjZW50ZXIubWljcm9zb2Z0LmNvbSJ9.",
/// );
/// assert_eq!(claims(&token).map(|claims| claims.holder), Some(TokenKind::Application));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claims {
    /// The tenant's id (`tid`).
    pub tenant: Option<String>,
    /// The application's id (`appid` or `azp`).
    pub client_id: Option<String>,
    /// The name that the user signs in with, if the token holds it.
    pub user: Option<String>,
    /// Whose token it is.
    pub holder: TokenKind,
    /// The service that it is for (`aud`).
    pub audience: Option<String>,
    /// When it ends (`exp`).
    pub expires_at: Option<SystemTime>,
    /// Whether it proves a multi-factor sign-in (`amr`).
    pub mfa: Mfa,
    /// Roles of the application or the user (`roles`).
    pub roles: Vec<String>,
    /// What the application may do for the user (`scp`).
    pub scopes: Vec<String>,
}

impl Claims {
    /// What it will probably be refused for by this program, each with the next step.
    ///
    /// It is a guess: what the service decides by is not documented.
    pub fn concerns(&self, program: Program, now: SystemTime) -> Vec<&'static str> {
        let mut concerns = Vec::new();
        if self.expires_at.is_some_and(|end| end <= now) {
            concerns.push("the token has ended; get a new one");
        }
        concerns.extend(self.audience.as_deref().and_then(hints::for_audience));
        match (self.holder, self.mfa) {
            (TokenKind::Application, _) if program == Program::Cmp => {}
            (TokenKind::Application, _) => concerns.push(
                "this is the token of an application alone; partner insights (mpn) expect one of a user: use a refresh token or a device code",
            ),
            // Applications are exempt.
            (_, Mfa::No) => concerns.push(
                "the token does not prove a multi-factor sign-in; sign in again with it, and take the refresh token from that",
            ),
            _ => {}
        }
        concerns
    }
}

/// Whose token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenKind {
    /// A user's, through an application.
    User,
    /// An application's alone.
    Application,
    /// The token does not tell.
    Unknown,
}

/// Whether a token proves a multi-factor sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mfa {
    /// It does.
    Yes,
    /// It tells how the user signed in, and that was with one factor.
    No,
    /// It does not tell how.
    Unknown,
}

/// Reads the claims of a token. Nothing if it is no JWT, which proves nothing about it.
pub fn claims(token: &AccessToken) -> Option<Claims> {
    // RFC 7519: three parts, of which the second holds the claims.
    let mut parts = token.expose().split('.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
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
    let holder = match text("idtyp").as_deref() {
        Some("app") => TokenKind::Application,
        Some("user") => TokenKind::User,
        _ if !scopes.is_empty() => TokenKind::User,
        // An application is its own subject.
        _ if text("sub").is_some() && text("sub") == text("oid") => TokenKind::Application,
        _ => TokenKind::Unknown,
    };
    let methods: Vec<String> = list("amr");
    let mfa = match methods.as_slice() {
        [] => Mfa::Unknown,
        // `mfa`, and `ngcmfa` for Windows Hello.
        methods if methods.iter().any(|method| method.ends_with("mfa")) => Mfa::Yes,
        _ => Mfa::No,
    };
    let expires_at = claims.get("exp").and_then(Value::as_u64);
    let expires_at = expires_at.and_then(|s| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(s)));
    Claims {
        tenant: text("tid"),
        client_id: first(&["appid", "azp"]),
        user: first(&["upn", "preferred_username", "unique_name"]),
        holder,
        audience: text("aud"),
        expires_at,
        mfa,
        roles: list("roles"),
        scopes,
    }
}
