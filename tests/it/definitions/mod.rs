//! Definitions: the embedded core, and packages beside it.

mod core;
mod published;
