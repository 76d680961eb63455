//! The desk's pages for the catalogue: each in the states that it can be in, about made-up people.

use askama::Template;
use jiff::tz::TimeZone;

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::next_step::NextStep;
use crate::domain::reason::ClosingReason;
use crate::domain::referral::Stage;
use crate::domain::routing::Language;
use crate::domain::support_level::SupportLevel;
use crate::domain::worklist::Group;
use crate::exchange::desk::{Closing, ClosingCheck, Condition, Preview, ReferralPage, Room, Row, ServiceCard};
use crate::exchange::{By, DeskConflict};
use crate::inbound::http::pages::catalogue::Entry;
use crate::inbound::http::pages::desk::close::check_page;
use crate::inbound::http::pages::desk::form::{Drawn, form_page};
use crate::inbound::http::pages::desk::fresh::{ChangesPage, Fresh, counted, moved};
use crate::inbound::http::pages::desk::history::{ProofPage, proof_lines};
use crate::inbound::http::pages::desk::information::{SheetPage, sheet_card};
use crate::inbound::http::pages::desk::list::{FoundPage, ListPage, all_choices, group_view};
use crate::inbound::http::pages::desk::look::{self, RowView};
use crate::inbound::http::pages::desk::made_up::{
    NOW, Sample, apart, before, cards, handed_on, id, page, preview, text,
};
use crate::inbound::http::pages::desk::referral::{Ground, view};
use crate::inbound::http::pages::desk::send::{SendPage, SentPage, shown};
use crate::inbound::http::pages::desk::service::{ServicePage, apart_view, offered, without};
use crate::inbound::http::pages::desk::service_card::draw_card;
use crate::inbound::http::pages::desk::{
    by_hand, close, conflict, consent, follow_up, information, texts, unsuited,
};
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::{Banner, Frame};
use crate::inbound::http::pages::when::When;
use crate::inbound::http::pages::words::Words;

