//! Flag over environment over default, also between settings that exclude each other.

use std::env;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Command, CommandFactory, FromArgMatches};

use crate::args::Args;
use crate::credentials::Way;

/// Reads the command line and the environment. Leaves the program if they cannot be used.
pub fn parse() -> Args {
    let mut command = without_empty_variables(Args::command());
    let matches = command.get_matches_mut();
    let mut args = Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let typed = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
    let mut refuse = |one: &str, other: &str| -> ! {
        let message = format!("{one} cannot be used with {other}");
        command.error(ErrorKind::ArgumentConflict, message).exit()
    };
    let global = &mut args.global;
    if global.emulator && global.base_url.is_some() {
        match (typed("emulator"), typed("base_url")) {
            (true, false) => global.base_url = None,
            (false, true) => global.emulator = false,
            _ => refuse("--emulator", "--base-url"),
        }
    }
    let sign_in = &mut global.sign_in;
    sign_in.typed = ["tenant", "client_id", "authority"].into_iter().filter(|id| typed(id)).collect();
    let files = [
        ("token_file", "--token-file", Way::Token),
        ("refresh_token_file", "--refresh-token-file", Way::RefreshToken),
    ];
    if files.iter().all(|(id, ..)| typed(id)) {
        refuse("--token-file", "--refresh-token-file");
    }
    if let Some((_, flag, way)) = files.into_iter().find(|(id, ..)| typed(id)) {
        if !typed("auth") {
            sign_in.auth = way;
        } else if !matches!(sign_in.auth, Way::Auto) && sign_in.auth != way {
            refuse(flag, &format!("--auth {}", sign_in.auth.name()));
        }
    }
    if global.quiet && global.verbose > 0 {
        match (typed("quiet"), typed("verbose")) {
            (true, true) => refuse("--quiet", "--verbose"),
            (true, false) => global.verbose = 0,
            (false, _) => global.quiet = false,
        }
    }
    args
}

fn without_empty_variables(command: Command) -> Command {
    let command = command.mut_args(|arg| {
        let empty = arg.get_env().and_then(env::var_os).is_some_and(|value| value.is_empty());
        if empty { arg.env(Resettable::Reset) } else { arg }
    });
    command.mut_subcommands(without_empty_variables)
}
