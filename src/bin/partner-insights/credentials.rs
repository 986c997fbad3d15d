//! Token sources, from flags and the environment. A run uses one source, without a fallback if it fails.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, io};

use partner_center_insights::auth::{
    AccessToken, AuthError, AzureCli, ClientSecret, DeviceCode, Entra, EntraBuilder, RefreshToken, Rotation,
    Saved, StaticToken, StoredLogin, TokenFile, TokenSource, inspect,
};

use crate::args::{CredentialSource, SignIn};
use crate::exit::Failure;
use crate::input::{self, unquoted};
use crate::output::Output;

/// Secrets are never flags: other users can read a command line.
const ACCESS_TOKEN: &str = "PARTNER_CENTER_ACCESS_TOKEN";
const REFRESH_TOKEN: &str = "PARTNER_CENTER_REFRESH_TOKEN";
const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";

const LOGIN: &str = "run `partner-insights auth login`, or set PARTNER_CENTER_REFRESH_TOKEN";

/// The chosen source, ready to use.
pub struct Credentials {
    pub source: CredentialSource,
    pub tokens: Box<dyn TokenSource>,
    /// When the access token expired, if it is known to have expired.
    pub expired_at: Option<SystemTime>,
}

impl Credentials {
    pub async fn new(sign_in: &SignIn, output: &Output) -> Result<Self, Failure> {
        if secret("AZURE_USERNAME").is_some() || secret("AZURE_PASSWORD").is_some() {
            output.note("Ignoring AZURE_USERNAME and AZURE_PASSWORD: password sign-in cannot satisfy MFA.");
        }
        let source = match sign_in.auth {
            CredentialSource::Auto => first_configured(sign_in)?,
            source => source,
        };
        let mut expired_at = None;
        let tokens: Box<dyn TokenSource> = match source {
            CredentialSource::Token => {
                let token = access_token(sign_in).await?;
                let claims = inspect::claims(&AccessToken::new(&*token));
                expired_at =
                    claims.and_then(|claims| claims.expires_at).filter(|end| *end <= SystemTime::now());
                Box::new(StaticToken::new(token))
            }
            CredentialSource::RefreshToken => Box::new(refresh_token(sign_in, output).await?),
            CredentialSource::ClientSecret => {
                let value = secret(CLIENT_SECRET).ok_or_else(|| unset(CLIENT_SECRET))?;
                Box::new(ClientSecret::new(entra(sign_in, Entra::builder())?, value))
            }
            CredentialSource::DeviceCode => Box::new(device_code(sign_in, output)?.1),
            CredentialSource::Auto | CredentialSource::AzureCli => Box::new(match &sign_in.tenant {
                Some(tenant) => AzureCli::new().tenant(tenant)?,
                None => AzureCli::new(),
            }),
        };
        Ok(Self { source, tokens, expired_at })
    }
}

fn first_configured(sign_in: &SignIn) -> Result<CredentialSource, Failure> {
    if sign_in.token_file.is_some() || secret(ACCESS_TOKEN).is_some() {
        Ok(CredentialSource::Token)
    } else if sign_in.refresh_token_file.is_some()
        || secret(REFRESH_TOKEN).is_some()
        || stored_login().is_some()
    {
        Ok(CredentialSource::RefreshToken)
    } else if secret(CLIENT_SECRET).is_some() {
        Ok(CredentialSource::ClientSecret)
    } else if is_on_search_path("az") {
        Ok(CredentialSource::AzureCli)
    } else {
        Err(not_configured(sign_in))
    }
}

/// Names the settings that were found, because some of them are not enough.
fn not_configured(sign_in: &SignIn) -> Failure {
    let mut message = "no credentials configured".to_owned();
    for name in [ACCESS_TOKEN, REFRESH_TOKEN, CLIENT_SECRET].into_iter().filter(|name| is_set(name)) {
        message += &format!("; {name} is empty");
    }
    let application = [
        ("the tenant (AZURE_TENANT_ID)", sign_in.tenant.is_some()),
        ("the client ID (AZURE_CLIENT_ID)", sign_in.client_id.is_some()),
    ];
    let names = |wanted| {
        let names = application.iter().filter(|(_, is_set)| *is_set == wanted).map(|(name, _)| *name);
        names.collect::<Vec<_>>().join(" and ")
    };
    if application.iter().all(|(_, is_set)| !is_set) {
        return Failure::authentication(message).hint(
            "set PARTNER_CENTER_ACCESS_TOKEN, run `partner-insights auth login`, sign in to the Azure CLI, or try \
             --emulator",
        );
    }
    let missing = names(false);
    let missing = if missing.is_empty() { missing } else { format!("{missing}, and ") };
    message += &format!("; found {}; missing {missing}a secret or a stored login", names(true));
    Failure::authentication(message).hint(
        "run `partner-insights auth login` for a user, or set AZURE_CLIENT_SECRET (with --program cmp) or \
         PARTNER_CENTER_REFRESH_TOKEN",
    )
}

