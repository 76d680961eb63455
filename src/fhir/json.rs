//! JSON as received: strict, within limits, one pass, decimals kept by their text (of an exponent, serde_json spells the
//! sign and the `e` in its own way: `1E4` reads `1e+4`).
//!
//! Refused are what two readers could read differently (duplicate keys, a byte order mark, lone surrogates) and what
//! costs more than a referral ever needs. Nothing of the input is ever quoted in an issue; [`Naming`] says which names
//! may stand in its path.

mod locate;
mod place;

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::domain::issue::{Fault, Issue, Position, Words};
use crate::domain::routing::Language;
use place::Place;

pub use locate::locate;
pub use place::Naming;

/// How much JSON is read. The bytes of the whole are limited by the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Arrays and objects within each other.
    pub depth: usize,
    /// Members of one object, or items of one array.
    pub entries: usize,
    /// Bytes of one string, or of one key.
    pub string_bytes: usize,
    /// Characters of one number.
    pub number_chars: usize,
}

impl Default for Limits {
    /// Chosen: FHIR's deepest published examples nest 20, a decimal has at most 18 digits, an attachment some MiB.
    fn default() -> Self {
        Self { depth: 64, entries: 10_000, string_bytes: 8 * 1024 * 1024, number_chars: 64 }
    }
}

/// The key under which serde_json hands over a number's text; see [`NumberText`].
const NUMBER_TOKEN: &str = "$serde_json::private::Number";

/// Reads one JSON value; issues name its elements as FHIR does.
///
/// # Errors
/// As [`parse_named`].
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Value, Issue> {
    parse_named(bytes, limits, Naming::Fhir)
}

/// Reads one JSON value.
///
/// # Errors
/// One issue; line and column stand in its message, the place in `at`, as `naming` has it.
pub fn parse_named(bytes: &[u8], limits: &Limits, naming: Naming<'_>) -> Result<Value, Issue> {
    let text = text_of(bytes, limits, naming)?;
    let state = State::new(limits, naming);
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Node(&state).deserialize(&mut reader).map_err(|error| state.issue(&error))?;
    reader.end().map_err(|error| {
        let what = Words::both("There is more after the JSON value", "Il y a autre chose après la valeur JSON");
        let remedy = Words::both("Send exactly one JSON value.", "Envoyez exactement une valeur JSON.");
        placed("R-JSON-TRAILING", Fault::Structure, String::new(), (&what, remedy), &error)
    })?;
    Ok(value)
}

fn text_of<'b>(bytes: &'b [u8], limits: &Limits, naming: Naming<'_>) -> Result<&'b str, Issue> {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Err(Issue::error(
            "R-JSON-BOM",
            Fault::Structure,
            "",
            Words::both(
                "The body begins with a byte order mark.",
                "Le corps commence par un indicateur d’ordre des octets (BOM).",
            ),
            Words::both("Send UTF-8 without a byte order mark.", "Envoyez de l’UTF-8 sans cet indicateur."),
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let byte = before.len();
        let message = Words::both(
            format!("The body is not UTF-8, at byte {byte} in line {line}."),
            format!("Le corps n’est pas de l’UTF-8, à l’octet {byte}, ligne {line}."),
        );
        Issue::error(
            "R-JSON-UTF8",
            Fault::Structure,
            end_of(before, limits, naming),
            message,
            Words::both("Send the JSON as UTF-8.", "Envoyez le JSON en UTF-8."),
        )
    })?;
    if text.trim_ascii().is_empty() {
        let message = Words::both("The body is empty.", "Le corps est vide.");
        let remedy = Words::both("Send a JSON resource as the body.", "Envoyez une ressource JSON.");
        return Err(Issue::error("R-JSON-EMPTY", Fault::Structure, "", message, remedy));
    }
    Ok(text)
}

/// Where JSON stands that breaks off behind `bytes`; nothing when it went wrong before.
fn end_of(bytes: &[u8], limits: &Limits, naming: Naming<'_>) -> String {
    let state = State::new(limits, naming);
    let Ok(text) = std::str::from_utf8(bytes) else { return String::new() };
    match Node(&state).deserialize(&mut serde_json::Deserializer::from_str(text)) {
        Err(error) if error.is_eof() => state.place.borrow().text(),
        _ => String::new(),
    }
}

