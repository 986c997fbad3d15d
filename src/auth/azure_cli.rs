//! Tokens of the account signed in to the Azure CLI.

use std::io;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::process::Command;

use super::error::{AuthError, CommandFailure};
use super::source::{TokenFuture, TokenRequest, TokenSource};
use super::token::AccessToken;
use super::{endpoint, entra, hints};
use crate::text::one_line;

/// Requests tokens for the account signed in to the Azure CLI, by
/// [`az account get-access-token`](https://learn.microsoft.com/cli/azure/account#az-account-get-access-token).
///
/// `az` is started without a shell and killed after a timeout. It has a cache of its own that cannot be bypassed, so a
/// call whose token was rejected is not retried.
///
/// **Untested** whether Insights accepts these tokens: they are issued to an application of Microsoft, not to yours.
///
/// ```
/// use partner_center_insights::InsightsClient;
/// use partner_center_insights::auth::AzureCli;
///
/// # fn client() -> Result<InsightsClient, Box<dyn std::error::Error>> {
/// let source = AzureCli::new().tenant("contoso.onmicrosoft.com")?;
/// Ok(InsightsClient::builder().token_source(source).build()?)
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AzureCli {
    executable: PathBuf,
    tenant: Option<String>,
    timeout: Duration,
}

impl Default for AzureCli {
    fn default() -> Self {
        let name = if cfg!(windows) { "az.cmd" } else { "az" };
        Self { executable: name.into(), tenant: None, timeout: Duration::from_secs(20) }
    }
}

impl AzureCli {
    /// Creates a source that uses the `az` on the search path.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the tenant of the Partner Center account. Default: that of `az`, which is often a different one.
    ///
    /// # Errors
    ///
    /// [`AuthError::Configuration`] if the tenant is invalid.
    pub fn tenant(mut self, tenant: &str) -> Result<Self, AuthError> {
        self.tenant = Some(entra::tenant(tenant)?);
        Ok(self)
    }

    /// Sets the executable. Default: `az`, on Windows `az.cmd`.
    pub fn executable(mut self, executable: impl Into<PathBuf>) -> Self {
        self.executable = executable.into();
        self
    }

