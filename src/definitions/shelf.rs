//! The text form of a package's definitions: one a line, slimmed to what is read, so that a package is indexed without
//! being parsed and each definition is read when it is first asked for.
//!
//! ```text
//! package␉name␉version␉{"dependencies":{…}}
//! StructureDefinition␉url␉version␉{…}
//! ```

use std::io::{Read, Write};

use serde_json::{Map, Value, json};

use super::package_error::PackageError;

/// The most that the text of one package may be, inflated. Chosen: four times HL7's terminology.
const TEXT_BYTES: u64 = 256 * 1024 * 1024;

/// The resource types that are kept.
const KINDS: [&str; 6] =
    ["StructureDefinition", "ValueSet", "CodeSystem", "ConceptMap", "SearchParameter", "Questionnaire"];

/// A package's name, version, and the packages that it names as its dependencies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageName {
    /// `hl7.fhir.us.core`.
    pub name: String,
    /// `7.0.0`.
    pub version: String,
    /// Names and versions.
    pub dependencies: Vec<(String, String)>,
}

/// The definitions of one package.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) package: PackageName,
    pub(super) text: Box<str>,
}

/// One line of a shelf.
pub(super) struct Line<'a> {
    pub(super) kind: &'a str,
    pub(super) url: &'a str,
    pub(super) version: &'a str,
    pub(super) json: &'a str,
}

impl Shelf {
    /// Takes the text form.
    pub(super) fn read(text: Box<str>) -> Result<Self, PackageError> {
        let head = text.lines().next().and_then(line).filter(|line| line.kind == "package");
        let head = head.ok_or(PackageError::Shelf("does not begin with its package"))?;
        let more: Value = serde_json::from_str(head.json).map_err(|_| PackageError::Shelf("is damaged"))?;
        let dependencies = more["dependencies"].as_object().into_iter().flatten();
        let package = PackageName {
            name: head.url.to_owned(),
            version: head.version.to_owned(),
            dependencies: dependencies
                .map(|(name, version)| (name.clone(), version.as_str().unwrap_or_default().to_owned()))
                .collect(),
        };
        if text.lines().skip(1).any(|text| line(text).is_none_or(|line| !KINDS.contains(&line.kind))) {
            return Err(PackageError::Shelf("is damaged"));
        }
        Ok(Self { package, text })
    }

    /// Takes the text form as gzip.
    pub(super) fn inflate(bytes: impl Read) -> Result<Self, PackageError> {
        let mut text = String::new();
        let mut limited = flate2::read::GzDecoder::new(bytes).take(TEXT_BYTES);
        limited.read_to_string(&mut text).map_err(|_| PackageError::Shelf("is damaged"))?;
        if text.len() as u64 == TEXT_BYTES {
            return Err(PackageError::TooLarge("inflated", TEXT_BYTES));
        }
        Self::read(text.into())
    }

    /// The text form as gzip; the same definitions give the same bytes.
    pub(super) fn deflate(&self) -> Result<Vec<u8>, std::io::Error> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(self.text.as_bytes())?;
        gzip.finish()
    }

    /// Where each definition stands in the text.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.text.lines().skip(1).filter_map(line)
    }
}

fn line(text: &str) -> Option<Line<'_>> {
    let mut parts = text.splitn(4, '\t');
    Some(Line { kind: parts.next()?, url: parts.next()?, version: parts.next()?, json: parts.next()? })
}

/// Collects the definitions of a package.
pub(super) struct Writer {
    lines: Vec<String>,
    bytes: u64,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { lines: Vec::new(), bytes: 0 }
    }

    /// Takes in a resource; whether it was a definition that is kept.
    pub(super) fn add(&mut self, resource: Value) -> Result<bool, PackageError> {
        let kind = KINDS.iter().find(|kind| resource["resourceType"] == **kind);
        let (Some(kind), Some(url)) = (kind, resource["url"].as_str()) else { return Ok(false) };
        let version = resource["version"].as_str().unwrap_or_default();
        if [url, version].iter().any(|text| text.contains(['\t', '\n', '\r'])) {
            return Err(PackageError::Resource(
                url.replace(['\t', '\n', '\r'], " "),
                "has a line break in its URL",
            ));
        }
        let head = format!("{kind}\t{url}\t{version}\t");
        let line = head + &Value::Object(slim(resource)).to_string();
        self.bytes += line.len() as u64 + 1;
        if self.bytes > TEXT_BYTES {
            return Err(PackageError::TooLarge("slimmed", TEXT_BYTES));
        }
        self.lines.push(line);
        Ok(true)
    }

    /// The shelf, its lines sorted by kind, URL and version.
    pub(super) fn finish(mut self, package: PackageName) -> Shelf {
        self.lines.sort();
        let dependencies: Map<String, Value> =
            package.dependencies.iter().map(|(name, version)| (name.clone(), version.as_str().into())).collect();
        let more = json!({ "dependencies": dependencies });
        let mut text = format!("package\t{}\t{}\t{more}\n", package.name, package.version);
        for line in self.lines {
            text.push_str(&line);
            text.push('\n');
        }
        Shelf { package, text: text.into() }
    }
}

