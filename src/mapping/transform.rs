//! The closed list of transforms, and what each makes of a record. There is no `if` and no script: a source that needs
//! more than this needs a new transform, with a test.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::domain::issue::Fault;
use crate::mapping::answers;
use crate::mapping::build::Build;
use crate::mapping::concept_map::ConceptMap;
use crate::mapping::search_url;
use crate::mapping::source::{Scope, SourcePath};
use crate::mapping::tree::Node;

/// One transform with its arguments, as README.md beside the mapping files describes them.
#[derive(Debug)]
pub(crate) enum Transform {
    Copy(SourcePath),
    Text(SourcePath),
    Word { from: SourcePath, of: Vec<String> },
    Const(Value),
    Date(SourcePath),
    DateTime(SourcePath),
    Code { from: SourcePath, map: Arc<ConceptMap>, give: Give },
    Identifier { from: SourcePath, system: System },
    Reference(usize),
    Organization { from: SourcePath, slug_system: String, map: Option<Arc<ConceptMap>> },
    Choice { from: SourcePath, yes: Option<Value>, no: Option<Value> },
    Join { from: Vec<SourcePath>, with: String, before: String },
    Name { given: SourcePath, family: SourcePath, usage: Option<String> },
    Telecom { from: SourcePath, system: String, usage: Option<String> },
    Each { from: SourcePath, item: Box<Node> },
    Questionnaire(SourcePath),
    Answers { from: SourcePath, questionnaire: SourcePath },
}

/// What `code` writes of a translation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Give {
    Concept,
    Coding,
    Code,
    Text,
    Source,
}

/// The system of an identifier: the same for all records, or told by each.
#[derive(Debug)]
pub(crate) enum System {
    Const(String),
    From(SourcePath),
}

impl Transform {
    /// The word for it in a mapping file.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Copy(_) => "copy",
            Self::Text(_) => "text",
            Self::Word { .. } => "word",
            Self::Const(_) => "const",
            Self::Date(_) => "date",
            Self::DateTime(_) => "datetime",
            Self::Code { .. } => "code",
            Self::Identifier { .. } => "identifier",
            Self::Reference(_) => "reference",
            Self::Organization { .. } => "organization",
            Self::Choice { .. } => "choice",
            Self::Join { .. } => "join",
            Self::Name { .. } => "name",
            Self::Telecom { .. } => "telecom",
            Self::Each { .. } => "each",
            Self::Questionnaire(_) => "questionnaire",
            Self::Answers { .. } => "answers",
        }
    }

    /// The paths that it reads.
    pub(crate) fn sources(&self) -> Vec<&SourcePath> {
        match self {
            Self::Const(_) | Self::Reference(_) => Vec::new(),
            Self::Copy(from)
            | Self::Text(from)
            | Self::Date(from)
            | Self::DateTime(from)
            | Self::Questionnaire(from) => vec![from],
            Self::Answers { from, questionnaire } => vec![questionnaire, from],
            Self::Word { from, .. }
            | Self::Code { from, .. }
            | Self::Identifier { from, system: System::Const(_) }
            | Self::Organization { from, .. }
            | Self::Choice { from, .. }
            | Self::Telecom { from, .. }
            | Self::Each { from, .. } => vec![from],
            Self::Identifier { from, system: System::From(system) } => vec![system, from],
            Self::Join { from, .. } => from.iter().collect(),
            Self::Name { given, family, .. } => vec![given, family],
        }
    }

    /// The value for this record; `None` when there is none, or when an issue was noted.
    pub(crate) fn apply(&self, build: &mut Build<'_>, scope: Scope<'_>, optional: bool) -> Option<Value> {
        match self {
            Self::Copy(from) => copy(build, scope, from, optional),
            Self::Text(from) => build.text(scope, from, optional).map(Value::from),
            Self::Word { from, of } => word(build, scope, from, optional, of),
            Self::Const(value) => Some(value.clone()),
            Self::Date(from) => checked(build, scope, from, optional, is_date, "a date", DATE_REMEDY),
            Self::DateTime(from) => {
                checked(build, scope, from, optional, is_datetime, "a date with time", DATETIME_REMEDY)
            }
            Self::Code { from, map, give } => code(build, scope, from, optional, map, *give),
            Self::Identifier { from, system } => identifier(build, scope, from, optional, system),
            Self::Reference(resource) => build.urn(*resource).map(|urn| json!({ "reference": urn })),
            Self::Organization { from, slug_system, map: None } => {
                organization(build, scope, from, optional, slug_system)
            }
            Self::Organization { from, slug_system, map: Some(map) } => {
                let slug = code(build, scope, from, optional, map, Give::Code)?;
                Some(known_organization(slug_system, slug.as_str().unwrap_or_default()))
            }
            Self::Choice { from, yes, no } => choice(build, scope, from, optional, (yes, no)),
            Self::Join { from, with, before } => {
                // Every part may be absent: what is there is joined.
                let parts: Vec<_> = from.iter().filter_map(|path| build.text(scope, path, optional)).collect();
                (!parts.is_empty()).then(|| Value::from(format!("{before}{}", parts.join(with))))
            }
            Self::Name { given, family, usage } => {
                let (given, family) = (build.text(scope, given, optional), build.text(scope, family, optional));
                let mut name = with_use(usage.as_deref());
                let is_named = given.is_some() || family.is_some();
                name.extend(family.map(|family| ("family".to_owned(), family.into())));
                name.extend(given.map(|given| ("given".to_owned(), json!([given]))));
                is_named.then_some(Value::Object(name))
            }
            Self::Telecom { from, system, usage } => build.text(scope, from, optional).map(|value| {
                let mut telecom = Map::from_iter([("system".to_owned(), system.as_str().into())]);
                telecom.insert("value".to_owned(), value.into());
                telecom.extend(with_use(usage.as_deref()));
                Value::Object(telecom)
            }),
            Self::Each { from, item } => each(build, scope, from, optional, item),
            Self::Questionnaire(from) => {
                answers::form(build, scope, from, optional).map(|form| form.canonical().into())
            }
            Self::Answers { from, questionnaire } => answers::items(build, scope, from, questionnaire, optional),
        }
    }
}

