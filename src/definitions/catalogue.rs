//! Where each definition of the packages stands, by kind and canonical URL, and what has been read of them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use serde_json::Value;

use super::code_list::CodeList;
use super::code_system::CodeSystem;
use super::concept_map::ConceptMap;
use super::expand;
use super::search_parameter::SearchParameter;
use super::shelf::{PackageName, Shelf};
use super::version;

/// Everything but profiles, which need the base types.
#[derive(Debug)]
pub(super) struct Catalogue {
    shelves: Vec<Shelf>,
    value_sets: Table<CodeList>,
    code_systems: Table<CodeSystem>,
    concept_maps: Table<ConceptMap>,
    search_parameters: Table<SearchParameter>,
    questionnaires: Table<Value>,
    /// Search parameters by the type that they are for.
    by_base: OnceLock<HashMap<Box<str>, Vec<u32>>>,
}

impl Catalogue {
    /// Indexes the packages; `profiles` gets the StructureDefinitions.
    pub(super) fn new<T>(shelves: Vec<Shelf>, profiles: &mut Table<T>) -> Self {
        let mut catalogue = Self {
            shelves,
            value_sets: Table::default(),
            code_systems: Table::default(),
            concept_maps: Table::default(),
            search_parameters: Table::default(),
            questionnaires: Table::default(),
            by_base: OnceLock::new(),
        };
        for (number, shelf) in (0u32..).zip(&catalogue.shelves) {
            for line in shelf.lines() {
                let start = line.json.as_ptr() as usize - shelf.text.as_ptr() as usize;
                let source = Source { shelf: number, range: start..start + line.json.len() };
                // What has no version of its own has its package's.
                let version = if line.version.is_empty() { &shelf.package.version } else { line.version };
                match line.kind {
                    "StructureDefinition" => profiles.add(line.url, version, source),
                    "ValueSet" => catalogue.value_sets.add(line.url, version, source),
                    "CodeSystem" => catalogue.code_systems.add(line.url, version, source),
                    "ConceptMap" => catalogue.concept_maps.add(line.url, version, source),
                    "SearchParameter" => catalogue.search_parameters.add(line.url, version, source),
                    _ => catalogue.questionnaires.add(line.url, version, source),
                }
            }
        }
        profiles.sort();
        catalogue.value_sets.sort();
        catalogue.code_systems.sort();
        catalogue.concept_maps.sort();
        catalogue.search_parameters.sort();
        catalogue.questionnaires.sort();
        catalogue
    }

    pub(super) fn packages(&self) -> impl Iterator<Item = &PackageName> {
        self.shelves.iter().map(|shelf| &shelf.package)
    }

    pub(super) fn value_set(&self, canonical: &str) -> Option<&CodeList> {
        let number = self.value_sets.find(canonical)?;
        Some(
            self.value_sets
                .made(number, |item| expand::expand(self, &item.url, &self.json(item).unwrap_or_default())),
        )
    }

    pub(super) fn value_set_urls(&self) -> impl Iterator<Item = &str> {
        self.value_sets.numbers().map(|number| &*self.value_sets.item(number).url)
    }

    /// URL and JSON of a value set, and how many bytes it has.
    pub(super) fn value_set_json(&self, canonical: &str) -> Option<(String, Value, usize)> {
        let item = self.value_sets.item(self.value_sets.find(canonical)?);
        Some((item.url.to_string(), self.json(item)?, item.source.range.len()))
    }

    pub(super) fn code_system(&self, canonical: &str) -> Option<&CodeSystem> {
        let number = self.code_systems.find(canonical)?;
        Some(
            self.code_systems.made(number, |item| {
                CodeSystem::read(&item.url, &item.version, &self.json(item).unwrap_or_default())
            }),
        )
    }

    pub(super) fn concept_map(&self, canonical: &str) -> Option<&ConceptMap> {
        let number = self.concept_maps.find(canonical)?;
        Some(self.concept_maps.made(number, |item| ConceptMap::read(&self.json(item).unwrap_or_default())))
    }

