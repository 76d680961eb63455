//! The post room: takes what is due from the outbox, asks consent now, sends, and records what came of it.
//!
//! [`worker`] drives; [`retry`] decides (without I/O); [`render`] is what the desk's side must supply; [`channel`]
//! speaks to the receiver through the one guarded [`client`], or writes a [`letter`] through the [`mailer`]. Never imports `exchange`, never sends while a
//! transaction is open.

pub mod channel;
pub mod client;
pub mod letter;
pub mod mailer;
pub mod render;
pub mod retry;
pub mod worker;
