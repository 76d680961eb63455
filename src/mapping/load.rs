//! Reading a mapping file: everything that can be wrong with it is found here, before any record is seen.

use std::collections::HashMap;

use toml::Spanned;
use toml::de::DeValue;

use crate::mapping::answer::{PARTS, Part};
use crate::mapping::arguments::TRANSFORMS;
use crate::mapping::concept_map::ConceptMaps;
use crate::mapping::error::{MappingError, suggestion};
use crate::mapping::fields::Fields;
use crate::mapping::file::{self, File, Section};
use crate::mapping::source::SourcePath;
use crate::mapping::transform::{ORGANIZATION_FIELDS, Transform};
use crate::mapping::tree::{self, Node, Rule};
use crate::mapping::{Identity, Ignored, Mapping, Resource};

/// The resources of FHIR R4 that a referral is made of. A mapping that needs another adds it here, where the doors'
/// list of accepted kinds can be compared with it.
const KINDS: [&str; 16] = [
    "Patient",
    "RelatedPerson",
    "Practitioner",
    "PractitionerRole",
    "Organization",
    "HealthcareService",
    "Location",
    "ServiceRequest",
    "Task",
    "Consent",
    "Condition",
    "Goal",
    "Observation",
    "QuestionnaireResponse",
    "DocumentReference",
    "Communication",
];

pub(crate) fn mapping(name: &str, text: &str, maps: &ConceptMaps) -> Result<Mapping, MappingError> {
    let file = File { name, text };
    let root = file.parse()?;
    let known = ["source", "schema", "key", "same", "numbers", "ignored", "resource", "answer"];
    let top = Section::open(file, root.span().start, root.get_ref(), &known, "A mapping file")?;
    let mut reader = Reader { file, maps, names: HashMap::new(), fields: Fields::default(), uses: Vec::new() };
    let key = reader.key(&top)?;
    let same = reader.same(&top)?;
    reader.name_resources(&top)?;
    let resources: Vec<Resource> =
        top.items("resource")?.iter().map(|one| reader.resource(one)).collect::<Result<_, _>>()?;
    if resources.is_empty() {
        return Err(file.fault(0, "The mapping builds no resource.", "Add a `[[resource]]`."));
    }
    let ignored = reader.ignored(&top)?;
    Ok(Mapping {
        file: name.to_owned(),
        source: top.text("source")?.to_owned(),
        schema: top.text_if_any("schema")?.map(str::to_owned),
        key,
        same,
        numbers_are_texts: numbers_are_texts(&top)?,
        ignored,
        resources,
        answer: answer(file, &top)?,
        fields: reader.fields,
        uses: reader.uses,
    })
}

/// What reading gathers on its way.
pub(crate) struct Reader<'a> {
    pub(crate) file: File<'a>,
    pub(crate) maps: &'a ConceptMaps,
    /// The numbers of the resources by name, so that a reference may name a later one.
    pub(crate) names: HashMap<&'a str, usize>,
    fields: Fields,
    uses: Vec<(String, usize)>,
}

impl<'a> Reader<'a> {
    fn key(&mut self, top: &Section<'a>) -> Result<Vec<SourcePath>, MappingError> {
        let items = top.items("key")?;
        if items.is_empty() {
            let remedy = "Add `key = [\"…\"]`: the fields that together tell one record from all others.";
            return Err(self.file.fault(top.at, "The key `key` is missing or empty.", remedy));
        }
        items
            .iter()
            .map(|item| {
                let path = file::path(self.file, item)?;
                self.read("", &path, item.span().start);
                Ok(path)
            })
            .collect()
    }

    fn same(&mut self, top: &Section<'a>) -> Result<Vec<(SourcePath, SourcePath)>, MappingError> {
        let mut pairs = Vec::new();
        for value in top.items("same")? {
            let section = Section::of(self.file, value, &["field", "other"], "A pair of fields")?;
            let (field, other) = (section.path("field")?, section.path("other")?);
            self.read("", &field, section.at);
            self.read("", &other, section.at);
            pairs.push((field, other));
        }
        Ok(pairs)
    }

