//! `POST /fhir/{type}/$validate` and `POST /fhir/{type}/{id}/$validate` (FHIR R4, operation `Resource-validate`).
//! Answers 200 with an OperationOutcome, whatever is wrong with the resource; nothing is stored.
//!
//! With `mode` create or update it also says whether the resource would be taken in now, by everything that decides
//! that; with `mode` profile, and on an instance without a body, it is the stored resource that is looked at.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;

use crate::domain::access::Interaction;
use crate::domain::id::ResourceId;
use crate::domain::issue::{Fault, Issue, Severity, Words};
use crate::exchange::{Caller, Refusal, Submission};
use crate::fhir::ResourceType;
use crate::fhir::json::{self, locate};
use crate::inbound::http::Doors;
use crate::inbound::http::body::{read_bytes, read_media, require_json_accepted};
use crate::inbound::http::caller::Authenticated;
use crate::inbound::http::error::Problem;
use crate::inbound::http::fhir::read::known_id;
use crate::inbound::http::fhir::{MEDIA, Place, allowed, reply, search};

/// Its name, and the canonical URL of its definition.
pub(super) const OPERATION: (&str, &str) =
    ("validate", "http://hl7.org/fhir/OperationDefinition/Resource-validate");

/// Bytes of a body from which on it is checked beside the requests. Chosen: some ten Tasks, half a millisecond.
const LARGE_BYTES: usize = 64 * 1024;

/// The codes of `http://hl7.org/fhir/resource-validation-mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Whether it could be created.
    Create,
    /// Whether the stored one could be replaced by it.
    Update,
    /// Whether the stored one could be deleted.
    Delete,
    /// Whether the stored one meets a profile.
    Profile,
}

impl Mode {
    fn from_code(code: &str) -> Option<Self> {
        match code {
            "create" => Some(Self::Create),
            "update" => Some(Self::Update),
            "delete" => Some(Self::Delete),
            "profile" => Some(Self::Profile),
            _ => None,
        }
    }
}

pub(super) async fn of_type(
    State(doors): State<Doors>,
    Authenticated(caller): Authenticated,
    Place(ty): Place<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    run(&doors, &caller, Target { ty, id: None }, query, &headers, body).await
}

pub(super) async fn of_instance(
    State(doors): State<Doors>,
    Authenticated(caller): Authenticated,
    Place((ty, id)): Place<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    run(&doors, &caller, Target { ty, id: Some(id) }, query, &headers, body).await
}

/// What the address names.
struct Target {
    ty: String,
    id: Option<String>,
}

/// What is asked, by the query and by Parameters.
#[derive(Default)]
struct Asked {
    mode: Option<Mode>,
    profiles: Vec<String>,
    /// The resource to look at; `None`: the stored one.
    resource: Option<Value>,
    /// The body as received, in which issues have a line.
    text: Bytes,
}

async fn run(
    doors: &Doors,
    caller: &Caller,
    target: Target,
    query: Option<String>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    require_json_accepted(headers, search::format(query.as_deref()).as_deref())?;
    if !doors.desk().knows_type(&target.ty) {
        return Err(Problem::no_route());
    }
    let stored = match &target.id {
        Some(id) => {
            let ty = allowed(caller, &target.ty, Interaction::Read)?;
            Some(doors.desk().read(caller, ty, known_id(id)?).await?)
        }
        None => None,
    };
    let mut asked = asked(doors, &target, query.as_deref().unwrap_or_default(), headers, body).await?;
    let profiles: Vec<&str> = asked.profiles.iter().map(String::as_str).collect();
    if !doors.desk().unknown_profiles(&profiles).is_empty() {
        return Err(unknown_profile());
    }
    if asked.mode == Some(Mode::Delete) {
        return Ok(reply::outcome(StatusCode::OK, &[not_deleted(&target.ty)]));
    }
    if let (None, Some(found)) = (&asked.resource, stored) {
        asked.text = Bytes::from(found.body);
        asked.resource = Some(json::parse(&asked.text, &json::Limits::default()).map_err(one)?);
    }
    let Some(resource) = asked.resource.take() else { return Err(no_resource()) };
    if resource["resourceType"] != target.ty.as_str() {
        return Err(another_type(&target.ty));
    }
    let (resource, mut issues) = checked(doors, caller, resource, asked.profiles, &asked.text).await?;
    if let (Some(mode), false) = (asked.mode, issues.iter().any(|issue| issue.severity == Severity::Error)) {
        issues.extend(decided(doors, caller, &target, mode, resource, &asked.text).await?);
    }
    Ok(reply::outcome(StatusCode::OK, &issues))
}

