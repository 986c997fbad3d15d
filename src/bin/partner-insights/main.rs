//! `partner-insights`: find paused reports, resume them, and see that they run.

// Where nobody reads, these macros panic.
#![deny(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::dbg_macro
)]

mod args;
mod auth;
mod change;
mod credentials;
mod describe;
mod emulator;
mod executions;
mod exit;
mod ids;
mod interrupt;
mod list;
mod output;
mod precedence;
mod question;
mod rows;
mod session;
mod summary;

use std::io::{self, Write};
use std::process::ExitCode;

use crate::args::{Args, Command, Pause, Resume};
use crate::exit::Failure;
use crate::interrupt::Interrupts;
use crate::output::Output;
use crate::rows::Direction;

fn main() -> ExitCode {
    let code = run(precedence::parse()).unwrap_or_else(|Failure { code, message }| {
        // Nobody to tell is no other error.
        let _ = writeln!(io::stderr(), "error: {message}");
        code
    });
    ExitCode::from(code)
}

fn run(args: Args) -> Result<u8, Failure> {
    output::log(args.global.verbose);
    let mut output = Output::new(&args.global);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::unexpected)?;
    let global = &args.global;
    let result = runtime.block_on(async {
        match args.command {
            Command::List(command) => until_interrupted(list::run(global, command, &mut output)).await,
            Command::Resume(Resume { all_paused, change }) => {
                change::run(global, change, all_paused, Direction::Resume, &mut output).await
            }
            Command::Pause(Pause { all_active, change }) => {
                change::run(global, change, all_active, Direction::Pause, &mut output).await
            }
            Command::Executions(command) => {
                until_interrupted(executions::run(global, command, &mut output)).await
            }
            Command::Auth(command) => until_interrupted(auth::run(global, command, &mut output)).await,
            Command::Emulator(command) => emulator::run(command).await,
            Command::Spec => describe::spec(&mut output),
            Command::Schema { command } => describe::schema(command, &mut output),
            Command::Completions { shell } => describe::completions(shell, &mut output),
            Command::Man { command } => describe::man(&command, &mut output),
        }
    });
    // A thread may still wait for standard input.
    runtime.shutdown_background();
    result
}

async fn until_interrupted(work: impl Future<Output = Result<u8, Failure>>) -> Result<u8, Failure> {
    Interrupts::listen().map_err(Failure::unexpected)?.end(work).await
}
