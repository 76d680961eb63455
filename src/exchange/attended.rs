//! The day on which a client took part, as a Task's output says it: by whichever door it comes, it is a day between the
//! sending of the Task and today.

use serde_json::Value;

use crate::domain::issue::{Fault, Issue};
use crate::domain::uptake::{WrongDay, check_day};
use crate::exchange::draft::Draft;
use crate::exchange::{Refusal, codes};
use crate::fhir::date;
use crate::fhir::translate::{task, text};

/// Checks the day that a version of a Task brings; one that stood there before was checked when it came.
pub(super) fn checked(
    draft: &Draft<'_>,
    now: &Value,
    facts: &task::Task,
    before: Option<&task::Task>,
    at: &str,
) -> Result<(), Refusal> {
    let day = |facts: &task::Task| {
        let is_day = |output: &&task::Output| codes::of(&output.kind, codes::TASK_OUTPUT) == Some("attended-on");
        facts.outputs.iter().rev().find(is_day).and_then(|output| output.date.clone())
    };
    let Some(on) = day(facts).filter(|on| before.and_then(day).as_ref() != Some(on)) else { return Ok(()) };
    let zone = &draft.desk.0.zone;
    let authored = text(now, "authoredOn").and_then(|text| date::instants(&text, zone));
    let sent_on = authored.map(|instants| date::day_of(instants.from, zone).to_string());
    let today = date::day_of(draft.now, zone).to_string();
    let (message, remedy) = match check_day(&on, sent_on.as_deref(), &today) {
        Ok(()) => return Ok(()),
        Err(WrongDay::Ahead) => (
            "the day on which the client attended is still to come",
            "send a day that is not after today; of a visit that is booked, write a note",
        ),
        Err(WrongDay::BeforeSent) => (
            "the day on which the client attended is before the referral was sent on",
            "send a day that is not before Task.authoredOn, or leave attended-on out",
        ),
    };
    let at = format!("{at}.output");
    Err(Refusal::rule(Issue::error("R-TASK-ATTENDED", Fault::BusinessRule, at, message, remedy)))
}
