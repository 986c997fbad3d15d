//! The client that a command works with: from flags and environment, or on the emulator.

use partner_center_insights::InsightsClient;
use partner_center_insights::emulator::Emulator;

use crate::args::Global;
use crate::exit::Failure;

/// A client, and the emulator that it talks to, if it does.
pub struct Session {
    pub client: InsightsClient,
    emulator: Option<Emulator>,
}

impl Session {
    pub async fn open(global: &Global) -> Result<Self, Failure> {
        let builder = InsightsClient::builder().program(global.program());
        if global.emulator {
            let emulator = Emulator::start().await.map_err(Failure::unexpected)?;
            let client = builder.base_url(emulator.base_url()).token(emulator.token()).build()?;
            return Ok(Self { client, emulator: Some(emulator) });
        }
        let token = std::env::var("PARTNER_CENTER_ACCESS_TOKEN").unwrap_or_default();
        if token.trim().is_empty() {
            return Err(Failure {
                code: partner_center_insights::ErrorKind::Credential.exit_code(),
                message: "there is no access token; set PARTNER_CENTER_ACCESS_TOKEN, or try --emulator"
                    .to_owned(),
            });
        }
        // An empty variable counts as unset.
        let builder = match global.base_url.as_deref().map(str::trim) {
            Some(url) if !url.is_empty() => builder.base_url(url),
            _ => builder,
        };
        Ok(Self { client: builder.token(token).build()?, emulator: None })
    }

    /// Whether nothing real can be changed.
    pub fn is_emulated(&self) -> bool {
        self.emulator.is_some()
    }
}