    /// Sets the timeout. Default: 20 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn run(&self, scope: &str) -> Result<AccessToken, AuthError> {
        // A leading hyphen would make it another option.
        if scope.is_empty() || scope.starts_with('-') || !scope.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(AuthError::configuration(
                "the scope is empty, starts with a hyphen or contains whitespace",
                "set a scope such as https://api.partnercenter.microsoft.com/.default",
            ));
        }
        let mut command = Command::new(&self.executable);
        command.args(["account", "get-access-token", "--output", "json", "--scope", scope]);
        if let Some(tenant) = &self.tenant {
            command.args(["--tenant", tenant]);
        }
        // Colors, warnings and hints would surround the JSON.
        command.env("AZURE_CORE_NO_COLOR", "true").env("AZURE_CORE_ONLY_SHOW_ERRORS", "true");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        match tokio::time::timeout(self.timeout, command.output()).await {
            Ok(Ok(output)) => self.read(&output, scope),
            Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                Err(self.error(CommandFailure::NotFound, "", scope))
            }
            Ok(Err(error)) => Err(self.error(CommandFailure::Failed, &error.to_string(), scope)),
            Err(_) => Err(self.error(CommandFailure::TimedOut(self.timeout), "", scope)),
        }
    }

    fn read(&self, output: &Output, scope: &str) -> Result<AccessToken, AuthError> {
        let stderr = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            let signed_out = stderr.contains("az login") && hints::codes_in(&stderr).is_empty();
            let failure = if signed_out { CommandFailure::SignedOut } else { CommandFailure::Failed };
            return Err(self.error(failure, &stderr, scope));
        }
        // Standard output contains the token, so it is never shown.
        let response = object_in(&String::from_utf8_lossy(&output.stdout));
        let token = response.get("accessToken").and_then(Value::as_str).filter(|token| !token.is_empty());
        let Some(token) = token else {
            return Err(self.error(CommandFailure::InvalidOutput, &stderr, scope));
        };
        let token = AccessToken::new(token);
        // Before az 2.54, there is only `expiresOn`: local time without a zone, which cannot be used.
        match ["expires_on", "expiresOn"].iter().find_map(|name| time(response.get(*name)?)) {
            Some(expiry) => Ok(token.with_expiry(expiry)),
            None => Ok(token),
        }
    }

    fn error(&self, failure: CommandFailure, stderr: &str, scope: &str) -> AuthError {
        let az = self.executable.file_name().unwrap_or_default().to_string_lossy();
        let tenant = self.tenant.as_deref().unwrap_or("<tenant>");
        let login = format!("az login --tenant {tenant} --allow-no-subscriptions --scope {scope}");
        let codes = hints::codes_in(stderr);
        let has_no_subscription = stderr.to_ascii_lowercase().contains("no subscription");
        let stderr = one_line(cause_in(&stderr.replace("\r\n", "\n")), 600);
        let (mut message, help) = match failure {
            CommandFailure::NotFound => (
                format!("{az} not found"),
                "install the Azure CLI and add it to the search path, or sign in another way".to_owned(),
            ),
            CommandFailure::SignedOut => (format!("no account is signed in to {az}"), format!("run: {login}")),
            CommandFailure::Failed => (
                format!("{az} failed"),
                match hints::for_codes(&codes) {
                    Some(help) => format!("{help}; to sign in again, run: {login}"),
                    None if !codes.is_empty() || has_no_subscription => format!("to sign in again, run: {login}"),
                    None => "run az account get-access-token by hand to see what is wrong".to_owned(),
                },
            ),
            CommandFailure::InvalidOutput => (
                format!("{az} returned no token"),
                "run az account get-access-token by hand to see its output; update the Azure CLI if it is old".to_owned(),
            ),
            CommandFailure::TimedOut(limit) => (
                format!("{az} timed out after {} s", limit.as_secs_f32()),
                "run az account show by hand to see what it waits for".to_owned(),
            ),
        };
        if !stderr.is_empty() {
            message += &format!(": {stderr}{}", hints::page(&codes));
        }
        AuthError::Command { failure, message, help }
    }
}

/// Reads a time: seconds since 1970, or a text with an offset, as for managed identities.
fn time(value: &Value) -> Option<SystemTime> {
    if let Some(seconds) = endpoint::seconds(Some(value)) {
        return SystemTime::UNIX_EPOCH.checked_add(seconds);
    }
    let text = value.as_str()?.trim();
    let dotnet = || jiff::fmt::strtime::parse("%m/%d/%Y %I:%M:%S %p %:z", text).ok()?.to_timestamp().ok();
    text.parse::<jiff::Timestamp>().ok().or_else(dotnet).map(SystemTime::from)
}

/// Finds the JSON object with the token: colors, warnings or a byte order mark may surround it.
fn object_in(text: &str) -> Value {
    let starts = text.match_indices('{').map(|(at, _)| &text[at..]);
    let objects = starts.filter_map(|text| serde_json::Deserializer::from_str(text).into_iter().next()?.ok());
    objects.into_iter().find(|object: &Value| object.get("accessToken").is_some()).unwrap_or_default()
}

/// Finds the exception in a Python traceback: the first line after it that is not indented.
fn cause_in(stderr: &str) -> &str {
    let Some(at) = stderr.rfind("Traceback (most recent call last)") else { return stderr };
    let mut lines = stderr[at..].lines().skip(1).filter(|line| !line.trim().is_empty());
    lines.find(|line| !line.starts_with([' ', '\t'])).unwrap_or(stderr)
}

impl TokenSource for AzureCli {
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(self.run(request.scope))
    }
}
