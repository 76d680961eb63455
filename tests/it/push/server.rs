//! A partner's FHIR server on loopback, correct or sloppy in one of the ways that servers are.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// How a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Correct,
    /// 200 instead of 201, no `Location`.
    NoLocation,
    /// 204, no `Location`, no body.
    Silent,
    /// `Location: Task/7`.
    RelativeLocation,
    /// Types in lower case, in `Location` and in bodies.
    LowerCase,
    /// Creates whatever `If-None-Exist` says.
    NoConditions,
    /// Answers every search with all that it has.
    NoFilter,
    /// 400 to every search.
    NoSearch,
    /// An ETag that it does not take itself.
    WrongEtag,
    /// No ETag and no `meta`.
    NoVersions,
    /// An OperationOutcome beside every success.
    Chatty,
    /// Compresses without being asked.
    Gzip,
    /// Knows only Patient, ServiceRequest and Task.
    FewTypes,
    /// Forgets `meta.tag`.
    NoTags,
}

impl Kind {
    pub(super) const ALL: [Self; 14] = [
        Self::Correct,
        Self::NoLocation,
        Self::Silent,
        Self::RelativeLocation,
        Self::LowerCase,
        Self::NoConditions,
        Self::NoFilter,
        Self::NoSearch,
        Self::WrongEtag,
        Self::NoVersions,
        Self::Chatty,
        Self::Gzip,
        Self::FewTypes,
        Self::NoTags,
    ];
}

/// What it says instead of what it does.
type Instead = Box<dyn Fn(usize, &Method, &str) -> Option<Response> + Send + Sync>;

pub(super) struct Server {
    pub(super) address: SocketAddr,
    inner: Arc<Inner>,
    serving: JoinHandle<()>,
}

struct Inner {
    kind: Kind,
    base: String,
    held: Mutex<BTreeMap<String, Value>>,
    calls: Mutex<Vec<String>>,
    tokens: Mutex<Vec<String>>,
    instead: Mutex<Option<Instead>>,
    /// Whether what is said instead is said after it was done.
    done_first: Mutex<bool>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    pub(super) async fn open(kind: Kind) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner {
            kind,
            base: format!("http://{address}/fhir"),
            held: Mutex::default(),
            calls: Mutex::default(),
            tokens: Mutex::default(),
            instead: Mutex::default(),
            done_first: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&inner));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, inner, serving }
    }

    /// From now on this is said to the calls for which it gives something: their number, method and path.
    pub(super) fn say(&self, instead: impl Fn(usize, &Method, &str) -> Option<Response> + Send + Sync + 'static) {
        *self.inner.instead.lock().unwrap() = Some(Box::new(instead));
    }

    /// The same, said only after what was asked for was done.
    pub(super) fn say_afterwards(
        &self,
        instead: impl Fn(usize, &Method, &str) -> Option<Response> + Send + Sync + 'static,
    ) {
        *self.inner.done_first.lock().unwrap() = true;
        self.say(instead);
    }

    pub(super) fn behave(&self) {
        *self.inner.instead.lock().unwrap() = None;
    }

    pub(super) fn all(&self, ty: &str) -> Vec<Value> {
        let held = self.inner.held.lock().unwrap();
        held.iter().filter(|(place, _)| place.starts_with(&format!("{ty}/"))).map(|(_, one)| one.clone()).collect()
    }

    /// Everything, each by its place.
    pub(super) fn everything(&self) -> BTreeMap<String, Value> {
        self.inner.held.lock().unwrap().clone()
    }

    /// The one resource of this type.
    pub(super) fn one(&self, ty: &str) -> Value {
        let all = self.all(ty);
        assert_eq!(all.len(), 1, "{ty}: {all:?}");
        all[0].clone()
    }

    /// Puts a resource as the people at the partner's desk do.
    pub(super) fn put(&self, ty: &str, id: &str, resource: Value) {
        self.inner.held.lock().unwrap().insert(format!("{ty}/{id}"), resource);
    }

    /// Deletes a resource.
    pub(super) fn forget(&self, ty: &str, id: &str) {
        self.inner.held.lock().unwrap().remove(&format!("{ty}/{id}"));
    }

    /// Changes the only Task as the people at the partner's desk do.
    pub(super) fn change(&self, change: impl FnOnce(&mut Value)) {
        let mut task = self.one("Task");
        change(&mut task);
        self.inner.keep("Task", task["id"].as_str().unwrap().to_owned().as_str(), task);
    }

    pub(super) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.inner.calls.lock().unwrap())
    }

    pub(super) fn tokens(&self) -> Vec<String> {
        self.inner.tokens.lock().unwrap().clone()
    }
}

