//! The one place that turns a refusal into a status and a body: an OperationOutcome under `/fhir`,
//! `application/problem+json` elsewhere.

use axum::http::header::{ALLOW, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::domain::issue::{Fault, Issue, Words};
use crate::domain::routing::Language;
use crate::exchange::{Refusal, Why};
use crate::fhir::json::locate;
use crate::fhir::operation_outcome;
use crate::inbound::http::language;

/// What a caller reads when it is told no.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    issues: Vec<Issue>,
    form: Form,
    allow: Option<HeaderValue>,
    /// Whether the same request may succeed shortly.
    again: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    OperationOutcome,
    ProblemJson,
}

impl Problem {
    fn new(status: StatusCode, issue: Issue) -> Self {
        Self { status, issues: vec![issue], form: Form::OperationOutcome, allow: None, again: false }
    }

    /// The same, in the form of doors that do not speak FHIR.
    pub(crate) fn into_problem_json(mut self) -> Self {
        self.form = Form::ProblemJson;
        self
    }

    /// The bytes or the parameters do not fit the format. Limits within it (nesting, entries, lengths) are 400 like
    /// any other fault of form; 413 speaks of the body's size alone.
    pub(crate) fn malformed(issues: Vec<Issue>) -> Self {
        let status = StatusCode::BAD_REQUEST;
        Self { status, issues, form: Form::OperationOutcome, allow: None, again: false }
    }

    pub(crate) fn malformed_at(at: &str, message: impl Into<Words>, remedy: impl Into<Words>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Issue::error("R-HTTP-OPERATION", Fault::Value, at, message, remedy))
    }

    pub(crate) fn bad_header(name: &'static str, message: &'static str, remedy: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Issue::error("R-HTTP-HEADER", Fault::Value, name, message, remedy))
    }

    pub(crate) fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            Issue::error(
                "R-HTTP-KEY",
                Fault::Login,
                "Authorization",
                Words::both(
                    "the request carries no key that this server knows",
                    "la requête ne porte aucune clé que ce serveur connaisse",
                ),
                Words::both(
                    "send `Authorization: Bearer <your key>`",
                    "envoyez « Authorization: Bearer <votre clé> »",
                ),
            ),
        )
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Issue::error(
                "R-HTTP-SIZE",
                Fault::TooCostly,
                "",
                Words::both(
                    format!("the body is larger than {limit} bytes"),
                    format!("le corps dépasse {limit} octets"),
                ),
                Words::both("send less in one request", "envoyez-en moins par requête"),
            ),
        )
    }

    pub(crate) fn broken_body() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            Issue::error(
                "R-HTTP-BODY",
                Fault::Structure,
                "",
                Words::both(
                    "the body broke off or is not framed as its headers say",
                    "le corps s’est interrompu, ou n’est pas délimité comme ses en-têtes le disent",
                ),
                Words::both(
                    "send the whole body; with the same Idempotency-Key it is stored once",
                    "envoyez le corps entier; avec la même Idempotency-Key, il n’est conservé qu’une fois",
                ),
            ),
        )
    }

    pub(crate) fn encoded() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Issue::error(
                "R-HTTP-ENCODING",
                Fault::NotSupported,
                "Content-Encoding",
                Words::both("this door does not read compressed bodies", "ici, on ne lit pas les corps compressés"),
                Words::both("send the body without Content-Encoding", "envoyez le corps sans Content-Encoding"),
            ),
        )
    }

    pub(crate) fn unsupported_media(accepted: &'static str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Issue::error(
                "R-HTTP-TYPE",
                Fault::NotSupported,
                "Content-Type",
                Words::both("this door does not read that content type", "ici, on ne lit pas ce type de contenu"),
                Words::both(
                    format!("send `Content-Type: {accepted}`"),
                    format!("envoyez « Content-Type: {accepted} »"),
                ),
            ),
        )
    }

    pub(crate) fn not_acceptable() -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            Issue::error(
                "R-HTTP-ACCEPT",
                Fault::NotSupported,
                "Accept",
                Words::both("this server answers only in JSON", "ce serveur ne répond qu’en JSON"),
                Words::both("send `Accept: application/fhir+json`", "envoyez « Accept: application/fhir+json »"),
            ),
        )
    }

    pub(crate) fn no_route() -> Self {
        Self::nothing_here("see the CapabilityStatement at /fhir/metadata")
    }

    /// Nothing is served at the address; `remedy` names the one that was probably meant.
    pub(crate) fn nothing_here(remedy: &'static str) -> Self {
        let message = "nothing is served at this address";
        Self::new(StatusCode::NOT_FOUND, Issue::error("R-HTTP-ROUTE", Fault::NotFound, "", message, remedy))
    }

    /// The caller's own records cannot be read here.
    pub(crate) fn no_mapping() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            Issue::error(
                "R-JSON-NO-MAPPING",
                Fault::Forbidden,
                "",
                Words::both(
                    "no mapping is configured for the JSON of your client",
                    "aucune correspondance n’est réglée pour le JSON de votre client",
                ),
                Words::both(
                    "ask the operator to set `mapping` for your client, or send FHIR to /fhir",
                    "demandez à l’exploitant de régler « mapping » pour votre client, ou envoyez du FHIR à /fhir",
                ),
            ),
        )
    }

    pub(crate) fn method(allow: &'static str) -> Self {
        let issue = Issue::error(
            "R-HTTP-METHOD",
            Fault::NotSupported,
            "",
            Words::both(
                "this method is not served at this address",
                "cette méthode n’est pas servie à cette adresse",
            ),
            Words::both(format!("use one of: {allow}"), format!("utilisez : {allow}")),
        );
        Self { allow: Some(HeaderValue::from_static(allow)), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, issue) }
    }

    /// The server was called by a name that is not its own; its own is in `base_url`.
    pub(crate) fn misdirected(base_url: &str) -> Self {
        Self::new(
            StatusCode::MISDIRECTED_REQUEST,
            Issue::error(
                "R-HTTP-HOST",
                Fault::Value,
                "Host",
                "this server does not answer to that name",
                format!("call {base_url}; the operator can add names in `[server] hosts`"),
            ),
        )
    }

    pub(crate) fn timeout() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            Issue::error(
                "R-HTTP-TIME",
                Fault::Transient,
                "",
                Words::both("the request took too long", "la requête a pris trop de temps"),
                Words::both(
                    "send it again with the same Idempotency-Key: it is stored once",
                    "renvoyez-la avec la même Idempotency-Key : elle n’est conservée qu’une fois",
                ),
            ),
        )
    }

    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            Issue::error(
                "R-FAULT",
                Fault::Exception,
                "",
                Words::both(
                    "the server failed at this request; nothing of it is promised to be stored",
                    "le serveur a failli à cette requête; rien n’en est promis conservé",
                ),
                Words::both(
                    "send it again with the same Idempotency-Key, and tell the operator",
                    "renvoyez-la avec la même Idempotency-Key, et avertissez l’exploitant",
                ),
            ),
        )
    }
}

