//! The words of the transforms in a mapping file, and how each reads its arguments. This table is the closed list.

use std::sync::Arc;

use crate::mapping::concept_map::ConceptMap;
use crate::mapping::error::{MappingError, suggestion};
use crate::mapping::file::{self, Section};
use crate::mapping::load::{Reader, join};
use crate::mapping::source::SourcePath;
use crate::mapping::transform::{Give, System, Transform};

/// A transform as a mapping file names it.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    /// The keys that its rules may have beside `to`, `as`, `when` and `optional`.
    pub(crate) arguments: &'static [&'static str],
    /// Reads the arguments; the text is the scope, as in [`Reader::rules`].
    pub(crate) read: for<'a> fn(&mut Reader<'a>, &Section<'a>, &str) -> Result<Transform, MappingError>,
}

pub(crate) const TRANSFORMS: [Known; 17] = [
    Known { name: "copy", arguments: &["from"], read: |_, s, _| s.path("from").map(Transform::Copy) },
    Known { name: "text", arguments: &["from"], read: |_, s, _| s.path("from").map(Transform::Text) },
    Known { name: "word", arguments: &["from", "of"], read: word },
    Known { name: "const", arguments: &["value"], read: constant },
    Known { name: "date", arguments: &["from"], read: |_, s, _| s.path("from").map(Transform::Date) },
    Known { name: "datetime", arguments: &["from"], read: |_, s, _| s.path("from").map(Transform::DateTime) },
    Known { name: "code", arguments: &["from", "map", "give"], read: code },
    Known { name: "identifier", arguments: &["from", "system", "system_from"], read: identifier },
    Known { name: "reference", arguments: &["resource"], read: reference },
    Known { name: "organization", arguments: &["from", "system", "map"], read: organization },
    Known { name: "choice", arguments: &["from", "yes", "no"], read: choice },
    Known { name: "join", arguments: &["from", "with", "before"], read: joined },
    Known { name: "name", arguments: &["given", "family", "use"], read: name },
    Known { name: "telecom", arguments: &["from", "system", "use"], read: telecom },
    Known { name: "each", arguments: &["from", "set"], read: each },
    Known {
        name: "questionnaire",
        arguments: &["from"],
        read: |_, s, _| s.path("from").map(Transform::Questionnaire),
    },
    Known { name: "answers", arguments: &["from", "questionnaire"], read: answers },
];

const GIVES: [(&str, Give); 5] = [
    ("concept", Give::Concept),
    ("coding", Give::Coding),
    ("code", Give::Code),
    ("text", Give::Text),
    ("source", Give::Source),
];

type Read = Result<Transform, MappingError>;

fn word(_: &mut Reader<'_>, s: &Section<'_>, _: &str) -> Read {
    let items = s.items("of")?;
    if items.is_empty() {
        return Err(s.file.fault(s.at, "The list `of` is missing or empty.", "Write its words."));
    }
    let of = items.iter().map(|item| file::text(s.file, item).map(str::to_owned)).collect::<Result<_, _>>()?;
    Ok(Transform::Word { from: s.path("from")?, of })
}

fn constant(_: &mut Reader<'_>, s: &Section<'_>, _: &str) -> Read {
    file::json(s.file, s.required("value")?).map(Transform::Const)
}

fn code(reader: &mut Reader<'_>, s: &Section<'_>, _: &str) -> Read {
    let map = concept_map(reader, s, s.text("map")?)?;
    let word = s.text_if_any("give")?.unwrap_or("concept");
    let Some((_, give)) = GIVES.into_iter().find(|(known, _)| *known == word) else {
        let message = format!("A `code` rule cannot give `{word}`.");
        return Err(s.file.fault(s.at, message, suggestion(word, GIVES.map(|(known, _)| known))));
    };
    Ok(Transform::Code { from: s.path("from")?, map, give })
}

