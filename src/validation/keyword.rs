//! A sentence and a remedy for each keyword of JSON Schema. Only what the schema says is told, never the input.

use std::borrow::Cow;
use std::fmt::Display;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

use crate::domain::issue::Fault;

/// Names or values of the schema that a remedy lists.
const LISTED: usize = 20;

/// An issue but for its place.
pub(super) struct Told {
    pub(super) rule: &'static str,
    pub(super) fault: Fault,
    pub(super) message: Cow<'static, str>,
    pub(super) remedy: Cow<'static, str>,
}

/// What a broken keyword means.
pub(super) fn told(kind: &Kind) -> Told {
    value(kind).or_else(|| bound(kind)).or_else(|| object(kind)).unwrap_or_else(|| combined(kind))
}

/// Keywords that hold one value to a type, a form or a list.
fn value(kind: &Kind) -> Option<Told> {
    Some(match kind {
        Kind::Type { kind } => {
            let types = match kind {
                TypeKind::Single(one) => one.to_string(),
                TypeKind::Multiple(many) => many.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or "),
            };
            tell("R-JSON-TYPE", Fault::Structure, "The value has the wrong JSON type.", format!("Write: {types}."))
        }
        Kind::Enum { options } => {
            let options = options.as_array().map_or(&[][..], Vec::as_slice).iter().map(Value::to_string);
            let remedy = listed("Use one of", options);
            let remedy = remedy.unwrap_or_else(|| "Use one of the values that the schema lists.".to_owned());
            tell("R-JSON-ENUM", Fault::CodeInvalid, "The value is not one of those allowed.", remedy)
        }
        Kind::Constant { expected_value } => {
            let remedy = format!("Write {expected_value}.");
            tell("R-JSON-CONST", Fault::Value, "The value is not the only one allowed.", remedy)
        }
        Kind::Format { format } => {
            let message = format!("The value has not the form {format}.");
            tell("R-JSON-FORMAT", Fault::Value, message, "Write it in this form.")
        }
        Kind::Pattern { pattern } => {
            let remedy = format!("Write it to match the regular expression {pattern}.");
            tell("R-JSON-PATTERN", Fault::Value, "The value does not match the pattern.", remedy)
        }
        Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => {
            let message = "The value could not be compared with the pattern within the limits.";
            tell("R-JSON-PATTERN", Fault::TooCostly, message, "Shorten it.")
        }
        Kind::ContentEncoding { .. } | Kind::ContentMediaType { .. } | Kind::FromUtf8 { .. } => {
            let message = "The text is not encoded as the schema asks.";
            tell("R-JSON-CONTENT", Fault::Value, message, "Encode it as the schema describes.")
        }
        _ => return None,
    })
}

/// Keywords with a limit.
fn bound(kind: &Kind) -> Option<Told> {
    let (rule, message, must) = match kind {
        Kind::MaxLength { limit } => ("R-JSON-LENGTH", "The text is too long.", most(limit, " characters")),
        Kind::MinLength { limit } => ("R-JSON-LENGTH", "The text is too short.", least(limit, " characters")),
        Kind::MaxItems { limit } => ("R-JSON-ITEMS", "The array is too long.", most(limit, " items")),
        Kind::AdditionalItems { limit } => ("R-JSON-ITEMS", "The array is too long.", most(limit, " items")),
        Kind::MinItems { limit } => ("R-JSON-ITEMS", "The array is too short.", least(limit, " items")),
        Kind::MaxProperties { limit } => {
            ("R-JSON-PROPERTIES", "The object is too large.", most(limit, " properties"))
        }
        Kind::MinProperties { limit } => {
            ("R-JSON-PROPERTIES", "The object is too small.", least(limit, " properties"))
        }
        Kind::Maximum { limit } => ("R-JSON-RANGE", "The number is too large.", most(limit, "")),
        Kind::Minimum { limit } => ("R-JSON-RANGE", "The number is too small.", least(limit, "")),
        Kind::ExclusiveMaximum { limit } => {
            ("R-JSON-RANGE", "The number is too large.", format!("less than {limit}"))
        }
        Kind::ExclusiveMinimum { limit } => {
            ("R-JSON-RANGE", "The number is too small.", format!("more than {limit}"))
        }
        Kind::MultipleOf { multiple_of } => {
            ("R-JSON-RANGE", "The number is not a multiple of the step.", format!("a multiple of {multiple_of}"))
        }
        _ => return None,
    };
    Some(tell(rule, Fault::Value, message, format!("Write {must}.")))
}

/// Keywords about the parts of objects and arrays.
fn object(kind: &Kind) -> Option<Told> {
    Some(match kind {
        Kind::Required { .. } => {
            tell("R-JSON-REQUIRED", Fault::Required, "A required property is missing.", "Add it.")
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let message = match unexpected.len() {
                1 => "There is 1 property here that the schema does not define.".to_owned(),
                count => format!("There are {count} properties here that the schema does not define."),
            };
            tell("R-JSON-UNKNOWN", Fault::Structure, message, "Leave out what the schema does not define here.")
        }
        Kind::UnevaluatedItems { .. } => {
            let message = "The array holds items that the schema does not define.";
            tell("R-JSON-UNKNOWN", Fault::Structure, message, "Leave them out.")
        }
        Kind::PropertyNames { .. } => {
            let message = "A property has a name that the schema does not allow.";
            tell("R-JSON-NAMES", Fault::Structure, message, "Use names as the schema describes them.")
        }
        Kind::UniqueItems => {
            tell("R-JSON-UNIQUE", Fault::Value, "The array holds an item twice.", "Keep one of each.")
        }
        Kind::Contains => {
            let message = "The array lacks an item that the schema asks for.";
            tell("R-JSON-CONTAINS", Fault::Required, message, "Add the item that the schema describes.")
        }
        _ => return None,
    })
}

/// Keywords that combine schemas, and those that say that the schema itself failed.
fn combined(kind: &Kind) -> Told {
    match kind {
        Kind::FalseSchema => tell("R-JSON-FALSE", Fault::Structure, "Nothing may stand here.", "Leave it out."),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => {
            let message = "The value fits none of the forms allowed here.";
            tell(
                "R-JSON-FORM",
                Fault::Structure,
                message,
                "Write it as one of the forms that the schema describes.",
            )
        }
        Kind::OneOfMultipleValid { .. } => {
            let message = "The value fits more than one of the forms of which exactly one is allowed.";
            tell("R-JSON-FORM", Fault::Structure, message, "Write it so that it fits one form only.")
        }
        Kind::Not { .. } => {
            let message = "The value has a form that the schema excludes.";
            tell("R-JSON-NOT", Fault::Structure, message, "Write it otherwise, as the schema describes.")
        }
        _ => {
            let message = "The value could not be checked by this part of the schema.";
            tell("R-JSON-SCHEMA", Fault::Exception, message, "Ask the operator to check the schema.")
        }
    }
}

fn tell(
    rule: &'static str,
    fault: Fault,
    message: impl Into<Cow<'static, str>>,
    remedy: impl Into<Cow<'static, str>>,
) -> Told {
    Told { rule, fault, message: message.into(), remedy: remedy.into() }
}

fn most(limit: impl Display, unit: &str) -> String {
    format!("at most {limit}{unit}")
}

fn least(limit: impl Display, unit: &str) -> String {
    format!("at least {limit}{unit}")
}

/// `lead: a, b.`, unless there is nothing to list or too much.
pub(super) fn listed(lead: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let names: Vec<String> = names.take(LISTED + 1).collect();
    (1..=LISTED).contains(&names.len()).then(|| format!("{lead}: {}.", names.join(", ")))
}
