//! Checks at the door: everything that can be said about an input without asking the store.
//!
//! [`resource`] checks raw FHIR JSON in one walk along the element tables of `definitions`, with the profiles that hold
//! at each place beside them; [`NativeSchema`] checks a source's own JSON against its JSON Schema. Both answer in
//! [`Issue`](crate::domain::issue::Issue)s that name the place and the rule, never a value and never the name of an
//! unknown property: either may be personal. Nothing is made of text or on the heap until something is wrong.

mod answers;
mod at;
mod binding;
mod bundle;
mod calendar;
mod conformance;
mod demand;
mod extension;
mod family;
mod form;
mod invariant;
mod keyword;
mod layer;
mod narrative;
mod native;
mod pattern;
mod primitive;
mod reference;
mod resource;
mod said;
mod scope;
mod session;
mod shape;
mod slicing;
mod suggest;
mod syntax;
mod target;
mod validator;
mod values;
mod walk;

pub use answers::{Membership, NoTerms, Terms, answers};
pub use family::profiles_of;
pub use native::{NativeSchema, NativeSchemaError};
pub use validator::{Claims, Limits, Strictness, Validator, resource};
