//! Checks at the door: everything that can be said about an input without asking the store.
//!
//! [`resource`] checks raw FHIR JSON against the element tables of `definitions`; [`NativeSchema`] checks a source's
//! own JSON against its JSON Schema. Both answer in [`Issue`](crate::domain::issue::Issue)s that name the place and the
//! rule, never a value and never the name of an unknown property: either may be personal.

mod answers;
mod at;
mod binding;
mod calendar;
mod keyword;
mod narrative;
mod native;
mod primitive;
mod reference;
mod structure;
mod suggest;
mod walk;

pub use answers::{Membership, NoTerms, Terms, answers};
pub use native::{NativeSchema, NativeSchemaError};
pub use structure::{Limits, resource};
