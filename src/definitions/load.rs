//! Builds the table in memory from the text of a compiled package.

use std::collections::HashMap;
use std::sync::Arc;

use super::code_list::{Code, CodeList, Doubt, SystemCodes};
use super::constraint::{AdditionalBinding, Binding, Bounds, Invariant, Purpose, Strength, Weight};
use super::package::{CodesRow, ElementRow, FORMAT, InvariantRow, Kind, Package, TypeRow};
use super::primitive::Primitive;
use super::table::{CodesId, Content, Definitions, Element, Property, Role, Shape, ShapeId, UNBOUNDED};

/// Elements of one shape: a set of them is kept in a `u128` while validating.
const SHAPE_ELEMENTS: usize = 128;
/// Value set that names every R4 resource type.
const RESOURCE_TYPES: &str = "http://hl7.org/fhir/ValueSet/resource-types";

/// Why a compiled package cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is not the JSON that the compiler writes.
    #[error("the compiled package is not readable: {0}")]
    Json(#[from] serde_json::Error),
    /// It was written in another version of the text form.
    #[error("the compiled package has format {0}; compile it again")]
    Format(u32),
    /// A type, path or value set is named that it does not hold.
    #[error("the compiled package names {0} but does not hold it")]
    Missing(String),
    /// More rows than the table's small numbers can count.
    #[error("the compiled package has too many {0}")]
    TooMany(&'static str),
}

impl Definitions {
    /// Reads the text that `lariat packages compile` wrote.
    pub fn load(text: &[u8]) -> Result<Self, LoadError> {
        let package: Package = serde_json::from_slice(text)?;
        if package.format != FORMAT {
            return Err(LoadError::Format(package.format));
        }
        let codes = code_lists(package.codes);
        let mut builder = Builder::new(&package.types, &codes, invariants(&package.invariants))?;
        for row in &package.types {
            builder.build(row)?;
        }
        let resource_names = builder.codes_id(RESOURCE_TYPES)?;
        let Builder { shapes, types, .. } = builder;
        let types = types.into_iter().map(|(name, id)| (name.into(), id)).collect();
        Ok(Self { shapes, types, codes, resource_names })
    }
}

fn code_lists(rows: Vec<CodesRow>) -> Vec<CodeList> {
    let mut lists: Vec<(String, Vec<SystemCodes>, Option<Doubt>)> = Vec::new();
    for row in rows {
        if lists.last().is_none_or(|(value_set, ..)| *value_set != row.value_set) {
            lists.push((row.value_set, Vec::new(), None));
        }
        let Some((_, systems, open)) = lists.last_mut() else { continue };
        let unknown = row.codes.is_empty().then_some(Doubt::Compiled);
        if row.system.is_empty() {
            *open = unknown;
        } else {
            let code = |code: String| Code { code: code.into(), display: Box::default(), doubt: None };
            systems.push(SystemCodes::new(row.system.into(), row.codes.into_iter().map(code).collect(), unknown));
        }
    }
    let list = |(value_set, systems, open): (String, Vec<SystemCodes>, _)| CodeList {
        value_set: value_set.into(),
        systems: systems.into(),
        open,
    };
    lists.into_iter().map(list).collect()
}

fn invariants(rows: &[InvariantRow]) -> HashMap<&str, Arc<Invariant>> {
    let invariant = |row: &InvariantRow| {
        let key = row.id.split('~').next().unwrap_or(&row.id);
        let weight = if row.warning { Weight::Warning } else { Weight::Error };
        Arc::new(Invariant::new(key, weight, &row.human, &row.expression))
    };
    rows.iter().map(|row| (row.id.as_str(), invariant(row))).collect()
}

/// All rows of a type, inherited ones first.
type Rows<'a> = Vec<&'a ElementRow>;

struct Builder<'a> {
    types: HashMap<&'a str, ShapeId>,
    /// The name that a type has in a choice's property: a profile has its base's.
    json_names: HashMap<&'a str, &'a str>,
    rows: HashMap<&'a str, Rows<'a>>,
    codes: HashMap<&'a str, CodesId>,
    invariants: HashMap<&'a str, Arc<Invariant>>,
    bindings: HashMap<(Strength, &'a str, Option<&'a str>), Arc<Binding>>,
    shapes: Vec<Shape>,
    /// Shapes of backbones, by type, with their paths in the order of the definition.
    nested: HashMap<&'a str, Vec<(&'a str, ShapeId)>>,
}

