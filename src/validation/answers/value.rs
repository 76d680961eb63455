//! One answer against its question: its type, its options, its bounds.

use serde_json::Value;

use crate::domain::issue::{Fault, Words};

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
    /// Nobody here can tell, and why, as the end of a sentence.
    Unknown(Words),
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
        Membership::Unknown(Words::both("no value set is loaded", "aucun ensemble de valeurs n’est chargé"))
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
                let remedy =
                    (format!("Send at most {most} characters."), format!("Envoyez au plus {most} caractères."));
                self.say(rule, place.path(), ("This text is too long.", "Ce texte est trop long."), remedy);
            }
            if let Some(least) =
                extension(asked, MIN_LENGTH).and_then(Value::as_u64).filter(|least| length < *least)
            {
                let remedy =
                    (format!("Send at least {least} characters."), format!("Envoyez au moins {least} caractères."));
                self.say(rule, place.path(), ("This text is too short.", "Ce texte est trop court."), remedy);
            }
        }
        let size = |value: &Value| number(value).or_else(|| number(&value["value"]));
        let Some(given) = size(value) else { return self.date_bounds(value, asked, place) };
        if let Some(least) = extension(asked, MIN_VALUE).and_then(size).filter(|least| given < *least) {
            let remedy = (format!("Send {least} or more."), format!("Envoyez {least} ou plus."));
            self.say(rule, place.path(), ("This number is too small.", "Ce nombre est trop petit."), remedy);
        }
        if let Some(most) = extension(asked, MAX_VALUE).and_then(size).filter(|most| given > *most) {
            let remedy = (format!("Send {most} or less."), format!("Envoyez {most} ou moins."));
            self.say(rule, place.path(), ("This number is too large.", "Ce nombre est trop grand."), remedy);
        }
        let places = extension(asked, MAX_DECIMAL_PLACES).and_then(Value::as_u64);
        if let Some(most) = places.filter(|most| decimal_places(value) as u64 > *most) {
            let message = (
                "This number is more precise than the form takes.",
                "Ce nombre est plus précis que le formulaire ne le prend.",
            );
            let remedy = (
                format!("Send at most {most} digits after the point."),
                format!("Envoyez au plus {most} chiffres après la virgule."),
            );
            self.say(rule, place.path(), message, remedy);
        }
    }

    fn date_bounds(&mut self, value: &Value, asked: &Value, place: &Place<'_>) {
        let Some(given) = value.as_str().filter(|_| asked["type"] == "date") else { return };
        let rule = ("R-SCREEN-ANSWER", Fault::Value);
        let bound =
            |url: &str| extension(asked, url).and_then(Value::as_str).filter(|one| one.len() == given.len());
        if let Some(least) = bound(MIN_VALUE).filter(|least| given < *least) {
            let remedy = (format!("Send {least} or later."), format!("Envoyez {least} ou plus tard."));
            self.say(rule, place.path(), ("This date is too early.", "Cette date est trop tôt."), remedy);
        }
        if let Some(most) = bound(MAX_VALUE).filter(|most| given > *most) {
            let remedy = (format!("Send {most} or earlier."), format!("Envoyez {most} ou plus tôt."));
            self.say(rule, place.path(), ("This date is too late.", "Cette date est trop tard."), remedy);
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
                self.say(("R-SCREEN-ANSWER", Fault::CodeInvalid), place.path(), NONE, offered(options));
            }
            return;
        }
        let Some(set) = asked["answerValueSet"].as_str() else { return };
        let Some(code) = value["code"].as_str() else {
            let remedy = (
                "Send valueCoding with a code of the question's value set.",
                "Envoyez valueCoding avec un code de l’ensemble de valeurs de la question.",
            );
            return self.say(("R-SCREEN-ANSWER", Fault::CodeInvalid), place.path(), NONE, remedy);
        };
        let membership = match set.strip_prefix('#') {
            Some(id) => contained(self.form, id, value),
            None => self.terms.membership(set, value["system"].as_str(), code),
        };
        match membership {
            Membership::In => {}
            Membership::Out => {
                let message = (
                    "This code does not stand in the value set of the question.",
                    "Ce code n’est pas de l’ensemble de valeurs de la question.",
                );
                let remedy = (
                    "Send a code of the value set that the form names.",
                    "Envoyez un code de l’ensemble de valeurs que le formulaire nomme.",
                );
                self.say(("R-SCREEN-ANSWER", Fault::CodeInvalid), place.path(), message, remedy);
            }
            Membership::Unknown(why) => self.unchecked(place.path(), &why),
        }
    }
}

