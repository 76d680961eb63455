//! Rules of Bundles that their invariants do not hold (FHIR R4, section 2.36).

use serde_json::{Map, Value};

use super::at::At;
use super::said::Layout;
use super::session::Walk;

impl Walk<'_> {
    /// The entries of a Bundle together.
    pub(super) fn bundle(&mut self, map: &Map<String, Value>, at: &At<'_>) {
        let kind = map.get("type").and_then(Value::as_str).unwrap_or_default();
        let entries = map.get("entry").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let list = at.name("entry");
        for (index, entry) in entries.iter().enumerate() {
            let may_lack = match kind {
                "transaction" | "batch" => is_post(entry),
                "document" | "message" | "collection" | "searchset" | "history" => false,
                _ => true,
            };
            if !may_lack && entry.get("resource").is_some() && entry.get("fullUrl").is_none() {
                self.pedantry(Layout::EntryWithoutUrl, &list.index(index));
            }
        }
    }
}

/// What is made anew may have no URL yet.
fn is_post(entry: &Value) -> bool {
    entry["request"]["method"].as_str().is_none_or(|method| method == "POST")
}
