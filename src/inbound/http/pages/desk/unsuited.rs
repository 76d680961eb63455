//! A service that is not right for this person: why, and back again (PAGES D3).

use axum::extract::Path;
use axum::response::Response;

use crate::exchange::Choice;
use crate::exchange::desk::{ReferralPage, Unsuited};
use crate::inbound::http::pages::desk::form::{Drawn, MESSAGE, Part, act, draw, options, settle, writable};
use crate::inbound::http::pages::desk::look;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::posted::StaffPosted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::visit::{Visit, see};
use crate::inbound::http::pages::words::Words;

pub(super) fn parts(t: Words) -> Drawn {
    let say = |key: &str| t.say(key).to_string();
    let parts = vec![
        Part::Words(say("desk-unsuited-what")),
        Part::Hidden { name: "choice" },
        Part::Radio {
            name: "reason",
            label: say("desk-unsuited-reason"),
            options: options(t, "unsuited", Unsuited::ALL.iter().map(|reason| reason.code())),
            hint: String::new(),
        },
        Part::Area {
            name: "text",
            label: say("desk-unsuited-text"),
            hint: say("desk-unsuited-hint"),
            most: MESSAGE,
        },
    ];
    Drawn { key: "unsuited", parts }
}

pub(super) async fn page(SignedIn { staff, visit }: SignedIn, Path(id): Path<String>) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let choice = visit.query("choice").unwrap_or_default();
    let mut form = visit.form(&format!("{}/unsuited", look::path(page.id))).await?;
    if form.value("choice") != choice {
        // What was kept was meant for another service.
        form = visit.button(&form.action);
        form.default("choice", choice);
    }
    chosen(&form)?;
    form.version = page.version.to_string();
    Ok(draw(&visit, &form, &page, parts(visit.t())))
}

pub(super) async fn save(
    Path(id): Path<String>,
    StaffPosted { staff, visit, mut form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let choice = chosen(&form)?;
    let reason =
        form.choice("reason", |code| Unsuited::from_code(code).ok(), visit.say("desk-unsuited-reason-missing"));
    let words = form.text("text", MESSAGE);
    if reason == Some(Unsuited::Other) && words.is_empty() {
        form.error("text", visit.say("desk-unsuited-text-missing"));
    }
    if let (true, Some(reason)) = (form.is_clean(), reason) {
        let words = Some(words.as_str()).filter(|words| !words.is_empty());
        let done = visit.desk().set_apart(&staff, page.id, &act(&form), &choice, reason, words).await;
        if let Some(answer) = settled(&visit, &mut form, &page, done, "apart").await? {
            return Ok(answer);
        }
    }
    Ok(draw(&visit, &form, &page, parts(visit.t())))
}

pub(super) async fn show_again(
    Path(id): Path<String>,
    StaffPosted { staff, visit, mut form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let choice = chosen(&form)?;
    if form.is_clean() {
        let done = visit.desk().show_again(&staff, page.id, &act(&form), &choice).await;
        if let Some(answer) = settled(&visit, &mut form, &page, done, "shown-again").await? {
            return Ok(answer);
        }
    }
    // Nothing was typed that could be lost: the list says what is so now.
    Ok(see(&format!("{}/service", look::path(page.id))))
}

async fn settled(
    visit: &Visit,
    form: &mut Form,
    page: &ReferralPage,
    done: Result<crate::exchange::Recorded, crate::exchange::NotDone>,
    what: &str,
) -> Result<Option<Response>, Trouble> {
    let to = format!("{}/service?done={what}", look::path(page.id));
    settle(visit, form, page, done, &to).await
}

fn chosen(form: &Form) -> Result<Choice, Trouble> {
    form.value("choice").parse().map_err(|_| Trouble::Missing)
}
