//! When to stop: Ctrl-C or SIGTERM; and when a person wants it at once.

use tokio::signal;
use tokio::sync::watch;

/// Ends when the process is asked to stop. Where signals cannot be heard it never ends: the process is then stopped
/// hard, which the store survives.
async fn asked() {
    tokio::select! {
        () = interrupt() => {}
        () = terminate() => {}
    }
}

/// How often the process was asked to stop, counted from now on: everyone who waits sees the same count.
pub(super) fn listen() -> watch::Receiver<u8> {
    let (count, asks) = watch::channel(0_u8);
    tokio::spawn(async move {
        loop {
            asked().await;
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

#[cfg(unix)]
async fn terminate() {
    match signal::unix::signal(signal::unix::SignalKind::terminate()) {
        Ok(mut stream) => {
            stream.recv().await;
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be heard");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending::<()>().await;
}
