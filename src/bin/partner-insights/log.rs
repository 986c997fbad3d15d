//! Logging to standard error.

use std::io;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Logs the events of the library, and with `-vv` also those of its dependencies.
pub fn init(verbose: u8) {
    let targets = match verbose {
        0 => return,
        1 => Targets::new().with_target("partner_center_insights", tracing::Level::DEBUG),
        _ => Targets::new().with_default(tracing::Level::TRACE),
    };
    let log = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(verbose > 1);
    // Reporting a closed stderr on stderr would panic.
    tracing_subscriber::registry().with(log.log_internal_errors(false)).with(targets).init();
}
