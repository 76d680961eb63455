//! The cookies that pages use, read and written.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

/// The session of a member of staff.
pub(crate) const STAFF: &str = "lariat";
/// What tells browsers apart before anybody signs in.
pub(crate) const GUEST: &str = "lariat-visit";
/// The language chosen.
pub(crate) const LANG: &str = "lang";
/// Light, dark or as the device.
pub(crate) const DISPLAY: &str = "display";

/// What `__Host-` promises holds only over https, so the prefix stands there alone.
const HOST: &str = "__Host-";

/// How long a choice of language or display is remembered. Chosen: a year.
const CHOICE: Duration = Duration::days(365);

/// The cookies of a request, by name without prefix.
pub(crate) struct Jar<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Jar<'a> {
    /// All of them; the first of a name counts, and one with the prefix before one without.
    pub(crate) fn read(headers: &'a HeaderMap) -> Self {
        let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut all: Vec<_> = pairs.take(50).collect();
        all.sort_by_key(|(name, _)| !name.starts_with(HOST));
        Self(all.into_iter().map(|(name, value)| (name.strip_prefix(HOST).unwrap_or(name), value)).collect())
    }

    /// The value of a cookie.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// A secret for as long as the browser is open. `secure`: this server is reached over https.
pub(crate) fn secret(name: &str, value: &str, same_site: SameSite, secure: bool) -> String {
    cookie(name, value, same_site, secure).build().to_string()
}

/// Takes a secret away.
pub(crate) fn gone(name: &str, same_site: SameSite, secure: bool) -> String {
    cookie(name, "", same_site, secure).max_age(Duration::ZERO).build().to_string()
}

/// A choice, remembered.
pub(crate) fn choice(name: &'static str, value: &str, secure: bool) -> String {
    cookie(name, value, SameSite::Lax, secure).max_age(CHOICE).build().to_string()
}

fn cookie(name: &str, value: &str, same_site: SameSite, secure: bool) -> cookie::CookieBuilder<'static> {
    let name = if secure { format!("{HOST}{name}") } else { name.to_owned() };
    Cookie::build((name, value.to_owned())).path("/").http_only(true).secure(secure).same_site(same_site)
}
