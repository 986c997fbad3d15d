//! `auth`: sign in, sign out, inspect or print a token.

use std::io::{self, IsTerminal};
use std::time::{SystemTime, UNIX_EPOCH};

use comfy_table::Cell;
use partner_center_insights::auth::inspect::{self, Claims, Mfa, TokenKind};
use partner_center_insights::auth::{AccessToken, StaticToken, StoredLogin, TokenFile, TokenRequest};
use partner_center_insights::{Program, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{Auth, Check, Global};
use crate::credentials::{Credentials, device_code, login_file};
use crate::exit::{self, Failure};
use crate::output::{Format, Output};
use crate::proxy;
use crate::session;
use crate::table::text;

pub async fn run(global: &Global, command: Auth, output: &Output) -> Result<u8, Failure> {
    // Otherwise, a command meant for the emulator would sign in to the real service.
    if global.emulator {
        return Err(
            Failure::usage("the emulator needs no sign-in").hint("drop --emulator (PARTNER_CENTER_EMULATOR)")
        );
    }
    match command {
        Auth::Login => login(global, output).await,
        Auth::Logout => logout(output),
        Auth::Check(check) => self::check(global, check, output).await,
        Auth::Token => {
            let (_, token) = token(global, output).await?;
            if io::stdout().is_terminal() {
                output.note("Anyone with this token can act as you until it expires.");
            }
            output.text(&format!("{}\n", token.expose()))?;
            Ok(exit::OK)
        }
    }
}

async fn login(global: &Global, output: &Output) -> Result<u8, Failure> {
    proxy::check(global)?;
    let file = config_file()?;
    let scope = session::builder(global).token_scope()?;
    let (entra, device) = device_code(&global.sign_in, output)?;
    let tokens = device.sign_in(&scope).await?;
    let Some(refresh_token) = tokens.refresh_token else {
        return Err(Failure::authentication("Entra returned no refresh token")
            .hint("allow the application the scope offline_access"));
    };
    file.write(&StoredLogin::of(&entra, refresh_token))?;
    let user = inspect::claims(&tokens.access_token).and_then(|claims| claims.user);
    let user = user.map(|user| format!(" as {user}")).unwrap_or_default();
    output.note(format_args!("Signed in{user}. The refresh token is stored in {file}."));
    Ok(exit::OK)
}

fn logout(output: &Output) -> Result<u8, Failure> {
    let file = config_file()?;
    if file.remove()? {
        output.note(format_args!("Signed out: deleted {file}. Copies of it stay valid until they expire."));
    } else {
        output.note("Not signed in.");
    }
    Ok(exit::OK)
}

fn config_file() -> Result<TokenFile, Failure> {
    login_file().ok_or_else(|| Failure::usage("no configuration directory").hint("set HOME"))
}

/// Gets a token. Returns the name of its source too.
async fn token(global: &Global, output: &Output) -> Result<(String, AccessToken), Failure> {
    proxy::check(global)?;
    let scope = session::builder(global).token_scope()?;
    let Credentials { source, tokens, .. } = Credentials::new(&global.sign_in, output).await?;
    Ok((source.name(), tokens.token(TokenRequest::new(&scope)).await?))
}

async fn check(global: &Global, check: Check, output: &Output) -> Result<u8, Failure> {
    if output.format() == Format::Ids {
        return Err(
            Failure::usage("auth check has no IDs to print").hint("use --output table, json or jsonl")
        );
    }
    let (source, token) = token(global, output).await?;
    let claims = inspect::claims(&token);
    // An opaque token is not an error.
    let is_opaque = claims.is_none();
    let mut row = CheckRow::new(source, claims, global.program);
    let likely_refused = !is_opaque && !row.concerns.is_empty();
    let mut code = if likely_refused { exit::AUTH } else { exit::OK };
    if check.probe {
        let client = session::builder(global).token_source(StaticToken::new(token.expose())).build()?;
        row.probe = Some(match client.probe().await {
            Ok(probe) => match probe.mfa_compliant {
                Some(true) => "accepted; MFA: yes".to_owned(),
                Some(false) => "accepted; MFA: no; sign in again with MFA".to_owned(),
                None => "accepted; MFA: not reported by the service".to_owned(),
            },
            Err(error) => {
                code = exit::code(error.kind());
                format!("{error}; {}", error.help())
            }
        });
    }
    match output.format() {
        Format::Table => {
            let cells = |(name, value): (&str, String)| vec![Cell::new(name), text(Some(&value))];
            output.table(&["TOKEN", ""], row.facts().into_iter().map(cells))?;
        }
        Format::Jsonl => output.json_line(&row)?,
        Format::Json | Format::Ids => output.json(&[row])?,
    }
    Ok(code)
}

/// The claims of a token, and the problems they are likely to cause.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckRow {
    /// The credential source.
    way: String,
    tenant: Option<String>,
    client_id: Option<String>,
    user: Option<String>,
    /// The kind of the token: user, application or unknown.
    holder: &'static str,
    audience: Option<String>,
    /// The expiry time, in UTC.
    expires_at: Option<String>,
    /// Whether MFA was used: yes, no or unknown.
    mfa: &'static str,
    roles: Vec<String>,
    scopes: Vec<String>,
    /// Problems that are likely to make requests fail, each with the next step.
    concerns: Vec<String>,
    /// Whether the service accepted the token; only with --probe.
    probe: Option<String>,
}

impl CheckRow {
    fn new(source: String, claims: Option<Claims>, program: Program) -> Self {
        let unknown = Self { way: source, holder: "unknown", mfa: "unknown", ..Self::default() };
        let Some(claims) = claims else {
            let concern = "the token is opaque: its claims cannot be checked".to_owned();
            return Self { concerns: vec![concern], ..unknown };
        };
        let concerns = claims.concerns(program, SystemTime::now()).into_iter().map(str::to_owned).collect();
        Self {
            tenant: claims.tenant,
            client_id: claims.client_id,
            user: claims.user,
            holder: match claims.kind {
                TokenKind::User => "user",
                TokenKind::Application => "application",
                _ => "unknown",
            },
            audience: claims.audience,
            expires_at: claims.expires_at.map(|time| Timestamp::from(time.max(UNIX_EPOCH)).to_string()),
            mfa: match claims.mfa {
                Mfa::Yes => "yes",
                Mfa::No => "no",
                _ => "unknown",
            },
            roles: claims.roles,
            scopes: claims.scopes,
            concerns,
            ..unknown
        }
    }

    /// Returns the lines of the table.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
        let mut facts = vec![
            ("source", self.way.clone()),
            ("tenant", or_unknown(&self.tenant)),
            ("client ID", or_unknown(&self.client_id)),
            ("identity", self.user.clone().unwrap_or_else(|| self.holder.to_owned())),
            ("audience", or_unknown(&self.audience)),
            ("expires", or_unknown(&self.expires_at)),
            ("MFA", self.mfa.to_owned()),
            ("roles", self.roles.join(", ")),
            ("scopes", self.scopes.join(", ")),
        ];
        facts.extend(self.concerns.iter().map(|concern| ("concern", concern.clone())));
        facts.extend(self.probe.iter().map(|probe| ("service", probe.clone())));
        facts
    }
}
