//! Extensions (FHIR R4, section 2.4): each against its definition, where that is loaded.

use serde_json::{Map, Value};

use crate::definitions::{Content, Context, ContextKind, ShapeId};

use super::at::At;
use super::invariant::Subject;
use super::layer::{Layer, Layers, add};
use super::said::Profiled;
use super::scope::Scope;
use super::session::Walk;

/// Extensions of which R4 publishes a context that its own definitions do not keep (R5 has mended it).
const MISPLACED: [&str; 2] = [
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type",
    "http://hl7.org/fhir/StructureDefinition/capabilitystatement-expectation",
];

/// The element that extensions stand in.
#[derive(Clone, Copy)]
pub(super) struct Host<'s> {
    /// Path of the shape around it: `Task`, `Task.restriction`, `Period`; nothing for a resource.
    pub(super) outer: &'s str,
    /// Its name in that shape; nothing for a resource.
    pub(super) name: &'s str,
    /// Its type.
    pub(super) type_name: &'s str,
    /// It, and the resource around it.
    pub(super) subject: Subject<'s>,
}

impl<'s> Host<'s> {
    pub(super) fn resource(type_name: &'s str, value: &'s Value, shape: ShapeId) -> Self {
        let subject = Subject { value, beside: None, content: Content::Object(shape) };
        Self { outer: "", name: "", type_name, subject }
    }

    /// Whether it stands where another element is defined: what the definition says there holds here too.
    pub(super) fn is_reference_to(&self, path: &str) -> bool {
        path.contains('.') && !self.is_at(path)
    }

    /// Whether the path is that of this element: `Patient.contact.name`, a choice with `[x]`.
    fn is_at(&self, path: &str) -> bool {
        let path = path.strip_suffix("[x]").unwrap_or(path);
        let rest = path.strip_prefix(self.outer).and_then(|rest| rest.strip_prefix('.'));
        !self.name.is_empty() && rest == Some(self.name)
    }
}

impl<'d> Walk<'d> {
    /// What the definition of an extension adds; that it stands where it may, and is a modifier if it must be.
    pub(super) fn defined_extension(
        &mut self,
        map: &Map<String, Value>,
        layers: &mut Layers<'d>,
        (host, is_modifier): (&Host<'_>, bool),
        scope: Scope<'_>,
        at: &At<'_>,
    ) {
        let Some(url) = map.get("url").and_then(Value::as_str) else { return };
        let is_nested = host.type_name == "Extension";
        if !url.contains(':') {
            if !is_nested {
                self.error(Profiled::ExtensionUrl, &at.name("url"));
            }
            return;
        }
        let Some(Ok(profile)) = self.library.find_profile(url).map(|id| self.library.profile(id)) else { return };
        add(layers, Layer::root(profile));
        if profile.is_modifier && !is_modifier {
            self.error(Profiled::ExtensionModifier, at);
        }
        if !MISPLACED.contains(&url)
            && !profile.contexts.is_empty()
            && !profile.contexts.iter().any(|context| self.fits(context, host, scope))
        {
            let places = profile.contexts.iter().map(|context| &*context.expression).collect();
            self.error(Profiled::ExtensionContext { name: &profile.name, places }, at);
        }
        self.invariants(&profile.context_invariants, host.subject, scope, at);
    }

    /// The path of the host's own shape: `Questionnaire.item`, also where it stands in another item.
    fn own_path(&self, host: &Host<'_>) -> Option<&'d str> {
        match host.subject.content {
            Content::Object(shape) => Some(self.definitions.shape(shape).path()),
            Content::Primitive(_) | Content::Resource => None,
        }
    }

    fn fits(&self, context: &Context, host: &Host<'_>, scope: Scope<'_>) -> bool {
        let wanted = &*context.expression;
        match context.kind {
            ContextKind::Fhirpath => self.is_found(wanted, host.subject.value, scope) != Some(false),
            ContextKind::Extension => host.subject.value.get("url").is_some_and(|url| url == wanted),
            ContextKind::Element => {
                let is_resource = self.definitions.resource(host.type_name).is_some();
                let is_domain = is_resource && !matches!(host.type_name, "Bundle" | "Parameters" | "Binary");
                wanted == host.type_name
                    || host.is_at(wanted)
                    || self.own_path(host) == Some(wanted)
                    || wanted == "Element"
                    || wanted == "BackboneElement" && host.type_name == "BackboneElement"
                    || wanted == "Resource" && is_resource
                    || matches!(wanted, "DomainResource" | "CanonicalResource" | "MetadataResource") && is_domain
                    // Ids of elements with slices name what only a profile knows.
                    || wanted.contains(':')
            }
        }
    }
}
