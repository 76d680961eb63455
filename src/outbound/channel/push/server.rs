//! One visit at another FHIR server, which may be a sloppy one.
//!
//! What is asked of it in several ways, in this order: an id that is remembered; a search by our identifier, its
//! answer looked through, for a server may ignore what it does not know; a conditional create; the id from
//! `Location`, from `Content-Location`, from the body, from another search. A failure that says "not now" or "not
//! you" ends the visit; one that says "not so" leads to the next way.

use reqwest::{Method, Url};
use serde_json::Value;

use crate::domain::clock::Timestamp;
use crate::outbound::channel::push::memory::{Known, fingerprint};
use crate::outbound::channel::push::shape::{self, Local, Places};
use crate::outbound::channel::push::{Push, Side, is_refusal};
use crate::outbound::client::{Answer, Call, Client};
use crate::outbound::retry::Outcome;

/// How often a Task is read and written anew when another hand, or a wrong ETag, comes between. Chosen.
const WRITES: usize = 4;

/// The answer is not FHIR: a proxy's page, a login form. It may pass.
const NOT_FHIR: Outcome = Outcome::Answered { status: 502, retry_after: None };

pub(super) struct Visit<'a> {
    pub(super) push: &'a Push,
    pub(super) client: &'a Client,
    pub(super) now: Timestamp,
}

/// A resource as it stands there, and how a write says that it means this version.
pub(super) struct Read {
    pub(super) resource: Value,
    etag: Option<String>,
}

impl Read {
    /// What to say in `If-Match`: the ETag; then, for servers that give one that they do not take, the version in
    /// the resource; then nothing.
    fn matches(&self, way: usize) -> Option<String> {
        let version = || self.resource["meta"]["versionId"].as_str().map(|version| format!("W/\"{version}\""));
        match way {
            0 => self.etag.clone().or_else(version),
            1 => version(),
            _ => None,
        }
    }
}

