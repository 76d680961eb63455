//! The answers to a screening form, from a source's own words to the items of a QuestionnaireResponse.
//!
//! A source names the form and gives its answers by linkId, each once. A choice may be named by its code or by the
//! words that stand on the form, in any language of it: those are translations, not guesses.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::domain::issue::{Fault, Issue};
use crate::fhir::questionnaire::{Form, FormItem, ItemKind, named, shipped};
use crate::mapping::build::{Build, holds_control};
use crate::mapping::error::nearest;
use crate::mapping::source::{Scope, SourcePath};
use crate::mapping::transform::{DATE_REMEDY, is_date};

/// The form that the source names.
pub(crate) fn form(
    build: &mut Build<'_>,
    scope: Scope<'_>,
    from: &SourcePath,
    optional: bool,
) -> Option<&'static Form> {
    let name = build.text(scope, from, optional)?;
    match named(&name) {
        Some(form) => Some(form),
        None => {
            let known: Vec<_> = shipped().iter().map(|form| form.name.as_str()).collect();
            let remedy = format!("Send one of: {}.", known.join(", "));
            build.refuse("R-MAP-CODE", Fault::CodeInvalid, scope, from, "This questionnaire is not known.", remedy)
        }
    }
}

/// The items of the response, in the order of the form.
pub(crate) fn items(
    build: &mut Build<'_>,
    scope: Scope<'_>,
    from: &SourcePath,
    questionnaire: &SourcePath,
    optional: bool,
) -> Option<Value> {
    let Value::Object(given) = build.value(scope, from, optional)? else {
        return build.wrong_type(scope, from, "a group of answers");
    };
    let form = form(build, scope, questionnaire, optional)?;
    let at = scope.pointer(from, from.len());
    for name in given.keys().filter(|name| !form.questions().any(|item| item.link_id == **name)) {
        let known = || form.questions().map(|item| item.link_id.as_str());
        let remedy = match nearest(name, known()) {
            Some(near) => format!("Did you mean `{near}`? Else leave the answer out."),
            None => format!("Leave it out; the form asks: {}.", known().collect::<Vec<_>>().join(", ")),
        };
        let message = "An answer here is to nothing that the form asks.";
        let _: Option<()> = build.note(Issue::error("R-MAP-FIELD", Fault::Structure, at.as_str(), message, remedy));
    }
    let answered: Vec<_> = form.items.iter().filter_map(|item| answered(build, &at, given, item)).collect();
    (!answered.is_empty()).then_some(Value::Array(answered))
}

/// One item with its answer, or with the items in it that have one.
fn answered(build: &mut Build<'_>, at: &str, given: &Map<String, Value>, item: &FormItem) -> Option<Value> {
    if let ItemKind::Group(inner) = &item.kind {
        let inner: Vec<_> = inner.iter().filter_map(|item| answered(build, at, given, item)).collect();
        return (!inner.is_empty()).then(|| json!({ "linkId": item.link_id, "text": item.text, "item": inner }));
    }
    let value = given.get(&item.link_id).filter(|value| !value.is_null())?;
    let answer = answer(item, value).unwrap_or_else(|(rule, fault, message, remedy)| {
        build.note(Issue::error(rule, fault, format!("{at}/{}", item.link_id), message, remedy))
    })?;
    Some(json!({ "linkId": item.link_id, "text": item.text, "answer": [answer] }))
}

type Misfit = (&'static str, Fault, &'static str, Cow<'static, str>);

/// The answer as FHIR has it; `None` for a text of blanks, which is none.
fn answer(item: &FormItem, value: &Value) -> Result<Option<Value>, Misfit> {
    let wrong =
        |wanted: &'static str, remedy: &'static str| ("R-MAP-TYPE", Fault::Structure, wanted, remedy.into());
    match (&item.kind, value) {
        (ItemKind::Boolean, Value::Bool(flag)) => Ok(Some(json!({ "valueBoolean": flag }))),
        (ItemKind::Boolean, _) => Err(wrong("This is not true or false.", "Send true or false, once.")),
        (_, Value::String(text)) if holds_control(text) => {
            let remedy = "Send it without characters below U+0020, other than tab and line ends.";
            Err(("R-MAP-TEXT", Fault::Value, "This text holds a control character.", remedy.into()))
        }
        (_, Value::String(text)) if text.trim().is_empty() => Ok(None),
        (ItemKind::Text(most), Value::String(text)) => {
            if text.trim().chars().nth(*most).is_some() {
                let remedy = format!("Send at most {most} characters.");
                return Err(("R-MAP-LENGTH", Fault::Value, "This text is too long.", remedy.into()));
            }
            Ok(Some(json!({ "valueString": text.trim() })))
        }
        (ItemKind::Date, Value::String(text)) if is_date(text.trim()) => {
            Ok(Some(json!({ "valueDate": text.trim() })))
        }
        (ItemKind::Date, Value::String(_)) => {
            Err(("R-MAP-DATE", Fault::Value, "This is not a date.", DATE_REMEDY.into()))
        }
        (ItemKind::Choice(choices), Value::String(text)) => match item.choice(text) {
            Some(choice) => Ok(Some(json!({ "valueCoding": choice.to_value() }))),
            None => {
                let codes: Vec<_> = choices.iter().map(|choice| choice.coding.code.as_str()).collect();
                let remedy = format!("Send its words on the form, or one of: {}.", codes.join(", "));
                Err(("R-MAP-CODE", Fault::CodeInvalid, "This is no answer of the form.", remedy.into()))
            }
        },
        (ItemKind::Choice(_), _) => {
            Err(wrong("This is not one answer of the form.", "Send one text: a single choice."))
        }
        (ItemKind::Text(_) | ItemKind::Date | ItemKind::Group(_), _) => {
            Err(wrong("This is not a text.", "Send one text."))
        }
    }
}