pub(crate) const DATE_REMEDY: &str = "Send a date of the calendar: YYYY-MM-DD, or YYYY-MM, or YYYY.";
const DATETIME_REMEDY: &str = "Send YYYY-MM-DDThh:mm:ss with Z or an offset such as -05:00.";

fn with_use(usage: Option<&str>) -> Map<String, Value> {
    usage.map(|usage| ("use".to_owned(), usage.into())).into_iter().collect()
}

fn copy(build: &mut Build<'_>, scope: Scope<'_>, from: &SourcePath, optional: bool) -> Option<Value> {
    match build.value(scope, from, optional)? {
        Value::String(_) => build.text(scope, from, optional).map(Value::from),
        scalar @ (Value::Bool(_) | Value::Number(_)) => Some(scalar.clone()),
        _ => build.wrong_type(scope, from, "a single value"),
    }
}

fn word(
    build: &mut Build<'_>,
    scope: Scope<'_>,
    from: &SourcePath,
    optional: bool,
    of: &[String],
) -> Option<Value> {
    let word = build.text(scope, from, optional)?;
    if of.iter().any(|known| *known == word) {
        return Some(word.into());
    }
    let remedy = format!("Send one of: {}.", of.join(", "));
    build.refuse("R-MAP-CODE", Fault::CodeInvalid, scope, from, "This word is not known here.", remedy)
}

fn code(
    build: &mut Build<'_>,
    scope: Scope<'_>,
    from: &SourcePath,
    optional: bool,
    map: &ConceptMap,
    give: Give,
) -> Option<Value> {
    let word = build.text(scope, from, optional)?;
    let Some(translation) = map.find(&word) else {
        let message = format!("There is no code for this word in the concept map `{}`.", map.name);
        let remedy =
            format!("Add it to profiles/concept-maps/{}.json, or send one of: {}.", map.name, map.words.join(", "));
        return build.refuse("R-MAP-CODE", Fault::CodeInvalid, scope, from, message, remedy);
    };
    Some(match give {
        Give::Concept => translation.concept.clone(),
        Give::Coding => translation.coding.clone(),
        Give::Code => translation.code.clone(),
        Give::Text => translation.text.clone(),
        Give::Source => return translation.source.clone(),
    })
}

