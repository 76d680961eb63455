//! A sentence and a remedy for each keyword of JSON Schema. Only what the schema says is told, never the input.

use std::borrow::Cow;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

use crate::domain::issue::{Fault, Words};

/// Names of the schema that a remedy lists.
pub(super) const NAMES: usize = 20;
/// Values of the schema that a remedy lists: all reasons and categories of a need, and as many again.
const VALUES: usize = 80;

/// An issue but for its place.
pub(super) struct Told {
    pub(super) rule: &'static str,
    pub(super) fault: Fault,
    pub(super) message: Words,
    pub(super) remedy: Words,
}

/// What a broken keyword means.
pub(super) fn told(kind: &Kind) -> Told {
    value(kind).or_else(|| bound(kind)).or_else(|| object(kind)).unwrap_or_else(|| combined(kind))
}

/// Keywords that hold one value to a type, a form or a list.
fn value(kind: &Kind) -> Option<Told> {
    Some(match kind {
        Kind::Type { kind } => {
            let types: Vec<String> = match kind {
                TypeKind::Single(one) => vec![one.to_string()],
                TypeKind::Multiple(many) => many.iter().map(|one| one.to_string()).collect(),
            };
            tell(
                ("R-JSON-TYPE", Fault::Structure),
                ("The value has the wrong JSON type.", "La valeur n’a pas le bon type JSON."),
                (format!("Write: {}.", types.join(" or ")), format!("Écrivez : {}.", types.join(" ou "))),
            )
        }
        Kind::Enum { options } => {
            let options = options.as_array().map_or(&[][..], Vec::as_slice).iter().map(Value::to_string);
            let remedy = listed(("Use one of", "Utilisez l’une de ces valeurs"), options, VALUES);
            let elsewhere = (
                "Use one of the values that the schema lists.",
                "Utilisez l’une des valeurs que le schéma énumère.",
            );
            tell(
                ("R-JSON-ENUM", Fault::CodeInvalid),
                ("The value is not one of those allowed.", "La valeur n’est pas de celles qui sont permises."),
                remedy.unwrap_or_else(|| (elsewhere.0.to_owned(), elsewhere.1.to_owned())),
            )
        }
        Kind::Constant { expected_value } => tell(
            ("R-JSON-CONST", Fault::Value),
            ("The value is not the only one allowed.", "La valeur n’est pas la seule permise."),
            (format!("Write {expected_value}."), format!("Écrivez {expected_value}.")),
        ),
        Kind::Format { format } => tell(
            ("R-JSON-FORMAT", Fault::Value),
            (format!("The value has not the form {format}."), format!("La valeur n’a pas la forme {format}.")),
            ("Write it in this form.", "Écrivez-la sous cette forme."),
        ),
        Kind::Pattern { pattern } => tell(
            ("R-JSON-PATTERN", Fault::Value),
            ("The value does not match the pattern.", "La valeur ne correspond pas au motif."),
            (
                format!("Write it to match the regular expression {pattern}."),
                format!("Écrivez-la selon l’expression régulière {pattern}."),
            ),
        ),
        Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => tell(
            ("R-JSON-PATTERN", Fault::TooCostly),
            (
                "The value could not be compared with the pattern within the limits.",
                "La valeur n’a pas pu être comparée au motif dans les limites.",
            ),
            ("Shorten it.", "Raccourcissez-la."),
        ),
        Kind::ContentEncoding { .. } | Kind::ContentMediaType { .. } | Kind::FromUtf8 { .. } => tell(
            ("R-JSON-CONTENT", Fault::Value),
            (
                "The text is not encoded as the schema asks.",
                "Le texte n’est pas encodé comme le schéma le demande.",
            ),
            ("Encode it as the schema describes.", "Encodez-le comme le schéma le décrit."),
        ),
        _ => return None,
    })
}