/// An issue of which the place in the text is known; it stands in its message too.
fn placed(
    rule: &'static str,
    fault: Fault,
    at: String,
    (what, remedy): (&Words, Words),
    error: &serde_json::Error,
) -> Issue {
    let (line, column) = (error.line(), error.column());
    let message = Words::both(
        format!("{}, at line {line}, column {column}.", what.in_language(Language::English)),
        format!("{}, à la ligne {line}, colonne {column}.", what.in_language(Language::French)),
    );
    Issue { position: Some(Position::new(line, column)), ..Issue::error(rule, fault, at, message, remedy) }
}

/// What the visitors share while one text is read.
struct State<'l> {
    limits: &'l Limits,
    place: RefCell<Place<'l>>,
    refusal: Cell<Option<Refusal>>,
    depth: Cell<usize>,
}

#[derive(Clone, Copy)]
enum Refusal {
    Depth,
    Entries,
    Length,
    Duplicate,
    PrivateKey,
}

impl<'l> State<'l> {
    fn new(limits: &'l Limits, naming: Naming<'l>) -> Self {
        let place = RefCell::new(Place::new(naming));
        Self { limits, place, refusal: Cell::new(None), depth: Cell::new(0) }
    }
}

impl State<'_> {
    /// Remembers why, and stops serde. Only the first reason counts.
    fn refuse<E: de::Error>(&self, refusal: Refusal) -> E {
        self.refusal.set(Some(self.refusal.get().unwrap_or(refusal)));
        E::custom("refused")
    }

    fn checked<E: de::Error>(&self, text: &str) -> Result<(), E> {
        if text.len() > self.limits.string_bytes { Err(self.refuse(Refusal::Length)) } else { Ok(()) }
    }

    fn issue(&self, error: &serde_json::Error) -> Issue {
        let at = self.place.borrow().text();
        let Some(refusal) = self.refusal.get() else { return syntax(error, at) };
        let (rule, fault) = match refusal {
            Refusal::Depth => ("R-JSON-DEPTH", Fault::TooCostly),
            Refusal::Entries => ("R-JSON-ENTRIES", Fault::TooCostly),
            Refusal::Length => ("R-JSON-LENGTH", Fault::TooCostly),
            Refusal::Duplicate => ("R-JSON-DUPLICATE-KEY", Fault::Structure),
            Refusal::PrivateKey => ("R-JSON-RESERVED-KEY", Fault::Structure),
        };
        let (what, remedy) = refusal.words(self.limits);
        placed(rule, fault, at, (&what, remedy), error)
    }
}

impl Refusal {
    /// What is wrong, without its place, and what to do.
    fn words(self, limits: &Limits) -> (Words, Words) {
        let (depth, entries) = (limits.depth, limits.entries);
        match self {
            Self::Depth => (
                Words::both(
                    format!("The JSON nests deeper than {depth} levels"),
                    format!("Le JSON s’emboîte sur plus de {depth} niveaux"),
                ),
                Words::both("Nest less deeply.", "Emboîtez moins profondément."),
            ),
            Self::Entries => (
                Words::both(
                    format!("An array or object has more than {entries} entries"),
                    format!("Un tableau ou un objet a plus de {entries} éléments"),
                ),
                Words::both("Send less at once.", "Envoyez-en moins à la fois."),
            ),
            Self::Length => (
                Words::both("A string or number is too long", "Un texte ou un nombre est trop long"),
                Words::both(
                    "Shorten it, or refer to it by URL.",
                    "Raccourcissez-le, ou renvoyez-y par une adresse URL.",
                ),
            ),
            Self::Duplicate => (
                Words::both("An object names the same element twice", "Un objet nomme deux fois le même élément"),
                Words::both("Send each element once.", "Envoyez chaque élément une seule fois."),
            ),
            Self::PrivateKey => (
                Words::both("An object has a key that is reserved", "Un objet a une clé réservée"),
                Words::both("Leave the key out.", "Retirez cette clé."),
            ),
        }
    }
}

