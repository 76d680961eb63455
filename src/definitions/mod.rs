//! FHIR packages: which elements a type has and what profiles demand of them, value sets, code systems, concept maps
//! and search parameters.
//!
//! The R4 core (4.0.1) is embedded in two files that [`compile`] writes from the package that `profiles/SOURCES.md`
//! names: `r4-core.json`, the base types, one element a line; and `r4-core.shelf`, everything else as it was published,
//! slimmed. A [`Library`] is that core with Lariat's own definitions and a user's packages beside it. Base types are read at once, everything else
//! when it is first asked for.
//!
//! Here is data and look-up only: what a fault is called and who is told stands in `validation`. A base type is a
//! [`Shape`]; a [`Profile`] is a tree of [`Node`]s beside the shapes that holds only what differs. What is not known of
//! a value set is a [`Doubt`], never an answer.

mod catalogue;
mod code_list;
mod code_set;
mod code_system;
pub mod compile;
mod concept_map;
mod constraint;
mod criteria;
mod draft;
mod expand;
mod filter;
mod freeze;
mod house;
mod install;
mod library;
mod load;
mod npm;
mod package;
mod package_error;
mod primitive;
mod profile;
mod profile_build;
mod profile_error;
mod search_parameter;
mod shelf;
mod slicing;
mod table;
mod version;

use std::sync::{Arc, OnceLock};

pub use code_list::{CodeList, Doubt, Membership};
pub use code_system::{CodeSystem, Completeness, Concept};
pub use concept_map::{ConceptMap, ConceptMapElement, ConceptMapGroup, ConceptMapTarget};
pub use constraint::{
    AdditionalBinding, Aggregation, Binding, Bounds, Invariant, NATIVE_INVARIANTS, Purpose, Strength, TypeRule,
    Usage, Weight,
};
pub use install::{Installed, install, installed, remove};
pub use library::{Library, ProfileId};
pub use load::LoadError;
pub use npm::PackageLimits;
pub use package_error::PackageError;
pub use primitive::Primitive;
pub use profile::{Context, ContextKind, Node, NodeId, Profile, ROOT};
pub use profile_error::ProfileError;
pub use search_parameter::SearchParameter;
pub use shelf::PackageName;
pub use slicing::{Criterion, Discriminator, DiscriminatorKind, PathStep, Slice, Slicing, SlicingRules};
pub use table::{CodesId, Content, Definitions, Element, Property, Role, Shape, ShapeId, UNBOUNDED};
pub use version::split_canonical;

static R4_CORE: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles/structure-definitions/r4-core.json"));

/// The embedded R4 core, read once at first use (a few milliseconds).
pub fn r4() -> &'static Definitions {
    static TABLE: OnceLock<Definitions> = OnceLock::new();
    TABLE
        .get_or_init(|| Definitions::load(R4_CORE).expect("the embedded table was written by definitions::compile"))
}

/// The embedded core as a library, read once at first use.
pub fn r4_library() -> Arc<Library> {
    static LIBRARY: OnceLock<Arc<Library>> = OnceLock::new();
    let read = || Library::read(&[] as &[&str], PackageLimits::default()).map(Arc::new);
    Arc::clone(LIBRARY.get_or_init(|| read().expect("the embedded shelf was written by definitions::compile")))
}