/// Reads the body: the resource, or Parameters that hold it.
async fn asked(
    doors: &Doors,
    target: &Target,
    query: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Asked, Problem> {
    let mut asked = Asked::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        asked.parameter(&name, value)?;
    }
    let may_lack = target.id.is_some() || asked.mode == Some(Mode::Delete);
    if may_lack && !headers.contains_key("content-type") {
        let rest = read_bytes(headers, body, doors.0.limits.body_bytes).await?;
        return if rest.is_empty() { Ok(asked) } else { Err(Problem::unsupported_media(MEDIA[0])) };
    }
    asked.text = read_media(doors, headers, body, &MEDIA).await?;
    if may_lack && asked.text.is_empty() {
        return Ok(asked);
    }
    let value = json::parse(&asked.text, &json::Limits::default()).map_err(one)?;
    match value {
        Value::Object(mut members) if is_call(&members) => {
            let Some(Value::Array(parameters)) = members.shift_remove("parameter") else { return Ok(asked) };
            for mut parameter in parameters {
                if parameter["name"] == "resource" {
                    // Where the resource stands in the body is not where its paths begin.
                    asked.resource = parameter.get_mut("resource").map(Value::take);
                    asked.text = Bytes::new();
                } else {
                    asked.of_parameters(&parameter)?;
                }
            }
            Ok(asked)
        }
        resource => {
            asked.resource = Some(resource);
            Ok(asked)
        }
    }
}

/// Whether a body is a call of the operation, and not a Parameters resource that is itself to be looked at.
fn is_call(members: &serde_json::Map<String, Value>) -> bool {
    const NAMES: [&str; 3] = ["resource", "mode", "profile"];
    let parameters = members.get("parameter").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    members.get("resourceType").is_some_and(|ty| ty == "Parameters")
        && parameters.iter().all(|one| one["name"].as_str().is_some_and(|name| NAMES.contains(&name)))
}

impl Asked {
    fn parameter(&mut self, name: &str, value: Cow<'_, str>) -> Result<(), Problem> {
        match name {
            "mode" => self.mode = Some(Mode::from_code(&value).ok_or_else(no_mode)?),
            "profile" => self.profiles.push(value.into_owned()),
            _ => {}
        }
        Ok(())
    }

    fn of_parameters(&mut self, parameter: &Value) -> Result<(), Problem> {
        const VALUES: [&str; 5] = ["valueCode", "valueUri", "valueCanonical", "valueUrl", "valueString"];
        let name = parameter["name"].as_str().unwrap_or_default();
        let value = VALUES.iter().find_map(|one| parameter[*one].as_str());
        self.parameter(name, value.unwrap_or_default().into())
    }
}

/// What is wrong with it by itself. A large one is checked beside the requests, a few at a time.
async fn checked(
    doors: &Doors,
    caller: &Caller,
    resource: Value,
    profiles: Vec<String>,
    text: &Bytes,
) -> Result<(Value, Vec<Issue>), Problem> {
    let (desk, caller) = (doors.desk().clone(), caller.clone());
    let is_large = text.len() > LARGE_BYTES || text.is_empty();
    let text = text.clone();
    let work = move || {
        let profiles: Vec<&str> = profiles.iter().map(String::as_str).collect();
        let mut issues = desk.validate(&caller, &resource, &profiles);
        if let (false, false, Ok(text)) = (issues.is_empty(), text.is_empty(), std::str::from_utf8(&text)) {
            locate(text, &mut issues);
        }
        (resource, issues)
    };
    if !is_large {
        return Ok(work());
    }
    let _turn = doors.0.checking.acquire().await.map_err(|_| Problem::internal())?;
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::internal())
}

