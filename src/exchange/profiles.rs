//! Which profiles a resource claims that Lariat makes: its own (`profiles/structure-definitions/`), and beside it that of
//! SDOH Clinical Care where there is one.

use serde_json::{Value, json};

const OWN: &str = "https://lariat.example/fhir/StructureDefinition/";
const SDOHCC: &str = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-";

/// `meta` that claims both, by the ends of their URLs.
pub(super) fn claim(own: &str, sdohcc: &str) -> Value {
    json!({ "profile": [format!("{OWN}{own}"), format!("{SDOHCC}{sdohcc}")] })
}

/// `meta` that claims a profile of Lariat's alone.
pub(super) fn claim_own(own: &str) -> Value {
    json!({ "profile": [format!("{OWN}{own}")] })
}

/// `meta` that claims a profile of SDOH Clinical Care alone.
pub(super) fn claim_sdohcc(sdohcc: &str) -> Value {
    json!({ "profile": [format!("{SDOHCC}{sdohcc}")] })
}