/// Every page in every state.
pub(super) const CATALOGUE: &[Entry] = &[
    ("desk-list", |t| list(t, &[Sample::Question, Sample::New, Sample::Waiting], None)),
    ("desk-list-empty", |t| list(t, &[], None)),
    ("desk-list-error", |t| list(t, &[Sample::New], Some("sought"))),
    ("desk-list-notice", |t| list(t, &[Sample::Declined], Some(""))),
    ("desk-changes", |t| changes(t, true)),
    ("desk-changes-none", |t| changes(t, false)),
    ("desk-found", |t| found(t, &[Sample::New, Sample::Closed])),
    ("desk-found-none", |t| found(t, &[])),
    ("desk-referral-new", |t| referral(t, Sample::New)),
    ("desk-referral-question", |t| referral(t, Sample::Question)),
    ("desk-referral-declined", |t| referral(t, Sample::Declined)),
    ("desk-referral-consent", |t| referral(t, Sample::Consent)),
    ("desk-referral-not-delivered", |t| referral(t, Sample::NotDelivered)),
    ("desk-referral-on-hold", |t| referral(t, Sample::OnHold)),
    ("desk-referral-message", |t| referral(t, Sample::Message)),
    ("desk-referral-partner-note", |t| referral(t, Sample::PartnerNote)),
    ("desk-referral-no-show", |t| referral(t, Sample::NoShow)),
    ("desk-referral-one-declined", |t| referral(t, Sample::OneDeclined)),
    ("desk-referral-waiting", |t| referral(t, Sample::Waiting)),
    ("desk-referral-read-only", |t| referral(t, Sample::ReadOnly)),
    ("desk-referral-closed", |t| referral(t, Sample::Closed)),
    ("desk-referral-no-contact", |t| referral(t, Sample::NoContact)),
    ("desk-referral-six-months", |t| referral(t, Sample::SixMonths)),
    ("desk-note", |t| form(t, "/note", texts::note_parts(t), &[])),
    ("desk-note-error", |t| form(t, "/note", texts::note_parts(t), &[("text", "desk-note-missing")])),
    ("desk-ask", |t| form(t, "/ask", texts::ask_parts(t, &page(Sample::Message)), &[])),
    ("desk-answer", |t| form(t, "/answer", texts::answer_parts(t, &page(Sample::Question)), &[])),
    ("desk-answer-error", |t| {
        let parts = texts::answer_parts(t, &page(Sample::Question));
        form(t, "/answer", parts, &[("", "desk-r-desk-no-question"), ("text", "desk-answer-missing")])
    }),
    ("desk-hold", |t| form(t, "/hold", texts::hold_parts(t), &[])),
    ("desk-hold-error", |t| {
        form(t, "/hold", texts::hold_parts(t), &[("text", "desk-hold-missing"), ("until", "desk-hold-until-wrong")])
    }),
    ("desk-reassign", |t| form(t, "/reassign", texts::reassign_parts(t, partners()), &[])),
    ("desk-consent", |t| form(t, "/consent", consent::parts(t, partners()), &[])),
    ("desk-consent-error", |t| {
        let wrong = [("agrees", "desk-consent-agrees-missing"), ("until", "desk-consent-until-wrong")];
        form(t, "/consent", consent::parts(t, partners()), &wrong)
    }),
    ("desk-withdraw", |t| {
        let line = &page(Sample::Waiting).consents[0];
        form(t, "/withdraw", consent::withdraw_parts(t, line), &[])
    }),
    ("desk-follow-up", |t| form(t, "/follow-up", follow_up::parts(t, &page(Sample::Waiting)), &[])),
    ("desk-follow-up-error", |t| {
        let wrong = [
            ("result", "desk-follow-up-result-missing"),
            ("on", "desk-follow-up-on-wrong"),
            ("next", "desk-follow-up-next-wrong"),
            ("now", "desk-six-months-now-missing"),
        ];
        form(t, "/follow-up", follow_up::parts(t, &page(Sample::SixMonths)), &wrong)
    }),
    ("desk-close", |t| form(t, "/close", close::parts(t, &page(Sample::Waiting)), &[])),
    ("desk-close-error", |t| {
        let wrong = [("reason", "desk-close-reason-missing"), ("text", "desk-close-text-missing")];
        form(t, "/close", close::parts(t, &page(Sample::New)), &wrong)
    }),
    ("desk-conflict", |t| conflict(t, "close")),
    ("desk-conflict-answer", |t| conflict(t, "answer")),
    ("desk-conflict-take", |t| conflict(t, "take")),
    ("desk-conflict-error", |t| conflict(t, "note")),
    ("desk-close-check", |t| checked(t, ClosingReason::GoalsMet)),
    ("desk-close-check-died", |t| checked(t, ClosingReason::Died)),
    ("desk-service", |t| services(t, cards(), &[])),
    ("desk-service-none", |t| services(t, Vec::new(), &[])),
    ("desk-service-error", |t| services(t, cards(), &[("words", "desk-r-desk-full")])),
    ("desk-unsuited", |t| form(t, "/unsuited", unsuited::parts(t), &[])),
    ("desk-unsuited-error", |t| {
        let wrong = [("reason", "desk-unsuited-reason-missing"), ("text", "desk-unsuited-text-missing")];
        form(t, "/unsuited", unsuited::parts(t), &wrong)
    }),
    ("desk-by-hand", |t| form(t, "/by-hand", by_hand::parts(t), &[])),
    ("desk-by-hand-error", |t| {
        let wrong = [("whom", "desk-by-hand-whom-missing"), ("agreed", "desk-by-hand-agreed-missing")];
        form(t, "/by-hand", by_hand::parts(t), &wrong)
    }),
    ("desk-hand-answer", |t| form(t, "/hand-answer", by_hand::answer_parts(t, &handed_on()), &[])),
    ("desk-information", |t| form(t, "/information", information::parts(t, &cards()), &[])),
    ("desk-information-error", |t| {
        form(t, "/information", information::parts(t, &[]), &[("text", "desk-information-missing")])
    }),
    ("desk-sheet", sheet),
    ("desk-send", |t| send(t, preview(Some(Room::Has), true, None), &[])),
    ("desk-send-unvetted-full", |t| send(t, preview(Some(Room::Full), false, None), &[])),
    ("desk-send-error", |t| send(t, preview(None, false, None), &[("why", "desk-send-why-missing")])),
    ("desk-send-no-consent", |t| send(t, preview(None, true, Some(Attention::ConsentMissing)), &[])),
    ("desk-send-refused", |t| send(t, preview(None, true, Some(Attention::ConsentDenied)), &[])),
    ("desk-send-light", |t| {
        send(t, Preview { level: Some(SupportLevel::Light), ..preview(Some(Room::Has), true, None) }, &[])
    }),
    ("desk-sent", |t| sent(t, false)),
    ("desk-sent-delivered", |t| sent(t, true)),
    ("desk-proof", |t| proof(t, &page(Sample::Waiting))),
    ("desk-proof-none", |t| proof(t, &page(Sample::New))),
];

