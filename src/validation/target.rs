//! References: their form, whether they resolve as far as this input can tell, and what they may lead to.

use serde_json::{Map, Value};

use crate::definitions::{Aggregation, Element, TypeRule, split_canonical};
use crate::domain::issue::Fault;

use super::at::At;
use super::conformance::STRUCTURE;
use super::layer::Layer;
use super::scope::{Place, Scope, Target, type_of};
use super::session::Walk;
use super::walk::listed;

impl<'d> Walk<'d> {
    /// One Reference, against its element in the base and in the profiles.
    pub(super) fn reference(
        &mut self,
        map: &Map<String, Value>,
        element: Option<&'d Element>,
        layers: &[Layer<'d>],
        scope: Scope<'_>,
        at: &At<'_>,
    ) {
        let stated = map.get("type").and_then(Value::as_str);
        let stated = stated.map(|name| name.strip_prefix(STRUCTURE).unwrap_or(name));
        let text = map.get("reference").and_then(Value::as_str).filter(|text| !text.is_empty());
        let place = at.name(if text.is_some() { "reference" } else { "type" });
        let target = match text {
            Some(text) => scope.resolve(text, self.definitions),
            None => Target::Elsewhere(None),
        };
        let name = match target {
            Target::Found(value, _) => type_of(value),
            Target::Elsewhere(name) => name,
            Target::NotContained => return self.not_contained(&place),
            Target::NotInBundle => return self.not_in_bundle(&place),
            Target::Unreadable => return self.no_reference(&place),
        };
        if let (Some(name), Some(stated)) = (name, stated)
            && name != stated
        {
            let message = "The type that the reference states is not the type that it names.";
            let remedy = "Leave the type out, or correct it.";
            return self.error("R-REF-TARGET", Fault::Value, &at.name("type"), message, remedy);
        }
        let allowed = element.map_or(&[][..], Element::targets);
        if let Some(name) = name.or(stated)
            && !allowed.is_empty()
            && allowed.iter().all(|one| **one != *name)
        {
            let message = "A resource of this type must not be referred to here.";
            let remedy = listed("Refer to one of the types", allowed.iter().map(|name| &**name));
            return self.error("R-REF-TARGET", Fault::Value, &place, message, remedy);
        }
        for layer in layers {
            if let Some(rule) =
                layer.node.types.iter().find(|rule| matches!(&*rule.code, "Reference" | "canonical"))
            {
                self.target_of_profile(*layer, rule, (target, name.or(stated)), scope, &place);
            }
        }
    }

    fn target_of_profile(
        &mut self,
        layer: Layer<'d>,
        rule: &'d TypeRule,
        (target, name): (Target<'_, '_>, Option<&str>),
        scope: Scope<'_>,
        at: &At<'_>,
    ) {
        let place = match target {
            Target::Found(_, Place::Contained | Place::Container) => Aggregation::Contained,
            Target::Found(_, Place::Bundled) => Aggregation::Bundled,
            _ => Aggregation::Referenced,
        };
        let is_outside = place != Aggregation::Contained && rule.aggregation.contains(&Aggregation::Referenced);
        if !rule.aggregation.is_empty() && !rule.aggregation.contains(&place) && !is_outside {
            let message = format!("The profile {} wants the target to stand elsewhere.", layer.profile.name);
            let remedy =
                "Move the target, in the same resource, in the same Bundle or outside, as the profile says.";
            return self.error("R-REF-AGGREGATION", Fault::Structure, at, message, remedy);
        }
        if rule.targets.is_empty() {
            return;
        }
        let met = match target {
            Target::Found(value, _) => self.meets_one_of(value, None, &rule.targets, scope),
            _ => name.and_then(|name| self.may_be_one_of(name, &rule.targets)),
        };
        if met == Some(false) {
            if !self.tells() {
                return self.fail();
            }
            let message = format!("The target meets none of the profiles that {} allows here.", layer.profile.name);
            let remedy = listed("Refer to one that meets", rule.targets.iter().map(|url| &**url));
            self.error("R-REF-PROFILE", Fault::Value, at, message, remedy);
        }
    }

    /// Whether a resource of this type could meet one of the profiles; `None` when one is not loaded.
    fn may_be_one_of(&self, name: &str, profiles: &[Box<str>]) -> Option<bool> {
        let mut unknown = false;
        for url in profiles {
            let base = split_canonical(url).0.strip_prefix(STRUCTURE);
            let is_base = base.is_some_and(|base| base == "Resource" || self.definitions.is_resource_name(base));
            let of = match self.library.find_profile(url) {
                _ if is_base => base,
                Some(id) => self.library.profile(id).ok().map(|profile| &*profile.type_name),
                None => None,
            };
            match of {
                Some("Resource" | "DomainResource") => return Some(true),
                Some(of) if of == name => return Some(true),
                Some(_) => {}
                None => unknown = true,
            }
        }
        (!unknown).then_some(false)
    }

    fn no_reference(&mut self, at: &At<'_>) {
        let message = "This is not a reference to a FHIR resource.";
        let remedy =
            "Write Type/id, an absolute URL, urn:uuid: with a UUID, or # with the id of a contained resource.";
        self.error("R-REF-FORM", Fault::Value, at, message, remedy);
    }

    fn not_contained(&mut self, at: &At<'_>) {
        let message = "No contained resource of this resource has this id.";
        let remedy = "Add the resource to contained, or correct the reference.";
        self.error("R-REF-CONTAINED", Fault::NotFound, at, message, remedy);
    }

    fn not_in_bundle(&mut self, at: &At<'_>) {
        let message = "No entry of this transaction has this full URL.";
        let remedy = "Add the resource to the Bundle with this fullUrl, or correct the reference.";
        self.error("R-REF-BUNDLE", Fault::NotFound, at, message, remedy);
    }
}