    fn name_resources(&mut self, top: &Section<'a>) -> Result<(), MappingError> {
        for (number, value) in top.items("resource")?.iter().enumerate() {
            let name = Section::of(self.file, value, &RESOURCE_KEYS, "A resource")?.text("name")?;
            if self.names.insert(name, number).is_some() {
                let message = format!("There are two resources named `{name}`.");
                return Err(self.file.fault(value.span().start, message, "Give one of them another name."));
            }
        }
        Ok(())
    }

    fn resource(&mut self, value: &'a Spanned<DeValue<'a>>) -> Result<Resource, MappingError> {
        let section = Section::of(self.file, value, &RESOURCE_KEYS, "A resource")?;
        let kind = section.text("type")?;
        let Some(kind) = KINDS.into_iter().find(|known| *known == kind) else {
            let message = format!("No resource `{kind}` can be built.");
            return Err(self.file.fault(section.at, message, suggestion(kind, KINDS)));
        };
        let when = section.path_if_any("when")?;
        self.ask("", when.as_ref(), section.at);
        let unless = match section.find("unless") {
            None => None,
            Some(value) => {
                let section = Section::of(self.file, value, &["from", "is"], "`unless`")?;
                let from = section.path("from")?;
                self.ask("", Some(&from), section.at);
                Some((from, section.text("is")?.to_owned()))
            }
        };
        let identity = section.items("identity")?;
        Ok(Resource {
            name: section.text("name")?.to_owned(),
            kind,
            when,
            unless,
            identity: identity.iter().map(|one| self.identity(one)).collect::<Result<_, _>>()?,
            root: self.rules(&section, "")?,
        })
    }

    fn identity(&mut self, value: &'a Spanned<DeValue<'a>>) -> Result<Identity, MappingError> {
        let section = Section::of(self.file, value, &["system", "from", "value"], "An identity")?;
        let system = section.text("system")?.to_owned();
        match (section.path_if_any("from")?, section.text_if_any("value")?) {
            (Some(from), None) => {
                self.read("", &from, section.at);
                Ok(Identity::From { system, from })
            }
            (None, Some(value)) => Ok(Identity::Const { system, value: value.to_owned() }),
            _ => Err(self.file.fault(section.at, "An identity has either `from` or `value`.", "Keep one of them.")),
        }
    }

    /// The rules under `set`, put together. `scope` is the dotted path of the list whose items they speak of.
    pub(crate) fn rules(&mut self, section: &Section<'a>, scope: &str) -> Result<Node, MappingError> {
        let rules = section.items("set")?;
        if rules.is_empty() {
            return Err(self.file.fault(section.at, "Nothing is set here.", "Add `set = [ … ]` with a rule."));
        }
        let mut root = Node::empty();
        for value in rules {
            let at = value.span().start;
            let to = self.target(value)?;
            let steps = tree::parse(to).map_err(|fault| self.misplaced(at, to, fault))?;
            let rule = self.rule(value, scope)?;
            root.insert(&steps, rule).map_err(|fault| self.misplaced(at, to, fault))?;
        }
        Ok(root)
    }