fn when(t: Words, at: Timestamp) -> When {
    When::new(t, at, NOW, &TimeZone::UTC)
}

fn partners() -> Vec<(String, String)> {
    vec![
        (text("oak-street"), text("Oak Street Food Bank, made up")),
        (text("county-meals"), text("County Meals, made up")),
    ]
}

fn frame(t: Words, title: impl std::fmt::Display) -> Frame {
    let mut frame = Frame::new(t, title).back("/desk", t.say("desk-back-to-list")).at("desk");
    frame.house = text("Riverbend CHC, made up");
    frame.person = Some(text("Nadia Madeup"));
    frame
}

/// A form with what is wrong in it: each field and the key of its words.
fn wrong(t: Words, action: String, wrong: &[(&str, &str)]) -> Form {
    let mut form = Form::fresh(t, action.clone(), action);
    form.submission_key = text("sample");
    form.version = text("1");
    for (field, key) in wrong {
        form.error(field, t.say(key));
    }
    form
}

fn list(t: Words, samples: &[Sample], error: Option<&str>) -> String {
    let wrong: &[(&str, &str)] = if error == Some("sought") { &[("sought", "desk-find-missing")] } else { &[] };
    let find = self::wrong(t, text("/desk/find"), wrong);
    let filter = Form::fresh(t, "/desk", "/desk");
    let mut frame = frame(t, t.say("desk-title")).wide();
    frame.back = None;
    frame.errors = find.errors().to_vec();
    if error == Some("") {
        frame.banner = Some(Banner {
            title: t.say("desk-notice").to_string(),
            text: t.say("desk-filter-unknown").to_string(),
            link: None,
        });
    }
    let groups = samples.iter().map(|sample| {
        let group = match sample {
            Sample::New => Group::New,
            Sample::Waiting => Group::Others,
            _ => Group::Now,
        };
        group_view(t, group, 1, vec![row(t, *sample)])
    });
    let mut fresh = Fresh::of_list(t, NOW, NOW, "");
    fresh.told = if error.is_some() { counted(t, 4, &when(t, before(1))) } else { None };
    let page = ListPage {
        t,
        frame,
        find: &find,
        filter: &filter,
        choices: all_choices(t, vec![(text("team.east"), text("Team East, made up"))], partners()),
        with_others: u32::from(samples.is_empty()) * 12,
        fresh,
        groups: groups.collect(),
        is_filtered: error == Some(""),
        first: error.map(|_| text("/desk")),
        next: error.map(|_| text("/desk?from=others")),
    };
    page.render().unwrap_or_default()
}

