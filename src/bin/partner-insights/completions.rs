//! `completions`: prints completion scripts for shells.

use clap::builder::StyledStr;
use clap::{Command, CommandFactory};
use clap_complete::Shell;

use crate::args::Args;
use crate::exit::{self, Failure};
use crate::output::Output;

const NAME: &str = "partner-insights";

/// bash splits `--flag=value` at `=`, but the script of clap_complete expects the flag directly before the value.
const BASH_WORDS: &str = "    prev=\"$3\"\n";
const BASH_WORDS_AROUND_EQUALS: &str = "    prev=\"$3\"
    if [[ \"${cur}\" == \"=\" ]]; then
        cur=\"\"
    elif [[ \"${prev}\" == \"=\" && \"${COMP_CWORD}\" -ge 2 ]]; then
        prev=\"${COMP_WORDS[COMP_CWORD-2]}\"
    fi
";

pub fn run(shell: Shell, output: &Output) -> Result<u8, Failure> {
    let mut root = Args::command();
    root.set_bin_name(NAME);
    root.build();
    let pages = pages(&root, &format!("{NAME} man"));
    let mut root = root.mut_subcommand("man", |man| with_commands(&man, pages));
    for name in ["schema", "completions"] {
        root = root.mut_subcommand(name, |command| with_commands(&command, values(&command)));
    }
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut root, NAME, &mut script);
    let script = String::from_utf8_lossy(&script)
        // clap_complete 4.6 splits the CLI's name at its hyphen in half of the bash script (clap-rs/clap#6421).
        .replace("partner__subcmd__insights", "partner__insights")
        .replace(BASH_WORDS, BASH_WORDS_AROUND_EQUALS);
    output.text(&script)?;
    Ok(exit::OK)
}

/// Replaces the positional argument of a command with subcommands: fish completes only subcommands and flags.
fn with_commands(command: &Command, commands: Vec<Command>) -> Command {
    // Not global, because the subcommands have no flags.
    let flags = command.get_arguments().filter(|arg| !arg.is_positional() && arg.get_id() != "help");
    let flags: Vec<_> = flags.cloned().map(|flag| flag.global(false)).collect();
    let name = command.get_name();
    bare(name, &format!("{NAME} {name}"), command.get_about()).args(flags).subcommands(commands)
}

/// Returns the subcommands of a command, recursively. Leaves out `man`, which fish would confuse with this command.
fn pages(command: &Command, path: &str) -> Vec<Command> {
    let commands = command.get_subcommands().filter(|command| !matches!(command.get_name(), "help" | "man"));
    let page = |command: &Command| {
        let path = format!("{path} {}", command.get_name());
        bare(command.get_name(), &path, command.get_about()).subcommands(pages(command, &path))
    };
    commands.map(page).collect()
}

/// Returns the possible values of a command's argument, as subcommands.
fn values(command: &Command) -> Vec<Command> {
    let values = command.get_positionals().flat_map(|argument| argument.get_possible_values());
    let path = |value: &str| format!("{NAME} {} {value}", command.get_name());
    values.map(|value| bare(value.get_name(), &path(value.get_name()), value.get_help())).collect()
}

fn bare(name: &str, path: &str, about: Option<&StyledStr>) -> Command {
    let command = Command::new(name.to_owned()).bin_name(path).about(about.cloned().unwrap_or_default());
    command.disable_help_flag(true).disable_help_subcommand(true)
}
