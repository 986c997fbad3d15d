//! `auth`: sign in, sign out, ask who one is, print a token.

use std::io::{self, IsTerminal};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use comfy_table::Cell;
use partner_center_insights::auth::inspect::{self, Claims, Mfa, TokenKind};
use partner_center_insights::auth::{AccessToken, StaticToken, StoredLogin, TokenFile, TokenRequest};
use partner_center_insights::{ErrorKind, InsightsClient, Program, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::Global;
use crate::credentials::{Credentials, stored};
use crate::exit::{self, Failure};
use crate::output::{Output, Row, plain};
use crate::session;

#[derive(Debug, Subcommand)]
pub enum Auth {
    /// Sign in with a code in a browser, and keep the refresh token
    Login,
    /// Forget the refresh token that was kept
    Logout,
    /// Show whose token it is; exit code 4 if something will probably be refused
    Check(Check),
    /// Print an access token
    Token,
}

#[derive(Debug, Args)]
pub struct Check {
    /// Also ask the service, with one request, whether the token proves a multi-factor sign-in
    #[arg(long)]
    pub probe: bool,
}

pub async fn run(global: &Global, command: Auth, output: &mut Output) -> Result<u8, Failure> {
    // Whoever asks for the emulator must not end up at the real service.
    if global.emulator {
        return Err(Failure::usage(
            "nobody has to sign in to the emulator; leave --emulator (PARTNER_CENTER_EMULATOR) out",
        ));
    }
    match command {
        Auth::Login => login(global, output).await,
        Auth::Logout => logout(output),
        Auth::Check(check) => self::check(global, check, output).await,
        Auth::Token => {
            let (_, token) = token(global, output).await?;
            if io::stdout().is_terminal() {
                output.note("Whoever has this token can act for you until it ends.");
            }
            output.text(&format!("{}\n", token.expose()))?;
            Ok(exit::OK)
        }
    }
}

async fn login(global: &Global, output: &Output) -> Result<u8, Failure> {
    let file = settings_file()?;
    let scope = session::builder(global).token_scope()?;
    let (entra, device) = global.sign_in.device_code()?;
    let tokens = device.sign_in(&scope).await?;
    let Some(refresh_token) = tokens.refresh_token else {
        return Err(Failure::sign_in(
            "Entra gave no refresh token; allow the application the scope offline_access",
        ));
    };
    file.write(&StoredLogin::of(&entra, refresh_token))?;
    let who = inspect::claims(&tokens.access_token).and_then(|claims| claims.user);
    output.note(&format!(
        "Signed in{}; the refresh token is kept in {file}.",
        who.map(|user| format!(" as {user}")).unwrap_or_default()
    ));
    Ok(exit::OK)
}

fn logout(output: &Output) -> Result<u8, Failure> {
    let file = settings_file()?;
    if file.remove()? {
        output.note(&format!("Signed out; {file} is gone. Entra still accepts copies of it until they end."));
    } else {
        output.note("Nobody was signed in.");
    }
    Ok(exit::OK)
}

fn settings_file() -> Result<TokenFile, Failure> {
    stored().ok_or_else(|| Failure::usage("this system has no folder for settings; set HOME"))
}

/// A token of the chosen way, and that way's name.
async fn token(global: &Global, output: &Output) -> Result<(String, AccessToken), Failure> {
    let scope = session::builder(global).token_scope()?;
    let Credentials { way, source } = global.sign_in.credentials(output).await?;
    Ok((way.name(), source.token(TokenRequest::new(&scope)).await?))
}

async fn check(global: &Global, check: Check, output: &mut Output) -> Result<u8, Failure> {
    let (way, token) = token(global, output).await?;
    let claims = inspect::claims(&token);
    let mut row = CheckRow::new(&way, claims.as_ref(), global.program);
    // A script can tell, too.
    let mut failure =
        (claims.is_some() && !row.concerns.is_empty()).then(|| exit::code_of(ErrorKind::Credential));
    if check.probe {
        let client: InsightsClient =
            session::builder(global).token_source(StaticToken::new(token.expose())).build()?;
        match client.probe().await {
            Ok(probe) => row.probe = Some(verdict(probe.mfa_compliant).to_owned()),
            Err(error) => {
                row.probe = Some(error.to_string());
                failure = Some(exit::code_of(error.kind()));
            }
        }
    }
    if output.is_table() {
        output.rows(row.facts().iter())?;
    } else {
        output.rows([&row].into_iter())?;
    }
    Ok(failure.unwrap_or(exit::OK))
}

fn verdict(mfa_compliant: Option<bool>) -> &'static str {
    match mfa_compliant {
        Some(true) => "accepted; the service says that the sign-in was multi-factor",
        Some(false) => {
            "accepted, but the service says that the sign-in was not multi-factor; sign in again with it"
        }
        None => "accepted; the service does not say whether the sign-in was multi-factor",
    }
}

