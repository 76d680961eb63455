//! One answer against its question: its type, its options, its bounds.

use serde_json::Value;

use crate::domain::issue::Fault;

use super::{Check, Place};

const MIN_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/minValue";
const MAX_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/maxValue";
const MIN_LENGTH: &str = "http://hl7.org/fhir/StructureDefinition/minLength";
const MAX_DECIMAL_PLACES: &str = "http://hl7.org/fhir/StructureDefinition/maxDecimalPlaces";
/// A list of codes longer than this helps nobody.
const LISTED: usize = 12;

/// What is known of a code and a value set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Membership {
    /// It stands in it.
    In,
    /// It does not.
    Out,
    /// Nobody here can tell, and why.
    Unknown(String),
}

/// Knows value sets. `contained` ones are looked up by the check itself.
pub trait Terms {
    /// Whether a code of a system stands in the value set of this canonical.
    fn membership(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership;
}

/// Knows no value set: for forms that list their options.
#[derive(Clone, Copy, Debug)]
pub struct NoTerms;

impl Terms for NoTerms {
    fn membership(&self, _: &str, _: Option<&str>, _: &str) -> Membership {
        Membership::Unknown("no value set is loaded".to_owned())
    }
}

/// The value of a choice (`value…`, `answer…`): the name of its type, and it.
pub(super) fn value_of<'v>(holder: &'v Value, stem: &str) -> Option<(&'v str, &'v Value)> {
    let map = holder.as_object()?;
    map.iter().find_map(|(name, value)| {
        let kind =
            name.strip_prefix(stem).filter(|kind| kind.starts_with(|first: char| first.is_ascii_uppercase()));
        kind.map(|kind| (kind, value))
    })
}

/// A number, near enough to be compared with the bounds and conditions of a form.
pub(super) fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

/// Digits after the point, as written.
fn decimal_places(value: &Value) -> usize {
    let text = value.as_number().map(ToString::to_string).unwrap_or_default();
    text.split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

/// The types of `value[x]` that answer a question of this kind.
fn types(kind: &str) -> &'static [&'static str] {
    match kind {
        "boolean" => &["Boolean"],
        "decimal" => &["Decimal"],
        "integer" => &["Integer"],
        "date" => &["Date"],
        "dateTime" => &["DateTime"],
        "time" => &["Time"],
        "string" | "text" => &["String"],
        "url" => &["Uri"],
        "attachment" => &["Attachment"],
        "reference" => &["Reference"],
        "quantity" => &["Quantity"],
        "choice" => &["Coding", "String", "Integer", "Date", "Time", "Reference"],
        "open-choice" => &["Coding", "String", "Integer", "Date", "Time", "Reference"],
        _ => &[],
    }
}

impl Check<'_> {
    pub(super) fn answer(&mut self, answer: &Value, asked: &Value, place: &Place<'_>) {
        let kind = asked["type"].as_str().unwrap_or_default();
        // An answer may carry only extensions (why it is absent): the structure of the resource has been told already.
        let Some((given, value)) = value_of(answer, "value") else { return };
        let allowed = types(kind);
        if !allowed.contains(&given) {
            let (message, remedy) = due(kind, allowed);
            return self.say(("R-SCREEN-ANSWER", Fault::CodeInvalid), place.path(), message, remedy);
        }
        match kind {
            "choice" => self.chosen(given, value, asked, place, false),
            "open-choice" => self.chosen(given, value, asked, place, given == "String"),
            _ => self.bounds(value, asked, place),
        }
    }

    fn bounds(&mut self, value: &Value, asked: &Value, place: &Place<'_>) {
        let rule = ("R-SCREEN-ANSWER", Fault::Value);
        if let Some(text) = value.as_str() {
            let length = text.chars().count() as u64;
            if let Some(most) = asked["maxLength"].as_u64().filter(|most| length > *most) {
                let remedy = format!("Send at most {most} characters.");
                self.say(rule, place.path(), "This text is too long.", remedy);
            }
            if let Some(least) =
                extension(asked, MIN_LENGTH).and_then(Value::as_u64).filter(|least| length < *least)
            {
                let remedy = format!("Send at least {least} characters.");
                self.say(rule, place.path(), "This text is too short.", remedy);
            }
        }
        let size = |value: &Value| number(value).or_else(|| number(&value["value"]));
        let Some(given) = size(value) else { return self.date_bounds(value, asked, place) };
        if let Some(least) = extension(asked, MIN_VALUE).and_then(size).filter(|least| given < *least) {
            self.say(rule, place.path(), "This number is too small.", format!("Send {least} or more."));
        }
        if let Some(most) = extension(asked, MAX_VALUE).and_then(size).filter(|most| given > *most) {
            self.say(rule, place.path(), "This number is too large.", format!("Send {most} or less."));
        }
        let places = extension(asked, MAX_DECIMAL_PLACES).and_then(Value::as_u64);
        if let Some(most) = places.filter(|most| decimal_places(value) as u64 > *most) {
            let remedy = format!("Send at most {most} digits after the point.");
            self.say(rule, place.path(), "This number is more precise than the form takes.", remedy);
        }
    }

    fn date_bounds(&mut self, value: &Value, asked: &Value, place: &Place<'_>) {
        let Some(given) = value.as_str().filter(|_| asked["type"] == "date") else { return };
        let rule = ("R-SCREEN-ANSWER", Fault::Value);
        let bound =
            |url: &str| extension(asked, url).and_then(Value::as_str).filter(|one| one.len() == given.len());
        if let Some(least) = bound(MIN_VALUE).filter(|least| given < *least) {
            self.say(rule, place.path(), "This date is too early.", format!("Send {least} or later."));
        }
        if let Some(most) = bound(MAX_VALUE).filter(|most| given > *most) {
            self.say(rule, place.path(), "This date is too late.", format!("Send {most} or earlier."));
        }
    }

    /// An answer to a question with options, or with a value set; without either, any code will do.
    fn chosen(&mut self, given: &str, value: &Value, asked: &Value, place: &Place<'_>, is_free: bool) {
        if is_free {
            return;
        }
        if let Some(options) = asked["answerOption"].as_array() {
            let fits = |option: &Value| {
                value_of(option, "value").is_some_and(|(kind, one)| kind == given && is_option(value, one))
            };
            // A code that is not listed is no answer to an open choice either, only a text of one's own is.
            if !options.iter().any(fits) {
                let message = "This is no answer of the form.";
                self.say(("R-SCREEN-ANSWER", Fault::CodeInvalid), place.path(), message, offered(options));
            }
            return;
        }
        let Some(set) = asked["answerValueSet"].as_str() else { return };
        let Some(code) = value["code"].as_str() else {
            let message = "This is no answer of the form.";
            let remedy = "Send valueCoding with a code of the question's value set.";
            return self.say(("R-SCREEN-ANSWER", Fault::CodeInvalid), place.path(), message, remedy);
        };
        let membership = match set.strip_prefix('#') {
            Some(id) => contained(self.form, id, value),
            None => self.terms.membership(set, value["system"].as_str(), code),
        };
        match membership {
            Membership::In => {}
            Membership::Out => {
                let message = "This code does not stand in the value set of the question.";
                let remedy = "Send a code of the value set that the form names.";
                self.say(("R-SCREEN-ANSWER", Fault::CodeInvalid), place.path(), message, remedy);
            }
            Membership::Unknown(why) => self.unchecked(place.path(), &why),
        }
    }
}