impl Inner {
    fn keep(&self, ty: &str, id: &str, mut resource: Value) -> Value {
        let mut held = self.held.lock().unwrap();
        let place = format!("{ty}/{id}");
        let before = held.get(&place).and_then(|one| one["meta"]["versionId"].as_str()?.parse::<u32>().ok());
        resource["id"] = json!(id);
        if self.kind == Kind::NoVersions {
            resource.as_object_mut().unwrap().shift_remove("meta");
        } else {
            let tags = resource["meta"]["tag"].take();
            resource["meta"] = json!({ "versionId": (before.unwrap_or(0) + 1).to_string() });
            if tags.is_array() && self.kind != Kind::NoTags {
                resource["meta"]["tag"] = tags;
            }
        }
        held.insert(place, resource.clone());
        resource
    }

    fn shown(&self, resource: &Value) -> Value {
        let mut shown = resource.clone();
        if self.kind == Kind::LowerCase {
            shown["resourceType"] = json!(shown["resourceType"].as_str().unwrap().to_lowercase());
        }
        shown
    }

    fn etag(&self, resource: &Value) -> Option<String> {
        let version = resource["meta"]["versionId"].as_str()?;
        match self.kind {
            Kind::NoVersions => None,
            Kind::WrongEtag => Some(format!("\"wrong-{version}\"")),
            _ => Some(format!("W/\"{version}\"")),
        }
    }

    fn search(&self, ty: &str, query: &str) -> Vec<Value> {
        let held = self.held.lock().unwrap();
        let all = held.iter().filter(|(place, _)| place.starts_with(&format!("{ty}/"))).map(|(_, one)| one);
        let wanted =
            form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "identifier" || name == "_tag");
        let matches = |one: &&Value| match &wanted {
            Some((name, value)) if self.kind != Kind::NoFilter => {
                let (system, value) = value.split_once('|').unwrap();
                let (at, member) = if name == "_tag" { ("/meta/tag", "code") } else { ("/identifier", "value") };
                let list = one.pointer(at).and_then(Value::as_array).cloned().unwrap_or_default();
                list.iter().any(|known| known["system"] == system && known[member] == value)
            }
            _ => true,
        };
        all.filter(matches).map(|one| self.shown(one)).collect()
    }
}

async fn answer(
    State(inner): State<Arc<Inner>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().trim_start_matches("/fhir/").to_owned();
    let number = {
        let mut calls = inner.calls.lock().unwrap();
        calls.push(format!("{method} {path}"));
        calls.len() - 1
    };
    let token = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    inner.tokens.lock().unwrap().push(token.unwrap_or_default());
    let instead = inner.instead.lock().unwrap().as_ref().and_then(|instead| instead(number, &method, &path));
    let done_first = *inner.done_first.lock().unwrap();
    match instead {
        Some(instead) if !done_first => return instead,
        Some(instead) => {
            act(&inner, &method, &path, uri.query().unwrap_or_default(), &headers, &body);
            return instead;
        }
        None => {}
    }
    let (status, mut fields, body) = act(&inner, &method, &path, uri.query().unwrap_or_default(), &headers, &body);
    fields.insert("content-type", "application/fhir+json".parse().unwrap());
    let mut bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    if inner.kind == Kind::Gzip {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(&bytes).unwrap();
        bytes = packer.finish().unwrap();
        fields.insert("content-encoding", "gzip".parse().unwrap());
    }
    (status, fields, bytes).into_response()
}

