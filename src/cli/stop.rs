//! When to stop: Ctrl-C or SIGTERM; and when a person wants it at once.

use tokio::signal;
#[cfg(unix)]
use tokio::signal::unix::{self, Signal, SignalKind};
use tokio::sync::watch;

/// How often the process was asked to stop, counted from now on: everyone who waits sees the same count. Where signals
/// cannot be heard it stays at zero: the process is then stopped hard, which the store survives.
pub(super) fn listen() -> watch::Receiver<u8> {
    let (count, asks) = watch::channel(0_u8);
    // Made once: a signal that comes while the last one is counted is heard all the same.
    let mut signals = Signals::listen();
    tokio::spawn(async move {
        loop {
            signals.next().await;
            count.send_modify(|asks| *asks = asks.saturating_add(1));
        }
    });
    asks
}

/// Ends when the process was asked so many times: whoever asks again does not want to wait.
pub(super) async fn times(mut asks: watch::Receiver<u8>, least: u8) {
    // An error means that the runtime is gone: stop as well.
    let _ = asks.wait_for(|asks| *asks >= least).await;
}

/// Ends at Ctrl-C, for commands that do one thing: SIGTERM ends them as it ends any program.
pub(super) async fn interrupted() {
    interrupt().await;
}

async fn interrupt() {
    if let Err(error) = signal::ctrl_c().await {
        tracing::warn!(%error, "Ctrl-C cannot be heard");
        std::future::pending::<()>().await;
    }
}

/// What asks a process to stop.
#[cfg(unix)]
struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> Self {
        let heard = |kind: SignalKind, signal: &str| {
            unix::signal(kind).inspect_err(|error| tracing::warn!(%error, signal, "a signal cannot be heard")).ok()
        };
        Self {
            interrupt: heard(SignalKind::interrupt(), "SIGINT"),
            terminate: heard(SignalKind::terminate(), "SIGTERM"),
        }
    }

    async fn next(&mut self) {
        tokio::select! {
            () = heard(self.interrupt.as_mut()) => {}
            () = heard(self.terminate.as_mut()) => {}
        }
    }
}

#[cfg(unix)]
async fn heard(signal: Option<&mut Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}

/// What asks a process to stop.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Self {
        Self
    }

    async fn next(&mut self) {
        interrupt().await;
    }
}