fn syntax(error: &serde_json::Error, at: String) -> Issue {
    let remedy = Words::both("Send well-formed JSON (RFC 8259).", "Envoyez du JSON bien formé (RFC 8259).");
    let what = match error.is_eof() {
        true => Words::both("The JSON ends before it is complete", "Le JSON s’arrête avant d’être complet"),
        false => Words::both("The body is not well-formed JSON", "Le corps n’est pas du JSON bien formé"),
    };
    placed("R-JSON-SYNTAX", Fault::Structure, at, (&what, remedy), error)
}

/// Reads any value.
#[derive(Clone, Copy)]
struct Node<'s, 'l>(&'s State<'l>);

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    // Whole numbers that fit arrive as such, all others through `visit_map`.
    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        self.0.checked(text)?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let state = self.0;
        state.enter()?;
        let mut read = Vec::new();
        state.place.borrow_mut().enter_list();
        while let Some(item) = items.next_element_seed(self)? {
            if read.len() == state.limits.entries {
                return Err(state.refuse(Refusal::Entries));
            }
            read.push(item);
            state.place.borrow_mut().at_item(read.len());
        }
        state.leave();
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let state = self.0;
        let Some(first) = members.next_key_seed(Key(state))? else {
            // An empty object is as deep as any.
            state.enter()?;
            state.depth.set(state.depth.get() - 1);
            return Ok(Value::Object(Map::new()));
        };
        if first == NUMBER_TOKEN {
            return members.next_value_seed(NumberText(state)).map(Value::Number);
        }
        state.enter()?;
        let mut read = Map::new();
        state.place.borrow_mut().enter_object();
        let mut next = Some(first);
        while let Some(key) = next {
            state.place.borrow_mut().at_key(&key);
            if read.len() == state.limits.entries {
                return Err(state.refuse(Refusal::Entries));
            }
            if key == NUMBER_TOKEN {
                return Err(state.refuse(Refusal::PrivateKey));
            }
            if read.contains_key(&key) {
                return Err(state.refuse(Refusal::Duplicate));
            }
            let value = members.next_value_seed(self)?;
            state.place.borrow_mut().behind(&key, &value);
            read.insert(key, value);
            next = members.next_key_seed(Key(state))?;
        }
        state.leave();
        Ok(Value::Object(read))
    }
}

impl State<'_> {
    fn enter<E: de::Error>(&self) -> Result<(), E> {
        if self.depth.get() >= self.limits.depth {
            return Err(self.refuse(Refusal::Depth));
        }
        self.depth.set(self.depth.get() + 1);
        Ok(())
    }

    fn leave(&self) {
        self.depth.set(self.depth.get() - 1);
        self.place.borrow_mut().leave();
    }
}

/// Reads a key.
struct Key<'s, 'l>(&'s State<'l>);

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = String;

    fn deserialize<D: de::Deserializer<'de>>(self, reader: D) -> Result<String, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<String, E> {
        self.0.checked(key)?;
        Ok(key.to_owned())
    }
}

/// Reads a number's text. With `arbitrary_precision`, serde_json gives a number that is not
/// a small whole one as a map from [`NUMBER_TOKEN`] to an
/// *owned* string; a sender's object with that key gives a borrowed one, and so betrays itself.
struct NumberText<'s, 'l>(&'s State<'l>);

impl<'de> DeserializeSeed<'de> for NumberText<'_, '_> {
    type Value = Number;

    fn deserialize<D: de::Deserializer<'de>>(self, reader: D) -> Result<Number, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NumberText<'_, '_> {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Number, E> {
        if text.len() > self.0.limits.number_chars {
            return Err(self.0.refuse(Refusal::Length));
        }
        Ok(Number::from_string_unchecked(text))
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Number, E> {
        Err(self.0.refuse(Refusal::PrivateKey))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Number, E> {
        Err(self.0.refuse(Refusal::PrivateKey))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Number, E> {
        Err(self.0.refuse(Refusal::PrivateKey))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Number, E> {
        Err(self.0.refuse(Refusal::PrivateKey))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Number, E> {
        Err(self.0.refuse(Refusal::PrivateKey))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Number, A::Error> {
        Err(self.0.refuse(Refusal::PrivateKey))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Number, A::Error> {
        Err(self.0.refuse(Refusal::PrivateKey))
    }
}
