//! One entry of a transaction, read on its own.

use serde_json::Value;

use crate::domain::id::Version;
use crate::domain::issue::{Fault, Issue};
use crate::fhir::bundle::transaction::{Action, Entry};
use crate::fhir::etag;
use crate::fhir::reference::Reference;
use crate::fhir::resource_type::ResourceType;

/// Reads `Bundle.entry`; paths start there.
pub(crate) fn read(mut element: Value, own_base: &str) -> Result<Entry, Issue> {
    let request = element
        .get("request")
        .filter(|request| request.is_object())
        .ok_or_else(|| required("request", "The entry has no request.", "Give request.method and request.url."))?;
    let method = Method::read(request)?;
    let ty = type_of(&element)?;
    let action = match method {
        Method::Post => create(request, ty, own_base)?,
        Method::Put => update(request, ty, &element, own_base)?,
    };
    let full_url = full_url(&element)?;
    let resource = element.get_mut("resource").map(Value::take).unwrap_or_default();
    Ok(Entry { full_url, action, ty, resource })
}

enum Method {
    Post,
    Put,
}

impl Method {
    fn read(request: &Value) -> Result<Self, Issue> {
        match request.get("method").and_then(Value::as_str) {
            Some("POST") => Ok(Self::Post),
            Some("PUT") => Ok(Self::Put),
            Some("GET" | "HEAD" | "DELETE" | "PATCH") => Err(Issue::error(
                "R-TX-METHOD",
                Fault::NotSupported,
                "request.method",
                "This server takes only POST and PUT in a transaction.",
                "Send reads and deletions outside of the transaction.",
            )),
            Some(_) => Err(Issue::error(
                "R-TX-METHOD",
                Fault::Value,
                "request.method",
                "The method is not an HTTP verb in capitals.",
                "Give POST or PUT.",
            )),
            None => Err(required("request.method", "The request has no method.", "Give POST or PUT.")),
        }
    }
}

fn type_of(element: &Value) -> Result<ResourceType, Issue> {
    let resource = element
        .get("resource")
        .filter(|resource| resource.is_object())
        .ok_or_else(|| required("resource", "The entry has no resource.", "Give the resource to be stored."))?;
    let name = resource.get("resourceType").and_then(Value::as_str).ok_or_else(|| {
        required("resource.resourceType", "The resource does not say what it is.", "Give resourceType.")
    })?;
    ResourceType::from_name(name).ok_or_else(|| {
        Issue::error(
            "R-TX-RESOURCE-TYPE",
            Fault::NotSupported,
            "resource",
            "This type of resource is not served.",
            "Send only the types that /metadata lists.",
        )
    })
}

fn full_url(element: &Value) -> Result<Option<String>, Issue> {
    let Some(url) = element.get("fullUrl") else { return Ok(None) };
    let is_absolute = |url: &&str| url.starts_with("urn:") || url.contains("://");
    match url.as_str().filter(is_absolute) {
        Some(url) if !url.contains("/_history/") => Ok(Some(url.to_owned())),
        _ => Err(Issue::error(
            "R-TX-FULL-URL",
            Fault::Value,
            "fullUrl",
            "The fullUrl is not an absolute URI without a version.",
            "Give urn:uuid: and a UUID, or the resource's URL.",
        )),
    }
}

fn url_of(request: &Value) -> Result<&str, Issue> {
    request
        .get("url")
        .and_then(Value::as_str)
        .ok_or_else(|| required("request.url", "The request has no url.", "Give the URL relative to the base."))
}

fn create(request: &Value, ty: ResourceType, own_base: &str) -> Result<Action, Issue> {
    let url = url_of(request)?;
    let relative = url.strip_prefix(own_base).map_or(url, |rest| rest.trim_start_matches('/'));
    if relative != ty.name() {
        return Err(disagrees("A POST goes to the URL of its resource's type."));
    }
    if request.get("ifMatch").is_some() {
        return Err(Issue::error(
            "R-TX-CONDITION",
            Fault::Invariant,
            "request.ifMatch",
            "A create cannot name a version.",
            "Leave ifMatch out.",
        ));
    }
    Ok(Action::Create { if_none_exist: string(request, "ifNoneExist", "request.ifNoneExist")? })
}

fn update(request: &Value, ty: ResourceType, element: &Value, own_base: &str) -> Result<Action, Issue> {
    if request.get("ifNoneExist").is_some() {
        return Err(Issue::error(
            "R-TX-CONDITION",
            Fault::Invariant,
            "request.ifNoneExist",
            "An update cannot ask for absence.",
            "Leave ifNoneExist out.",
        ));
    }
    let if_match = if_match(request)?;
    let url = url_of(request)?;
    match Reference::parse(url, own_base) {
        Reference::Local { ty: named, id, version: None } if named == ty => {
            let own = element.get("resource").and_then(|resource| resource.get("id")).and_then(Value::as_str);
            if own != Some(id.to_string().as_str()) {
                return Err(Issue::error(
                    "R-TX-ID",
                    Fault::Invariant,
                    "resource.id",
                    "The resource's id is not the one in request.url.",
                    "Give the same id in both.",
                ));
            }
            Ok(Action::Update { id, if_match })
        }
        Reference::Conditional { ty: named, query } if named == ty => {
            Ok(Action::ConditionalUpdate { query, if_match })
        }
        Reference::Unknown(relative) if relative.split('/').next() == Some(ty.name()) => Err(Issue::error(
            "R-TX-UPDATE-CREATE",
            Fault::NotSupported,
            "request.url",
            "The id is not one that this server gives.",
            "Create with POST: clients do not choose ids here.",
        )),
        Reference::Local { .. }
        | Reference::Conditional { .. }
        | Reference::Unknown(_)
        | Reference::Absolute(_)
        | Reference::Urn(_)
        | Reference::Fragment(_)
        | Reference::Logical { .. } => Err(disagrees("A PUT goes to the URL of its resource.")),
    }
}

fn if_match(request: &Value) -> Result<Option<Version>, Issue> {
    let Some(text) = string(request, "ifMatch", "request.ifMatch")? else { return Ok(None) };
    etag::parse(&text).map(Some).map_err(|issue| Issue { at: "request.ifMatch".to_owned(), ..issue })
}

fn string(request: &Value, name: &str, at: &'static str) -> Result<Option<String>, Issue> {
    match request.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Issue::error("R-TX-STRUCTURE", Fault::Value, at, "It is not a string.", "Give a string.")),
    }
}

fn disagrees(message: &'static str) -> Issue {
    let remedy = "Make request.method, request.url and the resource's type agree.";
    Issue::error("R-TX-URL", Fault::Invariant, "request.url", message, remedy)
}

fn required(at: &'static str, message: &'static str, remedy: &'static str) -> Issue {
    Issue::error("R-TX-REQUIRED", Fault::Required, at, message, remedy)
}