fn changes(t: Words, has_moved: bool) -> String {
    let first = DeskConflict { by: By::Source, at: before(1), what: text("rejected"), about: None };
    let mut fresh = Fresh::of_referral(t, id(1), "3");
    fresh.told = has_moved.then(|| moved(t, &first, &when(t, first.at)));
    ChangesPage { t, frame: frame(t, t.say("desk-changes-title")), fresh }.render().unwrap_or_default()
}

fn row(t: Words, sample: Sample) -> RowView {
    let (state, attention, next) = sample.stands();
    let row = Row {
        id: id(1),
        reference: text("LR-4F7K-2M"),
        next,
        also: (sample == Sample::Question).then_some(NextStep::FollowUp),
        partner: Some(text("Oak Street Food Bank, made up")),
        name: (text("Tremblay"), text("Aline")),
        preferred: None,
        born_in: Some(text("1948")),
        reasons: vec![text("Difficulty making ends meet")],
        state,
        attention,
        stage: Stage::At(state),
        due_at: Some(before(if sample == Sample::Question { 30 } else { -60 })),
        is_overdue: sample == Sample::Question,
        from: Some(text("Nurse practitioner")),
        by_themself: false,
        assignee: None,
        can_take: sample == Sample::New,
        other_team: (sample == Sample::Waiting).then(|| text("Team West")),
        version: 1,
    };
    let with = (sample != Sample::New).then(|| text("Nadia Madeup"));
    look::row(t, row, with, |at| when(t, at), |action| wrong(t, action, &[]))
}

fn found(t: Words, samples: &[Sample]) -> String {
    let rows = samples.iter().map(|sample| row(t, *sample)).collect();
    let is_cut = (samples.len() > 1).then_some(500);
    let next = is_cut.map(|_| text("/desk/found/made-up?from=50"));
    let page = FoundPage { t, frame: frame(t, t.say("desk-found-title")).wide(), rows, is_cut, first: None, next };
    page.render().unwrap_or_default()
}

fn referral(t: Words, sample: Sample) -> String {
    let page = page(sample);
    let title = t.say("desk-referral-title").with("reference", &page.reference);
    let path = look::path(page.id);
    let button = |place: &str| wrong(t, format!("{path}{place}"), &[]);
    let mut shown = Form::fresh(t, path.clone(), path.clone());
    for kind in ["messages", "deliveries", "notes"] {
        shown.default(kind, "yes");
    }
    let ground = Ground {
        when: &|at| when(t, at),
        button: &button,
        today: text("2026-11-21"),
        with: page.assignee.as_ref().map(|_| text("Nadia Madeup")),
        shown,
    };
    view(t, frame(t, title).wide(), &page, None, &ground).render().unwrap_or_default()
}

fn form(t: Words, place: &str, drawn: Drawn, errors: &[(&str, &str)]) -> String {
    let page = page(Sample::Waiting);
    let form = wrong(t, format!("{}{place}", look::path(page.id)), errors);
    let frame = frame(t, t.say(format!("desk-{}-title", drawn.key))).with(&form);
    form_page(t, frame, &form, &page, drawn).render().unwrap_or_default()
}

/// Somebody was first with the form at `place`; with a note, nothing was chosen yet.
fn conflict(t: Words, place: &str) -> String {
    let errors: &[(&str, &str)] = if place == "note" { &[("choice", "conflict-missing")] } else { &[] };
    let mut form = wrong(t, format!("{}/conflict", look::path(id(1))), errors);
    form.default("place", place);
    let (what, about) = match place {
        "close" => ("closed", Some(text("moved"))),
        "note" => ("asked", Some(text("Oak Street Food Bank, made up"))),
        "take" => ("taken", None),
        _ => ("answered", None),
    };
    let first = DeskConflict { by: By::Staff(text("Omar Madeup")), at: before(2), what: text(what), about };
    conflict::put(&mut form, &first);
    let typed = match place {
        "take" => Vec::new(),
        _ => vec![(t.say("conflict-your-text").to_string(), text("Full until May <b>at least</b>"))],
    };
    let frame = frame(t, t.say("problem-conflict-title")).with(&form);
    let ways: &[&str] = if place == "close" { &["leave", "note"] } else { &["leave", "note", "change"] };
    // Of an answer it is the reader who was first, in another tab.
    let own = (place == "answer").then_some("Omar Madeup");
    let shown = conflict::Shown { with: Some(text("Omar Madeup")), own, typed, ways };
    conflict::view(t, frame, &form, shown, |at| when(t, at)).render().unwrap_or_default()
}

