//! The client that a command works with: from flags and environment, or on the emulator.

use partner_center_insights::emulator::Emulator;
use partner_center_insights::{InsightsClient, InsightsClientBuilder};

use crate::args::Global;
use crate::exit::Failure;
use crate::output::Output;

/// Room for the list of a million reports; somebody who is at the program has no setting for it.
const MAX_RESPONSE_BYTES: usize = 256 << 20;

/// A client, and the emulator that it talks to, if it does.
pub struct Session {
    pub client: InsightsClient,
    emulator: Option<Emulator>,
}

impl Session {
    pub async fn open(global: &Global, output: &Output) -> Result<Self, Failure> {
        if global.emulator {
            output.note("On the emulated service; nothing real is read or changed.");
            let emulator = Emulator::start().await.map_err(Failure::unexpected)?;
            let builder = InsightsClient::builder().program(global.program);
            let client = builder.base_url(emulator.base_url()).token(emulator.token()).build()?;
            return Ok(Self { client, emulator: Some(emulator) });
        }
        let credentials = global.sign_in.credentials(output).await?;
        if global.verbose > 0 {
            output.note(&format!("Signing in by {}.", credentials.way.name()));
        }
        let client = builder(global).token_source(credentials.source).build()?;
        Ok(Self { client, emulator: None })
    }

    /// Whether nothing real can be changed.
    pub fn is_emulated(&self) -> bool {
        self.emulator.is_some()
    }
}

/// A client's settings but for its tokens.
pub fn builder(global: &Global) -> InsightsClientBuilder {
    let mut builder =
        InsightsClient::builder().program(global.program).max_response_bytes(MAX_RESPONSE_BYTES);
    if let Some(url) = &global.base_url {
        builder = builder.base_url(url);
    }
    if let Some(scope) = &global.sign_in.scope {
        builder = builder.scope(scope);
    }
    builder
}
