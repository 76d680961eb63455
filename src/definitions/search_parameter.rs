//! Search parameters as tables (FHIR R4, SearchParameter): data for `fhir::search`, which says what is served.

use serde_json::Value;

use super::draft::list;

/// What can be searched by, and where it is found.
#[derive(Debug)]
pub struct SearchParameter {
    /// Canonical URL.
    pub url: Box<str>,
    /// As written in a search: `patient`.
    pub code: Box<str>,
    /// Resource types that have it.
    pub bases: Box<[Box<str>]>,
    /// `token`, `reference`, `date`, `string`, `composite` and so on.
    pub kind: Box<str>,
    /// FHIRPath from the resource to the values; empty for special ones.
    pub expression: Box<str>,
    /// Resource types that a reference may lead to.
    pub targets: Box<[Box<str>]>,
    /// Of a composite: canonical URL of each part, and FHIRPath from the value to it.
    pub components: Box<[(Box<str>, Box<str>)]>,
}

impl SearchParameter {
    pub(super) fn read(url: &str, json: &Value) -> Self {
        let text = |name: &str| json[name].as_str().unwrap_or_default().into();
        let texts = |name: &str| list(json, name).iter().filter_map(Value::as_str).map(Into::into).collect();
        let component =
            |one: &Value| Some((one["definition"].as_str()?.into(), one["expression"].as_str()?.into()));
        Self {
            url: url.into(),
            code: text("code"),
            bases: texts("base"),
            kind: text("type"),
            expression: text("expression"),
            targets: texts("target"),
            components: list(json, "component").iter().filter_map(component).collect(),
        }
    }
}
