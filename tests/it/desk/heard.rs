//! What partners and prescribers say is not overlooked: it asks for somebody at the desk until somebody has looked, and
//! what nobody has seen is not settled along with what somebody has.

use std::time::Duration;

use lariat::domain::attention::Attention;
use lariat::domain::id::ResourceId;
use lariat::domain::next_step::NextStep;
use lariat::domain::worklist::Group;
use lariat::exchange::desk::{ContactResult, Filter};
use serde_json::{Value, json};

use crate::desk::browser::Browser;
use crate::desk::house::{BIRCH, DeskHouse, EMR, OAK};
use crate::desk::verbs::{call, consent_and_send};

const DAY: Duration = Duration::from_secs(86_400);
const OUTPUT: &str = "https://lariat.example/fhir/CodeSystem/task-output";
const UPTAKE: &str = "https://lariat.example/fhir/CodeSystem/uptake";

fn path(id: ResourceId) -> String {
    format!("/desk/referrals/{id}")
}

/// A referral of this level, sent to Oak Street: its loop, and the Task of the part.
async fn sent(house: &DeskHouse, level: &str) -> (ResourceId, String) {
    let id = house.referral_with(1, |record| record["support_level"] = json!(level)).await;
    consent_and_send(house, id, OAK).await;
    let tried = house.running.desk.referral(&house.nadia, id).await.unwrap().tried;
    (id, tried[0].task.to_string())
}

fn accepts(task: &mut Value) {
    task["status"] = json!("accepted");
}

fn note(task: &mut Value, text: &str) {
    let note = json!({ "authorString": "Oak Street", "text": text });
    match task.get_mut("note").and_then(Value::as_array_mut) {
        Some(notes) => notes.push(note),
        None => task["note"] = json!([note]),
    }
}

fn came(task: &mut Value, code: &str) {
    task["status"] = json!("in-progress");
    task["output"] = json!([{
        "type": { "coding": [{ "system": OUTPUT, "code": "uptake" }] },
        "valueCodeableConcept": { "coding": [{ "system": UPTAKE, "code": code }] },
    }]);
}

async fn next(house: &DeskHouse, id: ResourceId) -> NextStep {
    house.running.desk.referral(&house.nadia, id).await.unwrap().next
}

async fn group(house: &DeskHouse) -> Option<(Group, NextStep)> {
    let list = house.running.desk.worklist(&house.nadia, &Filter::default(), None).await.unwrap();
    list.groups.first().map(|group| (group.group, group.rows[0].next))
}

async fn days(house: &DeskHouse, count: u32) {
    for _ in 0..count {
        house.pass(DAY);
        house.running.desk.chase(house.clock.now(), 100).await.unwrap();
        house.deliver().await;
    }
}

