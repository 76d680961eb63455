//! Letters over real SMTP on loopback: what is written, what never is, and what a relay's answers lead to.

#![allow(clippy::unwrap_used, reason = "also in what the tests share: a test that cannot go on says where")]

mod letters;
mod relay;
mod settings;