impl<'a> Builder<'a> {
    /// Gives every shape its number, so that types can name each other in circles.
    fn new(
        types: &'a [TypeRow],
        codes: &'a [CodeList],
        invariants: HashMap<&'a str, Arc<Invariant>>,
    ) -> Result<Self, LoadError> {
        let code_ids = codes.iter().map(|list| &*list.value_set).zip((0u16..).map(CodesId)).collect();
        let mut builder = Self {
            types: HashMap::new(),
            json_names: HashMap::new(),
            rows: HashMap::new(),
            codes: code_ids,
            invariants,
            bindings: HashMap::new(),
            shapes: Vec::new(),
            nested: HashMap::new(),
        };
        for row in types {
            let id = builder.next_shape(&row.name, row)?;
            builder.types.insert(&row.name, id);
            let base = row.base.as_deref();
            let json_name =
                base.filter(|_| row.kind == Kind::Profile).and_then(|base| builder.json_names.get(base).copied());
            builder.json_names.insert(&row.name, json_name.unwrap_or(&row.name));
            let mut rows = match base {
                Some(base) => builder.rows.get(base).cloned().ok_or_else(|| missing(base))?,
                None => Vec::new(),
            };
            overlay(&mut rows, row.elements.iter());
            let mut nested: Vec<(&str, ShapeId)> = Vec::new();
            for (path, _) in rows.iter().filter_map(|element| element.path.rsplit_once('.')) {
                if nested.iter().all(|(known, _)| *known != path) {
                    nested.push((path, builder.next_shape(&format!("{}.{path}", row.name), row)?));
                }
            }
            builder.nested.insert(&row.name, nested);
            builder.rows.insert(&row.name, rows);
        }
        Ok(builder)
    }

    fn next_shape(&mut self, path: &str, row: &TypeRow) -> Result<ShapeId, LoadError> {
        let id = u16::try_from(self.shapes.len()).map_err(|_| LoadError::TooMany("types"))?;
        let whole = path == row.name;
        self.shapes.push(Shape {
            path: path.into(),
            is_resource: whole && row.kind == Kind::Resource && !row.is_abstract,
            role: role(path),
            elements: Vec::new(),
            properties: Vec::new(),
            slots: Box::default(),
            required: 0,
            invariants: Box::default(),
        });
        Ok(ShapeId(id))
    }

    fn build(&mut self, row: &'a TypeRow) -> Result<(), LoadError> {
        let mut below: HashMap<&str, Rows<'a>> = HashMap::new();
        for element in &self.rows[row.name.as_str()] {
            let parent = element.path.rsplit_once('.').map_or("", |(parent, _)| parent);
            below.entry(parent).or_default().push(element);
        }
        let own = below.remove("").unwrap_or_default();
        let whole = self.types[row.name.as_str()];
        self.fill(whole, row, &own)?;
        let base = row.base.as_deref().and_then(|base| self.types.get(base));
        let mut rules = base.map_or(Vec::new(), |base| self.shapes[usize::from(base.0)].invariants.to_vec());
        rules.extend(self.rules(&row.rules)?);
        self.shapes[usize::from(whole.0)].invariants = rules.into();
        for (path, id) in self.nested[row.name.as_str()].clone() {
            let backbone = self.rows[row.name.as_str()].iter().find(|element| element.path == path);
            let owner =
                backbone.ok_or_else(|| missing(path))?.types.first().map_or("BackboneElement", String::as_str);
            let mut rows = self.rows.get(owner).cloned().ok_or_else(|| missing(owner))?;
            let own = below.remove(path).unwrap_or_default();
            rows.retain(|row| own.iter().all(|other| last_name(&other.path) != row.path));
            rows.extend(own);
            self.fill(id, row, &rows)?;
        }
        Ok(())
    }

