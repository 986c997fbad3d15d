//! `partner-insights`: find paused reports, resume them, and see that they run.

mod args;
mod auth;
mod change;
mod credentials;
mod describe;
mod emulator;
mod executions;
mod exit;
mod list;
mod output;
mod rows;
mod session;

use std::process::ExitCode;

use clap::FromArgMatches;

use crate::args::{Args, Command};
use crate::exit::Failure;
use crate::output::Output;

fn main() -> ExitCode {
    let matches = args::command().get_matches();
    let args = Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let quiet = args.global.quiet;
    match run(args) {
        Ok(code) => ExitCode::from(code),
        Err(Failure { code, message }) => {
            if !(quiet && message.is_empty()) {
                eprintln!("error: {message}");
            }
            ExitCode::from(code)
        }
    }
}

fn run(args: Args) -> Result<u8, Failure> {
    output::log(args.global.verbose);
    let mut output = Output::new(&args.global);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::unexpected)?;
    let global = &args.global;
    runtime.block_on(async {
        match args.command {
            Command::List(command) => until_interrupted(list::run(global, command, &mut output)).await,
            Command::Resume(command) => {
                change::run(global, command, change::Direction::Resume, &mut output).await
            }
            Command::Pause(command) => {
                change::run(global, command, change::Direction::Pause, &mut output).await
            }
            Command::Executions(command) => {
                until_interrupted(executions::run(global, command, &mut output)).await
            }
            Command::Auth(command) => until_interrupted(auth::run(global, command, &mut output)).await,
            Command::Emulator(command) => emulator::run(command, &mut output).await,
            Command::Spec => describe::spec(&mut output),
            Command::Schema { command } => describe::schema(command, &mut output),
            Command::Completions { shell } => describe::completions(shell, &mut output),
            Command::Man { command } => describe::man(command.as_deref(), &mut output),
        }
    })
}

/// For work that can simply be dropped.
async fn until_interrupted(work: impl Future<Output = Result<u8, Failure>>) -> Result<u8, Failure> {
    tokio::select! {
        result = work => result,
        _ = tokio::signal::ctrl_c() => Err(Failure::interrupted()),
    }
}
