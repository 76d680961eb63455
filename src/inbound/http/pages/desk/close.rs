//! Closing a referral (PAGES D6).

use axum::extract::Path;
use axum::response::Response;

use crate::domain::reason::ClosingReason;
use crate::exchange::desk::{Closing, ReferralPage};
use crate::inbound::http::pages::desk::form::{Drawn, MESSAGE, Part, act, draw, fresh, options, settle, writable};
use crate::inbound::http::pages::desk::look;
use crate::inbound::http::pages::posted::StaffPosted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::visit::see;
use crate::inbound::http::pages::words::Words;

/// Letters of the line for the chart.
const OUTCOME: usize = 200;

pub(super) fn parts(t: Words, page: &ReferralPage) -> Drawn {
    let say = |key: &str| t.say(key).to_string();
    let mut parts = vec![
        Part::Radio {
            name: "reason",
            label: say("desk-close-reason"),
            options: options(t, "closing", ClosingReason::ALL.iter().map(|reason| reason.code())),
            hint: t.say("desk-close-tries").with("count", page.tries).to_string(),
        },
        Part::Area { name: "text", label: say("desk-close-text"), hint: say("desk-close-hint"), most: MESSAGE },
        Part::Line {
            name: "outcome",
            label: say("desk-close-outcome"),
            hint: say("desk-close-outcome-hint"),
            mode: "",
        },
    ];
    if page.is_with_partner {
        parts.push(Part::Tick { name: "tells-partner", label: say("desk-close-tells-partner") });
    }
    parts.push(Part::Words(say("desk-close-told")));
    Drawn { key: "close", parts }
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

pub(super) async fn close(
    Path(id): Path<String>,
    StaffPosted { staff, visit, mut form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let reason =
        form.choice("reason", |code| ClosingReason::from_code(code).ok(), visit.say("desk-close-reason-missing"));
    let words = form.text("text", MESSAGE);
    let outcome = form.text("outcome", OUTCOME);
    if reason == Some(ClosingReason::Other) && words.is_empty() {
        form.error("text", visit.say("desk-close-text-missing"));
    }
    if let (true, Some(reason)) = (form.is_clean(), reason) {
        let given = |text: String| (!text.is_empty()).then_some(text);
        let closing = Closing {
            reason,
            words: given(words),
            outcome: given(outcome),
            tells_partner: form.has("tells-partner", "yes"),
        };
        let done = visit.desk().close(&staff, page.id, &act(&form), &closing).await;
        let to = format!("{}?done=close", look::path(page.id));
        if let Some(answer) = settle(&visit, &mut form, &page, done, &to).await? {
            return Ok(answer);
        }
    }
    Ok(draw(&visit, &form, &page, parts(visit.t(), &page)))
}
