//! What the desk writes down beside the Tasks: contacts, notes, messages. Communications, never disclosed to a partner;
//! and the codes that desk, partner pages and chase agree on.

use serde_json::{Value, json};

use crate::domain::clock::Timestamp;
use crate::exchange::Staff;
use crate::exchange::codes::{self, COMMUNICATION, SDOHCC, TASK_OUTPUT};
use crate::exchange::desk::story::Story;
use crate::fhir::translate::{codings, items, text};

/// What came of trying to reach the person. The project's own.
pub(super) const CONTACT_RESULT: &str = "https://lariat.example/fhir/CodeSystem/contact-result";
/// How it was tried. The project's own.
pub(super) const CONTACT_MEDIUM: &str = "https://lariat.example/fhir/CodeSystem/contact-medium";
/// How long it took, minutes. The project's own.
pub(super) const CONTACT_MINUTES: &str = "https://lariat.example/fhir/StructureDefinition/contact-minutes";

/// What a Communication of the desk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Category {
    Contact,
    Message,
    Note,
    SetApart,
    ByHand,
    Information,
}

impl Category {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Message => "message",
            Self::Note => "note",
            Self::SetApart => "set-apart",
            Self::ByHand => "by-hand",
            Self::Information => "information",
        }
    }
}

/// A Communication about the referral, by a member of staff.
pub(super) fn communication(
    story: &Story,
    staff: &Staff,
    sent_at: Timestamp,
    category: Category,
    text: Option<&str>,
) -> Value {
    let mut value = json!({
        "resourceType": "Communication",
        "status": "completed",
        "category": [{ "coding": [{ "system": COMMUNICATION, "code": category.code() }] }],
        "subject": { "reference": format!("Patient/{}", story.row.patient) },
        "about": [{ "reference": format!("Task/{}", story.row.id) }],
        "sent": sent_at.to_string(),
        "sender": { "display": staff.title },
    });
    if let Some(text) = text {
        value["payload"] = json!([{ "contentString": text }]);
    }
    value
}

/// A concept with one of the project's codes.
pub(super) fn concept(system: &str, code: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code }] })
}

/// The text of an output of a Task whose type has this code.
pub(super) fn output_kind(output: &Value) -> Option<&str> {
    let codings = output.pointer("/type/coding")?.as_array()?;
    codings.iter().find(|coding| coding["system"] == TASK_OUTPUT)?.get("code")?.as_str()
}

/// The output of this type, when a Task has one.
pub(super) fn output<'a>(task: &'a Value, kind: &str) -> Option<&'a Value> {
    items(task, "output").find(|output| output_kind(output) == Some(kind))
}

/// What came of it, in words.
pub(super) fn outcome(task: &Value) -> Option<String> {
    output(task, "outcome").and_then(|output| text(output, "valueString"))
}

/// Adds an item to a repeating element.
pub(super) fn append(resource: &mut Value, element: &str, item: Value) {
    match resource.get_mut(element).and_then(Value::as_array_mut) {
        Some(items) => items.push(item),
        None => resource[element] = json!([item]),
    }
}

/// What was done, when nobody has said it: the social service procedure that every referral asks for. SDOH Clinical Care
/// 3.0.0 (refer-10) wants it of a self-referral that is completed.
pub(super) fn say_what_was_done(task: &mut Value) {
    let kind = json!({ "coding": [{ "system": SDOHCC, "code": "resulting-activity" }] });
    let is_said = items(task, "output").any(|output| codes::of(&codings(output, "type"), SDOHCC).is_some());
    if !is_said {
        let done = json!({ "coding": [{ "system": "http://snomed.info/sct", "code": "306238000" }] });
        append(task, "output", json!({ "type": kind, "valueCodeableConcept": done }));
    }
}

/// Puts an output of this type in place of the one that was there.
pub(super) fn set_output(task: &mut Value, kind: &str, name: &str, value: Value) {
    forget_output(task, kind);
    let mut output = json!({ "type": concept(TASK_OUTPUT, kind) });
    output[name] = value;
    append(task, "output", output);
}

/// Takes out the outputs of this type.
pub(super) fn forget_output(task: &mut Value, kind: &str) {
    let Some(outputs) = task.get_mut("output").and_then(Value::as_array_mut) else { return };
    outputs.retain(|output| output_kind(output) != Some(kind));
    if outputs.is_empty()
        && let Some(members) = task.as_object_mut()
    {
        members.shift_remove("output");
    }
}

/// Whether it is a prescriber's message that nobody at the desk has read.
pub(super) fn is_unread(communication: &Value) -> bool {
    let is_message = items(communication, "category").all(|category| {
        let codings = items(category, "coding");
        codings.filter(|coding| coding["system"] == COMMUNICATION).all(|coding| coding["code"] == "message")
    });
    is_message && communication.pointer("/sender/display").is_none() && communication.get("received").is_none()
}
