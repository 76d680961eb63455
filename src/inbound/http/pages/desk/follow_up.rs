//! Following up (PAGES D5): whom the link worker reached, whether it was taken up, what comes next.

use std::time::Duration;

use axum::extract::Path;
use axum::response::Response;
use jiff::civil::Date;

use crate::domain::uptake::Uptake;
use crate::domain::visible::visible;
use crate::exchange::desk::{Contact, ContactHow, ContactResult, FollowedUp, ReferralPage, Reported, Tried};
use crate::fhir::date::day_of;
use crate::inbound::http::pages::desk::form::{Drawn, NOTE, Part, act, draw, fresh, options, settle, writable};
use crate::inbound::http::pages::desk::look;
use crate::inbound::http::pages::desk::texts::{begins, perhaps_later};
use crate::inbound::http::pages::fields::Typed;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::posted::StaffPosted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::visit::Visit;
use crate::inbound::http::pages::when;
use crate::inbound::http::pages::words::Words;

/// Why somebody did not take it up (PAGES D5).
const BARRIERS: [&str; 8] =
    ["cost", "transport", "time", "language", "health", "did-not-suit", "unwelcome", "waiting-list"];
/// Letters of what the chart is told after six months.
const OUTCOME: usize = 200;
/// How long ago a contact can have been that is written down. Chosen: a day before is a slip of the pen.
const PAST: Duration = Duration::from_hours(24 * 366);
/// Minutes of a contact, at most: a day.
const MINUTES: u16 = 24 * 60;
/// How many contacts were recorded when the form was opened. It stands in the address of the page: what Back opens again
/// has the old number, what is opened anew the present one.
const AFTER: &str = "after";

/// A way on, as it stands on the referral's page.
pub(super) fn opened_from(page: &ReferralPage, href: String) -> String {
    if href.ends_with("/follow-up") { format!("{href}?{AFTER}={}", page.contacts()) } else { href }
}

pub(super) fn parts(t: Words, page: &ReferralPage) -> Drawn {
    let say = |key: &str| t.say(key).to_string();
    let mut parts = Vec::new();
    if page.asks_after_six_months() {
        parts.push(Part::Radio {
            name: "six-months",
            label: say("desk-six-months"),
            options: options(t, "six-months", ["done", "skipped"]),
            hint: say("desk-six-months-hint"),
        });
        parts.push(Part::Area {
            name: "now",
            label: say("desk-six-months-now"),
            hint: say("desk-six-months-now-hint"),
            most: OUTCOME,
        });
    }
    parts.extend([
        Part::Radio {
            name: "result",
            label: say("desk-follow-up-result"),
            options: options(t, "result", ContactResult::ALL.iter().map(|result| result.code())),
            hint: String::new(),
        },
        Part::Radio {
            name: "how",
            label: say("desk-follow-up-how"),
            options: options(t, "how", ContactHow::ALL.iter().map(|how| how.code())),
            hint: String::new(),
        },
        Part::Date { name: "on", label: say("desk-follow-up-on"), hint: say("desk-follow-up-on-hint") },
        Part::Line { name: "minutes", label: say("desk-follow-up-minutes"), hint: String::new(), mode: "numeric" },
    ]);
    if page.can_report {
        parts.push(Part::Radio {
            name: "uptake",
            label: say("desk-follow-up-uptake"),
            options: options(t, "uptake", Uptake::ALL.iter().map(|uptake| uptake.code())),
            hint: String::new(),
        });
        parts.push(Part::Date { name: "attended", label: say("desk-follow-up-attended"), hint: String::new() });
    }
    parts.push(Part::Boxes {
        name: "barrier",
        label: say("desk-follow-up-barriers"),
        options: options(t, "barrier", BARRIERS),
        hint: String::new(),
    });
    parts.push(Part::Date {
        name: "next",
        label: say("desk-follow-up-next"),
        hint: say("desk-follow-up-next-hint"),
    });
    parts.push(Part::Area {
        name: "text",
        label: say("desk-follow-up-text"),
        hint: say("desk-follow-up-hint"),
        most: NOTE,
    });
    parts.push(Part::Hidden { name: AFTER });
    Drawn { key: "follow-up", parts }
}

pub(super) async fn page(SignedIn { staff, visit }: SignedIn, Path(id): Path<String>) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let mut form = fresh(&visit, &page, "/follow-up").await?;
    if let Some(after) = visit.query(AFTER) {
        form.set(AFTER, after);
    }
    form.default("how", ContactHow::Phone.code());
    Ok(draw(&visit, &form, &page, parts(visit.t(), &page)))
}

