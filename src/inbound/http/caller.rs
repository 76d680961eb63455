//! Who calls: a bearer key becomes a [`Caller`], or the request goes no further.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use crate::exchange::Caller;
use crate::inbound::http::Doors;
use crate::inbound::http::error::Problem;
use crate::inbound::http::language;

/// The authenticated caller. A handler that takes it cannot forget to check.
pub(crate) struct Authenticated(pub(crate) Caller);

impl FromRequestParts<Doors> for Authenticated {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return Err(Problem::unauthenticated()) };
        let key = value
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, key)| key.trim())
            .ok_or_else(Problem::unauthenticated)?;
        let client = doors.0.keys.client(key.as_bytes()).and_then(|name| doors.0.callers.get(name));
        let caller = client.cloned().ok_or_else(Problem::unauthenticated)?;
        language::of_caller(caller.language);
        Ok(Self(caller))
    }
}
