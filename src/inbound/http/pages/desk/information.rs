//! Giving information only (PAGES D3): what the person is told, and the sheet that is printed for them.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use crate::exchange::desk::{Information, ServiceCard, ServiceFilter};
use crate::exchange::{Choice, Staff};
use crate::inbound::http::pages::desk::form::{
    Drawn, MESSAGE, Part, act, draw, fresh, referral, settle, trouble, writable,
};
use crate::inbound::http::pages::desk::look;
use crate::inbound::http::pages::desk::service_card::facts;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::posted::StaffPosted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::visit::Visit;
use crate::inbound::http::pages::words::Words;

/// Services that are offered for the sheet, the best first. Chosen: others are written in words.
const OFFERED: usize = 40;

pub(super) fn parts(t: Words, cards: &[ServiceCard]) -> Drawn {
    let say = |key: &str| t.say(key).to_string();
    let mut parts = vec![Part::Words(say("desk-information-what"))];
    if !cards.is_empty() {
        let option = |card: &ServiceCard| {
            let name = if card.name == card.organisation {
                card.name.clone()
            } else {
                format!("{}, {}", card.name, card.organisation)
            };
            (card.choice.to_string(), name)
        };
        parts.push(Part::Boxes {
            name: "service",
            label: say("desk-information-services"),
            options: cards.iter().take(OFFERED).map(option).collect(),
            hint: String::new(),
        });
    }
    parts.push(Part::Area {
        name: "text",
        label: say("desk-information-text"),
        hint: say("desk-information-hint"),
        most: MESSAGE,
    });
    Drawn { key: "information", parts }
}

async fn cards(
    visit: &Visit,
    staff: &Staff,
    page: crate::domain::id::ResourceId,
) -> Result<Vec<ServiceCard>, Trouble> {
    let all = ServiceFilter { also_full: true, ..ServiceFilter::default() };
    Ok(visit.desk().services(staff, page, &all).await.map_err(trouble)?.cards)
}

pub(super) async fn page(SignedIn { staff, visit }: SignedIn, Path(id): Path<String>) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    if !page.can_inform {
        return Err(Trouble::Missing);
    }
    let form = fresh(&visit, &page, "/information").await?;
    let cards = cards(&visit, &staff, page.id).await?;
    Ok(draw(&visit, &form, &page, parts(visit.t(), &cards)))
}

pub(super) async fn save(
    Path(id): Path<String>,
    StaffPosted { staff, visit, mut form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let services: Vec<Choice> = form.all("service").into_iter().filter_map(|choice| choice.parse().ok()).collect();
    let words = form.text("text", MESSAGE);
    if services.is_empty() && words.is_empty() {
        form.error("text", visit.say("desk-information-missing"));
    }
    if form.is_clean() {
        let information = Information { services, words: (!words.is_empty()).then_some(words) };
        let done = visit.desk().inform(&staff, page.id, &act(&form), &information).await;
        let to = format!("{}/sheet", look::path(page.id));
        if let Some(answer) = settle(&visit, &mut form, &page, done, &to).await? {
            return Ok(answer);
        }
    }
    let cards = cards(&visit, &staff, page.id).await?;
    Ok(draw(&visit, &form, &page, parts(visit.t(), &cards)))
}

/// What the person takes home: nothing about them stands on it.
#[derive(Template)]
#[template(path = "desk/sheet.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct SheetPage {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) house: String,
    pub(super) cards: Vec<SheetCard>,
    pub(super) words: Option<String>,
}

/// A service on the sheet.
pub(super) struct SheetCard {
    pub(super) name: String,
    pub(super) organisation: String,
    pub(super) about: Option<String>,
    pub(super) facts: Vec<String>,
}

pub(super) fn sheet_card(t: Words, card: ServiceCard) -> SheetCard {
    SheetCard { facts: facts(t, &card), name: card.name, organisation: card.organisation, about: card.about }
}

pub(super) async fn sheet(
    SignedIn { staff, visit }: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let page = referral(&visit, &staff, &id).await?;
    let sheet = visit.desk().sheet(&staff, page.id).await.map_err(trouble)?;
    let t = visit.t();
    let frame = visit
        .frame(t.say("desk-sheet-title"))
        .back(look::path(page.id), t.say("desk-back").with("reference", &page.reference))
        .at("desk");
    let cards = sheet.services.into_iter().map(|card| sheet_card(t, card)).collect();
    Ok(visit.page(StatusCode::OK, &SheetPage { t, frame, house: staff.house.clone(), cards, words: sheet.words }))
}
