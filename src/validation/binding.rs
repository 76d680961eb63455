//! Codes against value sets and code systems (FHIR R4, section 4.1.4). What cannot be decided is said, never passed off.

use serde_json::Value;

use crate::definitions::{
    AdditionalBinding, Binding, CodeList, CodesId, Completeness, Concept, Content, Doubt, Element, Membership,
    Primitive, Strength, Usage,
};
use crate::domain::issue::Severity;

use super::at::At;
use super::invariant::Subject;
use super::layer::{Layer, each};
use super::pattern::holds_pattern;
use super::said::Coded;
use super::scope::Scope;
use super::session::Walk;
use super::syntax::{self, UCUM};
use super::validator::Strictness;

/// Elements that are looked at for what a usage names.
const USAGE_PLACES: usize = 64;
/// Codes of a system that are kept to be shown: more than are listed, so that a longer list is not taken for the whole.
const CODES_SHOWN: usize = 16;

/// What a value comes to in a value set.
enum Verdict<'l> {
    In,
    Out,
    Unknown(&'l Doubt),
    /// It has no code at all.
    Codeless,
}

impl<'d> Walk<'d> {
    /// A plain code in a required binding of the base.
    pub(super) fn code(&mut self, text: &str, codes: CodesId, at: &At<'_>) {
        let list = self.definitions.codes(codes);
        if !list.is_open() && !list.contains(text) {
            self.code_unknown(list, at);
        }
    }

    /// A Coding or CodeableConcept against the bindings of the base: of a concept, one of its codings is enough, and
    /// text alone does not do where the binding is required (R4, section 4.1.5.1).
    /// Whether it has not been refused.
    pub(super) fn base_binding(
        &mut self,
        value: &Value,
        element: &'d Element,
        scope: Scope<'_>,
        at: &At<'_>,
    ) -> bool {
        if let Some(codes) = element.codes() {
            let list = self.definitions.codes(codes);
            let explained = value.get("coding").is_none() && value.get("extension").is_some();
            let member = |one: &Value| match (one["system"].as_str(), one["code"].as_str()) {
                (Some(system), Some(code)) => list.contains_in(system, code),
                _ => false,
            };
            if !list.is_open() && !explained && !codings(value).iter().any(member) {
                self.code_unknown(list, at);
                return false;
            }
        } else if let Some(binding) = element.binding().filter(|one| one.strength != Strength::Example) {
            let subject = Subject { value, beside: None, content: Content::Resource };
            self.bound(binding, subject, scope, at);
        }
        true
    }

    /// A value against a binding and those beside it.
    pub(super) fn bound(&mut self, binding: &'d Binding, subject: Subject<'_>, scope: Scope<'_>, at: &At<'_>) {
        if let Some(value_set) = &binding.value_set {
            self.in_value_set(value_set, binding.strength, subject, at);
        }
        for one in binding.additional.iter().filter(|one| !one.any && applies(one, scope.resource)) {
            if let Some(strength) = one.purpose.strength() {
                self.in_value_set(&one.value_set, strength, subject, at);
            }
        }
    }

