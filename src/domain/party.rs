//! Who takes part: custodians, whose record it is, and recipients, to whom it may be disclosed.

/// An organisation whose record a resource belongs to (a clinic), by the number that the store gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustodianId(pub i32);

impl CustodianId {
    /// The shared directory of partner Organizations and HealthcareServices: everyone reads it, configuration writes it.
    pub const DIRECTORY: Self = Self(0);
}

/// An organisation to which referrals are disclosed (a community partner), by the number that the store gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecipientId(pub i32);

/// Whether a recipient is a health information custodian itself (PHIPA): decides what consent must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecipientClass {
    /// A health information custodian: consent may be implied within the circle of care.
    Custodian,
    /// Anyone else: disclosure needs express consent.
    NonCustodian,
}
