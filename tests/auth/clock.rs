//! A fast clock, so that tests of waits take little time.

use std::cell::Cell;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Handle, Id};

thread_local! {
    /// The runtime whose clock is fast.
    static RUNTIME: Cell<Option<Id>> = const { Cell::new(None) };
}

/// Lets the clock of tokio run twenty times as fast in this test.
///
/// A clock that is only paused advances whenever the runtime is idle, even with bytes on their way. This one advances
/// in small steps, and only as fast as the test's thread keeps up, so that no timeout fires early.
pub fn speed_up() {
    let runtime = Some(Handle::current().id());
    if RUNTIME.replace(runtime) == runtime {
        return;
    }
    tokio::time::pause();
    tokio::spawn(async {
        loop {
            // The clock does not advance by itself while there is blocking work.
            tokio::task::spawn_blocking(|| thread::sleep(Duration::from_millis(1))).await.unwrap();
            tokio::time::advance(Duration::from_millis(20)).await;
        }
    });
}
