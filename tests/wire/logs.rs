//! Records what the thread of a test logs at TRACE, in this crate and its dependencies.

use std::cell::Cell;
use std::io;
use std::sync::{Mutex, Once};

use tracing::Metadata;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

thread_local! {
    // One global subscriber, because one per thread may miss callsites that another thread registered first.
    static ENABLED: Cell<bool> = const { Cell::new(false) };
}

/// Records this thread from now on.
pub fn record() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let enabled = dynamic_filter_fn(|_: &Metadata, _: &_| ENABLED.get());
        let layer = tracing_subscriber::fmt::layer().with_writer(|| Sink).with_filter(enabled);
        tracing_subscriber::registry().with(layer).init();
    });
    ENABLED.set(true);
}

/// The log of all recorded threads.
pub fn text() -> String {
    String::from_utf8_lossy(&LOG.lock().unwrap()).into_owned()
}

struct Sink;

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
