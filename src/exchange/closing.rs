//! How the clinic has closed a referral, and what of it a partner reads that still had it.
//!
//! What is the desk's own says why in its `statusReason`. A Task that its partner reads says there what the partner may
//! know; what the clinic's chart is told stands in an extension, which stays at home.

use serde_json::{Value, json};

use crate::domain::reason::ClosingReason;
use crate::domain::task::Status;
use crate::exchange::codes::{self, CLOSING_REASON};
use crate::exchange::made_by::{extension, set_extension};
use crate::fhir::translate::{codings, items, text};

/// Why a partner's Task was closed by the clinic, and what came of it: `reason`, `outcome`. The project's own.
const CLOSED: &str = "https://lariat.example/fhir/StructureDefinition/closed";

/// What a partner reads when no more is said: what it had has ended with the whole.
const CALLED_OFF: &str = "The clinic has called the referral off";

/// Why a referral was closed, and what came of it, as the chart is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Closed {
    pub(super) reason: ClosingReason,
    pub(super) words: String,
    pub(super) outcome: Option<String>,
}

/// `statusReason` of what the desk closes for itself.
pub(super) fn status_reason(reason: ClosingReason, words: &str) -> Value {
    json!({ "coding": [{ "system": CLOSING_REASON, "code": reason.code() }], "text": words })
}

/// Writes down in a Task that its partner reads why the clinic has closed it.
pub(super) fn keep(task: &mut Value, closed: &Closed) {
    let mut parts = vec![json!({
        "url": "reason", "valueCodeableConcept": status_reason(closed.reason, &closed.words),
    })];
    parts.extend(closed.outcome.as_ref().map(|outcome| json!({ "url": "outcome", "valueString": outcome })));
    set_extension(task, CLOSED, Some(("extension", Value::Array(parts))));
}

/// What [`keep`] has written down.
pub(super) fn kept(task: &Value) -> Option<Closed> {
    let parts = extension(task, CLOSED)?;
    let part = |name: &str| items(parts, "extension").find(|part| part["url"] == name);
    let reason = part("reason")?;
    let code = codings(reason, "valueCodeableConcept");
    let code = codes::of(&code, CLOSING_REASON)?;
    Some(Closed {
        reason: ClosingReason::from_code(code).ok()?,
        words: text(reason.get("valueCodeableConcept")?, "text")?,
        outcome: part("outcome").and_then(|part| text(part, "valueString")),
    })
}

/// Why a Task was closed, when it says so by a code.
pub(super) fn reason_of(task: &Value) -> Option<ClosingReason> {
    let code = codings(task, "statusReason");
    let code = codes::of(&code, CLOSING_REASON).and_then(|code| ClosingReason::from_code(code).ok());
    code.or_else(|| kept(task).map(|closed| closed.reason))
}

/// Ends a part of a referral with the whole. A partner's own Task can only be called off by who asked for it (SDOH
/// Clinical Care leaves done and failed to the target); what nobody else has been asked ends as the whole does.
pub(super) fn end_part(task: &mut Value, reason: Option<ClosingReason>, who: &str, is_partners: bool) {
    let begun = matches!(task["status"].as_str(), Some("accepted" | "in-progress" | "on-hold"));
    let status = reason.filter(|_| begun && !is_partners).map_or(Status::Cancelled, ClosingReason::ends);
    task["status"] = json!(status.code());
    task["statusReason"] = match reason.and_then(|reason| Some((reason, reason.told_by(who)?))) {
        Some((reason, words)) => status_reason(reason, &words),
        None => json!({ "text": CALLED_OFF }),
    };
}