async fn access_token(sign_in: &SignIn) -> Result<String, Failure> {
    let Some(file) = &sign_in.token_file else {
        return parsed(&secret(ACCESS_TOKEN).ok_or_else(|| unset(ACCESS_TOKEN))?, ACCESS_TOKEN);
    };
    let name = input::name(file);
    let text = input::read_file(file).await.map_err(|error| {
        Failure::authentication(format!("cannot read the access token from {name}: {error}"))
            .hint("check --token-file (PARTNER_CENTER_ACCESS_TOKEN_FILE)")
    })?;
    parsed(&text, &name)
}

/// Parses an access token from the source with this name.
fn parsed(text: &str, name: &str) -> Result<String, Failure> {
    let token = text.parse::<AccessToken>().map_err(|error| {
        let problem = match error {
            AuthError::InvalidToken { problem, .. } => format!(": it {problem}"),
            _ => String::new(),
        };
        Failure::authentication(format!("{name} holds no access token{problem}"))
            .hint("pass the token alone, as `partner-insights auth token` prints it")
    })?;
    Ok(token.expose().to_owned())
}

/// Parses a refresh token, or a login in JSON.
fn login(text: &str, name: &str) -> Result<StoredLogin, Failure> {
    text.parse().map_err(|_| {
        Failure::authentication(format!("{name} holds no refresh token")).hint(
            "put the refresh token alone into the file or the variable, or run `partner-insights auth login`",
        )
    })
}

async fn refresh_token(sign_in: &SignIn, output: &Output) -> Result<RefreshToken, Failure> {
    let source = match (&sign_in.refresh_token_file, secret(REFRESH_TOKEN)) {
        (Some(file), _) => with_secret(from_file(sign_in, file).await?),
        (None, Some(text)) => {
            let login = login(&text, REFRESH_TOKEN)?;
            with_secret(RefreshToken::new(entra(sign_in, login.entra())?, login.refresh_token))
        }
        (None, None) => from_stored_login(sign_in, output)?,
    };
    let output = output.clone();
    Ok(source.on_rotation(move |rotation: Rotation| {
        if let Saved::Failed(error) = rotation.saved {
            output.note(format_args!("Cannot save the new refresh token: {error}"));
        }
    }))
}

/// Flags and variables override the values in the file.
async fn from_file(sign_in: &SignIn, path: &Path) -> Result<RefreshToken, Failure> {
    let check = "check --refresh-token-file (PARTNER_CENTER_REFRESH_TOKEN_FILE)";
    let file = TokenFile::new(path);
    let text = input::read_file(path).await.map_err(|error| {
        let problem = match error.kind() {
            io::ErrorKind::NotFound => format!("token file not found: {file}"),
            _ => format!("cannot read token file {file}: {error}"),
        };
        Failure::authentication(problem).hint(check)
    })?;
    let login = login(&text, &format!("token file {file}"))?;
    let entra = entra(sign_in, login.entra())?;
    // A pipe can neither be read again nor be rewritten.
    if !path.is_file() {
        return Ok(RefreshToken::new(entra, login.refresh_token));
    }
    // Rewrite any other format, which the library cannot read; a new token would replace the content anyway.
    if file.read().is_ok_and(|stored| stored.is_some_and(|stored| same_token(&stored, &login))) {
        return Ok(RefreshToken::from_file(entra, file));
    }
    file.write(&login)?;
    Ok(RefreshToken::from_file(entra, file))
}

fn same_token(one: &StoredLogin, other: &StoredLogin) -> bool {
    one.refresh_token.expose() == other.refresh_token.expose()
}

