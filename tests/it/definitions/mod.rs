//! Definitions: the embedded core, and packages beside it.

mod core;
mod house;
mod packages;
mod profiles;
mod published;
mod terminology;
