//! What the post room asks before every attempt: may this be sent now, and what exactly, and where to?
//!
//! The rules of consent, minimum necessary and format are not the post room's. Whoever builds the worker supplies a
//! [`Renderer`], which
//!
//! 1. reads the version that the message tells of, with [`Visibility::Lariat`](crate::domain::visibility::Visibility),
//! 2. asks consent as it stands **now**; what is not allowed, or cannot be decided, is not sent,
//! 3. leaves out what this recipient need not know, renders the rest for its channel,
//! 4. and says through which channel it goes.
//!
//! It holds no transaction open when it returns. It is called again for every attempt, so what it renders may change
//! between two of them; the message's id does not.

use std::pin::Pin;
use std::sync::Arc;

use crate::outbound::channel::Parcel;
use crate::store::Claimed;

/// What the renderer decided.
#[derive(Debug)]
pub enum Rendering {
    /// It may go, like this.
    Send(Parcel),
    /// It may not go now; the loop's `attention` becomes this code, and the lane waits until it is released.
    Hold(&'static str),
    /// It can never be rendered (the version is gone, no mapping exists): a dead letter with this code.
    Impossible(&'static str),
    /// No such endpoint is configured any more: the endpoint is paused, its messages are kept.
    NoEndpoint,
}

/// The renderer could not decide (the store did not answer). Nothing is sent; it is asked again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message could not be rendered now")]
pub struct Undecided;

/// The answer of a [`Renderer`], to come.
pub type RenderFuture = Pin<Box<dyn Future<Output = Result<Rendering, Undecided>> + Send>>;

/// Decides on one claimed message. Called from many tasks at once.
pub type Renderer = Arc<dyn Fn(&Claimed) -> RenderFuture + Send + Sync>;