fn checked(
    build: &mut Build<'_>,
    scope: Scope<'_>,
    from: &SourcePath,
    optional: bool,
    is_right: fn(&str) -> bool,
    what: &'static str,
    remedy: &'static str,
) -> Option<Value> {
    let text = build.text(scope, from, optional)?;
    if is_right(&text) {
        return Some(text.into());
    }
    build.refuse("R-MAP-DATE", Fault::Value, scope, from, format!("This is not {what}."), remedy)
}

fn identifier(
    build: &mut Build<'_>,
    scope: Scope<'_>,
    from: &SourcePath,
    optional: bool,
    system: &System,
) -> Option<Value> {
    let value = build.text(scope, from, optional)?;
    let system = match system {
        System::Const(system) => Cow::Borrowed(system.as_str()),
        System::From(path) => build.text(scope, path, false)?,
    };
    Some(json!({ "system": system, "value": value }))
}

/// The fields by which a source may name an organization.
pub(crate) const ORGANIZATION_FIELDS: [&str; 3] = ["slug", "system", "value"];

fn organization(
    build: &mut Build<'_>,
    scope: Scope<'_>,
    from: &SourcePath,
    optional: bool,
    slug_system: &str,
) -> Option<Value> {
    let Value::Object(fields) = build.value(scope, from, optional)? else {
        return build.wrong_type(scope, from, "a group of fields");
    };
    let [slug, system, value] =
        ORGANIZATION_FIELDS.map(|name| fields.get(name).and_then(Value::as_str).map(str::trim));
    let (system, value) = match (slug, system, value) {
        (Some(slug), None, None) if !slug.is_empty() => (slug_system, slug),
        (None, Some(system), Some(value)) if !system.is_empty() && !value.is_empty() => (system, value),
        _ => {
            let message = "This does not say in one way which organization is meant.";
            let remedy = "Send its `slug`, or both `system` and `value`, and not all three.";
            return build.refuse("R-MAP-PARTY", Fault::Value, scope, from, message, remedy);
        }
    };
    Some(known_organization(system, value))
}

fn known_organization(system: &str, value: &str) -> Value {
    json!({ "reference": format!("Organization?identifier={}", search_url::token(system, value)) })
}

fn choice(
    build: &mut Build<'_>,
    scope: Scope<'_>,
    from: &SourcePath,
    optional: bool,
    (yes, no): (&Option<Value>, &Option<Value>),
) -> Option<Value> {
    match build.value(scope, from, optional)? {
        Value::Bool(true) => yes.clone(),
        Value::Bool(false) => no.clone(),
        _ => build.wrong_type(scope, from, "true or false"),
    }
}

fn each(build: &mut Build<'_>, scope: Scope<'_>, from: &SourcePath, optional: bool, item: &Node) -> Option<Value> {
    let Value::Array(items) = build.value(scope, from, optional)? else {
        return build.wrong_type(scope, from, "a list");
    };
    let mut built = Vec::with_capacity(items.len());
    for (index, value) in items.iter().enumerate() {
        if !value.is_object() {
            let inner = scope.item(from, index, value);
            build.wrong_item(inner);
            continue;
        }
        let mark = build.enter_slot(built.len());
        built.extend(build.node(item, scope.item(from, index, value)));
        build.leave(mark);
    }
    (!built.is_empty()).then_some(Value::Array(built))
}

/// A FHIR `date`: year, year and month, or a day of the calendar.
pub(crate) fn is_date(text: &str) -> bool {
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    is_shaped(&day, "0000-00-00") && !day.starts_with("0000") && day.parse::<Date>().is_ok()
}

/// A FHIR `dateTime` with time and offset: a source that has only a day uses `date`.
fn is_datetime(text: &str) -> bool {
    let Some((instant, rest)) = text.split_at_checked(19) else { return false };
    let zone = rest.strip_prefix('.').map_or(rest, |part| part.trim_start_matches(|c: char| c.is_ascii_digit()));
    is_shaped(instant, "0000-00-00T00:00:00")
        && !instant.starts_with("0000")
        && (zone == "Z" || is_shaped(zone, "+00:00") || is_shaped(zone, "-00:00"))
        && text.parse::<Timestamp>().is_ok()
}

/// Whether `text` has the digits of `shape` where that has 0, and its other characters as they are.
fn is_shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text
            .bytes()
            .zip(shape.bytes())
            .all(|(b, like)| if like == b'0' { b.is_ascii_digit() } else { b == like })
}
