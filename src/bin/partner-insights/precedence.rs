//! Applies the precedence of flags, environment and defaults, also to settings that exclude each other.

use std::env;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, Command, CommandFactory, Error, FromArgMatches};

use crate::args::{Args, CredentialSource};
use crate::input::unquoted;

/// Commands that need no service.
const OFFLINE: [&str; 4] = ["spec", "schema", "completions", "man"];

/// Builds the complete command line. Commands that need no service hide the sign-in flags.
pub fn command() -> Command {
    let mut command = prepare(Args::command());
    command.build();
    let is_sign_in = |arg: &Arg| arg.get_help_heading() == Some("Authentication");
    let hide = |arg| if is_sign_in(&arg) { arg.hide(true) } else { arg };
    OFFLINE
        .into_iter()
        .fold(command, |command, name| command.mut_subcommand(name, |offline| offline.mut_args(hide)))
}

/// Parses the command line and the environment.
pub fn parse() -> Result<Args, Error> {
    let matches = command().try_get_matches_from_mut(env::args_os())?;
    let mut args = Args::from_arg_matches(&matches)?;
    let is_flag = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
    // Name the variable if the value is not from a flag.
    let name = |id, flag, variable| if is_flag(id) { flag } else { variable };
    let conflict = |one: &str, other: &str| {
        Err(Error::raw(ErrorKind::ArgumentConflict, format!("{one} cannot be used with {other}\n")))
    };
    let global = &mut args.global;
    if global.emulator && global.base_url.is_some() {
        match (is_flag("emulator"), is_flag("base_url")) {
            (true, false) => global.base_url = None,
            (false, true) => global.emulator = false,
            _ => {
                return conflict(
                    name("emulator", "--emulator", "PARTNER_CENTER_EMULATOR"),
                    name("base_url", "--base-url", "PARTNER_CENTER_BASE_URL"),
                );
            }
        }
    }
    if global.quiet && global.verbose > 0 {
        match (is_flag("quiet"), is_flag("verbose")) {
            (true, true) => return conflict("--quiet", "--verbose"),
            (true, false) => global.verbose = 0,
            (false, _) => global.quiet = false,
        }
    }
    let sign_in = &mut global.sign_in;
    sign_in.from_flags = ["tenant", "client_id", "authority"].into_iter().filter(|id| is_flag(id)).collect();
    let (flag, source) = match (is_flag("token_file"), is_flag("refresh_token_file")) {
        (false, false) => return Ok(args),
        (true, false) => ("--token-file", CredentialSource::Token),
        (false, true) => ("--refresh-token-file", CredentialSource::RefreshToken),
        (true, true) => return conflict("--token-file", "--refresh-token-file"),
    };
    if is_flag("auth") && sign_in.auth != CredentialSource::Auto && sign_in.auth != source {
        return conflict(flag, &format!("--auth {}", sign_in.auth.name()));
    }
    if !is_flag("auth") {
        sign_in.auth = source;
    }
    Ok(args)
}

/// Treats empty variables as unset, moves variable names to the long help, and hides most global flags in the short
/// help.
fn prepare(command: Command) -> Command {
    let command = command.mut_args(|mut arg| {
        let id = arg.get_id().as_str();
        if arg.is_global_set() && !matches!(id, "output" | "emulator") {
            arg = arg.hide_short_help(true);
        }
        let Some(variable) = arg.get_env().map(|name| name.to_string_lossy().into_owned()) else {
            return arg;
        };
        if env::var(&variable).is_ok_and(|value| unquoted(&value).is_empty()) {
            arg = arg.env(Resettable::Reset);
        }
        let help = arg.get_long_help().or(arg.get_help()).cloned().unwrap_or_default();
        arg.hide_env(true).long_help(format!("{help}\n[env: {variable}]"))
    });
    command.mut_subcommands(prepare)
}
