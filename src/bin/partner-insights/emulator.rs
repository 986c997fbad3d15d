//! `emulator`

use std::fs;

use partner_center_insights::emulator::Emulator;

use crate::args;
use crate::exit::{self, Failure};
use crate::output::Output;

pub async fn run(command: args::Emulator, output: &mut Output) -> Result<u8, Failure> {
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
    stopped().await;
    Ok(exit::OK)
}

async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
