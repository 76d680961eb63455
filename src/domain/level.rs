//! How much is asked of what a caller sends: R4 alone, or the profiles of a guide besides.

use crate::domain::code::coded;

coded! {
    /// How much is asked of what a caller sends.
    Level {
        /// R4 itself: structure, required codes, invariants.
        Base = "base",
        /// Lariat's own profiles.
        Lariat = "lariat",
        /// SDOH Clinical Care (hl7.fhir.us.sdoh-clinicalcare).
        Sdohcc = "sdohcc",
        /// CA Baseline (hl7.fhir.ca.baseline).
        CaBaseline = "ca",
    }
}
