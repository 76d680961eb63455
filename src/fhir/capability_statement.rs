//! `/metadata`: what this server does, from the routes that it really serves and the tables that search really uses.

use serde_json::{Value, json};

use crate::domain::clock::Timestamp;
use crate::fhir::resource_type::ResourceType;
use crate::fhir::search::parameters;

/// An interaction with a type, by FHIR's codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interaction {
    /// GET an id.
    Read,
    /// GET a version.
    VersionRead,
    /// PUT.
    Update,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
    /// GET an id's history.
    HistoryInstance,
    /// GET a type's history.
    HistoryType,
    /// POST.
    Create,
    /// GET a type with parameters.
    Search,
}

impl Interaction {
    fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::VersionRead => "vread",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::HistoryInstance => "history-instance",
            Self::HistoryType => "history-type",
            Self::Create => "create",
            Self::Search => "search-type",
        }
    }
}

/// What is served for one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestResource {
    /// The type.
    pub ty: ResourceType,
    /// What can be done with it.
    pub interactions: Vec<Interaction>,
    /// Whether POST takes `If-None-Exist`.
    pub conditional_create: bool,
    /// Whether PUT takes a search instead of an id.
    pub conditional_update: bool,
    /// Operations on it: name without `$`, and the canonical URL of the definition.
    pub operations: Vec<(&'static str, &'static str)>,
}

/// What is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// This server's base URL.
    pub base: String,
    /// The release of the software.
    pub software_version: String,
    /// When that release was made.
    pub date: Timestamp,
    /// By type.
    pub resources: Vec<RestResource>,
    /// Whether POST to the base takes transactions.
    pub transaction: bool,
    /// Operations at the base: name without `$`, and the canonical URL of the definition.
    pub operations: Vec<(String, String)>,
    /// `rest.security` as the door has it (SMART), when it has any.
    pub security: Option<Value>,
}

/// The CapabilityStatement for what is served.
pub fn build(served: &Served) -> Value {
    let resources: Vec<Value> = served.resources.iter().map(resource).collect();
    let mut rest = json!({ "mode": "server" });
    if let Some(security) = &served.security {
        rest["security"] = security.clone();
    }
    rest["resource"] = Value::Array(resources);
    if served.transaction {
        rest["interaction"] = json!([{ "code": "transaction" }]);
    }
    if !served.operations.is_empty() {
        let operations = served.operations.iter().map(|(name, url)| json!({ "name": name, "definition": url }));
        rest["operation"] = operations.collect();
    }
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": served.date.to_string(),
        "kind": "instance",
        "software": { "name": "Lariat", "version": served.software_version },
        "implementation": { "description": "Social prescribing referrals", "url": served.base },
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [rest],
    })
}

fn resource(served: &RestResource) -> Value {
    let has = |interaction| served.interactions.contains(&interaction);
    let interactions: Vec<Value> =
        served.interactions.iter().map(|interaction| json!({ "code": interaction.code() })).collect();
    let mut element = json!({
        "type": served.ty.name(),
        "interaction": interactions,
        "versioning": "versioned",
        "readHistory": has(Interaction::VersionRead),
        "updateCreate": false,
        "conditionalCreate": served.conditional_create,
        "conditionalUpdate": served.conditional_update,
    });
    if !served.operations.is_empty() {
        let operations = served.operations.iter().map(|(name, url)| json!({ "name": name, "definition": url }));
        element["operation"] = operations.collect();
    }
    if !has(Interaction::Search) {
        return element;
    }
    let includes: Vec<Value> = parameters::of(served.ty)
        .filter(|parameter| parameter.is_includable())
        .map(|parameter| json!(format!("{}:{}", served.ty, parameter.name)))
        .collect();
    if !includes.is_empty() {
        element["searchInclude"] = Value::Array(includes);
    }
    let common = parameters::COMMON.iter().map(|(name, kind)| json!({ "name": name, "type": kind }));
    let own =
        parameters::of(served.ty).map(|parameter| json!({ "name": parameter.name, "type": parameter.form.code() }));
    element["searchParam"] = common.chain(own).collect();
    element
}