/// What is said of an answer that is none.
const NONE: (&str, &str) = ("This is no answer of the form.", "Ce n’est pas une réponse du formulaire.");

/// A code is the same by system and code, whatever its display.
pub(super) fn is_option(given: &Value, option: &Value) -> bool {
    match option {
        Value::Object(map) if map.contains_key("code") => {
            given.get("code") == map.get("code") && given.get("system") == map.get("system")
        }
        Value::Object(map) if map.contains_key("reference") => given.get("reference") == map.get("reference"),
        _ => given == option,
    }
}

pub(super) fn extension<'v>(asked: &'v Value, url: &str) -> Option<&'v Value> {
    let extensions = asked["extension"].as_array()?;
    let found = extensions.iter().find(|one| one["url"] == url)?;
    value_of(found, "value").map(|(_, value)| value)
}

/// A sentence in English and in French.
type Sentence = (String, String);

/// What is due where an answer is of another type, and how to send it.
fn due(kind: &str, allowed: &[&str]) -> ((&'static str, &'static str), Sentence) {
    let message = match kind {
        "boolean" => ("Yes or no is due here.", "Il faut ici oui ou non."),
        "date" => ("A date is due here.", "Il faut ici une date."),
        "string" | "text" => ("A text is due here.", "Il faut ici un texte."),
        "choice" | "open-choice" => ("A code is due here.", "Il faut ici un code."),
        "integer" | "decimal" | "quantity" => ("A number is due here.", "Il faut ici un nombre."),
        _ => ("This question is answered by another type.", "On répond à cette question par un autre type."),
    };
    let remedy = match (kind, allowed.first()) {
        ("choice" | "open-choice", _) => (
            "Send valueCoding with system and code of the form's answer.".to_owned(),
            "Envoyez valueCoding avec le système et le code de la réponse du formulaire.".to_owned(),
        ),
        (_, Some(one)) => (format!("Send value{one}."), format!("Envoyez value{one}.")),
        (_, None) => ("Leave the answer out.".to_owned(), "Omettez la réponse.".to_owned()),
    };
    (message, remedy)
}

/// The options of a question, as a remedy.
fn offered(options: &[Value]) -> Sentence {
    let codes: Vec<&str> = options.iter().filter_map(|one| one["valueCoding"]["code"].as_str()).collect();
    let system = options.iter().find_map(|one| one["valueCoding"]["system"].as_str());
    match (codes.len(), system) {
        (1..=LISTED, Some(system)) => {
            let codes = codes.join(", ");
            (format!("Send a code of {system}: {codes}."), format!("Envoyez un code de {system} : {codes}."))
        }
        _ => (
            "Send one of the options that the form offers.".to_owned(),
            "Envoyez l’un des choix que le formulaire offre.".to_owned(),
        ),
    }
}

/// Whether a code stands in a value set that the form contains: one that lists its codes.
fn contained(form: &Value, id: &str, value: &Value) -> Membership {
    let sets = form["contained"].as_array().map_or(&[][..], Vec::as_slice);
    let Some(set) = sets.iter().find(|one| one["resourceType"] == "ValueSet" && one["id"] == id) else {
        return Membership::Unknown(Words::both(
            "the form does not contain the value set that it names",
            "le formulaire ne contient pas l’ensemble de valeurs qu’il nomme",
        ));
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
        false => Membership::Unknown(Words::both(
            "the value set in the form does not list its codes",
            "l’ensemble de valeurs du formulaire n’énumère pas ses codes",
        )),
    }
}
