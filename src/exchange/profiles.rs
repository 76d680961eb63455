//! Which profiles a resource claims that Lariat makes: its own (`profiles/structure-definitions/`), and beside it that of
//! SDOH Clinical Care where there is one.

use serde_json::{Map, Value, json};

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

/// What is disclosed of a part does not say of what it is one: so it claims the profile on which that of parts builds.
pub(super) fn as_seen(view: &mut Map<String, Value>) {
    if view.contains_key("partOf") {
        return;
    }
    let claims = view.get_mut("meta").and_then(|meta| meta.get_mut("profile")).and_then(Value::as_array_mut);
    for claim in claims.into_iter().flatten() {
        if claim.as_str().and_then(|url| url.strip_prefix(OWN)) == Some("partner-task") {
            *claim = json!(format!("{OWN}referral-task"));
        }
    }
}