impl Visit<'_> {
    /// Makes the server hold the resource; its id there, if it can be told.
    pub(super) async fn resource(&self, local: &Local, places: &Places<'_>) -> Result<Option<String>, Outcome> {
        let abroad = places.abroad(local);
        let sent = fingerprint(&abroad);
        let known = self.push.recall(&local.ty, &local.id, self.now).await?;
        if let Some(known) = known.as_ref().filter(|known| known.sent == sent) {
            return Ok(Some(known.id.clone()));
        }
        let (system, value) = places.identifier(&local.ty, &local.id);
        let found = match &known {
            Some(known) => Some(known.id.clone()),
            None => self.search(&local.ty, &system, &value).await?.map(|(id, _)| id),
        };
        if let Some(id) = found {
            let written = self.write(&local.ty, &id, |there| shape::updated(there, &abroad)).await;
            match written {
                Ok(true) => return self.kept(local, Some(id), sent).await,
                // It is gone there: it is made anew.
                Ok(false) => {}
                // A server that cannot change it still holds it.
                Err(Outcome::Answered { status, .. }) if is_refusal(status) => {
                    return self.kept(local, Some(id), sent).await;
                }
                Err(outcome) => return Err(outcome),
            }
        }
        let id = self.create(&local.ty, &abroad, &system, &value).await?;
        self.kept(local, id, sent).await
    }

    /// Makes the partner's Task say what we have to say; its id there, if it can be told.
    pub(super) async fn task(&self, local: &Local, places: &Places<'_>) -> Result<Option<String>, Outcome> {
        let abroad = places.abroad(local);
        let (system, value) = places.identifier(&local.ty, &local.id);
        if let Some(id) = self.find(local, &system, &value).await?
            && self.write("Task", &id, |there| shape::asked(there, &abroad)).await?
        {
            return self.kept(local, Some(id), String::new()).await;
        }
        let id = self.create("Task", &abroad, &system, &value).await?;
        self.kept(local, id, String::new()).await
    }

    /// Makes the source's own resource say what became of it, in `words` too; its id there. It is never created.
    pub(super) async fn own(
        &self,
        local: &Local,
        places: &Places<'_>,
        words: &[&str],
    ) -> Result<Option<String>, Outcome> {
        let abroad = places.abroad(local);
        let (system, value) = places.identifier(&local.ty, &local.id);
        if let Some(id) = self.find(local, &system, &value).await?
            && self.write(&local.ty, &id, |there| shape::told(there, &abroad, words)).await?
        {
            return self.kept(local, Some(id), String::new()).await;
        }
        Err(Outcome::Answered { status: 404, retry_after: None })
    }

    /// The id of the resource there: remembered, by our identifier, or by its own.
    async fn find(&self, local: &Local, system: &str, value: &str) -> Result<Option<String>, Outcome> {
        if let Some(known) = self.push.recall(&local.ty, &local.id, self.now).await? {
            return Ok(Some(known.id));
        }
        if let Some((id, _)) = self.search(&local.ty, system, value).await? {
            return Ok(Some(id));
        }
        // A partner may have been given the same number by somebody else: only the source knows its own.
        let own = match self.push.side {
            Side::Source => shape::own_identifiers(&local.resource),
            Side::Partner => Vec::new(),
        };
        for (system, value) in own {
            if let Some((id, _)) = self.search(&local.ty, &system, &value).await? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    async fn kept(&self, local: &Local, id: Option<String>, sent: String) -> Result<Option<String>, Outcome> {
        if let Some(id) = &id {
            let known = Known { id: id.clone(), sent };
            self.push.remember(&local.ty, &local.id, &known, self.now).await?;
        }
        Ok(id)
    }

    /// The resource of ours as it stands there.
    pub(super) async fn ours(&self, ty: &str, id: &str) -> Result<Option<Value>, Outcome> {
        if let Some(known) = self.push.recall(ty, id, self.now).await?
            && let Some(read) = self.read(ty, &known.id).await?
        {
            return Ok(Some(read.resource));
        }
        let (system, value) = Places::new(&self.push.ours, &self.push.tags).identifier(ty, id);
        Ok(self.search(ty, &system, &value).await?.map(|(_, resource)| resource))
    }

    /// What carries this identifier there: its id, and itself. `None` also where it cannot be searched.
    async fn search(&self, ty: &str, system: &str, value: &str) -> Result<Option<(String, Value)>, Outcome> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("identifier", &format!("{system}|{value}"))
            .append_pair("_count", "5")
            .finish();
        let answer = self.ask(Method::GET, &format!("{ty}?{query}"), &[], None).await?;
        if is_refusal(answer.status) {
            return Ok(None);
        }
        if answer.outcome() != Outcome::Delivered {
            return Err(answer.outcome());
        }
        let bundle = json(&answer).unwrap_or_default();
        let entries = bundle["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(entries.iter().map(|entry| &entry["resource"]).find_map(|resource| {
            let id = resource["id"].as_str().filter(|id| shape::is_id(id))?;
            let is_it = is_type(resource, ty) && shape::carries(resource, system, value);
            is_it.then(|| (id.to_owned(), resource.clone()))
        }))
    }

    /// The resource with this id; `None` when it is not there, or no longer.
    pub(super) async fn read(&self, ty: &str, id: &str) -> Result<Option<Read>, Outcome> {
        if !shape::is_id(id) {
            return Ok(None);
        }
        let answer = self.ask(Method::GET, &format!("{ty}/{id}"), &[], None).await?;
        if matches!(answer.status, 404 | 410) {
            return Ok(None);
        }
        if answer.outcome() != Outcome::Delivered {
            return Err(answer.outcome());
        }
        let resource = json(&answer).filter(|resource| is_type(resource, ty)).ok_or(NOT_FHIR)?;
        let etag = answer.header("etag").filter(|etag| etag.ends_with('"')).map(str::to_owned);
        Ok(Some(Read { resource, etag }))
    }

    /// Writes what `merge` makes of the resource as it stands there; false when it is not there.
    async fn write(&self, ty: &str, id: &str, merge: impl Fn(&Value) -> Value) -> Result<bool, Outcome> {
        let (mut way, mut before) = (0, Value::Null);
        let mut last = NOT_FHIR;
        for _ in 0..WRITES {
            let Some(read) = self.read(ty, id).await? else { return Ok(false) };
            if way < 2 && content(&read.resource) == before {
                // Nobody has changed it: it is the way of saying which version is meant that was refused.
                way += 1;
            }
            before = content(&read.resource);
            let mut merged = merge(&read.resource);
            if content(&merged) == before {
                return Ok(true);
            }
            merged["resourceType"] = Value::from(ty);
            merged["id"] = Value::from(id);
            let matching: Vec<_> = read.matches(way).map(|etag| ("if-match", etag)).into_iter().collect();
            let answer = self.ask(Method::PUT, &format!("{ty}/{id}"), &matching, Some(&merged)).await?;
            match answer.status {
                409 | 412 => last = answer.outcome(),
                _ => return accepted(&answer).map(|()| true),
            }
        }
        Err(last)
    }

    /// Creates the resource unless its identifier is taken; its id there, if it can be told.
    async fn create(
        &self,
        ty: &str,
        resource: &Value,
        system: &str,
        value: &str,
    ) -> Result<Option<String>, Outcome> {
        let condition = form_urlencoded::Serializer::new(String::new())
            .append_pair("identifier", &format!("{system}|{value}"))
            .finish();
        let answer = self.ask(Method::POST, ty, &[("if-none-exist", condition)], Some(resource)).await?;
        if !matches!(answer.status, 409 | 412) {
            accepted(&answer)?;
            let told =
                ["location", "content-location"].into_iter().find_map(|name| id_in(answer.header(name)?, ty));
            let body = json(&answer);
            let in_body = || {
                let body = body.as_ref().filter(|body| is_type(body, ty))?;
                body["id"].as_str().filter(|id| shape::is_id(id)).map(str::to_owned)
            };
            if let Some(id) = told.or_else(in_body) {
                return Ok(Some(id));
            }
            if body.is_none() && !answer.body.is_empty() {
                return Err(NOT_FHIR);
            }
        }
        let found = self.search(ty, system, value).await?.map(|(id, _)| id);
        match (&found, answer.status) {
            (None, 409 | 412) => Err(answer.outcome()),
            _ => Ok(found),
        }
    }

    /// One call under the base. No redirect is followed, and nothing that is answered leads elsewhere.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: Option<&Value>,
    ) -> Result<Answer, Outcome> {
        let base = self.push.base.url().as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}/{path}")).map_err(|_| Outcome::Fault)?;
        let mut all = vec![("accept", "application/fhir+json".to_owned())];
        if body.is_some() {
            all.push(("content-type", "application/fhir+json".to_owned()));
        }
        if let Some(token) = &self.push.token {
            all.push(("authorization", format!("Bearer {}", String::from_utf8_lossy(token.expose()))));
        }
        all.extend_from_slice(headers);
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        self.client.call(Call { method, url, headers: all, body }, self.now).await
    }
}