/// What is for people, or is never read here.
const DROPPED: [&str; 24] = [
    "resourceType",
    "text",
    "contained",
    "meta",
    "language",
    "implicitRules",
    "description",
    "purpose",
    "copyright",
    "publisher",
    "contact",
    "jurisdiction",
    "useContext",
    "date",
    "experimental",
    "mapping",
    "keyword",
    "identifier",
    "approvalDate",
    "lastReviewDate",
    "effectivePeriod",
    "immutable",
    "fhirVersion",
    "title",
];
const ELEMENT: [&str; 11] = [
    "id",
    "path",
    "sliceName",
    "slicing",
    "min",
    "max",
    "contentReference",
    "type",
    "isModifier",
    "binding",
    "constraint",
];
const ELEMENT_CHOICES: [&str; 5] = ["fixed", "pattern", "minValue", "maxValue", "maxLength"];

fn slim(resource: Value) -> Map<String, Value> {
    let Value::Object(mut resource) = resource else { return Map::new() };
    let is_questionnaire = resource.get("resourceType").is_some_and(|kind| kind == "Questionnaire");
    for name in DROPPED {
        // A Questionnaire is shown, and its contained value sets are asked.
        if !(is_questionnaire && matches!(name, "resourceType" | "contained" | "title" | "meta")) {
            resource.shift_remove(name);
        }
    }
    if !is_questionnaire {
        resource.shift_remove("extension");
    }
    let has_snapshot = resource.get("snapshot").is_some_and(|snapshot| snapshot["element"].is_array());
    if has_snapshot {
        resource.shift_remove("differential");
    }
    for view in ["snapshot", "differential"] {
        let elements = resource.get_mut(view).and_then(|view| view["element"].as_array_mut());
        elements.into_iter().flatten().for_each(slim_element);
    }
    if let Some(concepts) = resource.get_mut("concept").and_then(Value::as_array_mut) {
        concepts.iter_mut().for_each(slim_concept);
    }
    resource
}

fn slim_element(element: &mut Value) {
    let Some(map) = element.as_object_mut() else { return };
    map.retain(|name, _| {
        ELEMENT.contains(&name.as_str()) || ELEMENT_CHOICES.iter().any(|stem| name.starts_with(stem))
    });
    for one in map.get_mut("type").and_then(Value::as_array_mut).into_iter().flatten() {
        one.as_object_mut().into_iter().for_each(|one| one.retain(|name, _| !name.starts_with('_')));
    }
    for constraint in map.get_mut("constraint").and_then(Value::as_array_mut).into_iter().flatten() {
        let kept = ["key", "severity", "human", "expression"];
        constraint.as_object_mut().into_iter().for_each(|one| one.retain(|name, _| kept.contains(&name.as_str())));
    }
    let native = |constraint: &Value| {
        constraint["key"].as_str().is_some_and(|key| super::constraint::NATIVE_INVARIANTS.contains(&key))
    };
    if let Some(Value::Array(constraints)) = map.get_mut("constraint") {
        constraints.retain(|constraint| !native(constraint));
    }
    if let Some(binding) = map.get_mut("binding").and_then(Value::as_object_mut) {
        binding.shift_remove("description");
    }
}

/// Definitions are for people; they are half of a code system.
fn slim_concept(concept: &mut Value) {
    let Some(map) = concept.as_object_mut() else { return };
    map.retain(|name, _| matches!(name.as_str(), "code" | "display" | "designation" | "property" | "concept"));
    map.get_mut("concept").and_then(Value::as_array_mut).into_iter().flatten().for_each(slim_concept);
}
