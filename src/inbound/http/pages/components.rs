//! Every component on one page, in the sandbox: for those who build pages, and for tests of what all forms do.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use crate::inbound::http::Doors;
use crate::inbound::http::pages::catalogue::Entry;
use crate::inbound::http::pages::fields::Typed;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::{Banner, Frame, Link};
use crate::inbound::http::pages::posted::StaffPosted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::visit::{Visit, see};
use crate::inbound::http::pages::words::Words;

const PATH: &str = "/sandbox/components";

/// Letters of the note, at most.
const NOTE_MOST: usize = 500;

/// The hues of tags.
const HUES: [&str; 8] = ["grey", "blue", "teal", "green", "purple", "yellow", "orange", "red"];

/// What the choices offer: code, and key of its word.
const CHOICES: [(&str, &str); 3] =
    [("phone", "components-phone"), ("mail", "components-mail"), ("visit", "components-visit")];

pub(super) fn routes() -> Router<Doors> {
    Router::new().route(PATH, get(page).post(send))
}

#[derive(Template)]
#[template(path = "components.html", config = "src/inbound/http/pages/askama.toml")]
struct ComponentsPage<'a> {
    t: Words,
    frame: Frame,
    form: &'a Form,
    most: usize,
}

impl ComponentsPage<'_> {
    fn choices(&self) -> Vec<(&'static str, String)> {
        CHOICES.iter().map(|(code, key)| (*code, self.t.say(key).to_string())).collect()
    }
}

async fn page(SignedIn { visit, .. }: SignedIn) -> Result<Response, Trouble> {
    let mut form = visit.form(PATH).await?;
    form.default("tell", "phone");
    form.default("agree", "yes");
    let done = visit.query("done").map(|_| Banner {
        title: visit.say("components-done").to_string(),
        text: visit.say("components-done-text").to_string(),
        link: Some(Link { href: PATH.to_owned(), text: visit.say("components-again").to_string() }),
    });
    Ok(draw(&visit, &form, done))
}

fn draw(visit: &Visit, form: &Form, banner: Option<Banner>) -> Response {
    let frame = visit.frame(visit.say("components-title")).banner(banner).with(form);
    let frame = frame.back("/sandbox/pages", visit.say("components-back"));
    visit.page_with(form, &ComponentsPage { t: visit.t(), frame, form, most: NOTE_MOST })
}

async fn send(StaffPosted { visit, mut form, .. }: StaffPosted) -> Response {
    check(&mut form);
    if !form.is_clean() {
        return draw(&visit, &form, None);
    }
    see(&format!("{PATH}?done={}", form.submission_key))
}

fn check(form: &mut Form) {
    let t = form.t;
    form.required("line", 80, t.say("components-line-missing"));
    if form.date("on") == Typed::Unclear {
        form.error("on", t.say("frame-date-unclear"));
    }
    if form.digits("code", 6) == Typed::Unclear {
        form.error("code", t.say("components-code-unclear"));
    }
    if form.phone("phone") == Typed::Unclear {
        form.error("phone", t.say("components-phone-unclear"));
    }
    if form.postal_code("postal") == Typed::Unclear {
        form.error("postal", t.say("components-postal-unclear"));
    }
    let known = |code: &str| CHOICES.iter().find(|(known, _)| *known == code).copied();
    form.choice("way", known, t.say("components-way-missing"));
    form.text("note", NOTE_MOST);
}

/// Pages for the catalogue.
pub(super) const CATALOGUE: [Entry; 3] = [
    ("components", |t| sample(t, Form::fresh(t, PATH, PATH))),
    ("components-error", |t| {
        let mut form = Form::fresh(t, PATH, PATH).filled(vec![
            ("line".to_owned(), String::new()),
            ("on".to_owned(), "31".to_owned()),
            ("on-month".to_owned(), "2".to_owned()),
            ("on-year".to_owned(), "2027".to_owned()),
            ("code".to_owned(), "12 34".to_owned()),
            ("phone".to_owned(), "call me".to_owned()),
            ("postal".to_owned(), "90210".to_owned()),
            ("note".to_owned(), "<script>alert(1)</script> ".repeat(40)),
        ]);
        check(&mut form);
        sample(t, form)
    }),
    ("components-draft", |t| {
        let mut form = Form::fresh(t, PATH, PATH).filled(vec![("line".to_owned(), "a".repeat(300))]);
        form.kept_at = Some("14:05".to_owned());
        sample(t, form)
    }),
];

fn sample(t: Words, form: Form) -> String {
    let frame =
        Frame::new(t, t.say("components-title")).with(&form).back("/sandbox/pages", t.say("components-back"));
    ComponentsPage { t, frame, form: &form, most: NOTE_MOST }.render().unwrap_or_default()
}
