//! A pause that ends early when the user, or the system, asks the program to stop.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Hears the wish to stop; what is being done then is done to its end.
pub(super) struct Interrupt(Receiver<()>);

impl Interrupt {
    /// Begins to listen.
    pub(super) fn listen() -> anyhow::Result<Self> {
        let (sender, receiver) = channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        // It waits until the program ends.
        std::thread::spawn(move || {
            runtime.block_on(asked());
            let _ = sender.send(());
        });
        Ok(Self(receiver))
    }

    /// Waits; whether to go on.
    pub(super) fn pause(&self, span: Duration) -> bool {
        matches!(self.0.recv_timeout(span), Err(RecvTimeoutError::Timeout))
    }
}

async fn asked() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}