/// Why it would not be taken in now, if it would not.
async fn decided(
    doors: &Doors,
    caller: &Caller,
    target: &Target,
    mode: Mode,
    resource: Value,
    text: &Bytes,
) -> Result<Vec<Issue>, Problem> {
    let ty = ResourceType::from_name(&target.ty);
    let submission = match (ty, mode) {
        (_, Mode::Delete | Mode::Profile) => return Ok(Vec::new()),
        (None, _) => return Ok(vec![not_kept()]),
        (Some(ty), Mode::Create) => Submission::create(ty, resource, text, None, None),
        (Some(ty), Mode::Update) => {
            let named = resource["id"].as_str().map(str::to_owned);
            let Some(id) = target.id.as_deref().or(named.as_deref()) else { return Ok(vec![no_id(&target.ty)]) };
            // An id that this server could not have given is that of no resource here.
            let Ok(id) = id.parse::<ResourceId>() else { return Ok(Refusal::not_found("").issues) };
            Submission::update(ty, id, resource, text, None, None)
        }
    };
    let refusal = match submission {
        Ok(submission) => doors.desk().would_receive(caller, &submission).await.err(),
        Err(refusal) => Some(refusal),
    };
    match refusal {
        None => Ok(Vec::new()),
        Some(refusal) if refusal.is_of_the_server() => Err(refusal.into()),
        Some(mut refusal) => {
            if let Ok(text) = std::str::from_utf8(text) {
                locate(text, &mut refusal.issues);
            }
            Ok(refusal.issues)
        }
    }
}

fn one(issue: Issue) -> Problem {
    Problem::malformed(vec![issue])
}

fn unknown_profile() -> Problem {
    let message = Words::both(
        "a profile that you ask for is not loaded here, or cannot be used",
        "un profil demandé n’est pas chargé ici, ou ne peut pas servir",
    );
    let remedy = Words::both(
        "check its canonical URL and version, or ask the operator to install the package that holds it",
        "vérifiez son URL canonique et sa version, ou demandez à l’exploitant d’installer le paquet qui le contient",
    );
    Problem::malformed_at("profile", message, remedy)
}

fn no_mode() -> Problem {
    let message = Words::both("this is not a mode of $validate", "ce n’est pas un mode de $validate");
    let remedy = Words::both(
        "write create, update, delete or profile, or leave it out",
        "écrivez create, update, delete ou profile, ou ne l’indiquez pas",
    );
    Problem::malformed_at("mode", message, remedy)
}

fn no_resource() -> Problem {
    let message = Words::both("there is no resource to look at", "il n’y a aucune ressource à examiner");
    let remedy = Words::both(
        "send the resource as the body, or Parameters with the parameter `resource`, or name an instance by its id",
        "envoyez la ressource comme corps, ou un Parameters avec le paramètre « resource », ou nommez une instance par son id",
    );
    Problem::malformed_at("resource", message, remedy)
}

fn another_type(ty: &str) -> Problem {
    let message = Words::both(
        format!("the resource is not a {ty}, which the URL names"),
        format!("la ressource n’est pas du type {ty} que nomme l’URL"),
    );
    let remedy = Words::both(
        "send the resource to the URL of its own type",
        "envoyez la ressource à l’URL de son propre type",
    );
    Problem::malformed_at("resourceType", message, remedy)
}

fn not_deleted(ty: &str) -> Issue {
    let message = Words::both("nothing is deleted here", "rien n’est supprimé ici");
    let remedy = Words::both(
        "end the resource by its status, for example entered-in-error",
        "mettez fin à la ressource par son statut, par exemple entered-in-error",
    );
    Issue::error("R-HTTP-METHOD", Fault::NotSupported, ty, message, remedy)
}

fn not_kept() -> Issue {
    let message =
        Words::both("resources of this type are not kept here", "ce type de ressource n’est pas conservé ici");
    let remedy = Words::both(
        "see the types in the CapabilityStatement at /fhir/metadata",
        "voyez les types dans le CapabilityStatement, à /fhir/metadata",
    );
    Issue::error("R-HTTP-ROUTE", Fault::NotSupported, "", message, remedy)
}

fn no_id(ty: &str) -> Issue {
    let message =
        Words::both("an update names the resource by its id", "une mise à jour nomme la ressource par son id");
    let remedy = Words::both("add the id under which you read it", "ajoutez l’id sous lequel vous l’avez lue");
    Issue::error("R-HTTP-ID", Fault::Required, format!("{ty}.id"), message, remedy)
}
