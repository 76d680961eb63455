//! FHIR resources that Lariat builds itself: parts in, JSON out, through fhir-sdk's builders.
//!
//! A member of its own so that fhir-sdk's cost is paid once; why and how much stands in Lariat's `fhir` module. It must
//! stay free of deserialising: that alone would cost minutes of compiling.

mod consent;
mod organization;
mod parts;
mod patient;
mod service_request;
mod task;

use std::fmt;
use std::str::FromStr;

use fhir_sdk::BuilderError;

pub use consent::{ConsentParts, consent};
pub use organization::{OrganizationParts, organization};
pub use parts::{Address, Coding, Concept, Contact, Identifier, Link, Name, Note};
pub use patient::{PatientParts, patient};
pub use service_request::{ServiceRequestParts, service_request};
pub use task::{InputParts, OutputParts, TaskParts, TaskValue, task};

/// A part is not what its element takes: a code outside of its value set, a date that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotBuilt {
    /// FHIRPath of the element: `Task.status`.
    pub at: &'static str,
}

impl fmt::Display for NotBuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be built from what was given", self.at)
    }
}

impl std::error::Error for NotBuilt {}

/// Reads a code or a date.
fn read<T: FromStr>(text: &str, at: &'static str) -> Result<T, NotBuilt> {
    text.parse().map_err(|_| NotBuilt { at })
}

/// Reads one that may be absent.
fn read_some<T: FromStr>(text: Option<&str>, at: &'static str) -> Result<Option<T>, NotBuilt> {
    text.map(|text| read(text, at)).transpose()
}

/// A builder that misses a required element.
fn missing(at: &'static str) -> impl Fn(BuilderError) -> NotBuilt {
    move |_| NotBuilt { at }
}

/// A resource that cannot be written as JSON.
fn unwritten(at: &'static str) -> impl Fn(serde_json::Error) -> NotBuilt {
    move |_| NotBuilt { at }
}
