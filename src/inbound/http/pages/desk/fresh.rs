//! What changed since a page was drawn (PAGES 2, stale): a region that says so and leads to what is so now. A link looks
//! for it; the script looks every 15 seconds. Nothing that is read or typed is ever replaced.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::exchange::DeskConflict;
use crate::inbound::http::pages::desk::form::{referral, trouble};
use crate::inbound::http::pages::desk::{conflict, list, look};
use crate::inbound::http::pages::frame::{Frame, Link};
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::visit::Visit;
use crate::inbound::http::pages::when::When;
use crate::inbound::http::pages::words::Words;

/// The region, wherever it stands.
#[derive(Clone, Debug)]
pub(super) struct Fresh {
    /// Where one looks whether something changed.
    pub(super) from: String,
    /// What changed.
    pub(super) told: Option<String>,
    /// Where it is shown as it is now.
    pub(super) show: Link,
}

impl Fresh {
    /// On the page of a referral, or of a form about it, that was drawn from `version`.
    pub(super) fn of_referral(t: Words, id: ResourceId, version: &str) -> Self {
        let page = look::path(id);
        Self {
            from: format!("{page}/changes?version={version}"),
            told: None,
            show: Link { href: page, text: t.say("desk-fresh-show-referral").to_string() },
        }
    }

    /// On a worklist that was read at `at`, when `mark` was its last change, with the filters that stand in its address.
    pub(super) fn of_list(t: Words, at: Timestamp, mark: Timestamp, query: &str) -> Self {
        let from = format!("/desk/changes?at={}&since={}", at.as_millis(), mark.as_millis());
        let is_filtered = !query.is_empty();
        Self {
            from: if is_filtered { format!("{from}&{query}") } else { from },
            told: None,
            show: Link {
                href: if is_filtered { format!("/desk?{query}") } else { "/desk".to_owned() },
                text: t.say("desk-fresh-show").to_string(),
            },
        }
    }
}

/// What one reads who follows the link: the region, and whether there is anything in it.
#[derive(Template)]
#[template(path = "desk/changes.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct ChangesPage {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) fresh: Fresh,
}

/// Whether the worklist changed since it was read.
pub(super) async fn of_list(SignedIn { staff, visit }: SignedIn) -> Result<Response, Trouble> {
    let instant = |name| Some(Timestamp::from_millis(visit.query(name)?.parse().ok()?));
    let (at, mark) = instant("at").zip(instant("since")).ok_or(Trouble::Missing)?;
    let asked = list::filter(&visit, &staff);
    let count = visit.desk().changes(&staff, &asked.filter, mark).await.map_err(trouble)?;
    let mut fresh = Fresh::of_list(visit.t(), at, mark, &list::query(&asked.form));
    fresh.told = counted(visit.t(), count, &visit.when(at));
    Ok(draw(
        &visit,
        fresh,
        visit.frame(visit.say("desk-changes-title")).back("/desk", visit.say("desk-back-to-list")),
    ))
}

/// Whether a referral changed since a page was drawn from it.
pub(super) async fn of_referral(
    SignedIn { staff, visit }: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let page = referral(&visit, &staff, &id).await?;
    let version = visit.query("version").and_then(|version| version.parse::<u64>().ok()).ok_or(Trouble::Missing)?;
    let first = visit.desk().changed(&staff, page.id, version).await.map_err(trouble)?;
    let mut fresh = Fresh::of_referral(visit.t(), page.id, &version.to_string());
    fresh.told = first.map(|first| moved(visit.t(), &first, &visit.when(first.at)));
    let back = visit.say("desk-back").with("reference", &page.reference);
    Ok(draw(&visit, fresh, visit.frame(visit.say("desk-changes-title")).back(look::path(page.id), back)))
}

fn draw(visit: &Visit, fresh: Fresh, frame: Frame) -> Response {
    visit.page(StatusCode::OK, &ChangesPage { t: visit.t(), frame: frame.at("desk"), fresh })
}

/// `4 changes since 14:05.`
pub(super) fn counted(t: Words, count: usize, since: &When) -> Option<String> {
    (count > 0).then(|| t.say("desk-fresh-list").with("count", count).with("time", &since.clock).to_string())
}

/// `This referral changed at 14:05: It was declined.`
pub(super) fn moved(t: Words, first: &DeskConflict, at: &When) -> String {
    let what = conflict::moved(t, first);
    t.say("desk-fresh-referral").with("time", &at.clock).with("what", what).to_string()
}
