//! Where the program's tokens come from: flags and environment, one way for each run.

use std::path::{Path, PathBuf};
use std::{env, io};

use clap::{Args, ValueEnum};
use partner_center_insights::auth::{
    AuthError, AzureCli, ClientSecret, DeviceCode, Entra, EntraBuilder, RefreshToken, Rotation, Saved,
    StaticToken, TokenFile, TokenSource,
};

use crate::exit::Failure;
use crate::interrupt;
use crate::output::{self, Output};

/// Secrets are never flags: a command line can be read by everybody on the machine.
const ACCESS_TOKEN: &str = "PARTNER_CENTER_ACCESS_TOKEN";
const REFRESH_TOKEN: &str = "PARTNER_CENTER_REFRESH_TOKEN";
const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Signing in")]
pub struct SignIn {
    /// How to get a token; auto takes the first way, in this order, that is configured
    #[arg(long, global = true, env = "PARTNER_CENTER_AUTH", default_value = "auto", value_name = "WAY")]
    pub auth: Way,

    /// File with an access token; - is standard input
    #[arg(long, global = true, env = "PARTNER_CENTER_ACCESS_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// File with a refresh token, which is replaced when a new one comes
    #[arg(long, global = true, env = "PARTNER_CENTER_REFRESH_TOKEN_FILE", value_name = "FILE")]
    pub refresh_token_file: Option<PathBuf>,

    /// Tenant of the Partner Center account: its id, or a domain of it
    #[arg(long, global = true, env = "AZURE_TENANT_ID", value_name = "TENANT")]
    pub tenant: Option<String>,

    /// Which of these settings came from the command line.
    #[arg(skip)]
    pub typed: Vec<&'static str>,

    /// Id of the application that is registered in the tenant
    #[arg(long, global = true, env = "AZURE_CLIENT_ID", value_name = "ID")]
    pub client_id: Option<String>,

    /// Address of Entra, for another cloud than the public one
    #[arg(long, global = true, env = "AZURE_AUTHORITY_HOST", value_name = "URL")]
    pub authority: Option<String>,

    /// OAuth scope to ask for, instead of that of the service's address
    #[arg(long, global = true, env = "PARTNER_CENTER_SCOPE", value_name = "SCOPE")]
    pub scope: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Way {
    Auto,
    /// An access token: PARTNER_CENTER_ACCESS_TOKEN or --token-file
    Token,
    /// A user's refresh token: PARTNER_CENTER_REFRESH_TOKEN, --refresh-token-file or `auth login`
    RefreshToken,
    /// An application alone: AZURE_CLIENT_SECRET
    ClientSecret,
    /// Whoever is signed in to `az`
    AzureCli,
    /// A code that somebody enters in a browser, now; auto never takes it
    DeviceCode,
}

impl Way {
    /// The word for `--auth`.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// A source of tokens, and the way that was chosen.
pub struct Credentials {
    pub way: Way,
    pub source: Box<dyn TokenSource>,
}

impl SignIn {
    /// Chooses a way and sets it up. A way that is configured and does not work ends the run; the next is not tried.
    pub async fn credentials(&self, output: &Output) -> Result<Credentials, Failure> {
        if secret("AZURE_USERNAME").is_some() || secret("AZURE_PASSWORD").is_some() {
            output.note(
                "AZURE_USERNAME and AZURE_PASSWORD are ignored: a password alone cannot sign in since multi-factor sign-in is required.",
            );
        }
        let way = if self.auth == Way::Auto { self.configured()? } else { self.auth };
        let source: Box<dyn TokenSource> = match way {
            Way::Auto | Way::AzureCli => self.azure_cli()?,
            Way::Token => Box::new(StaticToken::new(self.access_token().await?)),
            Way::RefreshToken => Box::new(self.refresh_token(output)?),
            Way::ClientSecret => {
                let value = secret(CLIENT_SECRET).ok_or_else(|| unset(CLIENT_SECRET))?;
                Box::new(ClientSecret::new(entra(self.settings())?, value))
            }
            Way::DeviceCode => Box::new(self.device_code()?.1),
        };
        Ok(Credentials { way, source })
    }

