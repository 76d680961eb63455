//! Choosing a service that fits and has room (PAGES D3). The address holds codes only: words that are looked for are
//! kept as a search that ends by itself.

use std::time::Duration;

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use crate::domain::service::{Cost, NEEDS, Trait};
use crate::exchange::Staff;
use crate::exchange::desk::{Apart, Condition, ReferralPage, ServiceFilter, Services, Word};
use crate::fhir::search::words;
use crate::inbound::http::pages::desk::form::{trouble, writable};
use crate::inbound::http::pages::desk::service_card::{Card, draw_card, language};
use crate::inbound::http::pages::desk::{done, look};
use crate::inbound::http::pages::draft;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::{Banner, Frame, Link};
use crate::inbound::http::pages::posted::StaffPosted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::visit::{Visit, see};
use crate::inbound::http::pages::words::{Lang, Words};

/// What services are looked for by, kept for whoever looks.
const SEARCH: &str = "service-search";
/// How long. Chosen: longer than a talk with the person.
const SEARCH_LIFE: Duration = Duration::from_secs(2 * 60 * 60);
/// Letters of the words.
const WORDS: usize = 100;
/// The fields whose values are codes.
const CODES: [&str; 8] = ["need", "language", "cost", "mode", "transport", "wheelchair", "age", "full"];

/// What is looked for, as the address says it.
#[derive(Clone, Debug, Default)]
struct Looked {
    /// The search that holds the words.
    search: Option<String>,
    codes: Vec<(&'static str, String)>,
}

impl Looked {
    /// Reads each field; what is no code of its list is left out.
    fn read(value: impl Fn(&str) -> Option<String>) -> Self {
        let known = |name: &'static str| {
            let code = value(name).filter(|code| is_code(name, code))?;
            Some((name, code))
        };
        Self { search: value("search"), codes: CODES.into_iter().filter_map(known).collect() }
    }

    fn code(&self, name: &str) -> Option<&str> {
        self.codes.iter().find(|(known, _)| *known == name).map(|(_, code)| code.as_str())
    }

    /// The address of the same page without one condition, or of this one.
    fn path(&self, path: &str, without: Option<Condition>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let left_out = without.map(Condition::code);
        if let Some(search) = self.search.as_ref().filter(|_| left_out != Some("words")) {
            query.append_pair("search", search);
        }
        // A need that is not asked for is said too: nothing is filled in for it again.
        let need = self.code("need").filter(|_| left_out != Some("need")).unwrap_or_default();
        query.append_pair("need", need);
        let others = self.codes.iter().filter(|(name, _)| *name != "need" && Some(*name) != left_out);
        query.extend_pairs(others);
        if without == Some(Condition::Room) {
            query.append_pair("full", "yes");
        }
        format!("{path}/service?{}", query.finish())
    }

    fn filter(&self, words: Vec<Word>) -> ServiceFilter {
        let text = |name: &str| self.code(name).map(str::to_owned);
        let is_set = |name: &str| self.code(name).is_some();
        ServiceFilter {
            words,
            need: text("need"),
            language: text("language"),
            cost: self.code("cost").and_then(|code| Cost::from_code(code).ok()),
            mode: self.code("mode").and_then(|code| Trait::from_code(code).ok()),
            transport: is_set("transport"),
            wheelchair: is_set("wheelchair"),
            for_age: is_set("age"),
            also_full: is_set("full"),
        }
    }
}

/// Whether a field may have this value.
fn is_code(name: &str, code: &str) -> bool {
    match name {
        "need" => NEEDS.contains(&code),
        "language" => (2..=8).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase()),
        "cost" => [Cost::Free, Cost::Reduced].iter().any(|cost| cost.code() == code),
        "mode" => Trait::MODES.iter().any(|mode| mode.code() == code),
        _ => code == "yes",
    }
}

