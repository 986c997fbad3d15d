//! What is logged while a test looks, at TRACE, by this crate and all below it.

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
    // A subscriber of one thread alone may miss what other threads met first.
    static LOOKING: Cell<bool> = const { Cell::new(false) };
}

/// Keeps what this thread logs from now on.
pub fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let looking = dynamic_filter_fn(|_: &Metadata, _: &_| LOOKING.get());
        let layer = tracing_subscriber::fmt::layer().with_writer(|| Sink).with_filter(looking);
        tracing_subscriber::registry().with(layer).init();
    });
    LOOKING.set(true);
}

/// What was kept.
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
