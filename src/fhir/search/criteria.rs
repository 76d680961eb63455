//! The criteria of a search: ids, dates, tokens, references.

use jiff::tz::TimeZone;

use crate::domain::id::ResourceId;
use crate::domain::issue::{Fault, Issue};
use crate::domain::search::{Clause, ReferenceMatch, TokenMatch};
use crate::fhir::date::{Instants, instants};
use crate::fhir::reference::Reference;
use crate::fhir::resource_type::ResourceType;
use crate::fhir::search::parameters::{Form, Parameter};
use crate::fhir::search::query::too_costly;

/// Alternatives of one parameter. Chosen: a page of ids, twice over.
const MAX_VALUES: usize = 64;

/// Why a criterion was not taken.
pub(crate) enum Rejected {
    /// It is wrong.
    Issue(Issue),
    /// The parameter of this name has no value: FHIR lets a server ignore it.
    Empty(&'static str),
}

/// `_id=a,b`. Ids that this server never gives find nothing.
pub(crate) fn ids(value: &str, clauses: &mut Vec<Clause>) -> Result<(), Rejected> {
    let any: Vec<ResourceId> =
        alternatives("_id", value)?.iter().filter_map(|text| unescape(text).parse().ok()).collect();
    clauses.push(Clause::Id(any));
    Ok(())
}

/// `_lastUpdated=ge2026-11-21`. A date without a zone is read in UTC.
pub(crate) fn updated(value: &str, clauses: &mut Vec<Clause>) -> Result<(), Rejected> {
    if value.is_empty() {
        return Err(Rejected::Empty("_lastUpdated"));
    }
    let digits = value.find(|character: char| character.is_ascii_digit()).unwrap_or(value.len());
    let (prefix, date) = value.split_at(digits);
    // A client that forgot to escape the plus of a zone sent a space.
    let date = date.replace(' ', "+");
    let Instants { from, until } = instants(&date, &TimeZone::UTC).ok_or_else(|| {
        rejected(
            Fault::Value,
            "The parameter _lastUpdated is not a date.",
            "Give a FHIR date, such as ge2026-11-21T14:05:00Z.",
        )
    })?;
    let (from, until) = match prefix {
        "" | "eq" => (Some(from), Some(until)),
        "gt" | "sa" => (Some(until), None),
        "ge" => (Some(from), None),
        "lt" | "eb" => (None, Some(from)),
        "le" => (None, Some(until)),
        _ => {
            return Err(rejected(
                Fault::NotSupported,
                "The prefix of _lastUpdated is not served.",
                "Use eq, gt, ge, lt, le, sa or eb.",
            ));
        }
    };
    clauses.push(Clause::Updated { from, until });
    Ok(())
}

/// A parameter of the table.
pub(crate) fn parameter(
    parameter: &'static Parameter,
    modifier: Option<&str>,
    value: &str,
    own_base: &str,
    clauses: &mut Vec<Clause>,
) -> Result<(), Rejected> {
    let param = parameter.param;
    if modifier == Some("missing") {
        let missing = match value {
            "true" => true,
            "false" => false,
            _ => {
                let message = format!("The parameter {}:missing is neither true nor false.", parameter.name);
                return Err(rejected(Fault::Value, message, "Give true or false."));
            }
        };
        clauses.push(Clause::Missing { param, missing });
        return Ok(());
    }
    let named = modifier.map(|modifier| target(parameter, modifier)).transpose()?;
    let values = alternatives(parameter.name, value)?;
    clauses.push(match parameter.form {
        Form::Token | Form::Code(_) => {
            let any = values.iter().map(|text| token(parameter, text)).collect::<Result<_, _>>()?;
            Clause::Token { param, any }
        }
        Form::Reference(_) => {
            let any =
                values.iter().filter_map(|text| reference(parameter, named, &unescape(text), own_base)).collect();
            Clause::Reference { param, any }
        }
        Form::Canonical | Form::Uri => {
            let any = values.iter().map(|text| ReferenceMatch::Url(unescape(text))).collect();
            Clause::Reference { param, any }
        }
    });
    Ok(())
}

/// The type that a modifier names: only references take one.
fn target(parameter: &Parameter, modifier: &str) -> Result<ResourceType, Rejected> {
    match (parameter.form, ResourceType::from_name(modifier)) {
        (Form::Reference(_), Some(ty)) => Ok(ty),
        _ => Err(rejected(
            Fault::NotSupported,
            format!("The parameter {} is not served with this modifier.", parameter.name),
            "Use no modifier, :missing or, on a reference, the name of a type.",
        )),
    }
}

fn token(parameter: &Parameter, text: &str) -> Result<TokenMatch, Rejected> {
    let parts = split(text, '|');
    let filled = |part: &str| (!part.is_empty()).then(|| unescape(part));
    match parts.as_slice() {
        [code] => Ok(TokenMatch { system: None, code: filled(code) }),
        [system, code] if !(system.is_empty() && code.is_empty()) => {
            Ok(TokenMatch { system: Some(unescape(system)), code: filled(code) })
        }
        _ => Err(rejected(
            Fault::Value,
            format!("The parameter {} is not a token.", parameter.name),
            "Give code, system|code, |code or system|.",
        )),
    }
}

/// What a reference is asked for by; `None` when it cannot be what the parameter holds, and so finds nothing.
fn reference(
    parameter: &Parameter,
    named: Option<ResourceType>,
    text: &str,
    own_base: &str,
) -> Option<ReferenceMatch> {
    if let Ok(id) = text.parse() {
        return named.is_none_or(|ty| parameter.may_target(ty)).then_some(ReferenceMatch::Local(id));
    }
    match Reference::parse(text, own_base) {
        Reference::Local { ty, id, .. } => {
            let fits = parameter.may_target(ty) && named.is_none_or(|named| named == ty);
            fits.then_some(ReferenceMatch::Local(id))
        }
        Reference::Absolute(url) | Reference::Urn(url) => Some(ReferenceMatch::Url(url)),
        Reference::Fragment(_)
        | Reference::Conditional { .. }
        | Reference::Logical { .. }
        | Reference::Unknown(_) => None,
    }
}

/// The alternatives of a value, still escaped.
fn alternatives<'v>(name: &'static str, value: &'v str) -> Result<Vec<&'v str>, Rejected> {
    let values: Vec<&str> = split(value, ',').into_iter().filter(|part| !part.is_empty()).collect();
    if values.is_empty() {
        return Err(Rejected::Empty(name));
    }
    if values.len() > MAX_VALUES {
        return Err(Rejected::Issue(too_costly(format!(
            "The parameter {name} has more than {MAX_VALUES} values."
        ))));
    }
    Ok(values)
}

/// Splits at `separator` where no backslash stands before it.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut is_escaped = false;
    for (at, character) in text.char_indices() {
        if !is_escaped && character == separator {
            parts.push(&text[start..at]);
            start = at + separator.len_utf8();
        }
        is_escaped = !is_escaped && character == '\\';
    }
    parts.push(&text[start..]);
    parts
}

/// Takes FHIR's escapes off: `\,`, `\|`, `\$`, `\\`.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.push(characters.next().unwrap_or('\\')),
            character => plain.push(character),
        }
    }
    plain
}

fn rejected(fault: Fault, message: impl Into<std::borrow::Cow<'static, str>>, remedy: &'static str) -> Rejected {
    let rule = if fault == Fault::NotSupported { "R-SEARCH-UNSUPPORTED" } else { "R-SEARCH-VALUE" };
    Rejected::Issue(Issue::error(rule, fault, "", message, remedy))
}
