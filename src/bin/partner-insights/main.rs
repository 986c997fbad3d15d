//! `partner-insights`: resumes paused Partner Center Insights reports and verifies that they run.

// `println!` and `eprintln!` panic if the stream is closed.
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
mod completions;
mod confirm;
mod conformance;
mod create;
mod credentials;
mod dataset;
mod delete;
mod describe;
mod download;
mod edit;
mod emulator;
mod executions;
mod exit;
mod export;
mod health;
mod ids;
mod input;
mod interrupt;
mod list;
mod log;
mod man;
mod output;
mod precedence;
mod progress;
mod proxy;
mod query;
mod quota;
mod session;
mod show;
mod table;
mod target;
mod update;
mod usage;
mod wait;

use std::process::ExitCode;

use crate::args::{Args, Command, Global};
use crate::exit::Failure;
use crate::interrupt::Interrupts;
use crate::output::Output;

fn main() -> ExitCode {
    let Args { global, command } = match precedence::parse() {
        Ok(args) => args,
        Err(error) => return usage::report(error),
    };
    log::init(global.verbose);
    let output = Output::new(global.output, global.color, global.quiet);
    let code = block_on(&global, command, &output).unwrap_or_else(|failure| {
        output.failure(&failure);
        failure.code
    });
    ExitCode::from(code)
}

fn block_on(global: &Global, command: Command, output: &Output) -> Result<u8, Failure> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::unexpected)?;
    let result = runtime.block_on(run(global, command, output));
    // A thread may still be reading standard input.
    runtime.shutdown_background();
    result
}

async fn run(global: &Global, command: Command, output: &Output) -> Result<u8, Failure> {
    match command {
        Command::List(command) => until_interrupted(list::run(global, command, output)).await,
        Command::Resume(command) => change::resume(global, command, output).await,
        Command::Pause(command) => change::pause(global, command, output).await,
        Command::Executions(command) => until_interrupted(executions::run(global, command, output)).await,
        Command::Health(command) => until_interrupted(health::run(global, command, output)).await,
        Command::Wait(command) => until_interrupted(wait::run(global, command, output)).await,
        Command::Download(command) => until_interrupted(download::run(global, command, output)).await,
        Command::Show(command) => until_interrupted(show::run(global, command, output)).await,
        Command::Create(command) => {
            Box::pin(until_interrupted(create::create(global, command, output))).await
        }
        Command::Update(command) => {
            until_interrupted(Box::pin(update::update(global, command, output))).await
        }
        Command::Delete(command) => delete::run(global, command, output).await,
        Command::Query(command) => until_interrupted(query::run(global, command, output)).await,
        Command::Dataset(command) => until_interrupted(dataset::run(global, command, output)).await,
        Command::Export(command) => export::run(global, command, output).await,
        Command::Conformance(command) => conformance::run(global, command, output).await,
        Command::Auth(command) => until_interrupted(auth::run(global, command, output)).await,
        Command::Emulator(command) => emulator::run(command, output).await,
        Command::Spec(command) => describe::spec(&command, output),
        Command::Schema { command } => describe::schema(command, output),
        Command::Completions { shell } => completions::run(shell, output),
        Command::Man { command } => man::run(&command, output),
    }
}

async fn until_interrupted(work: impl Future<Output = Result<u8, Failure>>) -> Result<u8, Failure> {
    Interrupts::listen().map_err(Failure::unexpected)?.or_interrupted(work).await
}
