//! Prints usage errors of clap in the format of all other errors.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::ValueEnum;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::exit::{self, Failure};
use crate::input::unquoted;
use crate::output::{Color, Format, Output};
use crate::precedence;

/// Words that are not commands, and the command that they mean. None of these changes a report.
const SYNONYMS: [(&str, &str); 4] =
    [("login", "auth login"), ("logout", "auth logout"), ("reports", "list"), ("queries", "query list")];

/// Required arguments of clap, with the alternatives that it does not name.
const ALTERNATIVES: [(&str, &str); 4] = [
    ("<ID>...", "<ID>..., --name <PATTERN> or --query-id <ID>"),
    ("--query-id <ID>", "--query-id <ID> or --from <ID>"),
    ("<QUERY>", "<QUERY> or --query-file <FILE>"),
    ("--query <QUERY>", "--query <QUERY> or --query-file <FILE>"),
];

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
    if let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand) {
        let tips = suggestions(name, env::args_os().skip(1));
        error.remove(ContextKind::SuggestedSubcommand);
        if !tips.is_empty() {
            error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(tips));
        }
    }
    if error.kind() == ErrorKind::MissingRequiredArgument
        && let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg)
    {
        let known = |arg: &String| ALTERNATIVES.iter().find(|(known, _)| known == arg);
        let missing = missing.iter().map(|arg| known(arg).map_or(arg.clone(), |(_, all)| (*all).to_owned()));
        let missing = ContextValue::Strings(missing.collect());
        error.insert(ContextKind::InvalidArg, missing);
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

/// Returns the commands that a misspelled one may mean, most similar first. Tips may be followed blindly, so a command
/// must differ in at most two letters, and in at most a third of them.
fn suggestions(name: &str, arguments: impl Iterator<Item = OsString>) -> Vec<String> {
    let name = name.to_lowercase();
    if let Some((_, command)) = SYNONYMS.iter().find(|(word, _)| *word == name) {
        return vec![(*command).to_owned()];
    }
    let root = precedence::command();
    let mut group = &root;
    for argument in arguments.map(|argument| argument.to_string_lossy().into_owned()) {
        if argument.to_lowercase() == name {
            break;
        }
        group = group.find_subcommand(&argument).unwrap_or(group);
    }
    let mut similar: Vec<_> = group
        .get_subcommands()
        .map(|command| (strsim::osa_distance(&name, command.get_name()), command.get_name()))
        .filter(|(distance, known)| *distance <= (known.len().min(name.len()) / 3).clamp(1, 2))
        .collect();
    similar.sort_unstable();
    similar.into_iter().map(|(_, known)| known.to_owned()).collect()
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
    fn misspelled_command_has_a_similar_one() {
        let suggested = |line: &str| {
            let name = line.rsplit(' ').next().unwrap_or_default();
            suggestions(name, line.split(' ').map(OsString::from)).join(", ")
        };
        for (line, command) in [
            ("resum", "resume"),
            ("resme", "resume"),
            ("paus", "pause"),
            ("helth", "health"),
            ("datset", "dataset"),
            ("lst", "list"),
            ("dowlnaod", "download"),
            ("excutions", "executions"),
            ("login", "auth login"),
            ("reports", "list"),
            ("auth logn", "login"),
            ("-o json query chekc", "check"),
        ] {
            assert_eq!(suggested(line), command, "{line}");
        }
        for line in ["status", "date", "auth resume", "x", "frobnicate"] {
            assert_eq!(suggested(line), "", "{line}");
        }
    }

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