/// Only flags override the stored login: AZURE_TENANT_ID and the like may be set for other tools.
fn from_stored_login(sign_in: &SignIn, output: &Output) -> Result<RefreshToken, Failure> {
    let file = stored_login().ok_or_else(|| Failure::authentication("not signed in").hint(LOGIN))?;
    let login = file.read()?.filter(|login| login.tenant.is_some() && login.client_id.is_some());
    let login = login.ok_or_else(|| Failure::authentication(format!("{file} is damaged")).hint(LOGIN))?;
    let differs = |stored: &Option<String>, set: &Option<String>| matches!((stored, set), (Some(stored), Some(set)) if !stored.eq_ignore_ascii_case(set));
    let is_flag = |name| sign_in.from_flags.contains(&name);
    let other_application = differs(&login.client_id, &sign_in.client_id);
    if (other_application && !is_flag("client_id"))
        || (differs(&login.tenant, &sign_in.tenant) && !is_flag("tenant"))
    {
        output.note("Ignoring AZURE_TENANT_ID and AZURE_CLIENT_ID: the stored login has its own.");
    }
    let mut flags = sign_in.clone();
    flags.tenant = flags.tenant.filter(|_| is_flag("tenant"));
    flags.client_id = flags.client_id.filter(|_| is_flag("client_id"));
    flags.authority = flags.authority.filter(|_| is_flag("authority"));
    let source = RefreshToken::from_file(entra(&flags, login.entra())?, file);
    // A secret belongs to the application that the environment names.
    let same_application = sign_in.client_id.is_some() && !other_application;
    Ok(if same_application { with_secret(source) } else { source })
}

fn with_secret(source: RefreshToken) -> RefreshToken {
    match secret(CLIENT_SECRET) {
        Some(value) => source.client_secret(value),
        None => source,
    }
}

/// Creates a token source that prompts for sign-in in a browser.
pub fn device_code(sign_in: &SignIn, output: &Output) -> Result<(Entra, DeviceCode), Failure> {
    if !io::IsTerminal::is_terminal(&io::stderr()) {
        return Err(Failure::authentication("device code sign-in requires a terminal")
            .hint("run `partner-insights auth login` at a terminal; other runs use the stored login"));
    }
    let entra = entra(sign_in, Entra::builder())?;
    let output = output.clone();
    let device = DeviceCode::new(entra.clone(), move |prompt| output.prompt(&prompt.message));
    Ok((entra, device))
}

/// Overrides the values of the builder with those of flags and variables.
fn entra(sign_in: &SignIn, mut builder: EntraBuilder) -> Result<Entra, Failure> {
    if let Some(tenant) = &sign_in.tenant {
        builder = builder.tenant(tenant);
    }
    if let Some(client_id) = &sign_in.client_id {
        builder = builder.client_id(client_id);
    }
    if let Some(authority) = &sign_in.authority {
        builder = builder.authority(authority);
    }
    builder.build().map_err(|error| {
        Failure::from(error).hint(
            "check --tenant (AZURE_TENANT_ID), --client-id (AZURE_CLIENT_ID) and --authority (AZURE_AUTHORITY_HOST)",
        )
    })
}

/// Returns the path of the file that `auth login` writes. It need not exist.
pub fn login_file() -> Option<TokenFile> {
    Some(TokenFile::new(dirs::config_dir()?.join("partner-insights").join("login.json")))
}

/// Returns the file of `auth login`, if it exists, even if unreadable: ignoring it could sign in another account.
fn stored_login() -> Option<TokenFile> {
    login_file().filter(|file| file.path().try_exists().unwrap_or(true))
}

/// Reads a secret from the environment, without line breaks and quotes around it. An empty one counts as unset.
fn secret(name: &str) -> Option<String> {
    let value = unquoted(&env::var_os(name)?.to_string_lossy()).to_owned();
    Some(value).filter(|value| !value.is_empty())
}

fn is_on_search_path(executable: &str) -> bool {
    let name = if cfg!(windows) { format!("{executable}.cmd") } else { executable.to_owned() };
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(&name).is_file()))
}

/// Whether the variable exists, even if it is empty.
fn is_set(name: &str) -> bool {
    env::var_os(name).is_some()
}

fn unset(name: &str) -> Failure {
    let problem = if is_set(name) { "is empty" } else { "is not set" };
    Failure::authentication(format!("{name} {problem}")).hint("set it, or choose another source with --auth")
}

impl SignIn {
    /// Whether a token is read from this file, even if under another path.
    pub fn reads(&self, file: &Path) -> bool {
        let real = |file: &Path| match file.to_str() {
            Some("-" | "/dev/stdin") => Some(PathBuf::from("-")),
            _ => file.canonicalize().ok(),
        };
        let tokens = [&self.token_file, &self.refresh_token_file];
        let mut tokens = tokens.into_iter().flatten();
        tokens.any(|token| token == file || (real(token).is_some() && real(token) == real(file)))
    }
}
