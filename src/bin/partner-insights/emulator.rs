//! `emulator`: serves the emulator until interrupted.

use partner_center_insights::emulator::Emulator;

use crate::args;
use crate::exit::{self, Failure};
use crate::input;
use crate::interrupt::Interrupts;
use crate::output::Output;

pub async fn run(command: args::Emulator, output: &Output) -> Result<u8, Failure> {
    // Before the address is printed, because its reader may interrupt immediately.
    let mut interrupts = Interrupts::listen().map_err(Failure::unexpected)?;
    let mut builder = Emulator::builder().listen(command.listen);
    for scenario in command.scenario {
        builder = builder.scenario(scenario);
    }
    if let Some(file) = &command.reports {
        let invalid = |problem: String| Failure::usage(format!("{}: {problem}", input::name(file)));
        let read = async { input::read_file(file).await.map_err(|error| invalid(error.to_string())) };
        let json = interrupts.or_interrupted(read).await?;
        builder = builder
            .reports_json(&json)
            .map_err(|error| invalid(format!("invalid JSON list of reports: {error}")))?;
    }
    let listen = command.listen;
    let emulator = builder
        .start()
        .await
        .map_err(|error| Failure::usage(format!("cannot listen on {listen}: {error}")))?;
    output.prompt(format_args!(
        "Listening on {} (token: {}). Press Ctrl-C to stop.",
        emulator.base_url(),
        emulator.token()
    ));
    interrupts.next().await;
    Ok(exit::OK)
}
