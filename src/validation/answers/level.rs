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
                let message = (
                    "This item stands after one that the form asks later.",
                    "Cet élément figure après un autre que le formulaire demande plus tard.",
                );
                let remedy = (
                    "Send the items in the order of the form.",
                    "Envoyez les éléments dans l’ordre du formulaire.",
                );
                self.say(("R-SCREEN-ORDER", Fault::Structure), here.path(), message, remedy);
            }
            last = last.max(at);
            let times = seen.entry(link_id(item)).or_default();
            *times += 1;
            if *times == 2 && !(is_group(&asked[at]) && flag(&asked[at], "repeats")) {
                let message = ("This item is answered twice.", "Cet élément a deux réponses.");
                let remedy = (
                    "Send one item for each linkId; several answers stand in its answer.",
                    "Envoyez un élément par linkId; plusieurs réponses figurent dans son answer.",
                );
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
            true => ("The form has this item in another place.", "Le formulaire a cet élément à un autre endroit."),
            false => {
                ("The form has no such item in this place.", "Le formulaire n’a pas cet élément à cet endroit.")
            }
        };
        let known: Vec<&str> = asked.iter().map(link_id).take(LISTED + 1).collect();
        let remedy = match known.len() {
            0 => (
                "Leave it out: the form asks nothing here.".to_owned(),
                "Omettez-le : le formulaire ne demande rien ici.".to_owned(),
            ),
            1..=LISTED => {
                let known = known.join(", ");
                (
                    format!("Send items by the form's linkIds, in its groups: {known}."),
                    format!("Envoyez les éléments par les linkId du formulaire, dans ses groupes : {known}."),
                )
            }
            _ => (
                "Send items by the form's linkIds, in its groups.".to_owned(),
                "Envoyez les éléments par les linkId du formulaire, dans ses groupes.".to_owned(),
            ),
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
            let message =
                ("An answer that the form requires is missing.", "Il manque une réponse que le formulaire exige.");
            let id = link_id(item);
            let remedy = (
                format!("Send an item with linkId {id} and its answer."),
                format!("Envoyez un élément avec le linkId {id} et sa réponse."),
            );
            self.say(("R-SCREEN-MISSING", Fault::Required), within.under("item"), message, remedy);
        }
    }

    fn item<'p>(&mut self, item: &'p Value, asked: &'v Value, here: &'p Place<'p>)
    where
        'v: 'p,
    {
        let answers = item["answer"].as_array().map_or(&[][..], Vec::as_slice);
        if has_answer(item) && !self.is_enabled(asked, here) {
            let message = (
                "This item is asked only after another answer than the one given.",
                "Cet élément n’est demandé qu’après une autre réponse que celle donnée.",
            );
            let remedy = (
                "Leave it out, or send the answer that leads to it.",
                "Omettez-le, ou envoyez la réponse qui y mène.",
            );
            self.say(("R-SCREEN-DISABLED", Fault::Invariant), here.under("answer"), message, remedy);
        }
        match asked["type"].as_str().unwrap_or_default() {
            "group" => {
                if item.get("answer").is_some() {
                    let message = ("A group has no answer of its own.", "Un groupe n’a pas de réponse à lui.");
                    let remedy = ("Send the answers of its items.", "Envoyez les réponses de ses éléments.");
                    self.say(("R-SCREEN-GROUP", Fault::Structure), here.under("answer"), message, remedy);
                }
                return self.level(items(asked), items(item), here);
            }
            "display" => {
                if item.get("answer").is_some() {
                    let message = (
                        "This item only shows a text, and is not answered.",
                        "Cet élément ne fait qu’afficher un texte, et n’a pas de réponse.",
                    );
                    let remedy = ("Leave it out.", "Omettez-la.");
                    self.say(("R-SCREEN-GROUP", Fault::Structure), here.under("answer"), message, remedy);
                }
                return;
            }
            _ => {}
        }
        if !items(item).is_empty() {
            let message = (
                "The items beneath a question stand in its answer.",
                "Les éléments sous une question figurent dans sa réponse.",
            );
            let remedy = ("Move them into answer.item.", "Déplacez-les dans answer.item.");
            self.say(("R-SCREEN-NESTED", Fault::Structure), here.under("item"), message, remedy);
        }
        if answers.len() > 1 && !flag(asked, "repeats") {
            let message = (
                "This item takes one answer, and has several.",
                "Cet élément prend une réponse, et en a plusieurs.",
            );
            let remedy =
                ("Send the one answer that the client gave.", "Envoyez la seule réponse que la personne a donnée.");
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
