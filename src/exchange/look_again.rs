//! The day on which the desk looks at a referral again: the end of a pause, or what the link worker has set. It stands in
//! the root Task as an extension, and stays at home.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::exchange::made_by::{extension, set_extension};
use crate::fhir::date::{self, Instants};

/// The day, as `valueDate`. The project's own.
const LOOK_AGAIN_ON: &str = "https://lariat.example/fhir/StructureDefinition/look-again-on";

/// Sets the day, `YYYY-MM-DD`, or takes it away.
pub(super) fn set(task: &mut Value, day: Option<&str>) {
    set_extension(task, LOOK_AGAIN_ON, day.map(|day| ("valueDate", json!(day))));
}

/// The day as it is written.
pub(super) fn day(task: &Value) -> Option<&str> {
    extension(task, LOOK_AGAIN_ON)?.get("valueDate")?.as_str()
}

/// The day, in the custodian's zone.
pub(super) fn instants(task: &Value, zone: &TimeZone) -> Option<Instants> {
    date::instants(day(task)?, zone)
}
