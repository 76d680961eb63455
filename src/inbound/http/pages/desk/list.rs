//! The worklist (PAGES D1), taking a referral from it, and finding a person.

use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::id::ResourceId;
use crate::domain::next_step::NextStep;
use crate::domain::referral::LoopState;
use crate::domain::support_level::SupportLevel;
use crate::domain::worklist::Group;
use crate::exchange::Staff;
use crate::exchange::desk::{Filter, PageMark, Row, Shown, Sought, Worklist};
use crate::inbound::http::pages::desk::form::{options, trouble};
use crate::inbound::http::pages::desk::look::{self, RowView};
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::{Banner, Frame};
use crate::inbound::http::pages::posted::StaffPosted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::visit::{Visit, see};
use crate::inbound::http::pages::words::Words;

/// Searches for people, kept for whoever made them.
const SEARCH: &str = "search";
/// How long. Chosen: long enough to open each of what was found.
const SEARCH_LIFE: Duration = Duration::from_secs(15 * 60);
/// Letters of what is looked for.
const SOUGHT: usize = 100;
/// The states that can be on a worklist.
const STATES: [LoopState; 7] = [
    LoopState::Requested,
    LoopState::Accepted,
    LoopState::InProgress,
    LoopState::OnHold,
    LoopState::NeedsRouting,
    LoopState::Completed,
    LoopState::Rejected,
];

/// A group as it is drawn.
#[derive(Clone, Debug)]
pub(super) struct GroupView {
    pub(super) code: &'static str,
    pub(super) title: String,
    pub(super) caption: String,
    /// What waits for others is folded away.
    pub(super) is_folded: bool,
    pub(super) rows: Vec<RowView>,
}

#[derive(Template)]
#[template(path = "desk/list.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct ListPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) find: &'a Form,
    pub(super) filter: &'a Form,
    pub(super) choices: Choices,
    pub(super) groups: Vec<GroupView>,
    /// Whether a filter is set: an empty list says so.
    pub(super) is_filtered: bool,
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
}

/// What the filters offer.
pub(super) struct Choices {
    pub(super) shown: Vec<(String, String)>,
    pub(super) states: Vec<(String, String)>,
    pub(super) partners: Vec<(String, String)>,
    pub(super) levels: Vec<(String, String)>,
    pub(super) ages: Vec<(String, String)>,
}

/// The names of the filter's fields.
const FIELDS: [&str; 6] = ["shown", "state", "partner", "level", "french", "older"];

pub(super) async fn page(SignedIn { staff, visit }: SignedIn) -> Result<Response, Trouble> {
    let find = visit.button("/desk/find");
    show(&visit, &staff, find).await
}

/// The worklist with what was typed into the search, and what is wrong with it.
async fn show(visit: &Visit, staff: &Staff, find: Form) -> Result<Response, Trouble> {
    let t = visit.t();
    let (filter, mut fields, unknown) = filter(visit);
    let mark = visit.query("from").and_then(|mark| mark.parse::<PageMark>().ok());
    let list = visit.desk().worklist(staff, &filter, mark).await.map_err(trouble)?;
    fields.default("shown", "all");
    let notice = unknown.then(|| Banner {
        title: t.say("desk-notice").to_string(),
        text: t.say("desk-filter-unknown").to_string(),
        link: None,
    });
    let mut frame = visit.frame(t.say("desk-title")).banner(notice.or_else(|| done(t, visit))).at("desk").wide();
    frame.errors = find.errors().to_vec();
    let query = query(visit);
    let at = |mark: Option<PageMark>| match (query.is_empty(), mark) {
        (true, None) => "/desk".to_owned(),
        (true, Some(mark)) => format!("/desk?from={mark}"),
        (false, None) => format!("/desk?{query}"),
        (false, Some(mark)) => format!("/desk?{query}&from={mark}"),
    };
    let page = ListPage {
        t,
        frame,
        choices: choices(t, visit),
        is_filtered: filter != Filter::default(),
        first: mark.map(|_| at(None)),
        next: list.next.map(|next| at(Some(next))),
        groups: groups(visit, list),
        find: &find,
        filter: &fields,
    };
    Ok(visit.page_with(&find, &page))
}

fn groups(visit: &Visit, list: Worklist) -> Vec<GroupView> {
    let drawn = list.groups.into_iter().map(|group| {
        let rows = group.rows.into_iter().map(|row| drawn(visit, row)).collect();
        group_view(visit.t(), group.group, group.count, rows)
    });
    drawn.collect()
}

pub(super) fn group_view(t: Words, group: Group, count: u32, rows: Vec<RowView>) -> GroupView {
    let title = t.say(format!("desk-group-{}", group.code()));
    GroupView {
        code: group.code(),
        caption: t.say("desk-group-caption").with("group", &title).with("count", count).to_string(),
        title: t.say("desk-group-count").with("group", &title).with("count", count).to_string(),
        is_folded: group == Group::Others,
        rows,
    }
}

fn drawn(visit: &Visit, row: Row) -> RowView {
    let with = row.assignee.as_deref().map(|slug| look::colleague(visit.doors(), slug));
    look::row(visit.t(), row, with, |at| visit.when(at), |action| visit.button(&action))
}

