//! Why a StructureDefinition cannot be used.

/// What is wrong with a StructureDefinition, for whoever gave the package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// It is not of the form of a StructureDefinition.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// The type that it constrains is none of FHIR R4, or it defines a type of its own.
    #[error("it constrains {0}, which is no type of FHIR R4")]
    Type(String),
    /// It has no snapshot, and what it stands on is not loaded.
    #[error("it has no snapshot, and its base {0} is not loaded")]
    Base(String),
    /// It stands on itself.
    #[error("its bases lead back to it: {0}")]
    Cycle(String),
    /// More bases under each other than are followed.
    #[error("more than {0} bases stand under it")]
    Deep(usize),
    /// An element is not of the form that can be held.
    #[error("its element {0} {1}")]
    Element(String, &'static str),
    /// It says something of more elements than can be counted.
    #[error("it has too many elements")]
    TooMany,
}
