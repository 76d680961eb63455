//! Group commit: a bounded queue of changes and the one task that hands them to the database in groups.
//!
//! A caller that goes away does not undo its change. A group whose transaction fails, or panics, fails for every
//! waiter of it, and the next group is tried as if nothing had happened.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::store::{Change, Committed, StoreError};

/// What became of each change of a group, in their order.
pub(super) type Outcomes = Vec<Result<Committed, StoreError>>;

/// A database that applies a group of changes in one transaction.
pub(super) trait Apply: Send + Sync + 'static {
    /// Applies what can be applied, and makes it durable. `Err` when nothing of the group was stored.
    fn apply(&self, group: Vec<Change>) -> impl Future<Output = Result<Outcomes, StoreError>> + Send;
}

type Waiter = oneshot::Sender<Result<Committed, StoreError>>;
type Waiting = (Change, Waiter);

/// The door to the writing task.
#[derive(Debug)]
pub(super) struct Writer {
    /// `None` once closed.
    queue: Mutex<Option<mpsc::Sender<Waiting>>>,
    task: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the task. `queue` changes wait at most, `group` go into one transaction.
    pub(super) fn start<D: Apply>(database: Arc<D>, queue: usize, group: usize) -> Self {
        let (sender, receiver) = mpsc::channel(queue.max(1));
        let task = tokio::spawn(write_groups(database, receiver, group.max(1)));
        Self { queue: Mutex::new(Some(sender)), task: tokio::sync::Mutex::new(Some(task)) }
    }

    /// Queues a change and waits until it is on disk or refused.
    pub(super) async fn commit(&self, change: Change) -> Result<Committed, StoreError> {
        let (waiter, answer) = oneshot::channel();
        {
            let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            let sender = queue.as_ref().ok_or_else(closed)?;
            sender.try_send((change, waiter)).map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => StoreError::Busy,
                mpsc::error::TrySendError::Closed(_) => closed(),
            })?;
        }
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Takes no more changes, writes those that wait, ends the task.
    pub(super) async fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(task) = self.task.lock().await.take()
            && let Err(failure) = task.await
        {
            tracing::error!(error = %failure, "the store's writing task did not end well");
        }
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".into())
}

async fn write_groups<D: Apply>(database: Arc<D>, mut queue: mpsc::Receiver<Waiting>, group: usize) {
    let mut waiting = Vec::with_capacity(group);
    while queue.recv_many(&mut waiting, group).await > 0 {
        let (changes, waiters): (Vec<Change>, Vec<Waiter>) = waiting.drain(..).unzip();
        let applier = Arc::clone(&database);
        // A task of its own, so that a panic ends this group and not the writer.
        let outcomes = match tokio::spawn(async move { applier.apply(changes).await }).await {
            Ok(outcomes) => outcomes,
            Err(_) => Err(StoreError::Unavailable("the write was broken off".into())),
        };
        answer(waiters, outcomes);
    }
}

fn answer(waiters: Vec<Waiter>, outcomes: Result<Outcomes, StoreError>) {
    match outcomes {
        // A waiter that has gone is no reason to undo what it asked for.
        Ok(outcomes) => waiters.into_iter().zip(outcomes).for_each(|(waiter, outcome)| {
            let _ = waiter.send(outcome);
        }),
        Err(failure) => {
            let reason = match &failure {
                StoreError::Unavailable(reason) => reason.clone(),
                other => other.to_string(),
            };
            tracing::error!(changes = waiters.len(), error = reason, "a group of changes could not be written");
            for waiter in waiters {
                let _ = waiter.send(Err(StoreError::Unavailable(reason.clone())));
            }
        }
    }
}
