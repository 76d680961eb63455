//! Codes of required bindings, and the targets of references.

use serde_json::{Map, Value};

use crate::definitions::{CodeList, CodesId, Element};
use crate::domain::issue::Fault;

use super::at::At;
use super::reference::{Form, form};
use super::structure::{Scope, Walk};
use super::walk::listed;

const STRUCTURE: &str = "http://hl7.org/fhir/StructureDefinition/";

impl Walk<'_> {
    /// A plain code in a required binding.
    pub(super) fn code(&mut self, text: &str, codes: CodesId, at: &At<'_>) {
        let list = self.definitions.codes(codes);
        if !list.is_open() && !list.contains(text) {
            self.code_unknown(list, at);
        }
    }

    /// A Coding in a required binding: its code, in one of the systems.
    pub(super) fn coding(&mut self, coding: &Map<String, Value>, element: &Element, at: &At<'_>) {
        let Some(list) = element.codes().map(|codes| self.definitions.codes(codes)) else { return };
        if !list.is_open() && !is_member(list, coding) {
            self.code_unknown(list, at);
        }
    }

    /// A CodeableConcept in a required binding: at least one of its codings; text alone does not do (R4, section 4.1.5.1).
    pub(super) fn concept(&mut self, concept: &Map<String, Value>, element: &Element, at: &At<'_>) {
        let Some(list) = element.codes().map(|codes| self.definitions.codes(codes)) else { return };
        let codings = concept.get("coding").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let explained = codings.is_empty() && concept.contains_key("extension");
        let member = codings.iter().filter_map(Value::as_object).any(|coding| is_member(list, coding));
        if !list.is_open() && !member && !explained {
            self.code_unknown(list, at);
        }
    }

    fn code_unknown(&mut self, list: &CodeList, at: &At<'_>) {
        let message = format!("The code is not one of the value set {}, which is required here.", list.value_set());
        self.error("R-CODE-UNKNOWN", Fault::CodeInvalid, at, message, listed("Use one of the codes", list.codes()));
    }

    /// The form of a reference, whether it resolves as far as this input can tell, and the type of its target.
    pub(super) fn reference(&mut self, map: &Map<String, Value>, element: &Element, at: &At<'_>, scope: Scope<'_>) {
        let definitions = self.definitions;
        let stated = map.get("type").and_then(Value::as_str);
        let stated = stated.map(|name| name.strip_prefix(STRUCTURE).unwrap_or(name));
        let mut place = at.name("type");
        let mut target = None;
        if let Some(text) = map.get("reference").and_then(Value::as_str).filter(|text| !text.is_empty()) {
            place = at.name("reference");
            let in_transaction = scope.bundle.is_some_and(|bundle| bundle.is_transaction);
            target = match form(text, definitions) {
                Some(Form::Contained(id)) => match contained_type(id, scope) {
                    Some(found) => found,
                    None => return self.not_contained(&place),
                },
                Some(Form::Relative(name)) => Some(name),
                Some(Form::Conditional(name)) if in_transaction => Some(name),
                Some(Form::Urn) => match scope.bundle.and_then(|bundle| bundle.types.get(text)) {
                    Some(found) => *found,
                    None if in_transaction => return self.not_in_bundle(&place),
                    None => None,
                },
                Some(Form::Absolute(name)) => {
                    let entry = scope.bundle.and_then(|bundle| bundle.types.get(text).copied().flatten());
                    entry.or(name)
                }
                None | Some(Form::Conditional(_)) => return self.no_reference(&place),
            };
            if let (Some(target), Some(stated)) = (target, stated)
                && target != stated
            {
                let message = "The type that the reference states is not the type that it names.";
                let remedy = "Leave the type out, or correct it.";
                return self.error("R-REF-TARGET", Fault::Value, &at.name("type"), message, remedy);
            }
        }
        let Some(target) = target.or(stated) else { return };
        let allowed = element.targets();
        if !allowed.is_empty() && allowed.iter().all(|name| **name != *target) {
            let message = "A resource of this type must not be referred to here.";
            let remedy = listed("Refer to one of the types", allowed.iter().map(|name| &**name));
            self.error("R-REF-TARGET", Fault::Value, &place, message, remedy);
        }
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

fn is_member(list: &CodeList, coding: &Map<String, Value>) -> bool {
    let text = |name| coding.get(name).and_then(Value::as_str);
    let (Some(system), Some(code)) = (text("system"), text("code")) else { return false };
    list.contains_in(system, code)
}

/// The type of the contained resource with this id, or of the container for `#` alone; `None` when there is none.
fn contained_type<'v>(id: &str, scope: Scope<'v>) -> Option<Option<&'v str>> {
    if id.is_empty() { Some(scope.container.own_type) } else { scope.container.contained.get(id).copied() }
}
