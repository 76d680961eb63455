//! The day on which somebody was born: by whichever door it comes, it is none that is still to come.

use serde_json::Value;

use crate::domain::issue::{Fault, Issue};
use crate::exchange::draft::{Author, Draft};
use crate::exchange::{Refusal, Why};
use crate::fhir::translate::text;
use crate::fhir::{ResourceType, date};

/// Checks the people that a submission writes; what stood in a version before was checked when it came.
pub(super) fn checked(draft: &Draft<'_>) -> Result<(), Refusal> {
    let today = date::day_of(draft.now, &draft.desk.0.zone).to_string();
    let born = |person: &Value| text(person, "birthDate");
    let mut issues = Vec::new();
    for item in draft.items.iter().filter(|item| item.ty == ResourceType::Patient && item.by == Author::Caller) {
        let before = draft.stored_value(item.id)?.and_then(born);
        let new = born(&item.value).filter(|day| item.is_written() && Some(day) != before.as_ref());
        if new.is_some_and(|day| day.as_str() > today.get(..day.len()).unwrap_or(&today)) {
            issues.push(Issue::error(
                "R-PATIENT-BORN",
                Fault::BusinessRule,
                format!("{}.birthDate", item.at),
                "the date of birth is still to come; nothing was stored",
                "send the day, month or year of birth, which is not after today",
            ));
        }
    }
    if issues.is_empty() { Ok(()) } else { Err(Refusal::all(Why::Rule, issues)) }
}
