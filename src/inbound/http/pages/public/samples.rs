//! The public pages in every state, for the catalogue.

use askama::Template;

use crate::inbound::http::pages::catalogue::Entry;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::public::confirm::CodePage;
use crate::inbound::http::pages::public::refer::{ReferPage, SentPage, reasons};
use crate::inbound::http::pages::words::Words;

/// Pages for the catalogue.
pub(in crate::inbound::http::pages) const CATALOGUE: &[Entry] = &[
    ("public-refer", |t| refer(t, &[])),
    ("public-refer-error", |t| refer(t, &["given", "birth_date", "phone", "reason", "may_be_contacted"])),
    ("public-code", |t| code(t, false)),
    ("public-code-error", |t| code(t, true)),
    ("public-sent", |t| sent(t, "public-sent")),
    ("public-first", |t| sent(t, "public-first")),
];

fn sent(t: Words, key: &'static str) -> String {
    let frame = Frame::new(t, t.say(format!("{key}-title"))).large();
    let (clinic, phone) = ("Riverbend CHC".to_owned(), Some("519 555 0100".to_owned()));
    SentPage { t, frame, key, clinic, phone }.render().unwrap_or_default()
}

fn refer(t: Words, wrong: &[&str]) -> String {
    let mut form = Form::fresh(t, "/refer/riverbend", "/refer/riverbend");
    for field in wrong {
        form.error(field, t.say(format!("public-{field}-wrong")));
    }
    let frame = Frame::new(t, t.say("public-refer-title")).with(&form).large();
    let clinic = "Riverbend CHC".to_owned();
    ReferPage { t, frame, form: &form, clinic, reasons: reasons(t) }.render().unwrap_or_default()
}

fn code(t: Words, wrong: bool) -> String {
    let mut form = Form::fresh(t, "/refer/riverbend/code", "/refer/riverbend/code");
    if wrong {
        form.error("code", t.say("partner-code-wrong"));
    }
    let frame = Frame::new(t, t.say("public-code-title")).with(&form).large();
    let another = Form::fresh(t, "/refer/riverbend/another", "/refer/riverbend/code");
    let (address, again) = ("a•••@mail.example".to_owned(), "/refer/riverbend".to_owned());
    CodePage { t, frame, form: &form, another: &another, address, again }.render().unwrap_or_default()
}
