//! Resources and elements against whole profiles: those that a resource names or is asked to meet, and trials.

use serde_json::Value;

use crate::definitions::{Content, ProfileId, ROOT, ShapeId, split_canonical};
use crate::domain::issue::Severity;

use super::at::At;
use super::extension::Host;
use super::family;
use super::layer::{Layer, Layers, add};
use super::said::Profiled;
use super::scope::{BundleIndex, Container, Scope, type_of};
use super::session::Walk;
use super::validator::Claims;
use super::walk::{Inside, Item};

/// Where HL7 names its types: also in `Reference.type`.
pub(super) const STRUCTURE: &str = "http://hl7.org/fhir/StructureDefinition/";
/// Profiles that one resource may name.
const CLAIMS_MAX: usize = 16;
/// Trials within each other: a chain of references that is longer is not followed to its end.
const TRIALS_MAX: usize = 8;

impl<'d> Walk<'d> {
    /// The profiles asked for, as layers over the whole.
    pub(super) fn asked(&mut self, profiles: &[&str], shape: ShapeId, at: &At<'_>) -> Layers<'d> {
        let mut layers = Layers::new();
        for url in profiles {
            if !self.is_base(url, shape) {
                self.layer(url, shape, &mut layers, at);
            }
        }
        layers
    }

    /// The profiles that a resource says it meets.
    pub(super) fn claimed(&mut self, resource: &Value, shape: ShapeId, layers: &mut Layers<'d>, at: &At<'_>) {
        let family = family::prefix(self.session.level);
        if self.session.claims == Claims::Ignored && family.is_none() {
            return;
        }
        let Some(claims) = resource["meta"]["profile"].as_array() else { return };
        let counts = |url: &&str| {
            self.session.claims == Claims::Checked || family.is_some_and(|family| url.starts_with(family))
        };
        let meta = at.name("meta");
        let list = meta.name("profile");
        for (index, url) in claims.iter().take(CLAIMS_MAX).enumerate() {
            if let Some(url) = url.as_str().filter(counts).filter(|url| !self.is_base(url, shape)) {
                self.layer(url, shape, layers, &list.index(index));
            }
        }
    }

    /// The profile of the level, for a resource that claims none of its family.
    pub(super) fn held(&mut self, resource: &Value, shape: ShapeId, layers: &mut Layers<'d>, at: &At<'_>) {
        let Some(prefix) = family::prefix(self.session.level) else { return };
        let claims = resource["meta"]["profile"].as_array().map_or(&[][..], Vec::as_slice);
        if claims.iter().any(|url| url.as_str().is_some_and(|url| url.starts_with(prefix))) {
            return;
        }
        let name = self.definitions.shape(shape).path();
        if let Some(url) = family::profile_of(self.session.level, name, resource) {
            self.layer(&url, shape, layers, at);
        }
    }

    /// Whether a canonical names the base type itself.
    fn is_base(&self, url: &str, shape: ShapeId) -> bool {
        let name = split_canonical(url).0.strip_prefix(STRUCTURE);
        name.is_some_and(|name| name == self.definitions.shape(shape).path())
    }

    fn layer(&mut self, url: &str, shape: ShapeId, layers: &mut Layers<'d>, at: &At<'_>) {
        let Some(id) = self.library.find_profile(url) else {
            return self.remark(Severity::Warning, Profiled::NotLoaded, at);
        };
        match self.library.profile(id) {
            Ok(profile) if profile.shape == shape => add(layers, Layer::root(profile)),
            Ok(profile) => self.error(Profiled::OfAnotherType { wanted: &profile.type_name }, at),
            Err(error) => self.remark(Severity::Warning, Profiled::Unusable(error), at),
        }
    }

    /// Whether what stands here meets one of the profiles; `None` when that cannot be told.
    pub(super) fn meets_one_of(
        &self,
        value: &Value,
        shape: Option<ShapeId>,
        profiles: &[Box<str>],
        scope: Scope<'_>,
    ) -> Option<bool> {
        let mut unknown = false;
        for url in profiles {
            match self.meets_profile(value, shape, url, scope) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => unknown = true,
            }
        }
        (!unknown).then_some(false)
    }

    /// Whether what stands here meets a profile or is of a base type.
    pub(super) fn meets_profile(
        &self,
        value: &Value,
        shape: Option<ShapeId>,
        url: &str,
        scope: Scope<'_>,
    ) -> Option<bool> {
        let shape = type_of(value).and_then(|name| self.definitions.resource(name)).or(shape)?;
        let Some(id) = self.library.find_profile(url) else {
            let name = split_canonical(url).0.strip_prefix(STRUCTURE)?;
            self.definitions.type_named(name).or_else(|| (name == "Resource").then_some(shape))?;
            let own = self.definitions.shape(shape).path();
            return Some(matches!(name, "Resource" | "DomainResource") || own == name);
        };
        let profile = self.library.profile(id).ok()?;
        if profile.shape != shape {
            return Some(false);
        }
        self.try_profile(value, shape, id, scope)
    }

    /// Tries a profile. What is being tried already is taken to hold: definitions may lead back to themselves.
    fn try_profile(&self, value: &Value, shape: ShapeId, id: ProfileId, scope: Scope<'_>) -> Option<bool> {
        let key = (std::ptr::from_ref(value) as usize, id);
        let known = self.session.tried.borrow().get(&key).copied();
        if let Some(known) = known {
            return Some(known.unwrap_or(true));
        }
        let trials = self.session.trials.get();
        if trials >= TRIALS_MAX {
            return None;
        }
        self.session.trials.set(trials + 1);
        self.session.tried.borrow_mut().insert(key, None);
        let met = self.run(value, shape, id, scope);
        self.session.tried.borrow_mut().insert(key, Some(met));
        self.session.trials.set(trials);
        Some(met)
    }

    fn run(&self, value: &Value, shape: ShapeId, id: ProfileId, scope: Scope<'_>) -> bool {
        let Ok(profile) = self.library.profile(id) else { return true };
        let mut walk = Walk::trial(self.session);
        let at = At::root("");
        let layers = Layers::from_elem(Layer::at(profile, ROOT), 1);
        if self.definitions.shape(shape).is_resource() {
            let own = Container::new(value);
            let is_contained = scope.container.holds(value);
            let container = if is_contained { scope.container } else { &own };
            let inner = BundleIndex::of(value, self.definitions);
            let bundle = inner.as_ref().or(scope.bundle);
            walk.one_resource(value, shape, layers, &at, Scope { resource: value, container, bundle });
        } else {
            let host = Host::resource("", value, shape);
            let item =
                Item { value, content: Content::Object(shape), type_name: self.definitions.shape(shape).path() };
            walk.item(item, None, layers, &at, Inside { scope, layers: &[], host: &host });
        }
        !walk.failed()
    }
}
