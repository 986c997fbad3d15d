//! Prints usage errors of clap in the format of all other errors.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::ValueEnum;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::exit::{self, Failure};
use crate::input::unquoted;
use crate::output::{Color, Format, Output};

/// Commands that change reports or logins.
const CHANGES: [&str; 7] = ["resume", "pause", "create", "update", "delete", "login", "logout"];

/// Prints the help, version or error with which clap ends a command.
pub fn report(error: Error) -> ExitCode {
    let format = format();
    let is_json = matches!(format, Format::Json | Format::Jsonl);
    let is_help = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if !error.use_stderr() || (is_help && !is_json) {
        // A closed output is not an error.
        let _ = error.print();
        return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::OK });
    }
    let failure = if is_help {
        Failure::usage("no command given").hint("`partner-insights -h` lists the commands")
    } else {
        failure(error)
    };
    Output::new(format, Color::Auto, false).failure(&failure);
    ExitCode::from(failure.code)
}

/// Converts an error of clap: the first paragraph of its text is the error, a tip or the reference to `--help` the
/// hint.
fn failure(mut error: Error) -> Failure {
    error.remove(ContextKind::Usage);
    // Tips may be followed blindly, so never suggest a command that changes something.
    if let Some(ContextValue::Strings(tips)) = error.get(ContextKind::SuggestedSubcommand)
        && tips.iter().any(|tip| CHANGES.contains(&tip.as_str()))
    {
        error.remove(ContextKind::SuggestedSubcommand);
    }
    let text = error.render().to_string();
    let mut parts = text.trim_start_matches("error: ").split("\n\n").map(one_line);
    let failure = Failure::usage(parts.next().unwrap_or_default());
    let hint = parts.find_map(|part| match part.strip_prefix("tip: ") {
        Some(tips) => {
            // Omit the tip to pass a misspelled flag as a value.
            let tips: Vec<_> = tips.split(" tip: ").filter(|tip| !tip.starts_with("to pass ")).collect();
            Some(tips.join("; ")).filter(|tips| !tips.is_empty())
        }
        None => {
            part.starts_with("For more information").then(|| "`--help` shows what is expected".to_owned())
        }
    });
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn one_line(part: &str) -> String {
    part.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Guesses the output format from invalid arguments: the last flag, or else the variable.
fn format() -> Format {
    let variable = env::var("PARTNER_CENTER_OUTPUT").ok().and_then(|name| parse(unquoted(&name)));
    flag(env::args_os().skip(1)).or(variable).unwrap_or(Format::Table)
}

fn flag(arguments: impl Iterator<Item = OsString>) -> Option<Format> {
    let mut arguments = arguments.map(|argument| argument.to_string_lossy().into_owned()).peekable();
    let mut found = None;
    while let Some(argument) = arguments.next().filter(|argument| argument != "--") {
        let value = match argument.strip_prefix("--") {
            Some("output") => Some(""),
            Some(long) => long.strip_prefix("output="),
            // Other short flags may precede it, as in `-vo`.
            None => {
                argument.strip_prefix('-').and_then(|short| short.split_once('o')).map(|(_, value)| value)
            }
        };
        found = match value {
            Some("") => arguments.peek().and_then(|next| parse(next)),
            Some(value) => parse(value.trim_start_matches('=')),
            None => None,
        }
        .or(found);
    }
    found
}

fn parse(name: &str) -> Option<Format> {
    Format::from_str(name, true).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_is_found_in_invalid_arguments() {
        let format = |line: &str| flag(line.split(' ').map(OsString::from));
        for line in [
            "lst -o json",
            "list --stauts x --output=JSON",
            "-ojson list",
            "-o=json",
            "-vo json",
            "-o ids -o json",
        ] {
            assert_eq!(format(line), Some(Format::Json), "{line}");
        }
        for line in ["list", "list -- -o json", "list -o jsn", "list --output", "show foo"] {
            assert_eq!(format(line), None, "{line}");
        }
    }
}
