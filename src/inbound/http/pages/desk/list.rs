//! The worklist (PAGES D1), taking a referral from it, and finding a person.

use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::id::ResourceId;
use crate::domain::next_step::NextStep;
use crate::domain::referral::{LoopState, Stage};
use crate::domain::support_level::SupportLevel;
use crate::domain::worklist::Group;
use crate::exchange::Staff;
use crate::exchange::desk::{Filter, PageMark, Row, Shown, Sought, Worklist};
use crate::inbound::http::pages::desk::form::{options, trouble};
use crate::inbound::http::pages::desk::fresh::Fresh;
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
/// Of what was found, shown on one page. PAGES D1.
const PAGE: usize = 50;
/// Letters of what is looked for.
const SOUGHT: usize = 100;
/// The states that can be on a worklist.
const STATES: [LoopState; 9] = [
    LoopState::Requested,
    LoopState::Accepted,
    LoopState::InProgress,
    LoopState::OnHold,
    LoopState::NeedsRouting,
    LoopState::Completed,
    LoopState::Rejected,
    LoopState::Cancelled,
    LoopState::Failed,
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
    /// How many there are with colleagues, when there is nothing else.
    pub(super) with_others: u32,
    pub(super) fresh: Fresh,
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

/// Begins the code by which a team's referrals are shown.
const TEAM: &str = "team.";
/// The names of the filter's fields.
const FIELDS: [&str; 6] = ["shown", "state", "partner", "level", "french", "older"];

pub(super) async fn page(SignedIn { staff, visit }: SignedIn) -> Result<Response, Trouble> {
    let find = visit.button("/desk/find");
    show(&visit, &staff, find).await
}

/// The worklist with what was typed into the search, and what is wrong with it.
async fn show(visit: &Visit, staff: &Staff, find: Form) -> Result<Response, Trouble> {
    let t = visit.t();
    let Asked { filter, form: fields, is_odd } = filter(visit, staff);
    let mark = visit.query("from").and_then(|mark| mark.parse::<PageMark>().ok());
    let list = visit.desk().worklist(staff, &filter, mark).await.map_err(trouble)?;
    let with_others = with_others(visit, staff, &filter, &list).await?;
    let notice = is_odd.then(|| Banner {
        title: t.say("desk-notice").to_string(),
        text: t.say("desk-filter-unknown").to_string(),
        link: None,
    });
    let mut frame = visit.frame(t.say("desk-title")).banner(notice).at("desk").wide();
    frame.errors = find.errors().to_vec();
    let query = query(&fields);
    let at = |mark: Option<PageMark>| match (query.is_empty(), mark) {
        (true, None) => "/desk".to_owned(),
        (true, Some(mark)) => format!("/desk?from={mark}"),
        (false, None) => format!("/desk?{query}"),
        (false, Some(mark)) => format!("/desk?{query}&from={mark}"),
    };
    let page = ListPage {
        t,
        frame,
        choices: choices(t, visit, staff),
        fresh: Fresh::of_list(t, list.at, list.mark, &query),
        with_others,
        is_filtered: filter != Filter::default(),
        first: mark.map(|_| at(None)),
        next: list.next.map(|next| at(Some(next))),
        groups: groups(visit, list),
        find: &find,
        filter: &fields,
    };
    Ok(visit.page_with(&find, &page))
}

/// How many there are that somebody else has taken; counted only where nothing else is shown.
async fn with_others(visit: &Visit, staff: &Staff, filter: &Filter, list: &Worklist) -> Result<u32, Trouble> {
    if *filter != Filter::default() || !list.groups.is_empty() {
        return Ok(0);
    }
    let all = Filter { shown: Shown::Everyone, ..Filter::default() };
    Ok(visit.desk().worklist(staff, &all, None).await.map_err(trouble)?.total)
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

/// What the address asks for.
pub(super) struct Asked {
    pub(super) filter: Filter,
    /// The filters as a form.
    pub(super) form: Form,
    /// Whether something in it is not known here, and was left out.
    is_odd: bool,
}

/// What the address asks for: codes only. Unknown ones are left out, and it is said.
pub(super) fn filter(visit: &Visit, staff: &Staff) -> Asked {
    let known = choices(visit.t(), visit, staff);
    let offered = |name: &str, value: &str| match name {
        "shown" => holds(&known.shown, value),
        "state" => holds(&known.states, value),
        "partner" => holds(&known.partners, value),
        "level" => holds(&known.levels, value),
        "older" => value.parse::<u16>().is_ok(),
        "french" => value == "yes",
        "from" => value.parse::<PageMark>().is_ok(),
        "at" | "since" => value.parse::<i64>().is_ok(),
        _ => false,
    };
    let (fits, odd): (Vec<_>, Vec<_>) = visit
        .queries()
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .partition(|(name, value)| offered(name, value));
    let asked = |name: &str| fits.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let (shown, team) = match asked("shown") {
        None | Some("mine") => (Shown::Mine, None),
        Some("own") => (Shown::Own, None),
        Some("unassigned") => (Shown::Unassigned, None),
        Some(other) => (Shown::Everyone, other.strip_prefix(TEAM).map(str::to_owned)),
    };
    let mut form = Form::fresh(visit.t(), "/desk", visit.path());
    for name in FIELDS {
        if let Some(value) = asked(name) {
            form.default(name, value);
        }
    }
    let filter = Filter {
        shown,
        team,
        state: asked("state").and_then(|code| LoopState::from_code(code).ok()),
        partner: asked("partner").map(str::to_owned),
        reason: None,
        level: asked("level").map(str::to_owned),
        prefers_french: asked("french").is_some(),
        older_than_days: asked("older").and_then(|days| days.parse().ok()),
    };
    Asked { filter, form, is_odd: !odd.is_empty() }
}

fn holds(options: &[(String, String)], value: &str) -> bool {
    options.iter().any(|(known, _)| known == value)
}

/// The filters as they stand in an address, without the place on the list.
pub(super) fn query(filters: &Form) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(filters.values()).finish()
}

fn choices(t: Words, visit: &Visit, staff: &Staff) -> Choices {
    let directory = visit.desk().directory();
    let partners = directory.recipients().iter().map(|partner| (partner.name.clone(), partner.title.clone()));
    let teams = staff.teams.iter().filter_map(|name| directory.team(name));
    let teams = teams.map(|team| (format!("{TEAM}{}", team.name), team.title.clone()));
    all_choices(t, teams.collect(), partners.collect())
}

pub(super) fn all_choices(t: Words, teams: Vec<(String, String)>, partners: Vec<(String, String)>) -> Choices {
    let all = |rest: Vec<(String, String)>| {
        let mut options = vec![(String::new(), t.say("desk-filter-all").to_string())];
        options.extend(rest);
        options
    };
    Choices {
        shown: [options(t, "shown", ["mine", "own"]), teams, options(t, "shown", ["unassigned", "all"])].concat(),
        states: all(STATES
            .into_iter()
            .map(|state| (state.code().to_owned(), look::tag(t, Stage::At(state), None, NextStep::Wait).text))
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

pub(super) async fn find(StaffPosted { staff, visit, mut form }: StaffPosted) -> Result<Response, Trouble> {
    let typed = form.required("sought", SOUGHT, visit.say("desk-find-missing"));
    if !form.is_clean() {
        return show(&visit, &staff, form).await;
    }
    let found = visit.desk().find_referrals(&staff, &Sought::new(&typed)).await.map_err(trouble)?;
    let ids: Vec<String> = found.loops.iter().map(ToString::to_string).collect();
    let data = serde_json::json!({ "ids": ids, "more": found.is_cut }).to_string().into_bytes();
    let search = visit.desk().issue_ticket(SEARCH, &staff.name, data, SEARCH_LIFE).await?;
    Ok(see(&format!("/desk/found/{search}")))
}

#[derive(Template)]
#[template(path = "desk/found.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct FoundPage {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) rows: Vec<RowView>,
    /// How many were found, when there are more than that.
    pub(super) is_cut: Option<usize>,
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
}

pub(super) async fn found(
    SignedIn { staff, visit }: SignedIn,
    Path(search): Path<String>,
) -> Result<Response, Trouble> {
    let kept = visit.desk().redeem(SEARCH, &search).await?.filter(|kept| kept.subject == staff.name);
    let kept = kept.ok_or(Trouble::Missing)?;
    let kept: serde_json::Value = serde_json::from_slice(&kept.data).unwrap_or_default();
    let ids = kept["ids"].as_array().into_iter().flatten();
    let ids: Vec<ResourceId> = ids.filter_map(|id| id.as_str()?.parse().ok()).collect();
    let is_cut = (kept["more"] == true).then_some(ids.len());
    let from = visit.query("from").and_then(|from| from.parse::<usize>().ok()).unwrap_or(0).min(ids.len());
    let until = from.saturating_add(PAGE).min(ids.len());
    let rows = visit.desk().referral_rows(&staff, &ids[from..until]).await.map_err(trouble)?;
    let rows = rows.into_iter().map(|row| drawn(&visit, row)).collect();
    let frame = visit.frame(visit.say("desk-found-title")).back("/desk", visit.say("desk-back-to-list")).at("desk");
    let at = |from: usize| format!("/desk/found/{search}?from={from}");
    let (first, next) = ((from > 0).then(|| at(0)), (until < ids.len()).then(|| at(until)));
    Ok(visit.page(StatusCode::OK, &FoundPage { t: visit.t(), frame: frame.wide(), rows, is_cut, first, next }))
}