fn act(
    inner: &Inner,
    method: &Method,
    path: &str,
    query: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> (StatusCode, HeaderMap, Option<Value>) {
    let none = |status| (status, HeaderMap::new(), Some(json!({ "resourceType": "OperationOutcome" })));
    let (ty, id) = path.split_once('/').map_or((path, None), |(ty, id)| (ty, Some(id)));
    if inner.kind == Kind::FewTypes && !matches!(ty, "Patient" | "ServiceRequest" | "Task" | "Procedure") {
        return none(StatusCode::NOT_FOUND);
    }
    match (method.as_str(), id) {
        ("GET", None) if inner.kind == Kind::NoSearch => none(StatusCode::BAD_REQUEST),
        ("GET", None) => {
            let entries: Vec<Value> =
                inner.search(ty, query).into_iter().map(|one| json!({ "resource": one })).collect();
            let bundle = json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries });
            (StatusCode::OK, HeaderMap::new(), Some(bundle))
        }
        ("GET", Some(_)) => match inner.held.lock().unwrap().get(path) {
            None => none(StatusCode::NOT_FOUND),
            Some(held) => {
                let mut fields = HeaderMap::new();
                if let Some(etag) = inner.etag(held) {
                    fields.insert("etag", etag.parse().unwrap());
                }
                (StatusCode::OK, fields, Some(inner.shown(held)))
            }
        },
        ("POST", None) => create(inner, ty, headers, body),
        ("PUT", Some(id)) => {
            let held = inner.held.lock().unwrap().get(path).cloned();
            let Some(held) = held else { return none(StatusCode::NOT_FOUND) };
            let wanted = headers.get("if-match").map(|value| value.to_str().unwrap().to_owned());
            let version = held["meta"]["versionId"].as_str().map(|version| format!("W/\"{version}\""));
            if wanted.is_some() && wanted != version {
                return none(StatusCode::PRECONDITION_FAILED);
            }
            let kept = inner.keep(ty, id, serde_json::from_slice(body).unwrap());
            (StatusCode::OK, HeaderMap::new(), Some(inner.shown(&kept)))
        }
        ("DELETE", Some(_)) => match inner.held.lock().unwrap().remove(path) {
            Some(_) => (StatusCode::NO_CONTENT, HeaderMap::new(), None),
            None => none(StatusCode::NOT_FOUND),
        },
        _ => none(StatusCode::METHOD_NOT_ALLOWED),
    }
}

fn create(inner: &Inner, ty: &str, headers: &HeaderMap, body: &Bytes) -> (StatusCode, HeaderMap, Option<Value>) {
    let mut fields = HeaderMap::new();
    let condition = headers.get("if-none-exist").map(|value| value.to_str().unwrap().to_owned());
    let honours = !matches!(inner.kind, Kind::NoConditions | Kind::NoSearch | Kind::NoFilter);
    let found = condition.filter(|_| honours).and_then(|query| inner.search(ty, &query).pop());
    let was_there = found.is_some();
    let id = match found {
        Some(found) => found["id"].as_str().unwrap().to_owned(),
        None => {
            let id = format!("{}.{}", ty.to_lowercase(), inner.held.lock().unwrap().len() + 1);
            inner.keep(ty, &id, serde_json::from_slice(body).unwrap());
            id
        }
    };
    let location = match inner.kind {
        Kind::NoLocation | Kind::Silent => None,
        Kind::RelativeLocation => Some(format!("{ty}/{id}")),
        Kind::LowerCase => Some(format!("{}/{}/{id}/_history/1", inner.base, ty.to_lowercase())),
        // Behind a proxy: another host. Only the id counts.
        _ => Some(format!("http://inside.invalid/fhir/{ty}/{id}/_history/1")),
    };
    if let Some(location) = location {
        fields.insert("location", location.parse().unwrap());
    }
    let held = inner.held.lock().unwrap()[&format!("{ty}/{id}")].clone();
    match inner.kind {
        Kind::Silent => (StatusCode::NO_CONTENT, fields, None),
        Kind::NoLocation => (StatusCode::OK, fields, Some(inner.shown(&held))),
        Kind::Chatty => {
            let said = json!({ "resourceType": "OperationOutcome",
                               "issue": [{ "severity": "information", "code": "informational" }] });
            (StatusCode::OK, fields, Some(said))
        }
        _ if was_there => (StatusCode::OK, fields, None),
        _ => (StatusCode::CREATED, fields, Some(inner.shown(&held))),
    }
}
