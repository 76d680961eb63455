//! `_include`: what a match refers to, along one parameter.

use serde_json::Value;

use crate::domain::id::ResourceId;
use crate::fhir::reference::Reference;
use crate::fhir::resource_type::ResourceType;
use crate::fhir::search::entries::elements;
use crate::fhir::search::parameters::{self, Parameter};

/// One `_include`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Include {
    /// The parameter followed; its `ty` is the type that it starts from.
    pub parameter: &'static Parameter,
    /// Only resources of this type, when one is named.
    pub target: Option<ResourceType>,
}

impl Include {
    /// Reads `Task:focus` or `Task:focus:ServiceRequest`; `None` when it is not one that is served.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let ty = ResourceType::from_name(parts.next()?)?;
        let parameter = parameters::find(ty, parts.next()?).filter(|parameter| parameter.is_includable())?;
        let target = parts.next().map(|name| ResourceType::from_name(name).ok_or(())).transpose().ok()?;
        parts.next().is_none().then_some(Self { parameter, target })
    }
}

/// The resources of this server that `resource`, of type `ty`, refers to along `includes`, in order, each once.
pub fn included(
    includes: &[Include],
    ty: ResourceType,
    resource: &Value,
    own_base: &str,
) -> Vec<(ResourceType, ResourceId)> {
    let mut found = Vec::new();
    for include in includes.iter().filter(|include| include.parameter.ty == ty) {
        for element in elements(resource, include.parameter.path) {
            let Some((target, id)) = Reference::of(element, own_base).and_then(|reference| reference.local())
            else {
                continue;
            };
            let is_wanted =
                include.parameter.may_target(target) && include.target.is_none_or(|wanted| wanted == target);
            if is_wanted && !found.contains(&(target, id)) {
                found.push((target, id));
            }
        }
    }
    found
}