/// A code is the same by system and code, whatever its display.
fn is_option(given: &Value, option: &Value) -> bool {
    match option {
        Value::Object(map) if map.contains_key("code") => {
            given.get("code") == map.get("code") && given.get("system") == map.get("system")
        }
        Value::Object(map) if map.contains_key("reference") => given.get("reference") == map.get("reference"),
        _ => given == option,
    }
}

fn extension<'v>(asked: &'v Value, url: &str) -> Option<&'v Value> {
    let extensions = asked["extension"].as_array()?;
    let found = extensions.iter().find(|one| one["url"] == url)?;
    value_of(found, "value").map(|(_, value)| value)
}

/// What is due where an answer is of another type, and how to send it.
fn due(kind: &str, allowed: &[&str]) -> (&'static str, String) {
    let message = match kind {
        "boolean" => "Yes or no is due here.",
        "date" => "A date is due here.",
        "string" | "text" => "A text is due here.",
        "choice" | "open-choice" => "A code is due here.",
        "integer" | "decimal" | "quantity" => "A number is due here.",
        _ => "This question is answered by another type.",
    };
    let remedy = match kind {
        "choice" | "open-choice" => "Send valueCoding with system and code of the form's answer.".to_owned(),
        _ => match allowed.first() {
            Some(one) => format!("Send value{one}."),
            None => "Leave the answer out.".to_owned(),
        },
    };
    (message, remedy)
}

/// The options of a question, as a remedy.
fn offered(options: &[Value]) -> String {
    let codes: Vec<&str> = options.iter().filter_map(|one| one["valueCoding"]["code"].as_str()).collect();
    let system = options.iter().find_map(|one| one["valueCoding"]["system"].as_str());
    match (codes.len(), system) {
        (1..=LISTED, Some(system)) => format!("Send a code of {system}: {}.", codes.join(", ")),
        _ => "Send one of the options that the form offers.".to_owned(),
    }
}

/// Whether a code stands in a value set that the form contains: one that lists its codes.
fn contained(form: &Value, id: &str, value: &Value) -> Membership {
    let sets = form["contained"].as_array().map_or(&[][..], Vec::as_slice);
    let Some(set) = sets.iter().find(|one| one["resourceType"] == "ValueSet" && one["id"] == id) else {
        return Membership::Unknown("the form does not contain the value set that it names".to_owned());
    };
    let includes = set["compose"]["include"].as_array().map_or(&[][..], Vec::as_slice);
    let listed = |include: &&Value| include["concept"].is_array();
    let is_in = |include: &Value| {
        let concepts = include["concept"].as_array().map_or(&[][..], Vec::as_slice);
        include.get("system") == value.get("system") && concepts.iter().any(|one| one["code"] == value["code"])
    };
    match includes.iter().all(|one| listed(&one)) && set["compose"]["exclude"].is_null() {
        _ if includes.iter().any(is_in) => Membership::In,
        true => Membership::Out,
        false => Membership::Unknown("the value set in the form does not list its codes".to_owned()),
    }
}
