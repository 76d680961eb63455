//! Which slice each repetition of an element belongs to (FHIR R4, section 5.1.0.13), and whether there are as many as
//! the profile asks for.

use serde_json::Value;
use smallvec::SmallVec;

use crate::definitions::{
    Content, Criterion, Discriminator, DiscriminatorKind, Membership, PathStep, Property, ShapeId, Slice, Slicing,
    SlicingRules,
};

use super::at::At;
use super::layer::{Layer, Layers, add, each};
use super::pattern::holds_pattern;
use super::said::Profiled;
use super::scope::{Scope, Target, type_of};
use super::session::Walk;

/// What stands at a place, with its type as far as it is known.
#[derive(Clone, Copy)]
pub(super) struct Found<'v> {
    /// `None` for the target of a reference of which only the type is known.
    pub(super) value: Option<&'v Value>,
    pub(super) shape: Option<ShapeId>,
    pub(super) type_name: Option<&'v str>,
}

type FoundAll<'v> = SmallVec<[Found<'v>; 2]>;

/// How often each slice of one layer was met.
pub(super) struct Tally<'d> {
    layer: Layer<'d>,
    slicing: &'d Slicing,
    counts: SmallVec<[usize; 8]>,
    /// Index of the slice met last, for order.
    last: usize,
    outside: bool,
}

