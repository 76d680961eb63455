//! One level of items: which may stand there, how often, in which order, and which must.

use std::collections::HashMap;

use serde_json::Value;

use crate::domain::issue::Fault;

use super::{Check, Place, items, link_id, link_ids};

/// A list of linkIds longer than this helps nobody.
const LISTED: usize = 20;

impl<'v> Check<'v> {
    /// `given` are the response's items where the form has `asked`.
    pub(super) fn level<'p>(&mut self, asked: &'v [Value], given: &'p [Value], place: &'p Place<'p>)
    where
        'v: 'p,
    {
        let numbers: HashMap<&str, usize> =
            asked.iter().enumerate().map(|(at, item)| (link_id(item), at)).collect();
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut last = 0;
        for (number, item) in given.iter().enumerate() {
            let here = place.item(given, number);
            if !self.may_walk(&here) {
                return;
            }
            let Some(&at) = numbers.get(link_id(item)) else {
                self.unknown(item, asked, &here);
                continue;
            };
            if at < last {
                let message = "This item stands after one that the form asks later.";
                let remedy = "Send the items in the order of the form.";
                self.say(("R-SCREEN-ORDER", Fault::Structure), here.path(), message, remedy);
            }
            last = last.max(at);
            let times = seen.entry(link_id(item)).or_default();
            *times += 1;
            if *times == 2 && !(is_group(&asked[at]) && flag(&asked[at], "repeats")) {
                let message = "This item is answered twice.";
                let remedy = "Send one item for each linkId; several answers stand in its answer.";
                self.say(("R-SCREEN-TWICE", Fault::Duplicate), here.under("linkId"), message, remedy);
            }
            self.item(item, &asked[at], &here);
        }
        if self.is_final {
            let level = place.item(given, given.len());
            self.missing(asked, given, place, &level);
        }
    }

    fn unknown(&mut self, item: &Value, asked: &[Value], here: &Place<'_>) {
        let is_elsewhere = link_ids(self.form).contains(link_id(item));
        let message = match is_elsewhere {
            true => "The form has this item in another place.",
            false => "The form has no such item in this place.",
        };
        let known: Vec<&str> = asked.iter().map(link_id).take(LISTED + 1).collect();
        let remedy = match known.len() {
            0 => "Leave it out: the form asks nothing here.".to_owned(),
            1..=LISTED => format!("Send items by the form's linkIds, in its groups: {}.", known.join(", ")),
            _ => "Send items by the form's linkIds, in its groups.".to_owned(),
        };
        self.say(("R-SCREEN-ITEM", Fault::CodeInvalid), here.under("linkId"), message, remedy);
    }

    /// What a finished form must have on this level and has not. `within` holds the level, `level` stands in it.
    fn missing(&mut self, asked: &[Value], given: &[Value], within: &Place<'_>, level: &Place<'_>) {
        for item in asked.iter().filter(|item| flag(item, "required")) {
            let has = |one: &&Value| {
                link_id(one) == link_id(item) && (one["answer"].is_array() || is_group(item) && has_answer(one))
            };
            if given.iter().any(|one| has(&one)) || !self.is_enabled(item, level) {
                continue;
            }
            let message = "An answer that the form requires is missing.";
            let remedy = format!("Send an item with linkId {} and its answer.", link_id(item));
            self.say(("R-SCREEN-MISSING", Fault::Required), within.under("item"), message, remedy);
        }
    }

    fn item<'p>(&mut self, item: &'p Value, asked: &'v Value, here: &'p Place<'p>)
    where
        'v: 'p,
    {
        let answers = item["answer"].as_array().map_or(&[][..], Vec::as_slice);
        if has_answer(item) && !self.is_enabled(asked, here) {
            let message = "This item is asked only after another answer than the one given.";
            let remedy = "Leave it out, or send the answer that leads to it.";
            self.say(("R-SCREEN-DISABLED", Fault::Invariant), here.under("answer"), message, remedy);
        }
        match asked["type"].as_str().unwrap_or_default() {
            "group" => {
                if item.get("answer").is_some() {
                    let message = "A group has no answer of its own.";
                    let remedy = "Send the answers of its items.";
                    self.say(("R-SCREEN-GROUP", Fault::Structure), here.under("answer"), message, remedy);
                }
                return self.level(items(asked), items(item), here);
            }
            "display" => {
                if item.get("answer").is_some() {
                    let message = "This item only shows a text, and is not answered.";
                    self.say(("R-SCREEN-GROUP", Fault::Structure), here.under("answer"), message, "Leave it out.");
                }
                return;
            }
            _ => {}
        }
        if !items(item).is_empty() {
            let message = "The items beneath a question stand in its answer.";
            let remedy = "Move them into answer.item.";
            self.say(("R-SCREEN-NESTED", Fault::Structure), here.under("item"), message, remedy);
        }
        if answers.len() > 1 && !flag(asked, "repeats") {
            let message = "This item takes one answer, and has several.";
            let remedy = "Send the one answer that the client gave.";
            self.say(("R-SCREEN-MANY", Fault::Invariant), here.under("answer"), message, remedy);
        }
        for (number, answer) in answers.iter().enumerate() {
            let inside = here.in_answer(number);
            if !self.may_walk(&inside) {
                return;
            }
            self.answer(answer, asked, &inside);
            self.level(items(asked), items(answer), &inside);
        }
    }
}

/// Whether anything is answered in this item or beneath it.
fn has_answer(item: &Value) -> bool {
    item["answer"].as_array().is_some_and(|answers| !answers.is_empty()) || items(item).iter().any(has_answer)
}

fn is_group(asked: &Value) -> bool {
    asked["type"] == "group"
}

fn flag(asked: &Value, name: &str) -> bool {
    asked[name].as_bool().unwrap_or(false)
}
