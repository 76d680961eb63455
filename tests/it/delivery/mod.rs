//! Delivery: the rules by themselves, ten thousand seeded lives of them, real sockets, and the worker on the store.

#![allow(clippy::unwrap_used, reason = "also in what the tests share: a test that cannot go on says where")]

mod model;
mod receiver;
mod retry;
mod simulation;
mod webhook;
mod worker;
