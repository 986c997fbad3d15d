//! Being told to end: Ctrl-C, and what service managers send.

use std::fs;
use std::io;
use std::path::Path;

use crate::exit::Failure;

/// Hears every request to end from the moment it is made. One that comes while nobody waits is kept for the next wait.
pub struct Interrupts {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
    #[cfg(windows)]
    signals: tokio::signal::windows::CtrlC,
}

impl Interrupts {
    #[cfg(unix)]
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { signals: [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?] })
    }

    #[cfg(windows)]
    pub fn listen() -> io::Result<Self> {
        Ok(Self { signals: tokio::signal::windows::ctrl_c()? })
    }

    #[cfg(unix)]
    pub async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.signals;
        // Neither ever ends.
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }

    #[cfg(windows)]
    pub async fn next(&mut self) {
        self.signals.recv().await;
    }

    /// Does work that can simply be dropped.
    pub async fn end<T>(&mut self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.next() => Err(Failure::interrupted()),
            result = work => result,
        }
    }
}

/// Reads a file, or standard input if it is called `-`, without the byte order mark that Windows likes to begin with.
pub async fn read_file(file: &Path) -> io::Result<String> {
    let file = file.to_owned();
    read(move || {
        let text =
            if file.as_os_str() == "-" { io::read_to_string(io::stdin()) } else { fs::read_to_string(file) };
        text.map(|text| text.trim_start_matches('\u{feff}').to_owned())
    })
    .await
}

/// Reads on a thread of its own, so that Ctrl-C is heard meanwhile. The thread may outlive the wait.
pub async fn read<T: Send + 'static>(read: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(read).await?
}
