//! The progress bar on standard error.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows a hidden bar, if standard error is a terminal.
pub fn show(bar: &ProgressBar, length: usize) {
    if !io::stderr().is_terminal() {
        return;
    }
    bar.set_length(length as u64);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {elapsed}") {
        bar.set_style(style);
    }
    bar.reset_elapsed();
    bar.set_draw_target(ProgressDrawTarget::stderr());
    // Updates the elapsed time during waits.
    bar.enable_steady_tick(Duration::from_millis(200));
}
