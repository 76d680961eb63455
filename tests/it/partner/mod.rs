//! Partners with nothing but mail, through their pages: a real house, a real mailbox, browsers without script.

#![allow(clippy::unwrap_used, reason = "also in what the tests share: a test that cannot go on says where")]

mod answers;
mod clashes;
mod codes;
mod ended;
mod house;
mod links;
mod privacy;
mod public;
mod reads;
mod rooms;
