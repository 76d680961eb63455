//! What a partner's own copy of a Task says, read as an answer to ours. No I/O.
//!
//! Only what the target may change counts. Its status may be of another family, may have been missed between two
//! looks, and may come without the words that ours needs.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::domain::visible::visible;

const SDOHCC: &str = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes";

/// Said in place of words that the partner's system did not send and the rules need.
const NO_REASON: &str = "The partner's system gave no reason.";
const NO_DETAIL: &str = "Done; the partner's system does not show what.";

/// What of a Procedure is taken over: nothing that refers to another resource of theirs.
const PROCEDURE: [&str; 9] = [
    "status",
    "statusReason",
    "category",
    "code",
    "performedDateTime",
    "performedPeriod",
    "performedString",
    "outcome",
    "complication",
];

/// SHA-256 over what a partner may say in a Task: the same as long as it says nothing new.
pub(super) fn fingerprint(there: &Value) -> [u8; 32] {
    let said = ["status", "businessStatus", "statusReason", "output", "note"].map(|name| &there[name]);
    Sha256::digest(json!(said).to_string()).into()
}

/// The ids of the Procedures that the outputs name.
pub(super) fn procedures(there: &Value) -> Vec<String> {
    let mut ids: Vec<String> = list(there, "output").iter().filter_map(procedure_of).map(str::to_owned).collect();
    ids.dedup();
    ids
}

fn procedure_of(output: &Value) -> Option<&str> {
    let mut parts = output["valueReference"]["reference"].as_str()?.split("/_history/").next()?.rsplit('/');
    let id = parts.next()?;
    parts.next().is_some_and(|ty| ty.eq_ignore_ascii_case("Procedure")).then_some(id)
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Our Task as the partner's answer would have it: one for each step that the rules need, the last with all that was
/// said; `None` when its status is none that R4 knows, so that nobody can tell what it says. `done` gives the reference
/// of what stands for a Procedure of theirs, if it could be read.
pub(super) fn steps(ours: &Value, there: &Value, done: &dyn Fn(&str) -> Option<String>) -> Option<Vec<Value>> {
    let was = ours["status"].as_str().unwrap_or_default();
    let wanted = status(was, there["status"].as_str())?;
    let mut steps = Vec::new();
    if was == "requested" && matches!(wanted, "in-progress" | "on-hold" | "completed" | "failed") {
        // It was accepted between two looks.
        let mut accepted = ours.clone();
        accepted["status"] = json!("accepted");
        steps.push(accepted);
    }
    let mut last = ours.clone();
    last["status"] = json!(wanted);
    if let Some(members) = last.as_object_mut() {
        reason(members, wanted, there);
        business_status(members, there);
        outputs(members, there, done);
        notes(members, there);
    }
    steps.push(last);
    Some(steps)
}

/// The status that the partner's copy asks for. What is behind ours, is not an answer at all, or is left out, asks for
/// nothing.
fn status<'a>(was: &'a str, there: Option<&'a str>) -> Option<&'a str> {
    let Some(there) = there else { return Some(was) };
    let wanted = match there {
        "ready" if was == "requested" => "accepted",
        // Of our copies that one is only where ours was before.
        "accepted" if matches!(was, "in-progress" | "on-hold") => was,
        "accepted" | "rejected" | "in-progress" | "on-hold" | "completed" | "failed" | "cancelled" => there,
        // What a partner takes for an error it cannot retract: it is not its referral.
        "entered-in-error" => "cancelled",
        // It has not answered, or goes on from where ours is.
        "draft" | "requested" | "received" | "ready" => was,
        _ => return None,
    };
    Some(wanted)
}

fn reason(members: &mut Map<String, Value>, status: &str, there: &Value) {
    let mut said = there["statusReason"].clone();
    let needs_words = matches!(status, "on-hold" | "failed" | "cancelled");
    if said.is_object() {
        let coding = &said["coding"][0];
        let words = [&said["text"], &coding["display"], &coding["code"]];
        let words = words.into_iter().find_map(|text| text.as_str().filter(|text| !visible(text).is_empty()));
        said["text"] = json!(words.unwrap_or(NO_REASON));
    } else if needs_words {
        said = json!({ "text": NO_REASON });
    }
    match said {
        Value::Object(_) => {
            members.insert("statusReason".to_owned(), said);
        }
        _ => {
            members.shift_remove("statusReason");
        }
    }
}

fn business_status(members: &mut Map<String, Value>, there: &Value) {
    if there["businessStatus"].is_object() {
        members.insert("businessStatus".to_owned(), there["businessStatus"].clone());
    }
}

/// Outputs with a value of their own stay as they are; a Procedure is named by what stands for it here.
fn outputs(members: &mut Map<String, Value>, there: &Value, done: &dyn Fn(&str) -> Option<String>) {
    let mut outputs: Vec<Value> = Vec::new();
    for output in list(there, "output") {
        let Some(id) = procedure_of(output) else {
            if output["valueReference"].is_null() && output["type"].is_object() {
                outputs.push(output.clone());
            }
            continue;
        };
        let mut output = output.clone();
        output["type"] = json!({ "coding": [{ "system": SDOHCC, "code": "resulting-activity" }] });
        match done(id) {
            Some(reference) => output["valueReference"] = json!({ "reference": reference }),
            None => {
                let words = output["valueReference"]["display"].as_str().unwrap_or(NO_DETAIL).to_owned();
                output["valueCodeableConcept"] = json!({ "text": words });
                if let Some(output) = output.as_object_mut() {
                    output.shift_remove("valueReference");
                }
            }
        }
        outputs.push(output);
    }
    if !outputs.is_empty() {
        members.insert("output".to_owned(), json!(outputs));
    }
}

/// Their notes behind ours, each text once; who wrote them there is nobody here.
fn notes(members: &mut Map<String, Value>, there: &Value) {
    let mut notes: Vec<Value> = members.get("note").and_then(Value::as_array).cloned().unwrap_or_default();
    let before = notes.len();
    for note in list(there, "note") {
        let is_new = note["text"].is_string() && !notes.iter().any(|known| known["text"] == note["text"]);
        if is_new {
            let mut kept = json!({ "text": note["text"] });
            if note["time"].is_string() {
                kept["time"] = note["time"].clone();
            }
            notes.push(kept);
        }
    }
    if notes.len() > before {
        members.insert("note".to_owned(), json!(notes));
    }
}

/// What stands here for a Procedure of theirs, known by its place there.
pub(super) fn procedure(ours: &Value, theirs: &Value, system: &str, id: &str) -> Value {
    let mut procedure = json!({
        "resourceType": "Procedure",
        "identifier": [{ "system": system, "value": id }],
        "basedOn": [{ "reference": ours["focus"]["reference"] }],
        "subject": { "reference": ours["for"]["reference"] },
        "status": "completed",
    });
    for name in PROCEDURE {
        if !theirs[name].is_null() {
            procedure[name] = theirs[name].clone();
        }
    }
    let notes: Vec<Value> = list(theirs, "note")
        .iter()
        .filter(|note| note["text"].is_string())
        .map(|note| json!({ "text": note["text"] }))
        .collect();
    if !notes.is_empty() {
        procedure["note"] = json!(notes);
    }
    if !procedure["code"].is_object() {
        procedure["code"] = json!({ "text": NO_DETAIL });
    }
    procedure
}
