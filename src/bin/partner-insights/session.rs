//! The client of a command, for the service or the emulator.

use std::sync::atomic::{AtomicBool, Ordering};

use partner_center_insights::emulator::Emulator;
use partner_center_insights::{ErrorKind, InsightsClient, InsightsClientBuilder, WaitReason};

use crate::args::Global;
use crate::credentials::Credentials;
use crate::exit::Failure;
use crate::output::Output;

/// A client, and the emulator that it uses, if any.
pub struct Session {
    pub client: InsightsClient,
    emulator: Option<Emulator>,
}

impl Session {
    pub async fn open(global: &Global, output: &Output) -> Result<Self, Failure> {
        let (builder, emulator) = if global.emulator {
            output.note("Using the emulator; no real data is read or changed.");
            let emulator = Emulator::start().await.map_err(Failure::unexpected)?;
            let builder = InsightsClient::builder().program(global.program);
            (builder.base_url(emulator.base_url()).token(emulator.token()), Some(emulator))
        } else {
            let credentials = Credentials::new(&global.sign_in, output).await?;
            if global.verbose > 0 {
                output.note(format_args!("Credential source: {}.", credentials.source.name()));
            }
            (builder(global).token_source(credentials.tokens), None)
        };
        let notes = output.clone();
        let failed = AtomicBool::new(false);
        let builder = builder.on_wait(move |wait| match wait.reason {
            WaitReason::Retry(error) if error.kind() != ErrorKind::Throttled => {
                let is_first = !failed.swap(true, Ordering::Relaxed);
                notes.report_wait(wait.duration, is_first, format_args!("Request failed ({})", error.kind()));
            }
            _ => notes.report_wait(wait.duration, false, "Rate limited by the service"),
        });
        Ok(Self { client: builder.build()?, emulator })
    }

    pub fn is_emulated(&self) -> bool {
        self.emulator.is_some()
    }
}

/// A client's settings without its token source.
pub fn builder(global: &Global) -> InsightsClientBuilder {
    let mut builder = InsightsClient::builder().program(global.program);
    if let Some(url) = &global.base_url {
        builder = builder.base_url(url);
    }
    if let Some(scope) = &global.sign_in.scope {
        builder = builder.scope(scope);
    }
    builder
}