    pub(super) fn questionnaire(&self, canonical: &str) -> Option<&Value> {
        let number = self.questionnaires.find(canonical)?;
        Some(self.questionnaires.made(number, |item| self.json(item).unwrap_or_default()))
    }

    pub(super) fn search_parameters(&self, resource_type: &str) -> impl Iterator<Item = &SearchParameter> {
        let by_base = self.by_base.get_or_init(|| {
            let mut by_base: HashMap<Box<str>, Vec<u32>> = HashMap::new();
            for number in self.search_parameters.numbers() {
                for base in &self.search_parameter(number).bases {
                    by_base.entry(base.clone()).or_default().push(number);
                }
            }
            by_base
        });
        let numbers =
            [resource_type, "DomainResource", "Resource"].into_iter().filter_map(|base| by_base.get(base));
        numbers.flatten().map(|number| self.search_parameter(*number))
    }

    fn search_parameter(&self, number: u32) -> &SearchParameter {
        let read =
            |item: &Item<SearchParameter>| SearchParameter::read(&item.url, &self.json(item).unwrap_or_default());
        self.search_parameters.made(number, read)
    }

    /// A definition as it stands in its package. That it is JSON was seen when it was written there.
    pub(super) fn json<T>(&self, item: &Item<T>) -> Option<Value> {
        let text = self.shelves.get(item.source.shelf as usize)?.text.get(item.source.range.clone())?;
        serde_json::from_str(text).ok()
    }
}

/// Where the text of a definition stands.
#[derive(Clone, Debug)]
pub(super) struct Source {
    shelf: u32,
    range: Range<usize>,
}

/// Definitions of one kind.
#[derive(Debug)]
pub(super) struct Table<T> {
    items: Vec<Item<T>>,
    /// Versions of each URL, the latest first.
    by_url: HashMap<Box<str>, Vec<u32>>,
}

#[derive(Debug)]
pub(super) struct Item<T> {
    pub(super) url: Box<str>,
    pub(super) version: Box<str>,
    source: Source,
    made: OnceLock<T>,
}

impl<T> Item<T> {
    /// Which of the catalogue's packages brought it.
    pub(super) fn shelf(&self) -> usize {
        self.source.shelf as usize
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { items: Vec::new(), by_url: HashMap::new() }
    }
}

impl<T> Table<T> {
    fn add(&mut self, url: &str, version: &str, source: Source) {
        let versions = self.by_url.entry(url.into()).or_default();
        if versions.iter().any(|index| *self.items[*index as usize].version == *version) {
            return;
        }
        versions.push(self.items.len() as u32);
        self.items.push(Item { url: url.into(), version: version.into(), source, made: OnceLock::new() });
    }

    fn sort(&mut self) {
        let items = &self.items;
        for versions in self.by_url.values_mut() {
            versions.sort_by(|one, other| {
                version::compare(&items[*other as usize].version, &items[*one as usize].version)
            });
        }
    }

    /// What is made of a definition. It is made outside of its cell: definitions that name each other must not wait
    /// for each other.
    pub(super) fn made(&self, number: u32, make: impl FnOnce(&Item<T>) -> T) -> &T {
        let item = self.item(number);
        match item.made.get() {
            Some(made) => made,
            None => {
                let made = make(item);
                item.made.get_or_init(|| made)
            }
        }
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> + use<T> {
        0..self.items.len() as u32
    }

    pub(super) fn item(&self, index: u32) -> &Item<T> {
        &self.items[index as usize]
    }

    pub(super) fn find(&self, canonical: &str) -> Option<u32> {
        let (url, wanted) = version::split_canonical(canonical);
        let mut versions = self.by_url.get(url)?.iter().copied();
        versions.find(|index| wanted.is_none_or(|wanted| version::meets(&self.item(*index).version, wanted)))
    }
}