fn services(t: Words, cards: Vec<ServiceCard>, errors: &[(&str, &str)]) -> String {
    let path = look::path(id(1));
    let form = wrong(t, format!("{path}/service"), errors);
    let less = |condition| without(t, condition, 4, format!("{path}/service?need="));
    let page = ServicePage {
        t,
        frame: frame(t, t.say("desk-service-title")).with(&form),
        form: &form,
        reference: text("LR-4F7K-2M"),
        offered: offered(t, &[text("financial-insecurity")], &[(text("pt"), text("português"))], Some("fr-CA")),
        without: if cards.is_empty() { Condition::ALL.iter().copied().map(less).collect() } else { Vec::new() },
        apart: vec![apart_view(t, apart(), wrong(t, format!("{path}/shown-again"), &[]))],
        cards: cards.into_iter().map(|card| draw_card(t, card, &path, NOW, &|at| when(t, at))).collect(),
        can_inform: true,
        path,
    };
    page.render().unwrap_or_default()
}

fn sheet(t: Words) -> String {
    let page = SheetPage {
        t,
        frame: frame(t, t.say("desk-sheet-title")),
        house: text("Riverbend CHC, made up"),
        cards: cards().into_iter().map(|card| sheet_card(t, card)).collect(),
        words: Some(text("The library has chess on Fridays.")),
    };
    page.render().unwrap_or_default()
}

fn checked(t: Words, reason: ClosingReason) -> String {
    let page = page(Sample::Waiting);
    let mut form = wrong(t, format!("{}/close", look::path(page.id)), &[]);
    form.default("reason", reason.code());
    let closing = Closing { reason, words: Some(text("As agreed.")), outcome: None, tells_partner: true };
    let check = ClosingCheck {
        chart: text("Team East has completed the referral; nothing more is expected."),
        language: Language::English,
        ends: vec![text("Oak Street Food Bank, made up")],
    };
    let frame = frame(t, t.say("desk-check-title")).with(&form);
    check_page(t, frame, &form, &page, &closing, check).render().unwrap_or_default()
}

fn send(t: Words, preview: Preview, errors: &[(&str, &str)]) -> String {
    let path = look::path(id(1));
    let form = wrong(t, format!("{path}/send"), errors);
    let frame = frame(t, t.say("desk-send-title"));
    let frame = if preview.withheld.is_none() { frame.with(&form) } else { frame };
    let answer_by = when(t, preview.answer_by);
    let shown = shown(t, preview, answer_by);
    let page = SendPage { t, frame, form: &form, reference: text("LR-4F7K-2M"), shown, path };
    page.render().unwrap_or_default()
}

fn sent(t: Words, delivered: bool) -> String {
    let page = SentPage {
        t,
        frame: frame(t, t.say("desk-sent-title")),
        reference: text("LR-4F7K-2M"),
        partner: text("Oak Street Food Bank, made up"),
        due: Some(when(t, before(-7 * 24))),
        delivered: delivered.then(|| when(t, before(0))),
        path: look::path(id(1)),
    };
    page.render().unwrap_or_default()
}

fn proof(t: Words, page: &ReferralPage) -> String {
    let lines = proof_lines(t, page, &|at| when(t, at));
    let title = t.say("desk-proof-title").with("reference", &page.reference);
    let page = ProofPage { t, frame: frame(t, title), reference: page.reference.clone(), lines };
    page.render().unwrap_or_default()
}