    fn target(&self, value: &'a Spanned<DeValue<'a>>) -> Result<&'a str, MappingError> {
        let table = file::table(self.file, value, "A rule")?;
        match table.get("to") {
            Some(to) => file::text(self.file, to),
            None => Err(self.file.fault(value.span().start, "The key `to` is missing here.", "Add `to = \"…\"`.")),
        }
    }

    fn misplaced(&self, at: usize, to: &str, fault: &str) -> MappingError {
        let remedy = "Write element names with dots, list places counted from 0 without a gap: `name[0].given[0]`.";
        self.file.fault(at, format!("The target `{to}` {fault}."), remedy)
    }

    fn rule(&mut self, value: &'a Spanned<DeValue<'a>>, scope: &str) -> Result<Rule, MappingError> {
        let at = value.span().start;
        let table = file::table(self.file, value, "A rule")?;
        let Some(word) = table.get("as") else {
            return Err(self.file.fault(
                at,
                "The key `as` is missing here.",
                "Add the transform: `as = \"text\"`.",
            ));
        };
        let name = file::text(self.file, word)?;
        let Some(known) = TRANSFORMS.iter().find(|known| known.name == name) else {
            let message = format!("There is no transform `{name}`.");
            let names = TRANSFORMS.iter().map(|known| known.name);
            return Err(self.file.fault(word.span().start, message, suggestion(name, names)));
        };
        let keys = [&["to", "as", "when", "optional"], known.arguments].concat();
        let section = Section::open(self.file, at, table, &keys, &format!("A `{name}` rule"))?;
        let when = section.path_if_any("when")?;
        self.ask(scope, when.as_ref(), at);
        let transform = (known.read)(self, &section, scope)?;
        self.note_sources(&transform, scope, at);
        Ok(Rule { line: self.file.line(at), when, optional: section.flag("optional")?, transform })
    }

    fn note_sources(&mut self, transform: &Transform, scope: &str, at: usize) {
        match transform {
            Transform::Each { from, .. } => self.ask(scope, Some(from), at),
            Transform::Organization { from, map: None, .. } => {
                for name in ORGANIZATION_FIELDS {
                    let path = join(&join(scope, from.as_str()), name);
                    self.fields.add(&path);
                    self.uses.push((path, self.file.line(at)));
                }
            }
            _ => {
                for path in transform.sources() {
                    self.read(scope, path, at);
                }
            }
        }
    }

    /// A rule reads this path: that accounts for the field.
    fn read(&mut self, scope: &str, path: &SourcePath, at: usize) {
        self.fields.add(&join(scope, path.as_str()));
        self.ask(scope, Some(path), at);
    }

    /// A rule asks whether this path is present: the field must exist, but its value is not mapped by that.
    fn ask(&mut self, scope: &str, path: Option<&SourcePath>, at: usize) {
        self.uses.extend(path.map(|path| (join(scope, path.as_str()), self.file.line(at))));
    }

    fn ignored(&mut self, top: &Section<'a>) -> Result<Vec<Ignored>, MappingError> {
        let mut ignored = Vec::new();
        for value in top.items("ignored")? {
            let section = Section::of(self.file, value, &["field", "reason"], "An ignored field")?;
            let path = section.path("field")?;
            if self.fields.account_for(path.as_str()) {
                let message = format!("`{}` is both mapped and ignored.", path.as_str());
                return Err(self.file.fault(section.at, message, "Remove it here."));
            }
            self.read("", &path, section.at);
            let reason = section.text("reason")?.to_owned();
            ignored.push(Ignored { field: path.as_str().to_owned(), reason });
        }
        Ok(ignored)
    }
}

const RESOURCE_KEYS: [&str; 6] = ["name", "type", "when", "unless", "identity", "set"];

/// A path inside an item of the list at `scope`, from the root.
pub(crate) fn join(scope: &str, path: &str) -> String {
    if scope.is_empty() { path.to_owned() } else { format!("{scope}.{path}") }
}

/// The source's names for the parts of an answer; without a table, each part under its own name.
fn answer(file: File<'_>, top: &Section<'_>) -> Result<Vec<(String, Part)>, MappingError> {
    let Some(value) = top.find("answer") else {
        return Ok(PARTS.iter().map(|(name, part)| ((*name).to_owned(), *part)).collect());
    };
    let mut entries: Vec<_> = file::table(file, value, "`answer`")?.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut parts = Vec::new();
    for (key, word) in entries {
        let word_text = file::text(file, word)?;
        let Some((_, part)) = PARTS.into_iter().find(|(known, _)| *known == word_text) else {
            let message = format!("An answer has no part `{word_text}`.");
            return Err(file.fault(
                word.span().start,
                message,
                suggestion(word_text, PARTS.map(|(known, _)| known)),
            ));
        };
        parts.push((key.get_ref().to_string(), part));
    }
    Ok(parts)
}

/// The key `numbers`: a source whose ids are numbers says that they are texts all the same.
fn numbers_are_texts(top: &Section<'_>) -> Result<bool, MappingError> {
    match top.text_if_any("numbers")? {
        None => Ok(false),
        Some("text") => Ok(true),
        Some(_) => Err(top.file.fault(top.at, "`numbers` can only be \"text\".", "Write it so, or leave it out.")),
    }
}
