//! FHIR R4 (4.0.1) on the wire.
//!
//! The record of truth is raw JSON: [`json`] reads it strictly, [`raw`] lays it out for the store, and nothing here
//! passes it through a typed model. [`translate`] reads the few facts that the rules need, [`search`] what a resource
//! is found by, [`disclosure`] what a recipient may see of it.
//!
//! # How fhir-sdk is used
//! It has no R4 feature. Its R4B types fit the resources used here, but reading with them drops what they do not know,
//! turns decimals into floating point and quotes the input in its errors. So it never reads: the wire and the record
//! are raw JSON, and only what Lariat builds itself ([`models`]) goes through its builders, which cannot misspell an
//! element. It stands in a workspace member with plain functions, compiled without optimisation, because every
//! resource of its model contains every other and is expensive to compile wherever serde meets it. Measured in the
//! dev profile on two shared cores: a clean build of the member with all that it needs takes 173 CPU-seconds;
//! after a touch of the member, it and the program take 71 s. The member must not deserialise, not even in tests: that alone
//! costs minutes.

pub use lariat_fhir_models as models;

pub mod bundle;
pub mod capability_statement;
pub mod date;
pub mod disclosure;
pub mod etag;
pub mod json;
pub mod operation_outcome;
pub mod questionnaire;
pub mod raw;
pub mod reference;
pub mod resource_type;
pub mod search;
pub mod terms;
pub mod translate;

pub use resource_type::ResourceType;
