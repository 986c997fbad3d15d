//! `emulator`

use std::{fs, io};

use partner_center_insights::emulator::Emulator;

use crate::args;
use crate::exit::{self, Failure};
use crate::interrupt::Interrupts;
use crate::output::Output;

pub async fn run(command: args::Emulator, output: &mut Output) -> Result<u8, Failure> {
    // Before anybody can know that it runs.
    let stop = Stop::listen().map_err(Failure::unexpected)?;
    let mut builder = Emulator::builder().listen(command.listen);
    for scenario in command.scenario {
        builder = builder.scenario(scenario);
    }
    if let Some(file) = &command.reports {
        let refuse = |problem: String| Failure::usage(format!("{}: {problem}", file.display()));
        let json = fs::read_to_string(file).map_err(|error| refuse(error.to_string()))?;
        builder =
            builder.reports_json(&json).map_err(|error| refuse(format!("no list of reports: {error}")))?;
    }
    let listen = command.listen;
    let emulator = builder
        .start()
        .await
        .map_err(|error| Failure::usage(format!("cannot listen at {listen}: {error}")))?;
    output.note(&format!("Ready: {} (token {}); Ctrl-C stops it.", emulator.base_url(), emulator.token()));
    stop.asked().await;
    Ok(exit::OK)
}

/// The end that somebody else sets: Ctrl-C, and what service managers send.
struct Stop {
    interrupts: Interrupts,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Stop {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupts: Interrupts::listen()?,
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
        })
    }

    #[cfg(unix)]
    async fn asked(mut self) {
        tokio::select! {
            _ = self.interrupts.next() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn asked(mut self) {
        self.interrupts.next().await;
    }
}