/// What the address asks for: codes only. Unknown ones are left out, and it is said.
fn filter(visit: &Visit) -> (Filter, Form, bool) {
    let asked = |name: &str| visit.query(name).filter(|value| !value.is_empty());
    let mut unknown = false;
    let mut note = |is_known: bool| unknown |= !is_known;
    let shown = match asked("shown").as_deref() {
        None | Some("all") => Shown::Everyone,
        Some("mine") => Shown::Mine,
        Some("unassigned") => Shown::Unassigned,
        Some(_) => {
            note(false);
            Shown::Everyone
        }
    };
    let state = asked("state").and_then(|code| {
        let known = LoopState::from_code(&code).ok();
        note(known.is_some());
        known
    });
    let level = asked("level").and_then(|code| {
        let known = SupportLevel::from_code(&code).ok();
        note(known.is_some());
        known
    });
    let partner = asked("partner").filter(|name| {
        let is_known = visit.desk().directory().by_name(name).is_some();
        note(is_known);
        is_known
    });
    let older_than_days = asked("older").and_then(|days| {
        let known = days.parse().ok();
        note(known.is_some());
        known
    });
    let filter = Filter {
        shown,
        team: None,
        state,
        partner,
        reason: None,
        level: level.map(|level| level.code().to_owned()),
        prefers_french: asked("french").is_some(),
        older_than_days,
    };
    let mut form = Form::fresh(visit.t(), "/desk", visit.path());
    for name in FIELDS {
        if let Some(value) = asked(name) {
            form.default(name, value);
        }
    }
    (filter, form, unknown)
}

/// The filters as they stand in the address, without the place on the list.
fn query(visit: &Visit) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in FIELDS {
        if let Some(value) = visit.query(name).filter(|value| !value.is_empty()) {
            query.append_pair(name, &value);
        }
    }
    query.finish()
}

fn choices(t: Words, visit: &Visit) -> Choices {
    let partners = visit.desk().directory().recipients();
    all_choices(t, partners.iter().map(|partner| (partner.name.clone(), partner.title.clone())).collect())
}

pub(super) fn all_choices(t: Words, partners: Vec<(String, String)>) -> Choices {
    let all = |rest: Vec<(String, String)>| {
        let mut options = vec![(String::new(), t.say("desk-filter-all").to_string())];
        options.extend(rest);
        options
    };
    Choices {
        shown: options(t, "shown", ["all", "mine", "unassigned"]),
        states: all(STATES
            .into_iter()
            .map(|state| (state.code().to_owned(), look::tag(t, state, None, NextStep::Wait).text))
            .collect()),
        partners: all(partners),
        levels: all(options(t, "level", SupportLevel::ALL.iter().map(|level| level.code()))),
        ages: all(["7", "14", "30", "90"]
            .into_iter()
            .map(|days| {
                let count: u32 = days.parse().unwrap_or_default();
                (days.to_owned(), t.say("desk-older-days").with("count", count).to_string())
            })
            .collect()),
    }
}

/// What was done on the way here.
fn done(t: Words, visit: &Visit) -> Option<Banner> {
    visit.query("done").filter(|done| done == "take").map(|_| Banner {
        title: t.say("desk-done").to_string(),
        text: t.say("desk-done-take").to_string(),
        link: None,
    })
}

pub(super) async fn find(StaffPosted { staff, visit, mut form }: StaffPosted) -> Result<Response, Trouble> {
    let typed = form.required("sought", SOUGHT, visit.say("desk-find-missing"));
    if !form.is_clean() {
        return show(&visit, &staff, form).await;
    }
    let found = visit.desk().find_referrals(&staff, &Sought::new(&typed)).await.map_err(trouble)?;
    let ids: Vec<String> = found.iter().map(ToString::to_string).collect();
    let data = serde_json::json!(ids).to_string().into_bytes();
    let search = visit.desk().issue_ticket(SEARCH, &staff.name, data, SEARCH_LIFE).await?;
    Ok(see(&format!("/desk/found/{search}")))
}

#[derive(Template)]
#[template(path = "desk/found.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct FoundPage {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) rows: Vec<RowView>,
}

pub(super) async fn found(
    SignedIn { staff, visit }: SignedIn,
    Path(search): Path<String>,
) -> Result<Response, Trouble> {
    let kept = visit.desk().redeem(SEARCH, &search).await?.filter(|kept| kept.subject == staff.name);
    let kept = kept.ok_or(Trouble::Missing)?;
    let ids: Vec<String> = serde_json::from_slice(&kept.data).unwrap_or_default();
    let ids: Vec<ResourceId> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    let rows = visit.desk().referral_rows(&staff, &ids).await.map_err(trouble)?;
    let rows = rows.into_iter().map(|row| drawn(&visit, row)).collect();
    let frame = visit.frame(visit.say("desk-found-title")).back("/desk", visit.say("desk-back-to-list")).at("desk");
    Ok(visit.page(StatusCode::OK, &FoundPage { t: visit.t(), frame: frame.wide(), rows }))
}
