//! Which names this server answers to. A page of another site can make a browser believe that its own name leads here
//! (DNS rebinding); then the browser says that name, and gets nothing.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::inbound::http::Doors;
use crate::inbound::http::error::Problem;

/// The names that are answered to: that of the base URL, those that the operator adds, this machine's own, and
/// addresses, which no other site can take.
#[derive(Clone, Debug)]
pub struct Hosts {
    base_url: String,
    names: Vec<String>,
    only_loopback: bool,
}

impl Hosts {
    /// `base_url`: what clients call this server. `more`: names that a proxy calls it by. `only_loopback`: whether it
    /// listens to this machine alone.
    pub fn new(base_url: &str, more: &[String], only_loopback: bool) -> Self {
        let own = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
        let own = own.split('/').next().unwrap_or_default();
        let names =
            std::iter::once(own).chain(more.iter().map(String::as_str)).map(|name| bare(name).to_lowercase());
        Self { base_url: base_url.to_owned(), names: names.collect(), only_loopback }
    }

    /// Whether `host`, with or without a port, is a name of this server.
    fn answers(&self, host: &str) -> bool {
        let name = bare(host).to_lowercase();
        match name.parse::<IpAddr>() {
            Ok(address) if address.is_loopback() || !self.only_loopback => true,
            _ => name == "localhost" || self.names.contains(&name),
        }
    }
}

/// A host without port, brackets and the dot of the root. What stands where a port would and is none makes another name.
fn bare(host: &str) -> &str {
    let is_port = |port: &str| port.bytes().all(|digit| digit.is_ascii_digit());
    let host = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) if rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port) => address,
        Some(_) => host,
        None => host.split_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(name, _)| name),
    };
    host.strip_suffix('.').unwrap_or(host)
}

/// Refuses whoever calls this server by a name that is not its own. What says no name at all is no browser.
pub(super) async fn guard(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    let hosts = &doors.0.hosts;
    let of_target = request.uri().authority().map(|authority| authority.as_str().to_owned());
    let mut said = request.headers().get_all(HOST).iter().map(|host| host.to_str().unwrap_or_default().to_owned());
    if of_target.into_iter().chain(&mut said).all(|host| hosts.answers(&host)) {
        return next.run(request).await;
    }
    refused(hosts, request.uri().path(), request.headers())
}

/// In the form of the door that was meant; people read a plain page.
fn refused(hosts: &Hosts, path: &str, headers: &HeaderMap) -> Response {
    let problem = Problem::misdirected(&hosts.base_url);
    let asks_for_page =
        headers.get(ACCEPT).is_some_and(|accept| accept.to_str().is_ok_and(|text| text.contains("html")));
    if path.starts_with("/fhir") {
        return problem.into_response();
    }
    if !asks_for_page {
        return problem.into_problem_json().into_response();
    }
    let base = &hosts.base_url;
    let text = format!(
        "This server does not answer to that name. Open {base}\n\n\
         Ce serveur ne répond pas à ce nom. Ouvrez {base}\n"
    );
    let mut response = (StatusCode::MISDIRECTED_REQUEST, text).into_response();
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}
