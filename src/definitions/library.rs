//! All definitions at hand: the embedded R4 core and the packages laid beside it. Each is read when it is first asked
//! for, and kept; what cannot be used says why.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use super::npm::{self, PackageLimits};
use super::package_error::PackageError;
use super::profile::Profile;
use super::profile_build;
use super::profile_error::ProfileError;
use super::shelf::{PackageName, Shelf};
use super::table::Definitions;
use super::{r4, version};

/// Which profile, as an index into its library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProfileId(u32);

/// Definitions by canonical URL.
#[derive(Debug)]
pub struct Library {
    core: &'static Definitions,
    shelves: Vec<Shelf>,
    pub(super) profiles: Table<Result<Profile, ProfileError>>,
}

impl Library {
    /// The base table with these packages beside it; of two definitions with one URL and version the first stays.
    pub(super) fn new(core: &'static Definitions, shelves: Vec<Shelf>) -> Self {
        let mut library = Self { core, shelves, profiles: Table::default() };
        for (number, shelf) in (0u32..).zip(&library.shelves) {
            for line in shelf.lines() {
                let start = line.json.as_ptr() as usize - shelf.text.as_ptr() as usize;
                let source = Source { shelf: number, range: start..start + line.json.len() };
                if line.kind == "StructureDefinition" {
                    library.profiles.add(line.url, line.version, source);
                }
            }
        }
        library.profiles.sort();
        library
    }

    /// The embedded core with the packages at these paths (folders or `.tgz`) beside it.
    pub fn read(paths: &[&Path], limits: PackageLimits) -> Result<Self, PackageError> {
        let shelves = paths.iter().map(|path| npm::read(path, limits)).collect::<Result<_, _>>()?;
        Ok(Self::new(r4(), shelves))
    }

    /// The base types.
    pub fn core(&self) -> &'static Definitions {
        self.core
    }

    /// The packages, the embedded one first.
    pub fn packages(&self) -> impl Iterator<Item = &PackageName> {
        self.shelves.iter().map(|shelf| &shelf.package)
    }

    /// The profile that a canonical URL names: of its version, or the latest where it names none.
    pub fn find_profile(&self, canonical: &str) -> Option<ProfileId> {
        self.profiles.find(canonical).map(ProfileId)
    }

    /// The profile behind an index of this library, or why it cannot be used.
    pub fn profile(&self, id: ProfileId) -> Result<&Profile, &ProfileError> {
        let item = self.profiles.item(id.0);
        let made = match item.made.get() {
            Some(made) => made,
            // Made outside of the cell: definitions that name each other must not wait for each other.
            None => {
                let made = profile_build::build(self, id);
                item.made.get_or_init(|| made)
            }
        };
        made.as_ref()
    }

    /// All profiles, in no order.
    pub fn profiles(&self) -> impl Iterator<Item = ProfileId> {
        (0..self.profiles.items.len() as u32).map(ProfileId)
    }

    /// URL and version of a profile, also of one that cannot be used.
    pub fn profile_name(&self, id: ProfileId) -> (&str, &str) {
        let item = self.profiles.item(id.0);
        (&item.url, &item.version)
    }

    pub(super) fn profile_json(&self, id: ProfileId) -> Option<Value> {
        self.json(&self.profiles.item(id.0).source)
    }

    fn json(&self, source: &Source) -> Option<Value> {
        let text = self.shelves.get(source.shelf as usize)?.text.get(source.range.clone())?;
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
    pub(super) source: Source,
    pub(super) made: OnceLock<T>,
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

    pub(super) fn item(&self, index: u32) -> &Item<T> {
        &self.items[index as usize]
    }

    pub(super) fn find(&self, canonical: &str) -> Option<u32> {
        let (url, wanted) = version::split_canonical(canonical);
        let mut versions = self.by_url.get(url)?.iter().copied();
        versions.find(|index| wanted.is_none_or(|wanted| version::meets(&self.item(*index).version, wanted)))
    }
}