/// The prescriber writes.
async fn writes(house: &DeskHouse, text: &str) {
    let message = json!({
        "referral_id": "R-1",
        "source_system": "https://riverbend.example/ids/referral",
        "text": text,
    });
    let post = house.http.post(format!("{}/json/messages", house.base)).bearer_auth(EMR);
    let answer = post.header("content-type", "application/json").body(message.to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
}

#[tokio::test]
async fn a_no_show_asks_for_somebody_and_the_source_hears_what_is_next() {
    for level in ["medium", "holistic"] {
        let house = DeskHouse::open().await;
        let (id, task) = sent(&house, level).await;
        assert_eq!(house.partner_answers(OAK, &task, accepts).await, 200);
        house.deliver().await;
        house.emr.heard();
        let says = |task: &mut Value| {
            came(task, "not-attended");
            note(task, "She did not like it.");
        };
        assert_eq!(house.partner_answers(OAK, &task, says).await, 200);
        assert_eq!(group(&house).await, Some((Group::Now, NextStep::AfterNoShow)), "{level}");
        let due = house.row(id).await.work.due_at.unwrap();
        assert!(due < house.clock.now().plus(6 * DAY), "not as late as an outcome");
        house.deliver().await;
        let told = house.emr.heard().pop().unwrap().data["summary"].to_string();
        assert!(told.contains("next, the link worker goes on with the client"), "{told}");
        let nadia = Browser::of(&house, "nadia").await;
        let page = nadia.page(&path(id)).await;
        page.shows(&["The person did not come", "She did not like it.", "Leave it at that"]);
        assert_eq!(nadia.send(&page, &format!("{}/read", path(id)), &[]).await.status, 303);
        assert_eq!(next(&house, id).await, NextStep::Wait, "{level}");
        house.close().await;
    }
}

#[tokio::test]
async fn a_no_show_is_settled_by_a_later_visit_a_call_or_another_service() {
    let house = DeskHouse::open().await;
    let (id, task) = sent(&house, "medium").await;
    let desk = &house.running.desk;
    let stays_away = |task: &mut Value| came(task, "not-attended");
    assert_eq!(house.partner_answers(OAK, &task, accepts).await, 200);
    assert_eq!(house.partner_answers(OAK, &task, stays_away).await, 200);
    assert_eq!(house.partner_answers(OAK, &task, |task| came(task, "attended")).await, 200);
    assert_eq!(next(&house, id).await, NextStep::Wait);
    assert_eq!(house.partner_answers(OAK, &task, stays_away).await, 200);
    let contact = call(ContactResult::Reached, &house);
    desk.record_contact(&house.nadia, id, &house.act(id).await, &contact).await.unwrap();
    assert_eq!(next(&house, id).await, NextStep::Wait);
    assert_eq!(house.partner_answers(OAK, &task, |task| came(task, "partial")).await, 200);
    assert_eq!(house.partner_answers(OAK, &task, stays_away).await, 200);
    assert_eq!(next(&house, id).await, NextStep::AfterNoShow);
    consent_and_send(&house, id, BIRCH).await;
    assert_eq!(next(&house, id).await, NextStep::Wait);
    house.close().await;
}

#[tokio::test]
async fn a_note_along_with_an_answer_waits_until_somebody_has_read_it() {
    let house = DeskHouse::open().await;
    let (id, task) = sent(&house, "light").await;
    let says = |task: &mut Value| {
        accepts(task);
        note(task, "Ring the back door.");
    };
    assert_eq!(house.partner_answers(OAK, &task, says).await, 200);
    let page = house.running.desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.message.as_deref()), (NextStep::ReadNote, Some("Ring the back door.")));
    assert_eq!(group(&house).await, Some((Group::Now, NextStep::ReadNote)));
    house.close().await;
}

#[tokio::test]
async fn that_one_of_two_declines_asks_for_somebody_who_may_leave_it() {
    let house = DeskHouse::open().await;
    let (id, task) = sent(&house, "medium").await;
    consent_and_send(&house, id, BIRCH).await;
    house.partner_declines(OAK, &task, "Full until May").await;
    assert_eq!(group(&house).await, Some((Group::Now, NextStep::OneDeclined)));
    let nadia = Browser::of(&house, "nadia").await;
    let page = nadia.page(&path(id)).await;
    page.shows(&["One service has declined, another has not", "Full until May", "Choose one more service"]);
    assert_eq!(nadia.send(&page, &format!("{}/read", path(id)), &[]).await.status, 303);
    assert_eq!(next(&house, id).await, NextStep::Wait);
    // The other is reminded as before, and its no asks for another way.
    days(&house, 3).await;
    assert!(house.birch.kinds().contains(&"referral.reminder".to_owned()));
    let other = house.running.desk.referral(&house.nadia, id).await.unwrap().tried[1].task.to_string();
    house.partner_declines(BIRCH, &other, "Full").await;
    assert_eq!(next(&house, id).await, NextStep::ChooseAnother);
    house.close().await;
}

#[tokio::test]
async fn a_message_that_came_after_a_page_was_drawn_stays_unread() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    desk.take(&house.nadia, id, &house.act(id).await).await.unwrap();
    writes(&house, "She walks slowly.").await;
    let nadia = Browser::of(&house, "nadia").await;
    let (read, ask) = (format!("{}/read", path(id)), format!("{}/ask", path(id)));
    let page = nadia.page(&path(id)).await;
    page.shows(&["She walks slowly."]);
    house.pass(Duration::from_secs(60));
    writes(&house, "URGENT: in hospital.").await;
    assert_eq!(nadia.send(&page, &read, &[]).await.status, 303);
    let left = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((left.next, left.message.as_deref()), (NextStep::ReadMessage, Some("URGENT: in hospital.")));

    let page = nadia.page(&ask).await;
    page.shows(&["URGENT: in hospital."]);
    house.pass(Duration::from_secs(60));
    writes(&house, "She is home.").await;
    assert_eq!(nadia.send(&page, &ask, &[("text", "Thank you.")]).await.status, 303);
    let left = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((left.next, left.message.as_deref()), (NextStep::ReadMessage, Some("She is home.")));
    let page = nadia.page(&path(id)).await;
    assert_eq!(nadia.send(&page, &read, &[]).await.status, 303);
    assert_eq!(next(&house, id).await, NextStep::FirstContact, "two that were read are read twice");
    house.close().await;
}

