//! One binary of tests, each area through its door.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops where it cannot go on and says what it did not check; clippy.toml frees #[test] functions only"
)]

mod cli;
mod definitions;
mod delivery;
mod desk;
mod domain;
mod doors;
mod fhir;
mod fhirpath;
mod ground;
mod layers;
mod mail;
mod mapping;
mod oracle;
mod pages;
mod partner;
mod profiles;
mod push;
mod sandbox;
mod scenarios;
mod screening;
mod security;
mod store;
mod validation;
