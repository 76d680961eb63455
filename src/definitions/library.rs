//! All definitions at hand: the embedded R4 core and the packages laid beside it. Each is read when it is first asked
//! for, and kept; what cannot be used says why.

use std::path::Path;

use serde_json::Value;

use super::catalogue::{Catalogue, Table};
use super::code_list::CodeList;
use super::code_system::CodeSystem;
use super::concept_map::ConceptMap;
use super::house;
use super::npm::{self, PackageLimits};
use super::package_error::PackageError;
use super::profile::Profile;
use super::profile_build;
use super::profile_error::ProfileError;
use super::r4;
use super::search_parameter::SearchParameter;
use super::shelf::{PackageName, Shelf};
use super::table::Definitions;

static R4_SHELF: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles/structure-definitions/r4-core.shelf"));

/// Packages that every library holds: R4's core and Lariat's own.
const BUILT_IN: usize = 2;

/// Which profile, as an index into its library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProfileId(u32);

/// Definitions by canonical URL. Where a URL has several versions, `url|version` names one of them, and the URL alone
/// the latest.
#[derive(Debug)]
pub struct Library {
    core: &'static Definitions,
    catalogue: Catalogue,
    profiles: Table<Result<Profile, ProfileError>>,
}

impl Library {
    /// The embedded core and Lariat's own definitions, with the packages at these paths beside them: folders, `.tgz`, or packages as
    /// [`install`](super::install) wrote them. Of two definitions with one URL and version the first stays.
    pub fn read(paths: &[impl AsRef<Path>], limits: PackageLimits) -> Result<Self, PackageError> {
        let mut shelves = vec![Shelf::inflate(R4_SHELF)?, house::shelf()?];
        for path in paths {
            shelves.push(npm::read(path.as_ref(), limits)?);
        }
        let mut profiles = Table::default();
        let catalogue = Catalogue::new(shelves, &mut profiles);
        Ok(Self { core: r4(), catalogue, profiles })
    }

    /// The base types.
    pub fn core(&self) -> &'static Definitions {
        self.core
    }

    /// The packages, those that are built in first.
    pub fn packages(&self) -> impl Iterator<Item = &PackageName> {
        self.catalogue.packages()
    }

    /// The packages that a user has laid beside what is built in.
    pub fn added(&self) -> impl Iterator<Item = &PackageName> {
        self.packages().skip(BUILT_IN)
    }

    /// The profile that a canonical URL names.
    pub fn find_profile(&self, canonical: &str) -> Option<ProfileId> {
        self.profiles.find(canonical).map(ProfileId)
    }

    /// The profile behind an index of this library, or why it cannot be used.
    pub fn profile(&self, id: ProfileId) -> Result<&Profile, &ProfileError> {
        self.profiles.made(id.0, |_| profile_build::build(self, id)).as_ref()
    }

    /// All profiles, in no order.
    pub fn profiles(&self) -> impl Iterator<Item = ProfileId> {
        self.profiles.numbers().map(ProfileId)
    }

    /// The profiles that a package brought.
    pub fn profiles_of(&self, package: &PackageName) -> Vec<ProfileId> {
        let Some(shelf) = self.packages().position(|one| one == package) else { return Vec::new() };
        self.profiles().filter(|id| self.profiles.item(id.0).shelf() == shelf).collect()
    }

    /// URL and version of a profile, also of one that cannot be used.
    pub fn profile_name(&self, id: ProfileId) -> (&str, &str) {
        let item = self.profiles.item(id.0);
        (&item.url, &item.version)
    }

    /// The codes of a value set, as far as they are known; `None` when it is not loaded.
    pub fn value_set(&self, canonical: &str) -> Option<&CodeList> {
        self.catalogue.value_set(canonical)
    }

    /// URLs of all value sets, in no order.
    pub fn value_sets(&self) -> impl Iterator<Item = &str> {
        self.catalogue.value_set_urls()
    }

    /// A code system; `None` when it is not loaded.
    pub fn code_system(&self, canonical: &str) -> Option<&CodeSystem> {
        self.catalogue.code_system(canonical)
    }

    /// A concept map; `None` when it is not loaded.
    pub fn concept_map(&self, canonical: &str) -> Option<&ConceptMap> {
        self.catalogue.concept_map(canonical)
    }

    /// The search parameters of a resource type, those of every resource among them.
    pub fn search_parameters(&self, resource_type: &str) -> impl Iterator<Item = &SearchParameter> {
        self.catalogue.search_parameters(resource_type)
    }

    /// A Questionnaire as published, without its narrative; `None` when it is not loaded.
    pub fn questionnaire(&self, canonical: &str) -> Option<&Value> {
        self.catalogue.questionnaire(canonical)
    }

    pub(super) fn profile_json(&self, id: ProfileId) -> Option<Value> {
        self.catalogue.json(self.profiles.item(id.0))
    }
}
