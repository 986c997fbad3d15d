//! The token of whoever is signed in to the Azure CLI.

use std::io;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::process::Command;

use super::endpoint::seconds;
use super::{
    AccessToken, AuthError, CommandError, CommandFailure, TokenFuture, TokenRequest, TokenSource, hints,
};
use crate::text::one_line;

const NAME: &str = if cfg!(windows) { "az.cmd" } else { "az" };

/// Tokens of whoever is signed in to the Azure CLI, by
/// [`az account get-access-token`](https://learn.microsoft.com/cli/azure/account#az-account-get-access-token).
///
/// The program is started without a shell, and stopped after a while. It keeps tokens of its own, so it has no other
/// one to give if the service refuses one.
///
/// **Untested** whether Insights accepts these tokens: they are made for an application of Microsoft, not for yours.
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
    program: PathBuf,
    tenant: Option<String>,
    timeout: Duration,
}

impl Default for AzureCli {
    fn default() -> Self {
        Self::new()
    }
}

impl AzureCli {
    /// The `az` that the process's search path has.
    pub fn new() -> Self {
        Self { program: NAME.into(), tenant: None, timeout: Duration::from_secs(20) }
    }

    /// The tenant of the Partner Center account. Without it `az` takes its default, which is often another one.
    ///
    /// # Errors
    ///
    /// [`AuthError::NotConfigured`] if this cannot be a tenant.
    pub fn tenant(mut self, tenant: &str) -> Result<Self, AuthError> {
        self.tenant = Some(super::entra::tenant(tenant)?);
        Ok(self)
    }

    /// The program to start. Default: `az`, on Windows `az.cmd`.
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = program.into();
        self
    }

    /// How long it may take. Default: 20 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn ask(&self, scope: &str) -> Result<AccessToken, AuthError> {
        // As the value of an option it must not look like another option.
        if scope.is_empty() || scope.starts_with('-') || !scope.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(AuthError::not_configured(
                "the scope has blanks in it, or is none; it looks like https://api.partnercenter.microsoft.com/.default",
            ));
        }
        let mut command = Command::new(&self.program);
        command.args(["account", "get-access-token", "--output", "json", "--scope", scope]);
        if let Some(tenant) = &self.tenant {
            command.args(["--tenant", tenant]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let output = match tokio::time::timeout(self.timeout, command.output()).await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                return Err(self.failed(CommandFailure::NotFound, "", scope));
            }
            Ok(Err(error)) => return Err(self.failed(CommandFailure::Failed, &error.to_string(), scope)),
            Err(_) => return Err(self.failed(CommandFailure::TimedOut(self.timeout), "", scope)),
        };
        self.read(&output, scope)
    }

    fn read(&self, output: &Output, scope: &str) -> Result<AccessToken, AuthError> {
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            let failure = if said.contains("az login") && hints::codes_in(&said).is_empty() {
                CommandFailure::SignedOut
            } else {
                CommandFailure::Failed
            };
            return Err(self.failed(failure, &said, scope));
        }
        // Standard output holds the token, so nothing of it is ever shown.
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let token = answer.get("accessToken").and_then(Value::as_str).filter(|token| !token.is_empty());
        let Some(token) = token else { return Err(self.failed(CommandFailure::Unreadable, &said, scope)) };
        // `expiresOn` beside it is local time without a zone, and useless. Before az 2.54 there is nothing else.
        let ends = seconds(answer.get("expires_on")).and_then(|t| SystemTime::UNIX_EPOCH.checked_add(t));
        let token = AccessToken::new(token);
        Ok(match ends {
            Some(ends) => token.with_expiry(ends),
            None => token,
        })
    }

    fn failed(&self, failure: CommandFailure, said: &str, scope: &str) -> AuthError {
        let tenant = self.tenant.as_deref().unwrap_or("<tenant>");
        let login = format!("az login --tenant {tenant} --allow-no-subscriptions --scope {scope}");
        let codes = hints::codes_in(said);
        let hint = match failure {
            CommandFailure::NotFound => {
                Some("install the Azure CLI and see that it is on the search path, or sign in another way".to_owned())
            }
            CommandFailure::SignedOut => Some(format!("run: {login}")),
            CommandFailure::Failed if !codes.is_empty() => {
                let advice = hints::of_codes(&codes).map(|advice| format!("{advice}; ")).unwrap_or_default();
                Some(format!("{advice}to sign in again, run: {login}"))
            }
            CommandFailure::Failed => {
                Some("run az account get-access-token by hand to see what is wrong with it".to_owned())
            }
            CommandFailure::Unreadable => {
                Some("run az account get-access-token by hand to see what it writes; update the Azure CLI if it is old".to_owned())
            }
            CommandFailure::TimedOut(_) => Some("run az account show by hand to see what it waits for".to_owned()),
        };
        let tool = self.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        AuthError::Command(CommandError { tool, failure, message: one_line(said, 600), codes, hint })
    }
}

impl TokenSource for AzureCli {
    fn token<'a>(&'a self, request: TokenRequest<'a>) -> TokenFuture<'a> {
        Box::pin(self.ask(request.scope))
    }
}