    /// The first way that is configured.
    fn configured(&self) -> Result<Way, Failure> {
        let way = if self.token_file.is_some() || secret(ACCESS_TOKEN).is_some() {
            Way::Token
        } else if self.refresh_token_file.is_some() || secret(REFRESH_TOKEN).is_some() || kept().is_some() {
            Way::RefreshToken
        } else if secret(CLIENT_SECRET).is_some() {
            Way::ClientSecret
        } else if is_on_search_path("az") {
            Way::AzureCli
        } else {
            return Err(Failure::sign_in("no way to sign in is set up").and(WAYS));
        };
        Ok(way)
    }

    async fn access_token(&self) -> Result<String, Failure> {
        match &self.token_file {
            Some(file) => interrupt::read_file(file).await.map_err(|error| {
                Failure::sign_in(&format!("cannot read the access token from {}: {error}", file.display()))
                    .and("check --token-file (PARTNER_CENTER_ACCESS_TOKEN_FILE)")
            }),
            None => secret(ACCESS_TOKEN).ok_or_else(|| unset(ACCESS_TOKEN)),
        }
    }

    fn refresh_token(&self, output: &Output) -> Result<RefreshToken, Failure> {
        let with_secret = |source: RefreshToken| match secret(CLIENT_SECRET) {
            Some(value) => source.client_secret(value),
            None => source,
        };
        let source = match (&self.refresh_token_file, secret(REFRESH_TOKEN)) {
            (Some(file), _) => with_secret(self.kept_in(TokenFile::new(file))?),
            (None, Some(token)) => with_secret(RefreshToken::new(entra(self.settings())?, token)),
            (None, None) => self.signed_in(output)?,
        };
        let output = output.clone();
        Ok(source.on_rotation(move |rotation: Rotation| {
            if let Saved::Failed(error) = rotation.saved {
                output.note(&format!("The new refresh token could not be kept: {error}"));
            }
        }))
    }

    /// As whoever used `auth login`. Other tools read AZURE_TENANT_ID and its like too, so that these may be meant for
    /// them: what the login says counts, unless it is typed otherwise.
    fn signed_in(&self, output: &Output) -> Result<RefreshToken, Failure> {
        let file = kept().ok_or_else(|| Failure::sign_in("nobody has signed in").and(LOGIN))?;
        let login = file.read()?.filter(|login| login.tenant.is_some() && login.client_id.is_some());
        let login = login.ok_or_else(|| Failure::sign_in(&format!("{file} is damaged")).and(LOGIN))?;
        let differs = |kept: &Option<String>, set: &Option<String>| matches!((kept, set), (Some(kept), Some(set)) if !kept.eq_ignore_ascii_case(set));
        let is_typed = |name| self.typed.contains(&name);
        let is_of_another = differs(&login.client_id, &self.client_id);
        if (is_of_another && !is_typed("client_id"))
            || (differs(&login.tenant, &self.tenant) && !is_typed("tenant"))
        {
            output.note(
                "AZURE_TENANT_ID and AZURE_CLIENT_ID are not used; the login that was kept has its own.",
            );
        }
        let mut settings = Self { typed: Vec::new(), ..self.clone() };
        settings.tenant = settings.tenant.filter(|_| is_typed("tenant"));
        settings.client_id = settings.client_id.filter(|_| is_typed("client_id"));
        settings.authority = settings.authority.filter(|_| is_typed("authority"));
        let source = RefreshToken::from_file(entra(settings.over(login.entra()))?, file);
        Ok(match secret(CLIENT_SECRET) {
            Some(value) if self.client_id.is_some() && !is_of_another => source.client_secret(value),
            _ => source,
        })
    }