fn concept_map(reader: &Reader<'_>, s: &Section<'_>, name: &str) -> Result<Arc<ConceptMap>, MappingError> {
    reader.maps.find(name).ok_or_else(|| {
        let message = format!("There is no concept map `{name}`.");
        s.file.fault(s.at, message, suggestion(name, reader.maps.names()))
    })
}

fn identifier(_: &mut Reader<'_>, s: &Section<'_>, _: &str) -> Read {
    let system = match (s.text_if_any("system")?, s.path_if_any("system_from")?) {
        (Some(system), None) => System::Const(system.to_owned()),
        (None, Some(path)) => System::From(path),
        _ => {
            let message = "An identifier has either `system` or `system_from`.";
            return Err(s.file.fault(s.at, message, "Keep one of them."));
        }
    };
    Ok(Transform::Identifier { from: s.path("from")?, system })
}

fn reference(reader: &mut Reader<'_>, s: &Section<'_>, _: &str) -> Read {
    let name = s.text("resource")?;
    reader.names.get(name).copied().map(Transform::Reference).ok_or_else(|| {
        let mut known: Vec<&str> = reader.names.keys().copied().collect();
        known.sort_unstable();
        let message = format!("No resource of this file is named `{name}`.");
        s.file.fault(s.at, message, suggestion(name, known.iter().copied()))
    })
}

fn organization(reader: &mut Reader<'_>, s: &Section<'_>, _: &str) -> Read {
    let map = s.text_if_any("map")?.map(|name| concept_map(reader, s, name)).transpose()?;
    Ok(Transform::Organization { from: s.path("from")?, slug_system: s.text("system")?.to_owned(), map })
}

fn choice(_: &mut Reader<'_>, s: &Section<'_>, _: &str) -> Read {
    let side = |key| s.find(key).map(|value| file::json(s.file, value)).transpose();
    let (yes, no) = (side("yes")?, side("no")?);
    if yes.is_none() && no.is_none() {
        return Err(s.file.fault(s.at, "A choice has `yes`, `no` or both.", "Add one of them."));
    }
    Ok(Transform::Choice { from: s.path("from")?, yes, no })
}

fn joined(_: &mut Reader<'_>, s: &Section<'_>, _: &str) -> Read {
    let from: Vec<SourcePath> =
        s.items("from")?.iter().map(|item| file::path(s.file, item)).collect::<Result<_, _>>()?;
    if from.is_empty() {
        return Err(s.file.fault(s.at, "The list `from` is missing or empty.", "Write the fields to join."));
    }
    // A separator may be blank, so these two are read without the check for blanks.
    let with = s.required("with")?.get_ref().as_str();
    let before = s.find("before").map_or(Some(""), |value| value.get_ref().as_str());
    let (Some(with), Some(before)) = (with, before) else {
        return Err(s.file.fault(s.at, "What stands between or before is no text.", "Write a text in quotes."));
    };
    Ok(Transform::Join { from, with: with.to_owned(), before: before.to_owned() })
}

fn name(_: &mut Reader<'_>, s: &Section<'_>, _: &str) -> Read {
    let usage = s.text_if_any("use")?.map(str::to_owned);
    Ok(Transform::Name { given: s.path("given")?, family: s.path("family")?, usage })
}

fn telecom(_: &mut Reader<'_>, s: &Section<'_>, _: &str) -> Read {
    let usage = s.text_if_any("use")?.map(str::to_owned);
    Ok(Transform::Telecom { from: s.path("from")?, system: s.text("system")?.to_owned(), usage })
}

fn answers(_: &mut Reader<'_>, s: &Section<'_>, _: &str) -> Read {
    Ok(Transform::Answers { from: s.path("from")?, questionnaire: s.path("questionnaire")? })
}

fn each<'a>(reader: &mut Reader<'a>, s: &Section<'a>, scope: &str) -> Read {
    let from = s.path("from")?;
    let item = reader.rules(s, &join(scope, from.as_str()))?;
    Ok(Transform::Each { from, item: Box::new(item) })
}