/// Keywords with a limit.
fn bound(kind: &Kind) -> Option<Told> {
    let long = ("The text is too long.", "Le texte est trop long.");
    let short = ("The text is too short.", "Le texte est trop court.");
    let many = ("The array is too long.", "Le tableau est trop long.");
    let few = ("The array is too short.", "Le tableau est trop court.");
    let large = ("The number is too large.", "Le nombre est trop grand.");
    let small = ("The number is too small.", "Le nombre est trop petit.");
    let letters = ("characters", "caractères");
    let items = ("items", "éléments");
    let (rule, message, must) = match kind {
        Kind::MaxLength { limit } => ("R-JSON-LENGTH", long, most(limit, letters)),
        Kind::MinLength { limit } => ("R-JSON-LENGTH", short, least(limit, letters)),
        Kind::MaxItems { limit } => ("R-JSON-ITEMS", many, most(limit, items)),
        Kind::AdditionalItems { limit } => ("R-JSON-ITEMS", many, most(limit, items)),
        Kind::MinItems { limit } => ("R-JSON-ITEMS", few, least(limit, items)),
        Kind::MaxProperties { limit } => (
            "R-JSON-PROPERTIES",
            ("The object is too large.", "L’objet est trop grand."),
            most(limit, ("properties", "propriétés")),
        ),
        Kind::MinProperties { limit } => (
            "R-JSON-PROPERTIES",
            ("The object is too small.", "L’objet est trop petit."),
            least(limit, ("properties", "propriétés")),
        ),
        Kind::Maximum { limit } => ("R-JSON-RANGE", large, most(limit, ("", ""))),
        Kind::Minimum { limit } => ("R-JSON-RANGE", small, least(limit, ("", ""))),
        Kind::ExclusiveMaximum { limit } => {
            ("R-JSON-RANGE", large, (format!("less than {limit}"), format!("moins de {limit}")))
        }
        Kind::ExclusiveMinimum { limit } => {
            ("R-JSON-RANGE", small, (format!("more than {limit}"), format!("plus de {limit}")))
        }
        Kind::MultipleOf { multiple_of } => (
            "R-JSON-RANGE",
            ("The number is not a multiple of the step.", "Le nombre n’est pas un multiple du pas."),
            (format!("a multiple of {multiple_of}"), format!("un multiple de {multiple_of}")),
        ),
        _ => return None,
    };
    let remedy = (format!("Write {}.", must.0.trim_end()), format!("Écrivez {}.", must.1.trim_end()));
    Some(tell((rule, Fault::Value), message, remedy))
}

/// Keywords about the parts of objects and arrays.
fn object(kind: &Kind) -> Option<Told> {
    Some(match kind {
        Kind::Required { .. } => tell(
            ("R-JSON-REQUIRED", Fault::Required),
            ("A required property is missing.", "Une propriété obligatoire manque."),
            ("Add it.", "Ajoutez-la."),
        ),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => tell(
            ("R-JSON-UNKNOWN", Fault::Structure),
            unknown(unexpected.len()),
            ("Leave out what the schema does not define here.", "Omettez ce que le schéma ne définit pas ici."),
        ),
        Kind::UnevaluatedItems { .. } => tell(
            ("R-JSON-UNKNOWN", Fault::Structure),
            (
                "The array holds items that the schema does not define.",
                "Le tableau contient des éléments que le schéma ne définit pas.",
            ),
            ("Leave them out.", "Omettez-les."),
        ),
        Kind::PropertyNames { .. } => tell(
            ("R-JSON-NAMES", Fault::Structure),
            (
                "A property has a name that the schema does not allow.",
                "Une propriété a un nom que le schéma ne permet pas.",
            ),
            ("Use names as the schema describes them.", "Utilisez les noms que le schéma décrit."),
        ),
        Kind::UniqueItems => tell(
            ("R-JSON-UNIQUE", Fault::Value),
            ("The array holds an item twice.", "Le tableau contient deux fois le même élément."),
            ("Keep one of each.", "Gardez-en un de chaque."),
        ),
        Kind::Contains => tell(
            ("R-JSON-CONTAINS", Fault::Required),
            (
                "The array lacks an item that the schema asks for.",
                "Il manque au tableau un élément que le schéma demande.",
            ),
            ("Add the item that the schema describes.", "Ajoutez l’élément que le schéma décrit."),
        ),
        _ => return None,
    })
}