impl Problem {
    /// A refusal of a body: each issue with its line and column in it.
    pub(crate) fn placed(mut refusal: Refusal, body: &[u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(body) {
            locate(text, &mut refusal.issues);
        }
        refusal.into()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.why {
            Why::Malformed => StatusCode::BAD_REQUEST,
            Why::Rule => StatusCode::UNPROCESSABLE_ENTITY,
            Why::NotFound => StatusCode::NOT_FOUND,
            Why::Gone => StatusCode::GONE,
            Why::Forbidden => StatusCode::FORBIDDEN,
            Why::Stale | Why::Ambiguous => StatusCode::PRECONDITION_FAILED,
            Why::Duplicate | Why::Contended => StatusCode::CONFLICT,
            Why::Busy | Why::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        };
        let again = matches!(refusal.why, Why::Contended | Why::Busy | Why::Unavailable);
        let mut issues = refusal.issues;
        // The desk knows a submission's key, and not that it came in a header.
        issues
            .iter_mut()
            .filter(|issue| issue.rule == "R-KEY-REUSED")
            .for_each(|issue| issue.at = "Idempotency-Key".to_owned());
        Self { status, issues, form: Form::OperationOutcome, allow: None, again }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let language = language::spoken();
        let (media, body) = match self.form {
            Form::OperationOutcome => {
                ("application/fhir+json", operation_outcome::from_issues(&self.issues, language))
            }
            Form::ProblemJson => ("application/problem+json", problem_json(self.status, &self.issues, language)),
        };
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.code()));
        if self.again {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, allow);
        }
        response
    }
}

/// RFC 9457, with one `errors` entry per issue.
fn problem_json(status: StatusCode, issues: &[Issue], language: Language) -> serde_json::Value {
    let errors: Vec<_> = issues
        .iter()
        .map(|issue| {
            json!({
                "rule": issue.rule,
                "severity": issue.severity.code(),
                "at": issue.at,
                "line": issue.position.map(|place| place.line),
                "column": issue.position.map(|place| place.column),
                "message": issue.message.in_language(language),
                "fix": issue.remedy.in_language(language),
            })
        })
        .collect();
    json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("error"),
        "status": status.as_u16(),
        "errors": errors,
    })
}
