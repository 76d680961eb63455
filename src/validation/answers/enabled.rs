//! Whether an item is asked, after what else was answered.

use std::cmp::Ordering;

use serde_json::Value;

use super::value::{number, value_of};
use super::{Check, Place, items, link_id};

impl Check<'_> {
    /// `place` is the item, or where it would stand.
    pub(super) fn is_enabled(&self, asked: &Value, place: &Place<'_>) -> bool {
        let conditions = asked["enableWhen"].as_array().map_or(&[][..], Vec::as_slice);
        let mut met = conditions.iter().map(|condition| self.is_met(condition, place));
        match asked["enableBehavior"].as_str() {
            _ if conditions.is_empty() => true,
            Some("all") => met.all(|one| one),
            _ => met.any(|one| one),
        }
    }

    fn is_met(&self, condition: &Value, place: &Place<'_>) -> bool {
        let answers = self.answers_to(condition["question"].as_str().unwrap_or_default(), place);
        let Some((_, wanted)) = value_of(condition, "answer") else { return false };
        let any = |fits: fn(Ordering) -> bool| {
            let given = answers.iter().filter_map(|answer| value_of(answer, "value"));
            given.filter_map(|(_, value)| compare(value, wanted)).any(fits)
        };
        let equal = || {
            let given = answers.iter().filter_map(|answer| value_of(answer, "value"));
            given.into_iter().any(|(_, value)| same(value, wanted))
        };
        match condition["operator"].as_str().unwrap_or_default() {
            "exists" => answers.is_empty() != wanted.as_bool().unwrap_or(true),
            "=" => equal(),
            "!=" => !equal(),
            ">" => any(Ordering::is_gt),
            "<" => any(Ordering::is_lt),
            ">=" => any(Ordering::is_ge),
            "<=" => any(Ordering::is_le),
            _ => false,
        }
    }

    /// The answers to a question: of the nearest level around this place that has it, so that an item of a group that
    /// repeats depends on its own group.
    fn answers_to<'p>(&'p self, question: &str, place: &Place<'p>) -> Vec<&'p Value> {
        let mut here = Some(place);
        while let Some(at) = here {
            let found = within(at.level, question);
            if !found.is_empty() {
                return found;
            }
            here = at.outer;
        }
        within(items(self.response), question)
    }
}

/// The answers to a question in these items and beneath them.
fn within<'v>(level: &'v [Value], question: &str) -> Vec<&'v Value> {
    let mut found = Vec::new();
    let mut open: Vec<&'v Value> = level.iter().collect();
    while let Some(item) = open.pop() {
        let answers = item["answer"].as_array().map_or(&[][..], Vec::as_slice);
        if link_id(item) == question {
            found.extend(answers);
        }
        open.extend(items(item));
        open.extend(answers.iter().flat_map(items));
    }
    found
}

/// The same answer: codes by system and code, quantities by value and unit, anything else as it stands.
fn same(given: &Value, wanted: &Value) -> bool {
    let is = |name: &str| wanted.get(name).is_none() || given.get(name) == wanted.get(name);
    if wanted.get("value").is_some() {
        return number(&given["value"]) == number(&wanted["value"]) && is("system") && is("code");
    }
    match wanted {
        Value::Object(map) if map.contains_key("code") => given.get("code") == map.get("code") && is("system"),
        Value::Object(map) if map.contains_key("reference") => given.get("reference") == map.get("reference"),
        Value::Number(_) => number(given) == number(wanted),
        _ => given == wanted,
    }
}

/// Which of two answers of a kind is larger, where that can be told. Dates compare as text while they are of the same
/// precision.
fn compare(given: &Value, wanted: &Value) -> Option<Ordering> {
    match (given, wanted) {
        (Value::Number(_), Value::Number(_)) => number(given)?.partial_cmp(&number(wanted)?),
        (Value::String(given), Value::String(wanted)) if given.len() == wanted.len() => Some(given.cmp(wanted)),
        (Value::String(given), Value::String(wanted)) => {
            let common = given.len().min(wanted.len());
            let (given, wanted) = (given.get(..common)?, wanted.get(..common)?);
            Some(given.cmp(wanted)).filter(|order| order.is_ne())
        }
        (Value::Object(_), Value::Object(_)) if given.get("code") == wanted.get("code") => {
            number(&given["value"])?.partial_cmp(&number(&wanted["value"])?)
        }
        _ => None,
    }
}
