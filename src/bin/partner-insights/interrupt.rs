//! Ctrl-C.

use std::io;

use crate::exit::Failure;

/// Hears every Ctrl-C from the moment it is made. One that comes while nobody waits is kept for the next wait.
pub struct Interrupts {
    #[cfg(unix)]
    signals: tokio::signal::unix::Signal,
    #[cfg(windows)]
    signals: tokio::signal::windows::CtrlC,
}

impl Interrupts {
    #[cfg(unix)]
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { signals: signal(SignalKind::interrupt())? })
    }

    #[cfg(windows)]
    pub fn listen() -> io::Result<Self> {
        Ok(Self { signals: tokio::signal::windows::ctrl_c()? })
    }

    pub async fn next(&mut self) {
        if self.signals.recv().await.is_none() {
            // None will ever come.
            std::future::pending().await
        }
    }

    /// Does work that can simply be dropped.
    pub async fn end<T>(&mut self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            _ = self.next() => Err(Failure::interrupted()),
            result = work => result,
        }
    }
}

/// Waits for standard input on a thread of its own, so that Ctrl-C is heard meanwhile. The thread may outlive the wait.
pub async fn read<T: Send + 'static>(read: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(read).await?
}
