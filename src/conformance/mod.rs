//! Compares a service with the [spec](crate::spec): this crate's emulator, a mock, or the real service.
//!
//! [`run`] sends a fixed list of requests that only read, an [`Exercise`] also pauses and resumes one report, and
//! [`check`] compares each exchange with the spec. A [`Comparison`] contains no values of a message except those of
//! enumerations. [`evidence`] contains no data of the tenant, and can be shared.
//!
//! ```
//! # #[cfg(feature = "emulator")]
//! # tokio_test::block_on(async {
//! use partner_center_insights::InsightsClient;
//! use partner_center_insights::conformance;
//! use partner_center_insights::emulator::Emulator;
//!
//! let emulator = Emulator::start().await?;
//! let client = InsightsClient::builder().base_url(emulator.base_url()).token(emulator.token()).build()?;
//! for exchange in conformance::run(&client).await? {
//!     assert!(conformance::check(&exchange).iter().all(|comparison| comparison.conformity.is_conformant()));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod assumptions;
mod body;
mod comparison;
mod document;
mod evidence;
mod exchange;
mod exercise;
mod head;
mod redact;
mod request;
mod run;
mod schema;

pub use self::assumptions::{Assumption, Assumptions, assumptions};
pub use self::comparison::{Aspect, Comparison, Conformity};
pub use self::evidence::{EvidenceSource, evidence, replay};
pub use self::exchange::{Exchange, Received, SentRequest};
pub use self::exercise::Exercise;
pub use self::run::run;

use self::comparison::Comparisons;
use crate::error::ErrorKind;

/// Compares an exchange with the spec. Returns all comparisons, including successful ones, in the order of [`Aspect`].
pub fn check(exchange: &Exchange) -> Vec<Comparison> {
    let mut comparisons = Comparisons { exchange, list: Vec::new() };
    if let Some(sent) = exchange.sent.as_ref().filter(|_| !exchange.is_invalid()) {
        request::check(&mut comparisons, sent);
    }
    match &exchange.response {
        None => {
            let (found, conformity) = match exchange.failure {
                Some(ErrorKind::Timeout) => ("no response in time", Conformity::Differs),
                Some(_) => ("connection lost", Conformity::Differs),
                None => ("not sent", Conformity::NotSeen),
            };
            comparisons.add(Aspect::Status, "", head::statuses(exchange.expected), found, conformity);
        }
        Some(response) => {
            let declared = head::check(&mut comparisons, response);
            body::check(&mut comparisons, response, declared);
        }
    }
    comparisons.list.sort_by_key(|comparison| comparison.aspect);
    comparisons.list
}
