//! The choices in every frame: language and display. Both draw the same page again, with what was typed in it.

use axum::Router;
use axum::response::Response;
use axum::routing::post;

use crate::inbound::http::Doors;
use crate::inbound::http::pages::frame::{Display, REDRAW};
use crate::inbound::http::pages::posted::Redrawn;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::{see, set_cookie};
use crate::inbound::http::pages::words::Lang;
use crate::inbound::http::pages::{cookies, draft};

/// Forms that browsers without a session may have kept, by address and quarter of an hour. Chosen.
const GUEST_KEEPS: u32 = 60;

pub(super) fn routes() -> Router<Doors> {
    Router::new().route("/lang", post(language)).route("/display", post(display))
}

async fn language(redrawn: Redrawn) -> Result<Response, Trouble> {
    let lang = Lang::from_code(redrawn.form.value("_lang")).map_err(|_| Trouble::Unreadable)?;
    chosen(redrawn, cookies::LANG, lang.code()).await
}

async fn display(redrawn: Redrawn) -> Result<Response, Trouble> {
    let display = Display::from_code(redrawn.form.value("_display"));
    chosen(redrawn, cookies::DISPLAY, display.code()).await
}

async fn chosen(redrawn: Redrawn, cookie: &'static str, value: &str) -> Result<Response, Trouble> {
    let Redrawn { visit, form } = redrawn;
    let has_text = form.action != REDRAW && form.is_clean();
    if has_text {
        let counted = format!("keep {}", visit.peer());
        if visit.staff().is_some() || visit.desk().allow_try(&counted, GUEST_KEEPS, super::QUARTER).await? {
            // The cookie of a partner's session is not sent to this address: its form says whose it is.
            let owner = match form.reader.as_str() {
                "" => visit.owner(),
                reader => draft::of_reader(&visit, reader),
            };
            draft::keep(&visit, &owner, &form).await?;
        }
    }
    let mut response = see(&form.page);
    set_cookie(&mut response, &cookies::choice(cookie, value, visit.doors().0.pages.is_https()));
    Ok(response)
}