/// What a token says about itself, and what follows from it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckRow {
    /// The way by which the token came.
    way: String,
    tenant: Option<String>,
    client_id: Option<String>,
    user: Option<String>,
    /// user, application or unknown.
    holder: String,
    audience: Option<String>,
    /// In UTC.
    expires_at: Option<String>,
    /// yes, no or unknown.
    mfa: String,
    roles: Vec<String>,
    scopes: Vec<String>,
    /// What will probably be refused, each with the next step.
    concerns: Vec<String>,
    /// What the service says, only with --probe.
    probe: Option<String>,
}

impl CheckRow {
    fn new(way: &str, claims: Option<&Claims>, program: Program) -> Self {
        let now = SystemTime::now();
        let concerns = match claims {
            Some(claims) => claims.concerns(program, now).into_iter().map(str::to_owned).collect(),
            None => vec!["the token does not show what it holds; that proves nothing about it".to_owned()],
        };
        let text = |f: fn(&Claims) -> &Option<String>| claims.and_then(|claims| f(claims).clone());
        Self {
            way: way.to_owned(),
            tenant: text(|claims| &claims.tenant),
            client_id: text(|claims| &claims.client_id),
            user: text(|claims| &claims.user),
            holder: match claims.map(|claims| claims.kind) {
                Some(TokenKind::User) => "user",
                Some(TokenKind::Application) => "application",
                _ => "unknown",
            }
            .to_owned(),
            audience: text(|claims| &claims.audience),
            expires_at: claims
                .and_then(|claims| claims.expires_at)
                .map(|end| Timestamp::from(end.max(UNIX_EPOCH)).to_string()),
            mfa: match claims.map(|claims| claims.mfa) {
                Some(Mfa::Yes) => "yes",
                Some(Mfa::No) => "no",
                _ => "unknown",
            }
            .to_owned(),
            roles: claims.map(|claims| claims.roles.clone()).unwrap_or_default(),
            scopes: claims.map(|claims| claims.scopes.clone()).unwrap_or_default(),
            concerns,
            probe: None,
        }
    }
}

impl Row for CheckRow {
    const HEADINGS: &'static [&'static str] = &[];

    /// In the table, each fact is a row of its own.
    fn cells(&self) -> Vec<Cell> {
        Vec::new()
    }

    fn id(&self) -> Option<&str> {
        None
    }
}

/// A line of the table.
#[derive(Debug, Serialize)]
struct Fact(&'static str, String);

impl CheckRow {
    fn facts(&self) -> Vec<Fact> {
        let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
        let mut facts = vec![
            Fact("from", self.way.clone()),
            Fact("tenant", or_unknown(&self.tenant)),
            Fact("application", or_unknown(&self.client_id)),
            Fact("holder", self.user.clone().unwrap_or_else(|| self.holder.clone())),
            Fact("audience", or_unknown(&self.audience)),
            Fact("ends", or_unknown(&self.expires_at)),
            Fact("multi-factor", self.mfa.clone()),
            Fact("roles", self.roles.join(", ")),
            Fact("scopes", self.scopes.join(", ")),
        ];
        facts.extend(self.concerns.iter().map(|concern| Fact("concern", concern.clone())));
        facts.extend(self.probe.iter().map(|probe| Fact("service", probe.clone())));
        facts
    }
}

impl Row for Fact {
    const HEADINGS: &'static [&'static str] = &["TOKEN", ""];

    fn cells(&self) -> Vec<Cell> {
        vec![Cell::new(self.0), plain(Some(&self.1))]
    }

    fn id(&self) -> Option<&str> {
        None
    }
}
