//! Recording what the person agrees to, and ending it (PAGES D2, Consent).

use axum::extract::Path;
use axum::response::Response;

use crate::domain::id::ResourceId;
use crate::exchange::Choice;
use crate::exchange::desk::{ConsentGiven, ConsentLine, ReferralPage, Stands};
use crate::inbound::http::pages::desk::form::{
    Drawn, Part, act, draw, draw_from, fresh, options, settle, writable,
};
use crate::inbound::http::pages::desk::look;
use crate::inbound::http::pages::desk::texts::begins;
use crate::inbound::http::pages::fields::Typed;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Link;
use crate::inbound::http::pages::posted::StaffPosted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::visit::Visit;
use crate::inbound::http::pages::words::Words;

/// Letters of the purpose.
const PURPOSE: usize = 200;

pub(super) fn parts(t: Words, partners: Vec<(String, String)>) -> Drawn {
    let say = |key: &str| t.say(key).to_string();
    Drawn {
        key: "consent",
        parts: vec![
            Part::Words(say("desk-consent-intro")),
            Part::Select {
                name: "partner",
                label: say("desk-consent-partner"),
                options: partners,
                hint: String::new(),
            },
            Part::Radio {
                name: "agrees",
                label: say("desk-consent-agrees"),
                options: options(t, "consent-says", ["yes", "no"]),
                hint: String::new(),
            },
            Part::Line {
                name: "purpose",
                label: say("desk-consent-purpose"),
                hint: say("desk-consent-purpose-hint"),
                mode: "",
            },
            Part::Radio {
                name: "given",
                label: say("desk-consent-given"),
                options: options(t, "consent-given", ["spoken", "written"]),
                hint: String::new(),
            },
            Part::Date { name: "until", label: say("desk-consent-until"), hint: say("desk-consent-until-hint") },
            Part::Hidden { name: "choice" },
        ],
    }
}

/// All partners, each with its slug.
pub(super) fn partners(visit: &Visit) -> Vec<(String, String)> {
    let known = visit.desk().directory().recipients();
    known.iter().map(|partner| (partner.name.clone(), partner.title.clone())).collect()
}

pub(super) async fn page(SignedIn { staff, visit }: SignedIn, Path(id): Path<String>) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let mut form = fresh(&visit, &page, "/consent").await?;
    let partners = partners(&visit);
    let asked = visit.query("partner").filter(|asked| partners.iter().any(|(name, _)| name == asked));
    let first = asked.or_else(|| {
        let of_step = page.partner.as_ref();
        partners.iter().find(|(_, title)| Some(title) == of_step).map(|(name, _)| name.clone())
    });
    form.default("partner", first.unwrap_or_default());
    form.default("given", "spoken");
    let choice = visit.query("choice").unwrap_or_default();
    if form.value("choice") != choice {
        // Where it goes on is told by the way here, not by what was kept of another.
        form.set("choice", choice);
    }
    Ok(show(&visit, &form, &page, partners))
}

/// The page on which a service was being sent to, when the way here began there.
fn sending(form: &Form, path: &str) -> Option<String> {
    let choice = form.value("choice").parse::<Choice>().ok()?.to_string();
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("choice", &choice).finish();
    Some(format!("{path}/send?{query}"))
}

/// Where recording it leads: on with the service that was being sent to, when the person agrees; else to the referral.
fn way_on(form: &Form, path: &str, agrees: bool) -> String {
    match sending(form, path).filter(|_| agrees) {
        Some(sending) => format!("{sending}&done=consent"),
        None => format!("{path}?done=consent"),
    }
}

fn show(visit: &Visit, form: &Form, page: &ReferralPage, partners: Vec<(String, String)>) -> Response {
    let drawn = parts(visit.t(), partners);
    match sending(form, &look::path(page.id)) {
        Some(href) => {
            draw_from(visit, form, page, drawn, Link { href, text: visit.say("desk-back-to-send").to_string() })
        }
        None => draw(visit, form, page, drawn),
    }
}

pub(super) async fn save(
    Path(id): Path<String>,
    StaffPosted { staff, visit, mut form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let partners = partners(&visit);
    let partner = form.value("partner").to_owned();
    if !partners.iter().any(|(name, _)| *name == partner) {
        form.error("partner", visit.say("desk-consent-partner-missing"));
    }
    let says = |text: &str| match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    let agrees = form.choice("agrees", says, visit.say("desk-consent-agrees-missing"));
    let purpose = form.text("purpose", PURPOSE);
    let ways = |text: &str| ["spoken", "written"].into_iter().find(|way| *way == text);
    let given = form.choice("given", ways, visit.say("desk-consent-given-missing"));
    ends_later(&visit, &mut form);
    if let (true, Some(agrees), Some(given)) = (form.is_clean(), agrees, given) {
        let until = form.date("until").given().map(|day| day.to_string());
        let purpose = (!purpose.is_empty()).then_some(purpose);
        let given = ConsentGiven { partner, agrees, purpose, until, form: given.to_owned() };
        let done = visit.desk().record_consent(&staff, page.id, &act(&form), &given).await;
        let to = way_on(&form, &look::path(page.id), agrees);
        if let Some(answer) = settle(&visit, &mut form, &page, done, &to).await? {
            return Ok(answer);
        }
    }
    Ok(show(&visit, &form, &page, partners))
}

pub(super) fn withdraw_parts(t: Words, line: &ConsentLine) -> Drawn {
    let what = t.say("desk-withdraw-what").with("to", &line.to).to_string();
    let stays = t.say("desk-withdraw-stays").to_string();
    Drawn { key: "withdraw", parts: vec![Part::Hidden { name: "consent" }, Part::Words(what), Part::Words(stays)] }
}

/// Says in the form when the last day of a consent is none that is to come; it may be years ahead.
fn ends_later(visit: &Visit, form: &mut Form) {
    let is_right = match form.date("until") {
        Typed::Nothing => true,
        Typed::Unclear => false,
        Typed::Given(day) => begins(visit, day).is_some_and(|at| at > visit.now()),
    };
    if !is_right {
        form.error("until", visit.say("desk-consent-until-wrong"));
    }
}

/// The consent that is meant, when it stands.
fn meant<'a>(page: &'a ReferralPage, id: &str) -> Result<&'a ConsentLine, Trouble> {
    let id: ResourceId = id.parse().map_err(|_| Trouble::Missing)?;
    page.consents.iter().find(|line| line.id == id && line.stands == Stands::InForce).ok_or(Trouble::Missing)
}

pub(super) async fn withdraw_page(
    SignedIn { staff, visit }: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let asked = visit.query("consent").unwrap_or_default();
    let line = meant(&page, &asked)?;
    let mut form = visit.button(&format!("{}/withdraw", look::path(page.id)));
    form.version = page.version.to_string();
    form.default("consent", line.id.to_string());
    Ok(draw(&visit, &form, &page, withdraw_parts(visit.t(), line)))
}

pub(super) async fn withdraw(
    Path(id): Path<String>,
    StaffPosted { staff, visit, mut form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let consent: ResourceId = form.value("consent").parse().map_err(|_| Trouble::Missing)?;
    if form.is_clean() {
        let done = visit.desk().withdraw_consent(&staff, page.id, &act(&form), consent).await;
        let to = format!("{}?done=withdraw", look::path(page.id));
        if let Some(answer) = settle(&visit, &mut form, &page, done, &to).await? {
            return Ok(answer);
        }
    }
    let line = meant(&page, &consent.to_string())?;
    Ok(draw(&visit, &form, &page, withdraw_parts(visit.t(), line)))
}