/// A 2xx that does not say in its body that it failed.
fn accepted(answer: &Answer) -> Result<(), Outcome> {
    if answer.outcome() != Outcome::Delivered {
        return Err(answer.outcome());
    }
    let failed = json(answer).filter(|body| is_type(body, "OperationOutcome")).is_some_and(|body| {
        let issues = body["issue"].as_array().map(Vec::as_slice).unwrap_or_default();
        issues.iter().any(|issue| issue["severity"] == "error" || issue["severity"] == "fatal")
    });
    if failed { Err(Outcome::Answered { status: 422, retry_after: None }) } else { Ok(()) }
}

fn json(answer: &Answer) -> Option<Value> {
    serde_json::from_slice::<Value>(&answer.body).ok().filter(Value::is_object)
}

/// Some servers write types in lower case.
fn is_type(resource: &Value, ty: &str) -> bool {
    resource["resourceType"].as_str().is_some_and(|named| named.eq_ignore_ascii_case(ty))
}

/// A resource without what each server writes itself.
fn content(resource: &Value) -> Value {
    let mut content = resource.clone();
    if let Some(members) = content.as_object_mut() {
        for name in ["meta", "id", "resourceType", "text"] {
            members.shift_remove(name);
        }
    }
    content
}

/// The id behind the type in `https://host/base/Task/17/_history/1`, also when relative or in lower case.
fn id_in(location: &str, ty: &str) -> Option<String> {
    let path = location.split(['?', '#']).next()?;
    let parts: Vec<&str> = path.split('/').collect();
    let at = parts.iter().rposition(|part| part.eq_ignore_ascii_case(ty))?;
    parts.get(at + 1).filter(|id| shape::is_id(id)).map(|id| (*id).to_owned())
}
