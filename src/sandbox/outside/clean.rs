//! Removing what a sandbox has written outside: what carries its tag, and what a kept sandbox has noted. Nothing else:
//! an identifier that looks like ours may be somebody's.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};

use crate::sandbox::outside::server::Server;
use crate::sandbox::outside::{OURS, Outside, SANDBOX, is_tagged, referral};
use crate::sandbox::settings::OUTSIDE;

/// In which order what was written is removed: nothing before what refers to it.
const REMOVED: [&str; 8] = [
    "Task",
    "Procedure",
    "ServiceRequest",
    "Patient",
    "PractitionerRole",
    "Practitioner",
    "HealthcareService",
    "Organization",
];

/// Matches of one search, at most; the search is repeated until it finds nothing new.
const PAGE: &str = "100";

/// The file of a kept sandbox's folder that notes what it has written outside.
const NOTED: &str = "outside.json";

/// What came of removing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// How many resources were removed.
    pub removed: usize,
    /// What is still there, one line each, with the reason.
    pub left: Vec<String>,
}

/// Notes in `folder` that these places, `Type/id`, were written to the server.
pub(super) fn note(folder: &Path, base: &str, written: &[String]) -> anyhow::Result<()> {
    let mut all = noted(folder);
    let places: BTreeSet<String> = places(&all, base).chain(written.iter().cloned()).collect();
    all[base] = json!(places);
    std::fs::write(folder.join(NOTED), all.to_string()).context("cannot note what was written outside")
}

fn noted(folder: &Path) -> Value {
    let text = std::fs::read_to_string(folder.join(NOTED)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_else(|_| json!({}))
}

fn places<'a>(noted: &'a Value, base: &str) -> impl Iterator<Item = String> + 'a {
    noted[base].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}

/// Removes from the server what carries a sandbox's tag, and what the sandbox kept in `keep` has noted.
///
/// # Errors
/// When the server does not answer, or lets nobody in.
pub async fn clean(outside: &Outside, keep: Option<&Path>) -> anyhow::Result<Cleaned> {
    let server = Server::new(outside)?;
    let mut cleaned = Cleaned::default();
    let mut known: BTreeSet<String> =
        keep.map(|folder| places(&noted(folder), &server.base).collect()).unwrap_or_default();
    let mut stays = BTreeSet::new();
    for ty in REMOVED {
        let mut due: Vec<String> = known.iter().filter(|place| type_of(place) == ty).cloned().collect();
        loop {
            due.extend(tagged(&server, ty).await?.into_iter().filter(|place| !stays.contains(place)));
            if due.is_empty() {
                break;
            }
            for place in std::mem::take(&mut due) {
                match server.ask(Method::DELETE, &place, None).await?.status {
                    200..300 => cleaned.removed += usize::from(stays.insert(place.clone())),
                    404 | 410 => drop(stays.insert(place.clone())),
                    401 => return Err(server.refused(401, &format!("DELETE {ty}"))),
                    status => {
                        if stays.insert(place.clone()) {
                            cleaned.left.push(format!("{place}: the server answered {status} to DELETE"));
                        }
                        continue;
                    }
                }
                known.remove(&place);
            }
        }
        for place in alike(&server, ty).await?.into_iter().filter(|place| !stays.contains(place)) {
            cleaned.left.push(format!("{place}: has an identifier of the sandbox's, but not its tag"));
        }
    }
    if let Some(folder) = keep.filter(|folder| folder.join(NOTED).exists()) {
        let mut all = noted(folder);
        all[&server.base] = json!(known);
        std::fs::write(folder.join(NOTED), all.to_string()).context("cannot note what was removed outside")?;
    }
    Ok(cleaned)
}

fn type_of(place: &str) -> &str {
    place.split('/').next().unwrap_or_default()
}

/// `Type/id` of what carries our tag. Whatever the server finds is looked at again here.
async fn tagged(server: &Server, ty: &str) -> anyhow::Result<Vec<String>> {
    let tag = format!("{}|{}", OURS.0, OURS.1);
    let found = server.find(ty, &[("_tag", &tag), ("_count", PAGE)]).await?;
    Ok(found.iter().filter(|one| is_tagged(one)).filter_map(|one| place(ty, one)).collect())
}

/// `Type/id` of what has an identifier that a sandbox gives, and not its tag: it may be a sandbox's on a server that
/// keeps no tags, or somebody else's.
async fn alike(server: &Server, ty: &str) -> anyhow::Result<BTreeSet<String>> {
    let mut alike = BTreeSet::new();
    for (system, value) in identifiers(ty)? {
        let found = server.find(ty, &[("identifier", &format!("{system}|{value}")), ("_count", PAGE)]).await?;
        let has_it = |one: &&Value| {
            let mut identifiers = one["identifier"].as_array().into_iter().flatten();
            identifiers.any(|known| known["system"] == *system && known["value"] == *value)
        };
        alike.extend(found.iter().filter(has_it).filter(|one| !is_tagged(one)).filter_map(|one| place(ty, one)));
    }
    Ok(alike)
}

fn place(ty: &str, resource: &Value) -> Option<String> {
    Some(format!("{ty}/{}", resource["id"].as_str()?))
}

/// The identifiers that a sandbox gives to resources of this type. Numbers of public registers are not among them.
fn identifiers(ty: &str) -> anyhow::Result<Vec<(String, String)>> {
    let partner = "https://lariat.example/fhir/NamingSystem/partner".to_owned();
    let mut known = match ty {
        "Procedure" => vec![(SANDBOX.to_owned(), "procedure".to_owned())],
        "Organization" => vec![(partner, OUTSIDE.to_owned())],
        _ => Vec::new(),
    };
    for entry in referral()?["entry"].as_array().into_iter().flatten() {
        let resource = &entry["resource"];
        let identifiers = resource["identifier"].as_array().into_iter().flatten();
        for one in identifiers.into_iter().filter(|_| resource["resourceType"] == ty) {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            if text("system").starts_with("https://riverbend.example/") {
                known.push((text("system"), text("value")));
            }
        }
    }
    Ok(known)
}