pub(super) async fn save(
    Path(id): Path<String>,
    StaffPosted { staff, visit, mut form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    if page.asks_after_six_months() && is_only_left_out(&form) {
        if let Some(FollowedUp::Skipped(why)) = after_six_months(&visit, &mut form) {
            let done = visit.desk().leave_out_follow_up(&staff, page.id, &act(&form), &why).await;
            if let Some(answer) = settle(&visit, &mut form, &page, done, &look::path(page.id)).await? {
                return Ok(answer);
            }
        }
        return Ok(draw(&visit, &form, &page, parts(visit.t(), &page)));
    }
    let contact = read(&visit, &mut form, &page);
    if let (true, Some(contact)) = (form.is_clean(), contact) {
        let done = visit.desk().record_contact(&staff, page.id, &act(&form), &contact).await;
        let to = format!("{}?done=follow-up", look::path(page.id));
        if let Some(answer) = settle(&visit, &mut form, &page, done, &to).await? {
            return Ok(answer);
        }
    }
    Ok(draw(&visit, &form, &page, parts(visit.t(), &page)))
}

/// Whether no more is said than that the follow-up is left out: then nobody was contacted.
fn is_only_left_out(form: &Form) -> bool {
    const OF_A_CONTACT: [&str; 7] = ["result", "minutes", "on", "uptake", "attended", "next", "text"];
    let says_more = OF_A_CONTACT.iter().any(|name| !visible(form.value(name)).is_empty());
    form.value("six-months") == "skipped" && !says_more && form.all("barrier").is_empty()
}

/// What the client says after six months, or why nobody asked.
fn after_six_months(visit: &Visit, form: &mut Form) -> Option<FollowedUp> {
    let words = form.text("now", OUTCOME);
    let answer: fn(String) -> FollowedUp = match form.value("six-months") {
        "done" => FollowedUp::Done,
        "skipped" => FollowedUp::Skipped,
        _ if words.is_empty() => return None,
        _ => {
            form.error("six-months", visit.say("desk-six-months-missing"));
            return None;
        }
    };
    if words.is_empty() {
        form.error("now", visit.say("desk-six-months-now-missing"));
        return None;
    }
    Some(answer(words))
}

/// What was typed, as a contact; says in the form what is wrong, in the order of the page.
fn read(visit: &Visit, form: &mut Form, page: &ReferralPage) -> Option<Contact> {
    let follow_up = if page.asks_after_six_months() { after_six_months(visit, form) } else { None };
    let result = form.choice(
        "result",
        |code| ContactResult::from_code(code).ok(),
        visit.say("desk-follow-up-result-missing"),
    );
    let how = form.choice("how", |code| ContactHow::from_code(code).ok(), visit.say("desk-follow-up-how-missing"));
    let at = match form.date("on") {
        Typed::Nothing => Some(visit.now()),
        Typed::Given(day) => begins(visit, day).filter(|at| *at <= visit.now() && at.plus(PAST) >= visit.now()),
        Typed::Unclear => None,
    };
    if at.is_none() {
        form.error("on", visit.say("desk-follow-up-on-wrong"));
    }
    let minutes = match form.value("minutes").trim() {
        "" => None,
        typed => match typed.parse::<u16>() {
            Ok(minutes) if minutes <= MINUTES => Some(minutes),
            _ => {
                form.error("minutes", visit.say("desk-follow-up-minutes-wrong"));
                None
            }
        },
    };
    let reported = if page.can_report { reported(visit, form, asked_on(visit, page)) } else { None };
    let next_at = perhaps_later(visit, form, "next", "desk-follow-up-next-wrong");
    let note = noted(visit, form);
    let after = form.value(AFTER).parse().ok();
    Some(Contact { result: result?, how: how?, minutes, at: at?, note, reported, next_at, follow_up, after })
}

/// The day on which the service was asked that the person may have taken up.
fn asked_on(visit: &Visit, page: &ReferralPage) -> Option<Date> {
    let is_open = |tried: &&Tried| !matches!(tried.status.as_str(), "rejected" | "cancelled" | "failed");
    let asked_at = page.tried.iter().filter(is_open).map(|tried| tried.sent_at).max()?;
    Some(day_of(asked_at, visit.desk().zone()))
}

fn reported(visit: &Visit, form: &mut Form, asked_on: Option<Date>) -> Option<Reported> {
    let attended = match form.date("attended") {
        Typed::Nothing => None,
        Typed::Given(day) if asked_on.is_some_and(|asked_on| day < asked_on) => {
            let asked_on = asked_on.map_or_else(String::new, |asked_on| when::day(visit.t(), asked_on));
            form.error("attended", visit.say("desk-follow-up-attended-before").with("day", asked_on));
            None
        }
        Typed::Given(day) if begins(visit, day).is_some_and(|at| at <= visit.now()) => Some(day),
        Typed::Given(_) | Typed::Unclear => {
            form.error("attended", visit.say("desk-follow-up-attended-wrong"));
            None
        }
    };
    let uptake = Uptake::from_code(form.value("uptake")).ok()?;
    Some(Reported { uptake, attended_on: attended.map(|day| day.to_string()) })
}

/// The note, with what stood in the way before it: words of the form's language, for the clinic's own record.
fn noted(visit: &Visit, form: &mut Form) -> Option<String> {
    let text = form.text("text", NOTE);
    let known = form.all("barrier").into_iter().filter(|code| BARRIERS.contains(code));
    let barriers: Vec<String> = known.map(|code| visit.say(&format!("desk-barrier-{code}")).to_string()).collect();
    let mut note = barriers.join(", ");
    if !note.is_empty() && !text.is_empty() {
        note.push_str(". ");
    }
    note.push_str(&text);
    (!note.is_empty()).then_some(note)
}
