//! Closing a referral (PAGES D6): why and what came of it, then exactly what the chart would read, then that.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use crate::domain::reason::ClosingReason;
use crate::domain::routing::Language;
use crate::exchange::desk::{Closing, ClosingCheck, ReferralPage};
use crate::inbound::http::pages::desk::facts::{Fact, fact};
use crate::inbound::http::pages::desk::form::{Drawn, MESSAGE, Part, act, draw, fresh, options, settle, writable};
use crate::inbound::http::pages::desk::look;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::posted::StaffPosted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::visit::{Visit, see};
use crate::inbound::http::pages::words::{Lang, Said, Words};

/// Letters of the line for the chart.
pub(super) const OUTCOME: usize = 200;

/// The reasons that can be chosen: information is given on a page of its own.
fn reasons() -> impl Iterator<Item = ClosingReason> {
    ClosingReason::ALL.iter().copied().filter(|reason| *reason != ClosingReason::InformationGiven)
}

pub(super) fn parts(t: Words, page: &ReferralPage) -> Drawn {
    let say = |key: &str| t.say(key).to_string();
    let own = |key: &str| words(t, page, key).to_string();
    let mut parts = vec![
        Part::Radio {
            name: "reason",
            label: say("desk-close-reason"),
            options: options(t, "closing", reasons().map(ClosingReason::code)),
            hint: t.say("desk-close-tries").with("count", page.tries).to_string(),
        },
        Part::Area { name: "text", label: say("desk-close-text"), hint: own("hint"), most: MESSAGE },
        Part::Line { name: "outcome", label: say("desk-close-outcome"), hint: own("outcome-hint"), mode: "" },
    ];
    if page.is_with_partner {
        parts.push(Part::Tick { name: "tells-partner", label: say("desk-close-tells-partner") });
    }
    parts.push(Part::Words(own("told")));
    Drawn { key: "close", parts }
}

/// Words of this page that say who is told: somebody has sent the referral, or nobody but the person.
fn words(t: Words, page: &ReferralPage, key: &str) -> Said {
    let group = if page.has_prescriber { "desk-close" } else { "desk-close-own" };
    t.say(format!("{group}-{key}"))
}

/// What would be told, before it is.
#[derive(Template)]
#[template(path = "desk/check.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct CheckPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) form: &'a Form,
    pub(super) reference: String,
    /// Where the sentence is read.
    pub(super) reads: Said,
    pub(super) chart: String,
    pub(super) chart_lang: &'static str,
    pub(super) facts: Vec<Fact>,
    /// Who is told.
    pub(super) told: Said,
    /// What was typed, carried along.
    pub(super) kept: Vec<(String, String)>,
    pub(super) back: String,
}

pub(super) fn check_page<'a>(
    t: Words,
    frame: Frame,
    form: &'a Form,
    page: &ReferralPage,
    closing: &Closing,
    check: ClosingCheck,
) -> CheckPage<'a> {
    let reason = t.say(format!("desk-closing-{}", closing.reason.code())).to_string();
    let mut facts = vec![fact(t, "desk-close-reason", reason)];
    facts.extend(closing.words.as_ref().map(|words| fact(t, "desk-check-words", words.clone())));
    if !check.ends.is_empty() {
        facts.push(fact(t, "desk-check-ends", check.ends.join(", ")));
        let is_told = closing.tells_partner && closing.reason != ClosingReason::Died;
        let key = if is_told { "desk-check-told" } else { "desk-check-not-told" };
        facts.push(fact(t, "desk-check-partners", t.say(key).to_string()));
    }
    CheckPage {
        t,
        frame,
        form,
        reference: page.reference.clone(),
        reads: words(t, page, "chart"),
        told: words(t, page, "told"),
        chart: check.chart,
        chart_lang: match check.language {
            Language::English => Words(Lang::English).tag(),
            Language::French => Words(Lang::French).tag(),
        },
        facts,
        kept: form.values().iter().filter(|(name, _)| !name.starts_with('_')).cloned().collect(),
        back: look::path(page.id),
    }
}

pub(super) async fn page(SignedIn { staff, visit }: SignedIn, Path(id): Path<String>) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    if !page.can_close {
        return Ok(see(&look::path(page.id)));
    }
    let mut form = fresh(&visit, &page, "/close").await?;
    form.default("tells-partner", "yes");
    Ok(draw(&visit, &form, &page, parts(visit.t(), &page)))
}

/// What stands in the form; says in it what is missing.
fn read(visit: &Visit, form: &mut Form) -> Option<Closing> {
    let known = |code: &str| reasons().find(|reason| reason.code() == code);
    let reason = form.choice("reason", known, visit.say("desk-close-reason-missing"));
    let words = form.text("text", MESSAGE);
    let outcome = form.text("outcome", OUTCOME);
    if reason == Some(ClosingReason::Other) && words.is_empty() {
        form.error("text", visit.say("desk-close-text-missing"));
    }
    let given = |text: String| (!text.is_empty()).then_some(text);
    let tells_partner = form.has("tells-partner", "yes");
    Some(Closing { reason: reason?, words: given(words), outcome: given(outcome), tells_partner })
}

pub(super) async fn close(
    Path(id): Path<String>,
    StaffPosted { staff, visit, mut form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let (is_checked, changes) = (form.has("checked", "yes"), form.has("change", "yes"));
    form.clear("checked");
    form.clear("change");
    if changes {
        return Ok(draw(&visit, &form, &page, parts(visit.t(), &page)));
    }
    let closing = read(&visit, &mut form);
    let Some(closing) = closing.filter(|_| form.is_clean()) else {
        return Ok(draw(&visit, &form, &page, parts(visit.t(), &page)));
    };
    let done = if is_checked {
        visit.desk().close(&staff, page.id, &act(&form), &closing).await
    } else {
        match visit.desk().check_closing(&staff, page.id, &act(&form), &closing).await {
            Ok(Some(check)) => return Ok(checked(&visit, &form, &page, &closing, check)),
            Ok(None) => visit.desk().close(&staff, page.id, &act(&form), &closing).await,
            Err(not_done) => Err(not_done),
        }
    };
    let said = if page.has_prescriber { "close" } else { "close-own" };
    let to = format!("{}?done={said}", look::path(page.id));
    if let Some(answer) = settle(&visit, &mut form, &page, done, &to).await? {
        return Ok(answer);
    }
    Ok(draw(&visit, &form, &page, parts(visit.t(), &page)))
}

fn checked(visit: &Visit, form: &Form, page: &ReferralPage, closing: &Closing, check: ClosingCheck) -> Response {
    let t = visit.t();
    let frame = visit
        .frame(t.say("desk-check-title"))
        .with(form)
        .back(look::path(page.id), t.say("desk-back").with("reference", &page.reference))
        .at("desk");
    visit.page_with(form, &check_page(t, frame, form, page, closing, check))
}
