#![doc = include_str!("ARCHITECTURE.md")]

pub mod cli;
pub mod config;
pub mod definitions;
pub mod domain;
pub mod exchange;
pub mod fhir;
pub mod fhirpath;
pub mod inbound;
pub mod mapping;
pub mod outbound;
pub mod sandbox;
pub mod security;
pub mod store;
pub mod telemetry;
pub mod validation;
