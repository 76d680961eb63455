//! FHIR push to partners' and sources' own servers, and the looks at their answers, over real sockets on loopback.

#![allow(clippy::unwrap_used, reason = "also in what the tests share: a test that cannot go on says where")]

mod answers;
mod external;
mod faults;
pub(crate) mod house;
mod kinds;
mod outside;
mod server;