/// Words as typed, each with the needs that either language calls so.
fn meant(typed: &str) -> Vec<Word> {
    let called = |need: &str, word: &str| {
        [Lang::English, Lang::French].into_iter().any(|lang| {
            let name = Words(lang).say(format!("desk-need-{need}")).to_string();
            words(&name).iter().any(|part| part.starts_with(word))
        })
    };
    let of = |folded: String| {
        let needs = NEEDS.iter().filter(|need| called(need, &folded)).map(|need| (*need).to_owned()).collect();
        Word { needs, folded }
    };
    words(typed).into_iter().map(of).collect()
}

/// What the search form offers.
pub(super) struct Offered {
    pub(super) needs: Vec<(String, String)>,
    pub(super) languages: Vec<(String, String)>,
    pub(super) costs: Vec<(String, String)>,
    pub(super) modes: Vec<(String, String)>,
}

/// A service that was set apart, and the button that shows it again.
pub(super) struct ApartView {
    pub(super) name: String,
    pub(super) why: String,
    pub(super) form: Form,
}

#[derive(Template)]
#[template(path = "desk/service.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct ServicePage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) form: &'a Form,
    pub(super) reference: String,
    pub(super) path: String,
    pub(super) offered: Offered,
    pub(super) cards: Vec<Card>,
    pub(super) apart: Vec<ApartView>,
    /// Which one condition less would show more.
    pub(super) without: Vec<Link>,
    pub(super) can_inform: bool,
}

pub(super) async fn page(SignedIn { staff, visit }: SignedIn, Path(id): Path<String>) -> Result<Response, Trouble> {
    let page = sendable(&visit, &staff, &id).await?;
    let looked = Looked::read(|name| visit.query(name).filter(|value| !value.is_empty()));
    let form = visit.form(&format!("{}/service", look::path(page.id))).await?;
    show(&visit, &staff, &page, looked, form).await
}

