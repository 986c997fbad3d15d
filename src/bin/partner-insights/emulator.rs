//! `emulator`: serves the emulator until interrupted.

use std::net::{IpAddr, SocketAddr};

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
        address(listen.ip(), &emulator.base_url()),
        emulator.token()
    ));
    if !listen.ip().is_loopback() {
        output.prompt(
            "warning: every computer that reaches this address can use the emulator, because its token is known; \
             `--listen 127.0.0.1:PORT` is for this computer only",
        );
    }
    interrupts.next().await;
    Ok(exit::OK)
}

/// Returns the address that is listened on. Clients cannot use an unspecified address, so their URL is added.
fn address(ip: IpAddr, base_url: &str) -> String {
    let port = base_url.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    match port {
        Some(port) if ip.is_unspecified() => {
            format!("http://{}, on this computer {base_url}", SocketAddr::new(ip, port))
        }
        _ => base_url.to_owned(),
    }
}