/// Keywords that combine schemas, and those that say that the schema itself failed.
fn combined(kind: &Kind) -> Told {
    match kind {
        Kind::FalseSchema => tell(
            ("R-JSON-FALSE", Fault::Structure),
            ("Nothing may stand here.", "Rien ne peut figurer ici."),
            ("Leave it out.", "Omettez-le."),
        ),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => tell(
            ("R-JSON-FORM", Fault::Structure),
            ("The value fits none of the forms allowed here.", "La valeur n’a aucune des formes permises ici."),
            (
                "Write it as one of the forms that the schema describes.",
                "Écrivez-la sous l’une des formes que le schéma décrit.",
            ),
        ),
        Kind::OneOfMultipleValid { .. } => tell(
            ("R-JSON-FORM", Fault::Structure),
            (
                "The value fits more than one of the forms of which exactly one is allowed.",
                "La valeur a plus d’une des formes dont une seule est permise.",
            ),
            ("Write it so that it fits one form only.", "Écrivez-la de façon qu’elle n’en ait qu’une."),
        ),
        Kind::Not { schema } => together(schema).map_or_else(excluded, |names| apart(&names)),
        _ => tell(
            ("R-JSON-SCHEMA", Fault::Exception),
            (
                "The value could not be checked by this part of the schema.",
                "La valeur n’a pas pu être vérifiée par cette partie du schéma.",
            ),
            ("Ask the operator to check the schema.", "Demandez à l’exploitant de vérifier le schéma."),
        ),
    }
}

fn excluded() -> Told {
    tell(
        ("R-JSON-NOT", Fault::Structure),
        ("The value has a form that the schema excludes.", "La valeur a une forme que le schéma exclut."),
        ("Write it otherwise, as the schema describes.", "Écrivez-la autrement, comme le schéma le décrit."),
    )
}

/// The names that a schema excludes from standing together.
pub(super) fn together(excluded: &Value) -> Option<Vec<&str>> {
    let members = excluded.as_object().filter(|members| members.len() == 1)?;
    let names: Vec<&str> = members.get("required")?.as_array()?.iter().filter_map(Value::as_str).collect();
    (2..=NAMES).contains(&names.len()).then_some(names)
}

fn apart(names: &[&str]) -> Told {
    let (english, french) = (names.join(" and "), names.join(" et "));
    tell(
        ("R-JSON-TOGETHER", Fault::Structure),
        (
            format!("Of these properties only one may stand here: {english}."),
            format!("De ces propriétés, une seule peut figurer ici : {french}."),
        ),
        (
            "Keep the one that you mean, and leave out the rest.".to_owned(),
            "Gardez celle que vous voulez dire et omettez le reste.".to_owned(),
        ),
    )
}

fn unknown(count: usize) -> (String, String) {
    match count {
        1 => (
            "There is 1 property here that the schema does not define.".to_owned(),
            "Il y a ici 1 propriété que le schéma ne définit pas.".to_owned(),
        ),
        count => (
            format!("There are {count} properties here that the schema does not define."),
            format!("Il y a ici {count} propriétés que le schéma ne définit pas."),
        ),
    }
}

fn tell<M: Into<Cow<'static, str>>, R: Into<Cow<'static, str>>>(
    (rule, fault): (&'static str, Fault),
    message: (M, M),
    remedy: (R, R),
) -> Told {
    let (message, remedy) = (Words::both(message.0, message.1), Words::both(remedy.0, remedy.1));
    Told { rule, fault, message, remedy }
}

fn most(limit: impl std::fmt::Display, unit: (&str, &str)) -> (String, String) {
    (format!("at most {limit} {}", unit.0), format!("au plus {limit} {}", unit.1))
}

fn least(limit: impl std::fmt::Display, unit: (&str, &str)) -> (String, String) {
    (format!("at least {limit} {}", unit.0), format!("au moins {limit} {}", unit.1))
}

/// `lead: a, b.` in both languages, unless there is nothing to list or too much.
pub(super) fn listed(
    leads: (&str, &str),
    names: impl Iterator<Item = String>,
    most: usize,
) -> Option<(String, String)> {
    let names: Vec<String> = names.take(most + 1).collect();
    (1..=most).contains(&names.len()).then(|| {
        let names = names.join(", ");
        (format!("{}: {names}.", leads.0), format!("{} : {names}.", leads.1))
    })
}