impl<'d> Tally<'d> {
    /// One for each layer that divides its repetitions, and for each slice that divides its own.
    pub(super) fn of(layers: &[Layer<'d>]) -> SmallVec<[Self; 2]> {
        let mut tallies: SmallVec<[Self; 2]> = layers.iter().filter_map(|layer| Self::of_layer(*layer)).collect();
        let mut next = 0;
        while let Some(layer) = tallies.get(next).map(|tally| tally.layer) {
            let slices = layer.node.slices.iter().map(|slice| Layer::at(layer.profile, slice.node));
            tallies.extend(slices.filter_map(Self::of_layer));
            next += 1;
        }
        tallies
    }

    fn of_layer(layer: Layer<'d>) -> Option<Self> {
        let slicing = layer.node.slicing.as_deref()?;
        let counts = SmallVec::from_elem(0, layer.node.slices.len());
        Some(Self { layer, slicing, counts, last: 0, outside: false })
    }
}

impl<'d> Walk<'d> {
    /// Puts one repetition into its slices, and says what holds for it there.
    pub(super) fn slice(
        &mut self,
        found: Found<'_>,
        tallies: &mut [Tally<'d>],
        layers: &mut Layers<'d>,
        scope: Scope<'_>,
        at: &At<'_>,
    ) {
        for tally in tallies {
            // That of a slice counts only what is in it.
            if !layers.iter().any(|layer| std::ptr::eq(layer.node, tally.layer.node)) {
                continue;
            }
            let mut met = false;
            let mut unsure = None;
            for (index, slice) in tally.layer.node.slices.iter().enumerate() {
                match self.is_in(found, tally.slicing, slice, scope) {
                    Ok(false) => {}
                    Ok(true) => {
                        let inner = Layer::at(tally.layer.profile, slice.node);
                        tally.counts[index] += 1;
                        if tally.slicing.ordered && index < tally.last || tally.outside && is_at_end(tally.slicing)
                        {
                            self.out_of_order(tally.layer, at);
                        }
                        tally.last = index;
                        met = true;
                        add(layers, inner);
                        break;
                    }
                    Err(why) => unsure = unsure.or(Some((slice, why))),
                }
            }
            match unsure {
                Some((slice, why)) if !met => self.unsure(tally.layer, slice, why, at),
                None if !met => {
                    tally.outside = true;
                    if tally.slicing.rules == SlicingRules::Closed || is_undefined_part(found, tally.layer) {
                        self.outside(tally.layer, at);
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether the slices occur as often as they must and may.
    pub(super) fn tally(&mut self, tallies: &[Tally<'d>], at: &At<'_>) {
        for tally in tallies {
            for (slice, count) in tally.layer.node.slices.iter().zip(&tally.counts) {
                let inner = Layer::at(tally.layer.profile, slice.node);
                if inner.node.min.is_some_and(|min| *count < usize::from(min)) {
                    self.missing_slice(inner, &slice.name, at);
                }
                if let Some(max) = inner.node.max.map(usize::from).filter(|max| count > max) {
                    self.too_many(inner, max, Some(&slice.name), at);
                }
            }
        }
    }

    /// Whether a repetition is in a slice; an error where that cannot be told.
    fn is_in(
        &mut self,
        found: Found<'_>,
        slicing: &'d Slicing,
        slice: &'d Slice,
        scope: Scope<'_>,
    ) -> Result<bool, &'static str> {
        let mut unsure = None;
        for (discriminator, criterion) in slicing.discriminators.iter().zip(&slice.criteria) {
            match self.meets(found, discriminator, criterion, scope) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(why) => unsure = unsure.or(Some(why)),
            }
        }
        unsure.map_or(Ok(true), Err)
    }

    fn meets(
        &mut self,
        found: Found<'_>,
        discriminator: &'d Discriminator,
        criterion: &'d Criterion,
        scope: Scope<'_>,
    ) -> Result<bool, &'static str> {
        if let Criterion::Undecidable(why) = criterion {
            return Err(why);
        }
        let places = self.follow(found, &discriminator.path, scope);
        let any = |meets: &dyn Fn(&Value) -> bool| places.iter().any(|one| one.value.is_some_and(meets));
        match criterion {
            Criterion::Fixed(fixed) => Ok(any(&|value| value == fixed)),
            Criterion::Pattern(Value::Array(items)) => {
                Ok(items.iter().all(|item| any(&|value| holds_pattern(value, item))))
            }
            Criterion::Pattern(pattern) => Ok(any(&|value| holds_pattern(value, pattern))),
            Criterion::Exists(there) => Ok(places.is_empty() != *there),
            Criterion::Types(names) => {
                if discriminator.kind == DiscriminatorKind::Type && places.iter().any(|one| one.type_name.is_none())
                {
                    return Err("the type of a target is not known");
                }
                Ok(places
                    .iter()
                    .filter_map(|one| one.type_name)
                    .any(|kind| names.iter().any(|name| **name == *kind)))
            }
            Criterion::InValueSet(url) => self.any_in_value_set(&places, url),
            Criterion::Profiles(urls) => self.any_meets(&places, urls, scope),
            Criterion::Undecidable(why) => Err(why),
        }
    }

    fn any_in_value_set(&mut self, places: &[Found<'_>], url: &'d str) -> Result<bool, &'static str> {
        let Some(list) = self.library.value_set(url) else { return Err("its value set is not loaded") };
        let mut unknown = false;
        for one in places {
            let Some(value) = one.value else { continue };
            let codings = value.get("coding").map_or(value, |codings| codings);
            for coding in each(codings) {
                let code = coding.as_str().or_else(|| coding["code"].as_str());
                let membership = match (code, coding["system"].as_str()) {
                    (None, _) => Membership::Out,
                    (Some(code), None) if coding.is_string() => list.membership_of_code(code),
                    (Some(_), None) => Membership::Out,
                    (Some(code), Some(system)) => list.membership(system, code),
                };
                match membership {
                    Membership::In => return Ok(true),
                    Membership::Unknown(_) => unknown = true,
                    Membership::Out => {}
                }
            }
        }
        if unknown { Err("its value set is not known in whole") } else { Ok(false) }
    }

    fn any_meets(
        &mut self,
        places: &[Found<'_>],
        urls: &'d [Box<str>],
        scope: Scope<'_>,
    ) -> Result<bool, &'static str> {
        let mut unknown = None;
        for one in places {
            match one.value {
                Some(value) => match self.meets_one_of(value, one.shape, urls, scope) {
                    Some(true) => return Ok(true),
                    Some(false) => {}
                    None => unknown = Some("its profile is not loaded"),
                },
                None => unknown = Some("the target of a reference is not at hand"),
            }
        }
        unknown.map_or(Ok(false), Err)
    }

    /// What a discriminator's path leads to.
    fn follow<'v>(&self, found: Found<'v>, path: &[PathStep], scope: Scope<'v>) -> FoundAll<'v>
    where
        'd: 'v,
    {
        let mut places: FoundAll<'v> = SmallVec::from_elem(found, 1);
        for step in path {
            let mut next = FoundAll::new();
            for one in &places {
                match step {
                    PathStep::Child(name) => self.children(*one, name, &mut next),
                    PathStep::OfType(name) if one.type_name == Some(&**name) => next.push(*one),
                    PathStep::OfType(_) => {}
                    PathStep::Extension(url) => {
                        let extensions = one.value.and_then(|value| value.get("extension")).map_or(&[][..], each);
                        let shape = self.definitions.type_named("Extension");
                        let of_url = extensions.iter().filter(|extension| extension["url"] == **url);
                        next.extend(of_url.map(|value| Found {
                            value: Some(value),
                            shape,
                            type_name: Some("Extension"),
                        }));
                    }
                    PathStep::Resolve => next.extend(self.target(*one, scope)),
                }
            }
            places = next;
        }
        places
    }

    fn children<'v>(&self, one: Found<'v>, name: &str, next: &mut FoundAll<'v>)
    where
        'd: 'v,
    {
        let Some(map) = one.value.and_then(Value::as_object) else { return };
        let shape = one.shape.or_else(|| self.definitions.resource(map.get("resourceType")?.as_str()?));
        let Some(shape) = shape.map(|id| self.definitions.shape(id)) else { return };
        let Some(number) = shape.elements().iter().position(|element| element.name() == name) else { return };
        for property in shape.properties().iter().filter(|property| property.element() == number) {
            if let Some(value) = map.get(property.name()) {
                next.extend(each(value).iter().map(|value| self.found(value, property)));
            }
        }
    }

    /// An item of a property.
    pub(super) fn found<'v>(&self, value: &'v Value, property: &'v Property) -> Found<'v> {
        let (shape, type_name) = match property.content() {
            Content::Object(shape) => (Some(shape), Some(property.type_name())),
            Content::Primitive(_) => (self.definitions.type_named("Element"), Some(property.type_name())),
            Content::Resource => {
                let name = type_of(value);
                (name.and_then(|name| self.definitions.resource(name)), name)
            }
        };
        Found { value: Some(value), shape, type_name }
    }

    fn target<'v>(&self, one: Found<'v>, scope: Scope<'v>) -> Option<Found<'v>> {
        let reference = one.value?;
        let text = reference.as_str().or_else(|| reference.get("reference")?.as_str());
        let of_type = |name: Option<&'v str>| {
            let name = name.or_else(|| reference.get("type")?.as_str());
            let shape = name.and_then(|name| self.definitions.resource(name));
            Found { value: None, shape, type_name: name }
        };
        match text.map(|text| scope.resolve(text, self.definitions)) {
            Some(Target::Found(value, _)) => {
                let name = type_of(value);
                let shape = name.and_then(|name| self.definitions.resource(name));
                Some(Found { value: Some(value), shape, type_name: name })
            }
            Some(Target::Elsewhere(name)) => Some(of_type(name)),
            None => Some(of_type(None)),
            Some(_) => None,
        }
    }

    fn outside(&mut self, layer: Layer<'d>, at: &At<'_>) {
        let slices = layer.node.slices.iter().map(|slice| &*slice.name).collect();
        self.error(Profiled::Closed { profile: &layer.profile.name, slices }, at);
    }

    fn out_of_order(&mut self, layer: Layer<'d>, at: &At<'_>) {
        let slices = layer.node.slices.iter().map(|slice| &*slice.name).collect();
        self.error(Profiled::Order { profile: &layer.profile.name, slices }, at);
    }

    fn unsure(&mut self, layer: Layer<'d>, slice: &'d Slice, why: &'static str, at: &At<'_>) {
        let said = Profiled::Undecided { profile: &layer.profile.name, slice: &slice.name, why };
        self.unchecked(slice, said, at);
    }
}

/// Whether it is a part of an extension by a name of its own, of which the extension's definition knows nothing: such
/// names mean something in their definition only (R4, section 2.4.1.1).
fn is_undefined_part(found: Found<'_>, layer: Layer<'_>) -> bool {
    let url = found.value.and_then(|value| value.get("url")).and_then(Value::as_str);
    let is_part = found.type_name == Some("Extension") && *layer.profile.type_name == *"Extension";
    is_part && url.is_some_and(|url| !url.contains(':'))
}

fn is_at_end(slicing: &Slicing) -> bool {
    slicing.rules == SlicingRules::OpenAtEnd
}
