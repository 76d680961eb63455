//! Bundles that are answered: transaction-response, searchset, history. Resources go in as rendered, byte by byte.

use crate::domain::clock::Timestamp;
use crate::domain::id::Version;
use crate::fhir::etag;

/// What became of one entry of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// The status, as `201 Created`; the door knows it.
    pub status: &'a str,
    /// Where the version stands: `Task/<id>/_history/1`.
    pub location: Option<String>,
    /// The version, given as ETag.
    pub version: Option<Version>,
    /// When it was committed.
    pub updated_at: Option<Timestamp>,
    /// The rendered resource, when the client wants it back.
    pub resource: Option<&'a [u8]>,
}

/// Why a resource is in a searchset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It was searched for.
    Match,
    /// A match refers to it.
    Include,
    /// An OperationOutcome about the search.
    Outcome,
}

/// One resource of a searchset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchEntry<'a> {
    /// Its URL here; `None` for an OperationOutcome.
    pub full_url: Option<String>,
    /// The rendered resource.
    pub resource: &'a [u8],
    /// Why it is there.
    pub mode: Mode,
}

/// One version of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry<'a> {
    /// The resource's URL here, without version.
    pub full_url: String,
    /// The method that made the version: `POST`, `PUT`, `DELETE`.
    pub method: &'a str,
    /// The URL that it was sent to, relative: `Task`, `Task/<id>`.
    pub url: String,
    /// The status that it was answered with, as `201 Created`.
    pub status: &'a str,
    /// Which version.
    pub version: Version,
    /// When it was committed.
    pub updated_at: Timestamp,
    /// The rendered version; `None` for a deletion.
    pub resource: Option<&'a [u8]>,
}

/// Links of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// What was understood of the request, as a URL.
    pub this: String,
    /// The next page, as a URL.
    pub next: Option<String>,
}

/// A `transaction-response` Bundle, its outcomes in the order of the transaction.
pub fn transaction_response(outcomes: &[Outcome<'_>]) -> Vec<u8> {
    let mut out = Writer::bundle("transaction-response");
    out.entries(outcomes, |out, outcome| {
        if let Some(resource) = outcome.resource {
            out.raw("resource", resource);
        }
        out.object("response", |out| {
            out.text("status", outcome.status);
            if let Some(location) = &outcome.location {
                out.text("location", location);
            }
            out.stamp(outcome.version, outcome.updated_at);
        });
    });
    out.close()
}

/// A `searchset` Bundle.
pub fn searchset(links: &Links, total: Option<u64>, entries: &[SearchEntry<'_>]) -> Vec<u8> {
    let mut out = Writer::bundle("searchset");
    out.page(links, total);
    out.entries(entries, |out, entry| {
        if let Some(url) = &entry.full_url {
            out.text("fullUrl", url);
        }
        out.raw("resource", entry.resource);
        let mode = match entry.mode {
            Mode::Match => "match",
            Mode::Include => "include",
            Mode::Outcome => "outcome",
        };
        out.object("search", |out| out.text("mode", mode));
    });
    out.close()
}

/// A `history` Bundle, newest first as given.
pub fn history(links: &Links, total: Option<u64>, entries: &[HistoryEntry<'_>]) -> Vec<u8> {
    let mut out = Writer::bundle("history");
    out.page(links, total);
    out.entries(entries, |out, entry| {
        out.text("fullUrl", &entry.full_url);
        if let Some(resource) = entry.resource {
            out.raw("resource", resource);
        }
        out.object("request", |out| {
            out.text("method", entry.method);
            out.text("url", &entry.url);
        });
        out.object("response", |out| {
            out.text("status", entry.status);
            out.stamp(Some(entry.version), Some(entry.updated_at));
        });
    });
    out.close()
}

/// Writes one Bundle's text. A comma goes before every member but an object's first.
struct Writer(Vec<u8>);

impl Writer {
    fn bundle(ty: &str) -> Self {
        let mut out = Self(b"{".to_vec());
        out.text("resourceType", "Bundle");
        out.text("type", ty);
        out
    }

    fn close(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }

    fn page(&mut self, links: &Links, total: Option<u64>) {
        if let Some(total) = total {
            self.raw("total", total.to_string().as_bytes());
        }
        let next = links.next.as_ref().map(|url| ("next", url));
        let links: Vec<_> = std::iter::once(("self", &links.this)).chain(next).collect();
        self.list("link", &links, |out, (relation, url)| {
            out.text("relation", relation);
            out.text("url", url);
        });
    }

    /// FHIR has no empty arrays: without entries there is no `entry`.
    fn entries<T>(&mut self, items: &[T], write: impl Fn(&mut Self, &T)) {
        if !items.is_empty() {
            self.list("entry", items, write);
        }
    }

    fn list<T>(&mut self, name: &str, items: &[T], write: impl Fn(&mut Self, &T)) {
        self.name(name);
        self.0.push(b'[');
        for (position, item) in items.iter().enumerate() {
            self.0.extend_from_slice(if position == 0 { b"{" } else { b",{" });
            write(self, item);
            self.0.push(b'}');
        }
        self.0.push(b']');
    }

    fn object(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.name(name);
        self.0.push(b'{');
        write(self);
        self.0.push(b'}');
    }

    fn stamp(&mut self, version: Option<Version>, updated_at: Option<Timestamp>) {
        if let Some(version) = version {
            self.text("etag", &etag::format(version));
        }
        if let Some(updated_at) = updated_at {
            self.text("lastModified", &updated_at.to_string());
        }
    }

    fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.string(value);
    }

    fn raw(&mut self, name: &str, json: &[u8]) {
        self.name(name);
        self.0.extend_from_slice(json);
    }

    fn name(&mut self, name: &str) {
        if self.0.last() != Some(&b'{') {
            self.0.push(b',');
        }
        self.string(name);
        self.0.push(b':');
    }

    fn string(&mut self, text: &str) {
        let written = serde_json::to_writer(&mut self.0, text);
        debug_assert!(written.is_ok(), "writing a string into memory");
    }
}
