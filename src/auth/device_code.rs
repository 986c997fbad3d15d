//! The token of a user who enters a code in a browser.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use tokio::time::Instant;

use super::endpoint::{self, Field, TokenSet};
use super::{AuthError, Entra, RefreshToken, TokenFuture, TokenRequest, TokenSource};
use crate::transport::LONGEST;

/// RFC 8628, section 3.5: how much slower to ask when told to.
const SLOWER: Duration = Duration::from_secs(5);

/// Tokens of a user who opens a page in a browser, on any device, and enters a code there
/// ([device authorization grant](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code)).
///
/// The application must allow public client flows. Conditional Access can bar this way to sign in, and Microsoft
/// advises to.
///
/// As a [`TokenSource`] it asks the user once, and uses the refresh token that came along after that, until Entra wants
/// to see the user again. Use it only where somebody sees the prompt.
///
/// **Untested** against a live tenant.
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

/// What to tell the user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DevicePrompt {
    /// The code to enter.
    pub user_code: String,
    /// The page to enter it on.
    pub verification_uri: String,
    /// Both in a sentence of Entra's.
    pub message: String,
    /// How long the code is good for.
    pub expires_in: Duration,
}

impl DeviceCode {
    /// A source that shows its prompt through this function. It is called once for each sign-in.
    pub fn new(entra: Entra, show: impl Fn(&DevicePrompt) + Send + Sync + 'static) -> Self {
        Self { entra, show: Box::new(show), signed_in: tokio::sync::Mutex::default() }
    }

    /// Shows a prompt, and waits until the user has signed in.
    ///
    /// # Errors
    ///
    /// [`InteractionRequired`](AuthError::InteractionRequired) if the user refused or let the code expire; otherwise see
    /// [`AuthError`].
    pub async fn sign_in(&self, scope: &str) -> Result<TokenSet, AuthError> {
        let scope = format!("{scope} offline_access");
        let fields = [Field::Plain("client_id", self.entra.client_id()), Field::Plain("scope", &scope)];
        let answer = endpoint::post(&self.entra, self.entra.device_code_endpoint(), &fields).await?;
        let Some(Authorization { device_code, prompt, mut interval }) = Authorization::read(&answer) else {
            return Err(endpoint::no_token("the answer of the device code endpoint holds no code"));
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
            match next_interval(interval, error.entra().map_or("", |error| &error.error)) {
                // The last answer tells more than a clock of ours, so it is asked for once more after the end.
                Some(next) if Instant::now() < ends => interval = next,
                _ => return Err(error),
            }
        }
    }
}

/// How long to wait after this OAuth error, or nothing if it is final (RFC 8628, section 3.5).
fn next_interval(interval: Duration, error: &str) -> Option<Duration> {
    match error {
        "authorization_pending" => Some(interval),
        "slow_down" => Some(interval + SLOWER),
        _ => None,
    }
}

/// The answer of the device code endpoint (RFC 8628, section 3.2).
struct Authorization {
    device_code: SecretString,
    prompt: DevicePrompt,
    interval: Duration,
}

impl Authorization {
    fn read(answer: &Value) -> Option<Self> {
        let text = |name| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        // Entra's own spelling of `verification_uri` changed once.
        let verification_uri = text("verification_uri").or_else(|| text("verification_url"))?;
        let user_code = text("user_code")?;
        let message =
            text("message").unwrap_or_else(|| format!("Open {verification_uri} and enter {user_code}"));
        let seconds = |name, default| {
            endpoint::seconds(answer.get(name))
                .map_or(Duration::from_secs(default), |stated| stated.min(LONGEST))
        };
        let (expires_in, interval) = (seconds("expires_in", 900), seconds("interval", 5));
        Some(Self {
            device_code: text("device_code")?.into(),
            prompt: DevicePrompt { user_code, verification_uri, message, expires_in },
            // Whatever is asked for, no loop without a pause.
            interval: interval.max(Duration::from_secs(1)),
        })
    }
}

impl TokenSource for DeviceCode {
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(async move {
            let mut signed_in = self.signed_in.lock().await;
            if let Some(source) = signed_in.as_ref() {
                match source.redeem(request.scope).await {
                    Err(AuthError::InteractionRequired(_)) => *signed_in = None,
                    answer => return Ok(answer?.access_token),
                }
            }
            let tokens = self.sign_in(request.scope).await?;
            let refresh_token = tokens.refresh_token;
            *signed_in = refresh_token.map(|token| RefreshToken::new(self.entra.clone(), token));
            Ok(tokens.access_token)
        })
    }
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCode").field("entra", &self.entra).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pending_sign_in_is_asked_for_again_and_slower_when_told_to() {
        let second = Duration::from_secs(1);
        assert_eq!(next_interval(second, "authorization_pending"), Some(second));
        assert_eq!(next_interval(second, "slow_down"), Some(Duration::from_secs(6)));
        for last in ["authorization_declined", "expired_token", "bad_verification_code", "invalid_grant", ""]
        {
            assert_eq!(next_interval(second, last), None, "{last}");
        }
    }
}
