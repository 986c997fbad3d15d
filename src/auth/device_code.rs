//! Tokens of a user who enters a code in a browser.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::endpoint::{self, Field, TokenSet};
use super::entra::Entra;
use super::error::AuthError;
use super::refresh_token::RefreshToken;
use super::secret::Secret;
use super::source::{TokenFuture, TokenRequest, TokenSource};
use crate::transport::LONGEST;

/// Requests tokens for a user who opens a page in a browser, on any device, and enters a code there
/// ([device authorization grant](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code)).
///
/// The application must allow public client flows. Conditional Access can block device codes, and Microsoft recommends
/// that.
///
/// As a [`TokenSource`] it prompts once, and then uses the refresh token until Entra requires the user to sign in
/// again. Use it only where the user sees the prompt. **Untested** against a live tenant.
///
/// ```no_run
/// use partner_center_insights::auth::{Cloud, DeviceCode, Entra, StoredLogin, TokenFile};
///
/// # async fn login(entra: Entra) -> Result<(), partner_center_insights::auth::AuthError> {
/// let device = DeviceCode::new(entra.clone(), |prompt| {
///     eprintln!("Open {} and enter {}", prompt.verification_uri, prompt.user_code);
/// });
/// let tokens = device.sign_in(&Cloud::Public.scope()).await?;
/// if let Some(refresh_token) = tokens.refresh_token {
///     TokenFile::new("login.json").write(&StoredLogin::of(&entra, refresh_token))?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct DeviceCode {
    entra: Entra,
    show: Box<dyn Fn(&DevicePrompt) + Send + Sync>,
    signed_in: tokio::sync::Mutex<Option<RefreshToken>>,
}

/// The prompt for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DevicePrompt {
    /// The code to enter.
    pub user_code: String,
    /// The page to enter it on.
    pub verification_uri: String,
    /// Entra's sentence with both.
    pub message: String,
    /// How long the code is valid.
    pub expires_in: Duration,
}

impl DeviceCode {
    /// Creates a source that calls `show` once for each sign-in.
    pub fn new(entra: Entra, show: impl Fn(&DevicePrompt) + Send + Sync + 'static) -> Self {
        Self { entra, show: Box::new(show), signed_in: tokio::sync::Mutex::default() }
    }

    /// Shows a prompt and waits until the user has signed in.
    ///
    /// # Errors
    ///
    /// [`InteractionRequired`](AuthError::InteractionRequired) if the user declined or the code expired; otherwise see
    /// [`AuthError`].
    pub async fn sign_in(&self, scope: &str) -> Result<TokenSet, AuthError> {
        let scope = format!("{scope} offline_access");
        let fields = [Field::Plain("client_id", self.entra.client_id()), Field::Plain("scope", &scope)];
        let response = endpoint::post(&self.entra, &self.entra.device_code_endpoint, &fields).await?;
        let Some((device_code, prompt, mut interval)) = read(&response) else {
            return Err(AuthError::transport("the response of the device code endpoint has no code"));
        };
        (self.show)(&prompt);

        let ends = Instant::now() + prompt.expires_in;
        let fields = [
            Field::Plain("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            Field::Plain("client_id", self.entra.client_id()),
            Field::Secret("device_code", &device_code),
        ];
        loop {
            tokio::time::sleep(interval).await;
            let error = match endpoint::grant(&self.entra, &fields).await {
                Ok(tokens) => return Ok(tokens),
                Err(error) => error,
            };
            // RFC 8628, section 3.5.
            match error.entra().map_or("", |error| &error.error) {
                "authorization_pending" => {}
                "slow_down" => interval += Duration::from_secs(5),
                _ => return Err(error),
            }
            // Checked after the request, because Entra's error is more precise than a timeout.
            if Instant::now() >= ends {
                return Err(error);
            }
        }
    }
}

/// Reads the device code, the prompt and the polling interval (RFC 8628, section 3.2).
fn read(response: &Value) -> Option<(Secret, DevicePrompt, Duration)> {
    let text = |name| response.get(name).and_then(Value::as_str).map(str::to_owned);
    let seconds = |name, default| {
        let seconds = endpoint::seconds(response.get(name));
        seconds.unwrap_or(Duration::from_secs(default)).min(LONGEST)
    };
    // Entra has used both names.
    let verification_uri = text("verification_uri").or_else(|| text("verification_url"))?;
    let user_code = text("user_code")?;
    let message = text("message").unwrap_or_else(|| format!("Open {verification_uri} and enter {user_code}"));
    let prompt =
        DevicePrompt { user_code, verification_uri, message, expires_in: seconds("expires_in", 900) };
    Some((text("device_code")?.into(), prompt, seconds("interval", 5).max(Duration::from_secs(1))))
}

impl TokenSource for DeviceCode {
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(async move {
            let mut signed_in = self.signed_in.lock().await;
            if let Some(source) = signed_in.as_ref() {
                match source.redeem(request.scope).await {
                    Err(AuthError::InteractionRequired(_)) => *signed_in = None,
                    result => return Ok(result?.access_token),
                }
            }
            let tokens = self.sign_in(request.scope).await?;
            *signed_in = tokens.refresh_token.map(|token| RefreshToken::new(self.entra.clone(), token));
            Ok(tokens.access_token)
        })
    }
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCode").field("entra", &self.entra).finish_non_exhaustive()
    }
}
