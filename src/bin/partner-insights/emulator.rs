//! `emulator`

use partner_center_insights::emulator::Emulator;

use crate::args;
use crate::exit::{self, Failure};
use crate::interrupt::{self, Interrupts};
use crate::output;

pub async fn run(command: args::Emulator) -> Result<u8, Failure> {
    // Before anybody can know that it runs.
    let mut stop = Interrupts::listen().map_err(Failure::unexpected)?;
    let mut builder = Emulator::builder().listen(command.listen);
    for scenario in command.scenario {
        builder = builder.scenario(scenario);
    }
    if let Some(file) = &command.reports {
        let refuse = |problem: String| Failure::usage(format!("{}: {problem}", file.display()));
        let read = async { interrupt::read_file(file).await.map_err(|error| refuse(error.to_string())) };
        let json = stop.end(read).await?;
        builder =
            builder.reports_json(&json).map_err(|error| refuse(format!("no list of reports: {error}")))?;
    }
    let listen = command.listen;
    let emulator = builder
        .start()
        .await
        .map_err(|error| Failure::usage(format!("cannot listen at {listen}: {error}")))?;
    // What it was started for, quiet or not.
    output::prompt(&format!("Ready: {} (token {}); Ctrl-C stops it.", emulator.base_url(), emulator.token()));
    stop.next().await;
    Ok(exit::OK)
}
