//! Compiled FHIR packages: which elements a type has, how often, of which types, and which codes are allowed.
//!
//! The R4 core (4.0.1) is embedded as `profiles/structure-definitions/r4-core.json`, one element a line, written by
//! [`compile`] from the packages that `profiles/SOURCES.md` names. Here is data and look-up only: what a fault is
//! called and who is told stands in `validation`.
//!
//! A profile is one more type of the same table: a row set over a base, holding only what differs (`SimpleQuantity`
//! is the first: `Quantity` whose `comparator` may occur 0 times).

pub mod compile;
mod constraint;
mod criteria;
mod draft;
mod freeze;
mod library;
mod load;
mod npm;
mod package;
mod package_error;
mod primitive;
mod profile;
mod profile_build;
mod profile_error;
mod shelf;
mod slicing;
mod table;
mod value_set;
mod version;

use std::sync::OnceLock;

pub use constraint::{
    AdditionalBinding, Aggregation, Binding, Bounds, Invariant, NATIVE_INVARIANTS, Purpose, Strength, TypeRule,
    Usage, Weight,
};
pub use library::{Library, ProfileId};
pub use load::LoadError;
pub use npm::PackageLimits;
pub use package_error::PackageError;
pub use primitive::Primitive;
pub use profile::{Context, ContextKind, Node, NodeId, Profile, ROOT};
pub use profile_error::ProfileError;
pub use shelf::PackageName;
pub use slicing::{Criterion, Discriminator, DiscriminatorKind, PathStep, Slice, Slicing, SlicingRules};
pub use table::{CodeList, CodesId, Content, Definitions, Element, Property, Role, Shape, ShapeId, UNBOUNDED};
pub use version::split_canonical;

static R4_CORE: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles/structure-definitions/r4-core.json"));

/// The embedded R4 core, read once at first use (a few milliseconds).
pub fn r4() -> &'static Definitions {
    static TABLE: OnceLock<Definitions> = OnceLock::new();
    TABLE
        .get_or_init(|| Definitions::load(R4_CORE).expect("the embedded table was written by definitions::compile"))
}
