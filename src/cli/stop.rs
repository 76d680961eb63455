//! When to stop: Ctrl-C or SIGTERM; and when a person wants it at once.

use tokio::signal;

/// Ends when the process is asked to stop. Where signals cannot be heard it never ends: the process is then stopped
/// hard, which the store survives.
pub(super) async fn asked() {
    tokio::select! {
        () = interrupt() => {}
        () = terminate() => {}
    }
}

/// Ends at the second time that the process is asked to stop: whoever asks again does not want to wait.
pub(super) async fn asked_twice() {
    asked().await;
    asked().await;
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