#[tokio::test]
async fn a_message_stays_unread_whatever_else_is_done() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    writes(&house, "URGENT: in hospital.").await;
    consent_and_send(&house, id, OAK).await;
    assert_eq!(group(&house).await, Some((Group::Now, NextStep::ReadMessage)));
    house.running.desk.message_read(&house.nadia, id, &house.act(id).await).await.unwrap();
    assert_eq!(next(&house, id).await, NextStep::Wait);
    house.close().await;
}

#[tokio::test]
async fn who_answers_the_prescriber_goes_on_and_who_asks_waits() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    desk.take(&house.nadia, id, &house.act(id).await).await.unwrap();
    desk.ask_prescriber(&house.nadia, id, &house.act(id).await, "May she swim?").await.unwrap();
    assert_eq!(next(&house, id).await, NextStep::Wait);
    writes(&house, "She may.").await;
    desk.ask_prescriber(&house.nadia, id, &house.act(id).await, "Thank you.").await.unwrap();
    assert_eq!(next(&house, id).await, NextStep::FirstContact);
    house.close().await;
}

#[tokio::test]
async fn a_follow_up_that_is_due_hides_no_silence_of_a_partner() {
    let house = DeskHouse::open().await;
    let (id, task) = sent(&house, "medium").await;
    let desk = &house.running.desk;
    assert_eq!(house.partner_answers(OAK, &task, accepts).await, 200);
    let mut contact = call(ContactResult::NoAnswer, &house);
    contact.next_at = Some(house.clock.now().plus(10 * DAY));
    desk.record_contact(&house.nadia, id, &house.act(id).await, &contact).await.unwrap();
    days(&house, 11).await;
    assert_eq!(next(&house, id).await, NextStep::FollowUp);
    days(&house, 30).await;
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.also), (NextStep::AskOutcome, Some(NextStep::FollowUp)));
    let list = desk.worklist(&house.nadia, &Filter::default(), None).await.unwrap();
    let row = &list.groups[0].rows[0];
    assert_eq!((row.next, row.also), (NextStep::AskOutcome, Some(NextStep::FollowUp)));
    house.close().await;
}

#[tokio::test]
async fn whom_the_desk_asks_itself_keeps_silence_from_the_end_of_its_day_on() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    let nadia = Browser::of(&house, "nadia").await;
    let action = format!("{}/by-hand", path(id));
    let page = nadia.page(&action).await;
    let typed = [("whom", "Lunch club, made up"), ("agreed", "yes"), ("ask", "2026-12-11"), ("how", "phone")];
    assert_eq!(nadia.send(&page, &action, &typed).await.status, 303);
    days(&house, 20).await;
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.is_overdue), (NextStep::FollowUp, false));
    house.emr.heard();
    days(&house, 6).await;
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!(page.next, NextStep::FollowUp, "its day is only just over");
    days(&house, 2).await;
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!(page.attention, Some(Attention::Unanswered));
    assert!(page.due_at.unwrap().plus(2 * DAY) > house.clock.now(), "no day that nobody has set");
    assert!(house.emr.kinds().iter().all(|kind| kind != "referral.open"));
    let nadia = Browser::of(&house, "nadia").await;
    nadia.page(&path(id)).await.shows(&["Call Lunch club, made up: no answer yet"]);
    house.close().await;
}

#[tokio::test]
async fn what_the_source_calls_off_before_anybody_was_asked_is_not_followed_up() {
    let house = DeskHouse::open().await;
    let id = house.referral_with(1, |record| record["support_level"] = json!("medium")).await;
    let desk = &house.running.desk;
    desk.take(&house.nadia, id, &house.act(id).await).await.unwrap();
    assert!(desk.referral(&house.nadia, id).await.unwrap().six_months.is_some());
    let url = format!("{}/fhir/Task/{id}", house.base);
    let read = house.http.get(&url).bearer_auth(EMR).send().await.unwrap().text().await.unwrap();
    let mut task: Value = serde_json::from_str(&read).unwrap();
    task["status"] = json!("cancelled");
    task["statusReason"] = json!({ "text": "Sent by mistake" });
    let put = house.http.put(&url).bearer_auth(EMR).header("content-type", "application/fhir+json");
    assert_eq!(put.body(task.to_string()).send().await.unwrap().status(), 200);
    assert_eq!(desk.referral(&house.nadia, id).await.unwrap().six_months, None);
    house.close().await;
}