    /// Additional bindings of which one repetition is enough.
    pub(super) fn any_bound(
        &mut self,
        layers: &[Layer<'d>],
        (items, content): (&[Value], Content),
        scope: Scope<'_>,
        at: &At<'_>,
    ) {
        let bindings = layers.iter().filter_map(|layer| layer.node.binding.as_deref());
        for one in bindings.flat_map(|binding| &binding.additional).filter(|one| one.any) {
            let (Some(strength), Some(list)) = (one.purpose.strength(), self.library.value_set(&one.value_set))
            else {
                continue;
            };
            let is_out = |value| {
                let subject = Subject { value, beside: None, content };
                matches!(verdict(list, subject), Verdict::Out | Verdict::Codeless)
            };
            if !items.is_empty() && applies(one, scope.resource) && items.iter().all(is_out) {
                self.not_in(list, strength, at);
            }
        }
    }

    fn in_value_set(&mut self, value_set: &'d str, strength: Strength, subject: Subject<'_>, at: &At<'_>) {
        // What is preferred is good advice to who builds a sender; a door has no use for it.
        let is_unasked = strength == Strength::Preferred && self.session.strictness == Strictness::Tolerant;
        if strength == Strength::Example || is_unasked {
            return;
        }
        let Some(list) = self.library.value_set(value_set) else {
            if strength == Strength::Preferred {
                return;
            }
            return self.unchecked(value_set, Coded::NotLoaded { value_set }, at);
        };
        match verdict(list, subject) {
            Verdict::In => {}
            Verdict::Codeless if strength != Strength::Required => {}
            Verdict::Codeless | Verdict::Out => self.not_in(list, strength, at),
            Verdict::Unknown(_) if strength == Strength::Preferred => {}
            Verdict::Unknown(Doubt::System(system)) if by_form(system, subject).is_some() => {
                if by_form(system, subject) == Some(false) && strength == Strength::Required {
                    self.no_code_of(system, at);
                }
            }
            Verdict::Unknown(doubt) => {
                self.unchecked(list, Coded::InDoubt { list, doubt }, at);
            }
        }
    }

    fn not_in(&mut self, list: &CodeList, strength: Strength, at: &At<'_>) {
        match strength {
            Strength::Required => self.code_unknown(list, at),
            Strength::Extensible => self.code_outside(list, at),
            Strength::Preferred => self.code_not_preferred(list, at),
            Strength::Example => {}
        }
    }

    /// A Coding by itself: its system is absolute, and knows its code.
    /// `is_told`: that the code will not do has been said.
    pub(super) fn coding(&mut self, coding: &Value, is_told: bool, at: &At<'_>) {
        let Some(system) = coding.get("system").and_then(Value::as_str) else { return };
        if !system.contains(':') {
            return self.error(Coded::Relative, &at.name("system"));
        }
        let Some(code) = coding.get("code").and_then(Value::as_str) else { return };
        if syntax::may_be_code(system, code) == Some(false) {
            return self.no_code_of(system, &at.name("code"));
        }
        let Some(known) = self.library.code_system(system) else { return };
        let concept = known.find(code);
        if let Some(concept) = concept {
            self.display(concept, coding, at);
        }
        match concept {
            None if known.completeness == Completeness::Complete && !is_told => {
                let codes = known.concepts().iter().filter(|one| !one.is_abstract).map(|one| &*one.code);
                let codes = codes.take(CODES_SHOWN).collect();
                self.error(Coded::OfNoSystem { system: &known.url, codes }, &at.name("code"));
            }
            Some(concept) if concept.is_inactive => {
                self.remark(Severity::Warning, Coded::Inactive, &at.name("code"));
            }
            _ => {}
        }
    }

    /// The unit of a Quantity, where it is coded.
    pub(super) fn unit(&mut self, quantity: &Value, at: &At<'_>) {
        let text = |name| quantity.get(name).and_then(Value::as_str);
        if let (Some(UCUM), Some(code)) = (text("system"), text("code"))
            && syntax::may_be_code(UCUM, code) == Some(false)
        {
            self.no_code_of(UCUM, &at.name("code"));
        }
    }

    fn no_code_of(&mut self, system: &str, at: &At<'_>) {
        self.error(Coded::Form { system }, at);
    }

    /// The display of a code is one that its system gives it, in upper or lower case.
    fn display(&mut self, concept: &Concept, coding: &Value, at: &At<'_>) {
        let Some(given) = coding.get("display").and_then(Value::as_str) else { return };
        let mut known = std::iter::once(&concept.display).chain(&concept.designations);
        if concept.display.is_empty() || known.any(|one| is_same_text(one, given)) {
            return;
        }
        self.pedantry(Coded::Display { known: &concept.display }, &at.name("display"));
    }

    fn code_unknown(&mut self, list: &CodeList, at: &At<'_>) {
        self.error(Coded::Unknown(list), at);
    }

    fn code_outside(&mut self, list: &CodeList, at: &At<'_>) {
        self.remark(Severity::Warning, Coded::Outside(list), at);
    }

    fn code_not_preferred(&mut self, list: &CodeList, at: &At<'_>) {
        self.remark(Severity::Information, Coded::NotPreferred(list), at);
    }
}

/// Whether two texts differ in case and white space only.
fn is_same_text(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
        || one.split_whitespace().map(str::to_lowercase).eq(other.split_whitespace().map(str::to_lowercase))
}

/// The Codings of a CodeableConcept, or the Coding itself.
fn codings(value: &Value) -> &[Value] {
    match value.get("coding") {
        Some(codings) => each(codings),
        None if value.get("code").is_some() || value.get("system").is_some() => std::slice::from_ref(value),
        None => &[],
    }
}

/// Whether an additional binding holds here: always, or where the resource holds what it names.
fn applies(binding: &AdditionalBinding, resource: &Value) -> bool {
    let holds = |usage: &Usage| {
        let steps = usage.code.split('.').skip(1);
        let mut places = vec![resource];
        for step in steps {
            let inner = places.iter().filter_map(|place| place.get(step));
            places = inner.flat_map(each).take(USAGE_PLACES).collect();
        }
        places.iter().any(|place| holds_pattern(place, &usage.value))
    };
    binding.usages.is_empty() || binding.usages.iter().any(holds)
}

/// Whether a plain code of a system that is a grammar has its form; `None` for another system. That of a Coding is told
/// at the Coding.
fn by_form(system: &str, subject: Subject<'_>) -> Option<bool> {
    match subject.value.as_str() {
        Some(code) => syntax::may_be_code(system, code),
        None => syntax::may_be_code(system, "").map(|_| true),
    }
}

fn verdict<'l>(list: &'l CodeList, subject: Subject<'_>) -> Verdict<'l> {
    if let (Content::Primitive(kind), Some(text)) = (subject.content, subject.value.as_str()) {
        return match list.membership_of_code(text) {
            Membership::In => Verdict::In,
            Membership::Out => Verdict::Out,
            Membership::Unknown(_) if kind == Primitive::String => Verdict::Codeless,
            Membership::Unknown(doubt) => Verdict::Unknown(doubt),
        };
    }
    let mut unknown = None;
    let mut coded = false;
    for coding in codings(subject.value) {
        let Some(code) = coding.get("code").and_then(Value::as_str) else { continue };
        coded = true;
        let membership = match coding.get("system").and_then(Value::as_str) {
            Some(system) => list.membership(system, code),
            None => continue,
        };
        match membership {
            Membership::In => return Verdict::In,
            Membership::Unknown(doubt) => unknown = Some(doubt),
            Membership::Out => {}
        }
    }
    match (unknown, coded) {
        (Some(doubt), _) => Verdict::Unknown(doubt),
        (None, true) => Verdict::Out,
        (None, false) => Verdict::Codeless,
    }
}
