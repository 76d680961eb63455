//! A service that is not listed (PAGES D3): the link worker asks by hand, and writes down what was answered.

use axum::extract::Path;
use axum::response::Response;

use crate::domain::id::ResourceId;
use crate::exchange::desk::{ByHand, ContactHow, HandAnswer, HandAnswered, HandedOn, ReferralPage};
use crate::inbound::http::pages::desk::form::{Drawn, MESSAGE, Part, act, draw, fresh, options, settle, writable};
use crate::inbound::http::pages::desk::look;
use crate::inbound::http::pages::desk::texts::later;
use crate::inbound::http::pages::posted::StaffPosted;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::session::SignedIn;
use crate::inbound::http::pages::words::Words;

/// Letters of a name, and of a number or address.
const NAME: usize = 120;
/// How somebody in no directory can be asked.
const HOW: [ContactHow; 4] = [ContactHow::Phone, ContactHow::Message, ContactHow::Accompaniment, ContactHow::Visit];

pub(super) fn parts(t: Words) -> Drawn {
    let say = |key: &str| t.say(key).to_string();
    let line =
        |name: &'static str, label: &str, hint: String| Part::Line { name, label: say(label), hint, mode: "" };
    let parts = vec![
        Part::Words(say("desk-by-hand-what")),
        line("whom", "desk-by-hand-whom", String::new()),
        line("reach", "desk-by-hand-reach", say("desk-by-hand-reach-hint")),
        Part::Radio {
            name: "how",
            label: say("desk-by-hand-how"),
            options: options(t, "how", HOW.iter().map(|how| how.code())),
            hint: String::new(),
        },
        Part::Area { name: "text", label: say("desk-by-hand-text"), hint: say("desk-by-hand-hint"), most: MESSAGE },
        Part::Tick { name: "agreed", label: say("desk-by-hand-agreed") },
        Part::Date { name: "ask", label: say("desk-by-hand-ask"), hint: say("desk-by-hand-ask-hint") },
    ];
    Drawn { key: "by-hand", parts }
}

pub(super) async fn page(SignedIn { staff, visit }: SignedIn, Path(id): Path<String>) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    if !page.can_send {
        return Err(Trouble::Missing);
    }
    let mut form = fresh(&visit, &page, "/by-hand").await?;
    form.default("how", ContactHow::Phone.code());
    Ok(draw(&visit, &form, &page, parts(visit.t())))
}

pub(super) async fn save(
    Path(id): Path<String>,
    StaffPosted { staff, visit, mut form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let whom = form.required("whom", NAME, visit.say("desk-by-hand-whom-missing"));
    let reach = form.text("reach", NAME);
    let known = |code: &str| HOW.into_iter().find(|how| how.code() == code);
    let how = form.choice("how", known, visit.say("desk-follow-up-how-missing"));
    let told = form.text("text", MESSAGE);
    if !form.has("agreed", "yes") {
        form.error("agreed", visit.say("desk-by-hand-agreed-missing"));
    }
    let ask_at = later(&visit, &mut form, "ask", "desk-follow-up-next-wrong");
    if let (true, Some(how), Some(ask_at)) = (form.is_clean(), how, ask_at) {
        let given = |text: String| (!text.is_empty()).then_some(text);
        let by_hand = ByHand { whom, reach: given(reach), how, told: given(told), ask_at };
        let done = visit.desk().refer_by_hand(&staff, page.id, &act(&form), &by_hand).await;
        let to = format!("{}?done=by-hand", look::path(page.id));
        if let Some(answer) = settle(&visit, &mut form, &page, done, &to).await? {
            return Ok(answer);
        }
    }
    Ok(draw(&visit, &form, &page, parts(visit.t())))
}

pub(super) fn answer_parts(t: Words, handed: &HandedOn) -> Drawn {
    let say = |key: &str| t.say(key).to_string();
    let parts = vec![
        Part::Words(t.say("desk-hand-answer-what").with("whom", &handed.whom).to_string()),
        Part::Hidden { name: "task" },
        Part::Radio {
            name: "answer",
            label: say("desk-hand-answer-answer"),
            options: options(t, "hand-answer", handed.answers.iter().map(|answer| answer.code())),
            hint: String::new(),
        },
        Part::Area {
            name: "text",
            label: say("desk-hand-answer-text"),
            hint: say("desk-hand-answer-hint"),
            most: super::close::OUTCOME,
        },
    ];
    Drawn { key: "hand-answer", parts }
}

/// What somebody still has, by the Task that the form carries; it may have been answered meanwhile.
fn handed(page: &ReferralPage) -> Result<HandedOn, Trouble> {
    page.handed_on.clone().ok_or(Trouble::Missing)
}

pub(super) async fn answer(
    SignedIn { staff, visit }: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let handed = handed(&page)?;
    let mut form = fresh(&visit, &page, "/hand-answer").await?;
    form.default("task", handed.task.to_string());
    Ok(draw(&visit, &form, &page, answer_parts(visit.t(), &handed)))
}

pub(super) async fn save_answer(
    Path(id): Path<String>,
    StaffPosted { staff, visit, mut form }: StaffPosted,
) -> Result<Response, Trouble> {
    let page = writable(&visit, &staff, &id).await?;
    let task: ResourceId = form.value("task").parse().map_err(|_| Trouble::Missing)?;
    let answer = form.choice(
        "answer",
        |code| HandAnswered::from_code(code).ok(),
        visit.say("desk-hand-answer-answer-missing"),
    );
    let words = form.text("text", super::close::OUTCOME);
    let is_needed = matches!(answer, Some(HandAnswered::Rejected | HandAnswered::Failed));
    if is_needed && words.is_empty() {
        form.error("text", visit.say("desk-hand-answer-text-missing"));
    }
    if let (true, Some(answer)) = (form.is_clean(), answer) {
        let words = (!words.is_empty()).then_some(words);
        let done =
            visit.desk().answer_by_hand(&staff, page.id, &act(&form), &HandAnswer { task, answer, words }).await;
        let to = format!("{}?done=hand-answer", look::path(page.id));
        if let Some(answer) = settle(&visit, &mut form, &page, done, &to).await? {
            return Ok(answer);
        }
    }
    let handed = handed(&page)?;
    Ok(draw(&visit, &form, &page, answer_parts(visit.t(), &handed)))
}
