//! The client of a command, for the service or the emulator.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use partner_center_insights::emulator::Emulator;
use partner_center_insights::{
    ErrorKind, InsightsClient, InsightsClientBuilder, ReportId, Timestamp, WaitReason, Warning,
};

use crate::args::Global;
use crate::credentials::Credentials;
use crate::exit::Failure;
use crate::output::Output;
use crate::proxy;
use crate::table::visible;

/// A client, and the emulator that it uses, if any.
pub struct Session {
    pub client: InsightsClient,
    pub warnings: Warnings,
    emulator: Option<Emulator>,
}

impl Session {
    pub async fn open(global: &Global, output: &Output) -> Result<Self, Failure> {
        let (builder, emulator) = if global.emulator {
            output.note(
                "Using the emulator; no real data is read or changed. It stops with this command \
                 (`partner-insights emulator` starts one that keeps running).",
            );
            let emulator = Emulator::start().await.map_err(Failure::unexpected)?;
            let builder = InsightsClient::builder().program(global.program);
            (builder.base_url(emulator.base_url()).token(emulator.token()), Some(emulator))
        } else {
            // Without it, an invalid URL would be reported only to those who are signed in.
            builder(global).token_scope()?;
            proxy::check(global)?;
            let credentials = Credentials::new(&global.sign_in, output).await?;
            if global.verbose > 0 {
                output.note(format_args!("Credential source: {}.", credentials.source.name()));
            }
            // Not refused, because the local clock may be wrong.
            if let Some(end) = credentials.expired_at {
                let end = Timestamp::from(end);
                output.note(format_args!("warning: the access token expired at {end}; get a new one."));
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
        let warnings = Warnings::default();
        let (seen, output) = (warnings.clone(), output.clone());
        let builder = builder.on_warning(move |warning| match seen.add(warning) {
            Some(1..=MAX_WARNINGS) => output.prompt(visible(&format!("warning: {warning}"))),
            Some(number) if number == MAX_WARNINGS + 1 => {
                output
                    .prompt("warning: further warnings are not printed; --output json has those about a row");
            }
            _ => {}
        });
        Ok(Self { client: builder.build()?, emulator, warnings })
    }

    pub fn is_emulated(&self) -> bool {
        self.emulator.is_some()
    }
}

/// Maximum number of printed warnings.
const MAX_WARNINGS: usize = 50;

/// The warnings about leniently read responses, without duplicates. Shared by all clones.
#[derive(Clone, Debug, Default)]
pub struct Warnings(Arc<Mutex<HashMap<String, Vec<Warning>>>>);

impl Warnings {
    /// Adds a warning. Returns the number of warnings, or `None` for a duplicate.
    fn add(&self, warning: &Warning) -> Option<usize> {
        let mut warnings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = warnings.entry(key(warning.id.as_deref().unwrap_or_default())).or_default();
        if own.contains(warning) {
            return None;
        }
        own.push(warning.clone());
        Some(warnings.values().map(Vec::len).sum())
    }

    /// Returns the warnings about a report and an execution of it, for their row.
    pub fn of_both(&self, report_id: ReportId, execution_id: Option<&str>) -> Vec<String> {
        let execution = execution_id.into_iter().flat_map(|id| self.of(id));
        self.of(&report_id.to_string()).into_iter().chain(execution).collect()
    }

    /// Returns the warnings about a report or an execution, for its row.
    pub fn of(&self, id: &str) -> Vec<String> {
        let warnings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = warnings.get(&key(id)).into_iter().flatten();
        own.map(|Warning { field, problem, .. }| format!("{field}: {problem}")).collect()
    }
}

/// Returns an ID in lower case, because letter case does not matter.
fn key(id: &str) -> String {
    id.to_ascii_lowercase()
}

/// Returns a client builder with every setting except the token source.
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
