//! The authentication flags of every command, and the command `auth`.

use std::path::PathBuf;

use clap::builder::{EnumValueParser, PathBufValueParser, StringValueParser};
use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::help::{self, examples};
use super::values::Setting;

#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Authentication")]
pub struct SignIn {
    /// Credential source; auto uses the first configured one, in this order
    #[arg(long, global = true, env = "PARTNER_CENTER_AUTH", default_value = "auto", value_name = "SOURCE", ignore_case = true, value_parser = Setting(EnumValueParser::<CredentialSource>::new()))]
    pub auth: CredentialSource,
    /// File with an access token (- for stdin)
    #[arg(long, global = true, env = "PARTNER_CENTER_ACCESS_TOKEN_FILE", value_name = "FILE", value_parser = Setting(PathBufValueParser::new()))]
    pub token_file: Option<PathBuf>,
    /// File with a refresh token; rewritten whenever Entra issues a new one
    #[arg(long, global = true, env = "PARTNER_CENTER_REFRESH_TOKEN_FILE", value_name = "FILE", value_parser = Setting(PathBufValueParser::new()))]
    pub refresh_token_file: Option<PathBuf>,
    /// Tenant of the Partner Center account: its ID or a verified domain
    #[arg(long, global = true, env = "AZURE_TENANT_ID", value_name = "TENANT", value_parser = Setting(StringValueParser::new()))]
    pub tenant: Option<String>,
    /// Client ID of the application registered in the tenant
    #[arg(long, global = true, env = "AZURE_CLIENT_ID", value_name = "ID", value_parser = Setting(StringValueParser::new()))]
    pub client_id: Option<String>,
    /// Entra authority URL, for clouds other than the public one
    #[arg(long, global = true, env = "AZURE_AUTHORITY_HOST", value_name = "URL", value_parser = Setting(StringValueParser::new()))]
    pub authority: Option<String>,
    /// OAuth scope to request [default: derived from the service URL]
    #[arg(long, global = true, env = "PARTNER_CENTER_SCOPE", value_name = "SCOPE", value_parser = Setting(StringValueParser::new()))]
    pub scope: Option<String>,
    /// The arguments that were set on the command line, not in the environment.
    #[arg(skip)]
    pub from_flags: Vec<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CredentialSource {
    Auto,
    /// Access token from PARTNER_CENTER_ACCESS_TOKEN or --token-file
    Token,
    /// Refresh token from PARTNER_CENTER_REFRESH_TOKEN, --refresh-token-file or `auth login`
    RefreshToken,
    /// Application secret from AZURE_CLIENT_SECRET
    ClientSecret,
    /// The account signed in to the Azure CLI (`az`)
    AzureCli,
    /// A code to enter in a browser; never used by auto
    DeviceCode,
}

impl CredentialSource {
    /// The value of `--auth`.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

#[derive(Debug, Subcommand)]
pub enum Auth {
    /// Sign in with a code in a browser and store the refresh token
    #[command(after_long_help = examples(&[help::LOGIN]))]
    Login,
    /// Delete the stored refresh token
    #[command(after_long_help = examples(&["auth logout"]))]
    Logout,
    /// Show the token's claims; exit code 4 if a request is likely to be refused
    #[command(after_long_help = examples(&["auth check", "auth check --probe --output json"]))]
    Check(Check),
    /// Print an access token
    #[command(after_long_help = examples(&["auth token > token.txt", "list --token-file token.txt"]))]
    Token,
}

#[derive(Debug, ClapArgs)]
pub struct Check {
    /// Also send one request, to see whether the service accepts the token and its MFA claim
    #[arg(long)]
    pub probe: bool,
}