    fn fill(&mut self, id: ShapeId, owner: &'a TypeRow, rows: &[&'a ElementRow]) -> Result<(), LoadError> {
        let mut elements = Vec::with_capacity(rows.len());
        let mut properties = Vec::new();
        let mut required = 0;
        if rows.len() > SHAPE_ELEMENTS {
            return Err(LoadError::TooMany("elements in one type"));
        }
        for (index, row) in (0u16..).zip(rows) {
            let name = last_name(&row.path);
            let (stem, choice) = name.strip_suffix("[x]").map_or((name, false), |stem| (stem, true));
            required |= u128::from(row.min > 0) << index;
            elements.push(Element {
                name: stem.into(),
                min: row.min,
                max: row.max.unwrap_or(UNBOUNDED),
                repeats: self.repeats(owner, row),
                choice,
                modifier: row.modifier,
                codes: self.required_codes(row)?,
                binding: self.binding(row),
                invariants: self.rules(&row.rules)?.into(),
                bounds: bounds(row),
                targets: row.targets.iter().map(|name| name.as_str().into()).collect(),
            });
            for (type_name, content) in self.contents(owner, row)? {
                let name = if choice { format!("{stem}{}", capitalised(type_name)) } else { stem.to_owned() };
                properties.push(Property {
                    name: name.into(),
                    element: index,
                    content,
                    type_name: type_name.into(),
                });
            }
        }
        let shape = &mut self.shapes[usize::from(id.0)];
        shape.slots = Shape::index(&properties);
        (shape.elements, shape.properties, shape.required) = (elements, properties, required);
        Ok(())
    }

    fn contents(&self, owner: &TypeRow, row: &'a ElementRow) -> Result<Vec<(&'a str, Content)>, LoadError> {
        let own = &self.nested[owner.name.as_str()];
        let nested = |path: &str| own.iter().find(|(known, _)| *known == path).map(|(_, id)| *id);
        if let Some(path) = row.like.as_deref() {
            let shape = nested(path).ok_or_else(|| missing(path))?;
            return Ok(vec![("BackboneElement", Content::Object(shape))]);
        }
        let content = |name: &'a String| {
            let json_name = self.json_names.get(name.as_str()).copied().unwrap_or(name);
            let content = match (Primitive::named(name), nested(&row.path), name.as_str()) {
                (Some(primitive), _, _) => Content::Primitive(primitive),
                (None, Some(shape), _) => Content::Object(shape),
                (None, None, "Resource") => Content::Resource,
                (None, None, name) => Content::Object(self.types.get(name).copied().ok_or_else(|| missing(name))?),
            };
            Ok((json_name, content))
        };
        row.types.iter().map(content).collect()
    }

    /// A profile may allow one of what repeats; JSON still has an array.
    fn repeats(&self, owner: &TypeRow, row: &ElementRow) -> bool {
        let base = owner.base.as_deref().filter(|_| owner.kind == Kind::Profile);
        let in_base = base.and_then(|base| self.rows.get(base)?.iter().find(|other| other.path == row.path));
        in_base.map_or(row.max, |base| base.max) != Some(1)
    }

    fn required_codes(&self, row: &ElementRow) -> Result<Option<CodesId>, LoadError> {
        let required = row.binding.as_ref().filter(|(strength, _)| *strength == Strength::Required);
        required.map(|(_, value_set)| self.codes_id(value_set)).transpose()
    }

    /// The same binding stands at many elements and is kept once.
    fn binding(&mut self, row: &'a ElementRow) -> Option<Arc<Binding>> {
        let (strength, value_set) = row.binding.as_ref()?;
        let maximum = row.maximum.as_deref();
        let additional = |url: &str| {
            let (value_set, usages) = (url.into(), Box::default());
            AdditionalBinding { purpose: Purpose::Maximum, value_set, usages, any: false }
        };
        let binding = self.bindings.entry((*strength, value_set, maximum)).or_insert_with(|| {
            Arc::new(Binding {
                strength: *strength,
                value_set: Some(value_set.as_str().into()),
                additional: maximum.into_iter().map(additional).collect(),
            })
        });
        Some(Arc::clone(binding))
    }

    fn rules(&self, ids: &[String]) -> Result<Vec<Arc<Invariant>>, LoadError> {
        let rule = |id: &String| self.invariants.get(id.as_str()).cloned().ok_or_else(|| missing(id));
        ids.iter().map(rule).collect()
    }

    fn codes_id(&self, value_set: &str) -> Result<CodesId, LoadError> {
        self.codes.get(value_set).copied().ok_or_else(|| missing(value_set))
    }
}

/// Rows of a derived type over those of its base: one of the same name takes the base's place.
fn overlay<'a>(rows: &mut Rows<'a>, own: impl Iterator<Item = &'a ElementRow>) {
    for row in own {
        match rows.iter_mut().find(|other| other.path == row.path) {
            Some(place) => *place = row,
            None => rows.push(row),
        }
    }
}

fn bounds(row: &ElementRow) -> Option<Box<Bounds>> {
    let bounds = row.bounds.as_ref()?;
    let (min, max) = (bounds.min.map(Into::into), bounds.max.map(Into::into));
    Some(Box::new(Bounds { min, max, length: bounds.length }))
}

fn role(path: &str) -> Role {
    match path {
        "Bundle" => Role::Bundle,
        "Extension" => Role::Extension,
        "Reference" => Role::Reference,
        "Coding" => Role::Coding,
        "CodeableConcept" => Role::CodeableConcept,
        _ => Role::Plain,
    }
}

fn last_name(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn missing(name: &str) -> LoadError {
    LoadError::Missing(name.to_owned())
}
