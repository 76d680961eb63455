//! The answers of a QuestionnaireResponse against the form that it answers, so that no answer is read as another.

use std::collections::HashSet;

use crate::domain::issue::{Fault, Issue};
use crate::fhir::questionnaire::{Form, FormItem, ItemKind};
use crate::fhir::translate::questionnaire_response::{Answer, Answered, QuestionnaireResponse};

/// Everything wrong with the answers, each with its path from the response; nothing when they may be read.
pub fn answers(response: &QuestionnaireResponse, form: &Form) -> Vec<Issue> {
    let mut issues = Vec::new();
    let mut seen = HashSet::new();
    for answered in &response.items {
        match find(form, answered) {
            None => issues.push(unknown(answered, form)),
            Some(_) if !seen.insert(answered.link_id.as_str()) => issues.push(issue(
                ("R-SCREEN-TWICE", Fault::Duplicate),
                format!("{}.linkId", answered.at),
                "This item is answered twice.",
                "Send one item for each linkId.",
            )),
            Some(item) => check(answered, item, response, &mut issues),
        }
    }
    if is_final(response) {
        missing(response, form, &mut issues);
    }
    issues
}

/// Whether the client, or whoever asked, has finished with the form.
fn is_final(response: &QuestionnaireResponse) -> bool {
    matches!(response.status.as_deref(), Some("completed" | "amended"))
}

/// The form's item for an answered one, where the form has it.
fn find<'f>(form: &'f Form, answered: &Answered) -> Option<&'f FormItem> {
    let level = match &answered.parent {
        None => Some(&form.items),
        Some(parent) => form.items.iter().find(|item| item.link_id == *parent).and_then(|item| match &item.kind {
            ItemKind::Group(inner) => Some(inner),
            ItemKind::Text(_) | ItemKind::Date | ItemKind::Boolean | ItemKind::Choice(_) => None,
        }),
    };
    level?.iter().find(|item| item.link_id == answered.link_id)
}

fn check(answered: &Answered, item: &FormItem, response: &QuestionnaireResponse, issues: &mut Vec<Issue>) {
    let at = |rest: &str| format!("{}.answer{rest}", answered.at);
    if answered.answers.len() > 1 {
        issues.push(issue(
            ("R-SCREEN-MANY", Fault::Invariant),
            at(""),
            "This item takes one answer, and has several.",
            "Send the one answer that the client gave.",
        ));
        return;
    }
    let Some(answer) = answered.answers.first() else { return };
    if let Some((wanted, remedy)) = misfit(answer, &item.kind) {
        issues.push(issue(("R-SCREEN-ANSWER", Fault::CodeInvalid), at("[0]"), wanted, remedy));
    }
    if !is_enabled(item, response) {
        issues.push(issue(
            ("R-SCREEN-DISABLED", Fault::Invariant),
            at(""),
            "This item is asked only after another answer than the one given.",
            "Leave it out, or send the answer that leads to it.",
        ));
    }
}

/// What is wrong with an answer of this kind, and what to do.
fn misfit(answer: &Answer, kind: &ItemKind) -> Option<(&'static str, String)> {
    match (kind, answer) {
        (ItemKind::Choice(choices), Answer::Coding { system, code }) => {
            let known = choices.iter().any(|choice| {
                Some(choice.coding.system.as_str()) == system.as_deref()
                    && Some(choice.coding.code.as_str()) == code.as_deref()
            });
            let codes: Vec<_> = choices.iter().map(|choice| choice.coding.code.as_str()).collect();
            let system = choices.first().map(|choice| choice.coding.system.as_str()).unwrap_or_default();
            (!known).then(|| {
                ("This is no answer of the form.", format!("Send a code of {system}: {}.", codes.join(", ")))
            })
        }
        (ItemKind::Choice(_), _) => {
            Some(("A code is due here.", "Send valueCoding with system and code of the form's answer.".to_owned()))
        }
        (ItemKind::Boolean, Answer::Boolean(_)) | (ItemKind::Date, Answer::Date(_)) => None,
        (ItemKind::Boolean, _) => Some(("Yes or no is due here.", "Send valueBoolean.".to_owned())),
        (ItemKind::Date, _) => Some(("A date is due here.", "Send valueDate.".to_owned())),
        (ItemKind::Text(most), Answer::Text(text)) => {
            text.chars().nth(*most).map(|_| ("This text is too long.", format!("Send at most {most} characters.")))
        }
        (ItemKind::Text(_), _) => Some(("A text is due here.", "Send valueString.".to_owned())),
        (ItemKind::Group(_), _) => {
            Some(("A group has no answer of its own.", "Send the answers of its items.".to_owned()))
        }
    }
}

/// Whether an item is asked, after what else was answered.
fn is_enabled(item: &FormItem, response: &QuestionnaireResponse) -> bool {
    item.enabled_by.as_ref().is_none_or(|(question, wanted)| {
        let given = response.items.iter().filter(|answered| answered.link_id == *question);
        given.flat_map(|answered| &answered.answers).any(|answer| match answer {
            Answer::Coding { system, code } => {
                system.as_deref() == Some(&wanted.system) && code.as_deref() == Some(&wanted.code)
            }
            Answer::Boolean(_) | Answer::Text(_) | Answer::Date(_) | Answer::Else => false,
        })
    })
}

/// Notes what a finished form must have and has not.
fn missing(response: &QuestionnaireResponse, form: &Form, issues: &mut Vec<Issue>) {
    for item in form.questions().filter(|item| item.required && is_enabled(item, response)) {
        let answered = response.items.iter().any(|one| one.link_id == item.link_id && !one.answers.is_empty());
        if !answered {
            let remedy = format!("Send an item with linkId {} and its answer.", item.link_id);
            issues.push(issue(
                ("R-SCREEN-MISSING", Fault::Required),
                "item".to_owned(),
                "An answer that the form requires is missing.",
                remedy,
            ));
        }
    }
}

fn unknown(answered: &Answered, form: &Form) -> Issue {
    let known: Vec<_> = form.questions().map(|item| item.link_id.as_str()).collect();
    issue(
        ("R-SCREEN-ITEM", Fault::CodeInvalid),
        format!("{}.linkId", answered.at),
        "The form has no such item in this place.",
        format!("Send items by the form's linkIds, in its groups: {}.", known.join(", ")),
    )
}

fn issue(
    (rule, fault): (&'static str, Fault),
    at: String,
    message: &'static str,
    remedy: impl Into<std::borrow::Cow<'static, str>>,
) -> Issue {
    Issue::error(rule, fault, at, message, remedy)
}
