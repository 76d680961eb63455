//! References: their form, whether they resolve as far as this input can tell, and what they may lead to.

use serde_json::{Map, Value};

use crate::definitions::{Aggregation, Element, TypeRule, split_canonical};

use super::at::At;
use super::conformance::STRUCTURE;
use super::layer::Layer;
use super::said::Valued;
use super::scope::{Place, Scope, Target, type_of};
use super::session::Walk;

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
            Target::NotContained => return self.error(Valued::NotContained, &place),
            Target::NotInBundle => return self.error(Valued::NotInBundle, &place),
            Target::Unreadable => return self.error(Valued::NoReference, &place),
        };
        if let (Some(name), Some(stated)) = (name, stated)
            && name != stated
        {
            return self.error(Valued::StatedType, &at.name("type"));
        }
        let allowed = element.map_or(&[][..], Element::targets);
        if let Some(name) = name.or(stated)
            && !allowed.is_empty()
            && allowed.iter().all(|one| **one != *name)
        {
            let allowed = allowed.iter().map(|name| &**name).collect();
            return self.error(Valued::TargetType { allowed }, &place);
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
            return self.error(Valued::TargetElsewhere { profile: &layer.profile.name }, at);
        }
        if rule.targets.is_empty() {
            return;
        }
        let met = match target {
            Target::Found(value, _) => self.meets_one_of(value, None, &rule.targets, scope),
            _ => name.and_then(|name| self.may_be_one_of(name, &rule.targets)),
        };
        if met == Some(false) {
            let wanted = rule.targets.iter().map(|url| &**url).collect();
            self.error(Valued::TargetProfile { profile: &layer.profile.name, wanted }, at);
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
}