/// Takes the words out of what is looked for: the address that follows holds codes only.
pub(super) async fn search(
    Path(id): Path<String>,
    StaffPosted { staff, visit, mut form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = sendable(&visit, &staff, &id).await?;
    let typed = form.text("words", WORDS);
    let mut looked = Looked::read(|name| Some(form.value(name).to_owned()).filter(|value| !value.is_empty()));
    looked.search = None;
    if !form.is_clean() {
        return show(&visit, &staff, &page, looked, form).await;
    }
    if !typed.is_empty() {
        let kept = visit.desk().issue_ticket(SEARCH, &staff.name, typed.into_bytes(), SEARCH_LIFE).await?;
        looked.search = Some(kept);
    }
    draft::forget(&visit, &form.action).await?;
    Ok(see(&looked.path(&look::path(page.id), None)))
}

async fn sendable(visit: &Visit, staff: &Staff, id: &str) -> Result<ReferralPage, Trouble> {
    let page = writable(visit, staff, id).await?;
    if page.can_send { Ok(page) } else { Err(Trouble::Missing) }
}

async fn show(
    visit: &Visit,
    staff: &Staff,
    page: &ReferralPage,
    mut looked: Looked,
    mut form: Form,
) -> Result<Response, Trouble> {
    let typed = match &looked.search {
        Some(search) => {
            let kept = visit.desk().redeem(SEARCH, search).await?.filter(|kept| kept.subject == staff.name);
            // What has ended looks for nothing.
            String::from_utf8(kept.map(|kept| kept.data).unwrap_or_default()).unwrap_or_default()
        }
        None => String::new(),
    };
    let wanted = page.asked.need.as_deref().filter(|need| is_code("need", need));
    let filled_in = wanted.filter(|_| form.is_clean() && visit.query("need").is_none());
    looked.codes.extend(filled_in.map(|need| ("need", need.to_owned())));
    let words = meant(&typed);
    let mut found = services(visit, staff, page, &looked.filter(words.clone())).await?;
    if filled_in.is_some_and(|need| !found.needs.iter().any(|known| known == need)) {
        // Nothing is listed for it: whatever there is may help.
        looked.codes.retain(|(name, _)| *name != "need");
        found = services(visit, staff, page, &looked.filter(words)).await?;
    }
    form.default("words", typed);
    for (name, code) in &looked.codes {
        form.default(name, code.as_str());
    }
    let banner = done::said(visit, &["apart", "shown-again"]).await?;
    Ok(draw(visit, page, &looked, &form, found, banner))
}

async fn services(
    visit: &Visit,
    staff: &Staff,
    page: &ReferralPage,
    filter: &ServiceFilter,
) -> Result<Services, Trouble> {
    visit.desk().services(staff, page.id, filter).await.map_err(trouble)
}

fn draw(
    visit: &Visit,
    page: &ReferralPage,
    looked: &Looked,
    form: &Form,
    found: Services,
    banner: Option<Banner>,
) -> Response {
    let t = visit.t();
    let path = look::path(page.id);
    let frame = visit
        .frame(t.say("desk-service-title"))
        .with(form)
        .back(path.clone(), t.say("desk-back").with("reference", &page.reference))
        .banner(banner)
        .at("desk");
    let again = |apart: Apart| {
        let mut form = visit.button(&format!("{path}/shown-again"));
        form.version = page.version.to_string();
        apart_view(t, apart, form)
    };
    let less =
        |(condition, count): (Condition, usize)| without(t, condition, count, looked.path(&path, Some(condition)));
    let view = ServicePage {
        t,
        frame,
        form,
        reference: page.reference.clone(),
        offered: offered(t, &found.needs, &found.languages, page.person.language.as_deref()),
        without: found.without.into_iter().map(less).collect(),
        apart: found.apart.into_iter().map(again).collect(),
        cards: found
            .cards
            .into_iter()
            .map(|card| draw_card(t, card, &path, visit.now(), &|at| visit.when(at)))
            .collect(),
        can_inform: page.can_inform,
        path: path.clone(),
    };
    visit.page_with(form, &view)
}

pub(super) fn apart_view(t: Words, apart: Apart, mut form: Form) -> ApartView {
    form.default("choice", apart.card.choice.to_string());
    let reason = t.say(format!("desk-unsuited-{}", apart.reason.code())).to_string();
    ApartView {
        name: apart.card.name,
        why: apart.words.map_or_else(|| reason.clone(), |words| format!("{reason}. {words}")),
        form,
    }
}

/// That one condition less would show more, and where.
pub(super) fn without(t: Words, condition: Condition, count: usize, href: String) -> Link {
    let condition = t.say(format!("desk-condition-{}", condition.code())).to_string();
    Link { href, text: t.say("desk-service-without").with("condition", condition).with("count", count).to_string() }
}

/// What can be chosen: needs and languages that some service has, and the person's language.
pub(super) fn offered(
    t: Words,
    needs: &[String],
    languages: &[(String, String)],
    of_person: Option<&str>,
) -> Offered {
    let any = |rest: Vec<(String, String)>| {
        let first = std::iter::once((String::new(), t.say("desk-service-any").to_string()));
        first.chain(rest).collect()
    };
    let known = NEEDS.iter().filter(|need| needs.iter().any(|offered| offered == *need));
    let mut needs: Vec<_> =
        known.map(|need| ((*need).to_owned(), t.say(format!("desk-need-{need}")).to_string())).collect();
    needs.sort_by_key(|(_, name)| words(name).join(" "));
    let mut spoken: Vec<_> =
        languages.iter().map(|(tag, said)| (tag.clone(), language(t, Some(tag), said))).collect();
    let own = of_person.and_then(|tag| tag.split('-').next()).map(str::to_ascii_lowercase);
    if let Some(own) = own.filter(|own| !spoken.iter().any(|(tag, _)| tag == own)) {
        spoken.push((own.clone(), language(t, Some(&own), &own)));
    }
    let codes = |prefix: &str, codes: Vec<&str>| {
        codes.into_iter().map(|code| (code.to_owned(), t.say(format!("{prefix}-{code}")).to_string())).collect()
    };
    Offered {
        needs: any(needs),
        languages: any(spoken),
        costs: any(codes("desk-service-cost", vec![Cost::Free.code(), Cost::Reduced.code()])),
        modes: any(codes("desk-trait", Trait::MODES.iter().map(|mode| mode.code()).collect())),
    }
}