    /// What the file knows counts, unless a setting says otherwise.
    fn kept_in(&self, file: TokenFile) -> Result<RefreshToken, Failure> {
        let login = file.read()?.ok_or_else(|| {
            Failure::sign_in(&format!("there is no token file {file}"))
                .and("check --refresh-token-file (PARTNER_CENTER_REFRESH_TOKEN_FILE)")
        })?;
        Ok(RefreshToken::from_file(entra(self.over(login.entra()))?, file))
    }

    fn azure_cli(&self) -> Result<Box<dyn TokenSource>, Failure> {
        let source = AzureCli::new();
        Ok(match &self.tenant {
            Some(tenant) => Box::new(source.tenant(tenant)?),
            None => Box::new(source),
        })
    }

    /// Asks somebody at the terminal to enter a code.
    pub fn device_code(&self) -> Result<(Entra, DeviceCode), Failure> {
        if !io::IsTerminal::is_terminal(&io::stderr()) {
            return Err(Failure::sign_in("a device code needs somebody at a terminal")
                .and("run `partner-insights auth login` at one; runs without one use what it keeps"));
        }
        let entra = entra(self.settings())?;
        let device = DeviceCode::new(entra.clone(), |prompt| output::prompt(&prompt.message));
        Ok((entra, device))
    }

    /// Whether this is a file that a token is read from, under whatever name.
    pub fn reads(&self, file: &Path) -> bool {
        let real = |file: &Path| match file.to_str() {
            Some("-" | "/dev/stdin") => Some(PathBuf::from("-")),
            _ => file.canonicalize().ok(),
        };
        let own = [&self.token_file, &self.refresh_token_file];
        let mut own = own.into_iter().flatten();
        own.any(|own| own == file || (real(own).is_some() && real(own) == real(file)))
    }

    fn settings(&self) -> EntraBuilder {
        self.over(Entra::builder())
    }

    /// Settings of the command line and the environment over others.
    fn over(&self, mut builder: EntraBuilder) -> EntraBuilder {
        if let Some(tenant) = &self.tenant {
            builder = builder.tenant(tenant);
        }
        if let Some(client_id) = &self.client_id {
            builder = builder.client_id(client_id);
        }
        if let Some(authority) = &self.authority {
            builder = builder.authority(authority);
        }
        builder
    }
}

fn entra(builder: EntraBuilder) -> Result<Entra, Failure> {
    builder.build().map_err(|error| {
        Failure::from(error).and(
            "see --tenant (AZURE_TENANT_ID), --client-id (AZURE_CLIENT_ID) and --authority (AZURE_AUTHORITY_HOST)",
        )
    })
}

/// The file that `auth login` keeps.
pub fn stored() -> Option<TokenFile> {
    Some(TokenFile::new(dirs::config_dir()?.join("partner-insights").join("login.json")))
}

/// That file, if somebody has signed in. One that cannot be looked at is there: passing over it would sign in otherwise.
fn kept() -> Option<TokenFile> {
    stored().filter(|file| file.path().try_exists().unwrap_or(true))
}

/// A secret of the environment; an empty one counts as unset, one that is no text does not.
fn secret(name: &str) -> Option<String> {
    // Line breaks come along when a file is read into a variable.
    let value = env::var_os(name)?.to_string_lossy().trim().to_owned();
    Some(value).filter(|value| !value.is_empty())
}

fn is_on_search_path(program: &str) -> bool {
    let name = if cfg!(windows) { format!("{program}.cmd") } else { program.to_owned() };
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(&name).is_file()))
}

/// A way was asked for by name, and the variable that it needs is missing.
fn unset(name: &str) -> Failure {
    Failure::sign_in(&format!("{name} is not set")).and("set it, or choose another way with --auth")
}

const WAYS: &str = "set PARTNER_CENTER_ACCESS_TOKEN, run `partner-insights auth login`, sign in to the Azure CLI, or try --emulator";
const LOGIN: &str = "run `partner-insights auth login`, or set PARTNER_CENTER_REFRESH_TOKEN";

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        Failure::sign_in(&error.to_string())
    }
}
