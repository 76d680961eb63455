//! What the desk reads and leaves out: messages that nobody has read, a follow-up that is not done.

use lariat::domain::id::ResourceId;
use lariat::domain::next_step::NextStep;
use lariat::domain::reason::ClosingReason;
use lariat::exchange::desk::{Closing, Told};
use serde_json::json;

use crate::desk::browser::Browser;
use crate::desk::house::{DeskHouse, EMR, OAK};
use crate::desk::verbs::{closing, consent_and_send};

fn path(id: ResourceId) -> String {
    format!("/desk/referrals/{id}")
}

async fn write(house: &DeskHouse, text: &str, recommends: &str) {
    let message = json!({
        "referral_id": "R-1",
        "source_system": "https://riverbend.example/ids/referral",
        "text": text,
        "recommends": recommends,
    });
    let post = house.http.post(format!("{}/json/messages", house.base)).bearer_auth(EMR);
    let post = post.header("content-type", "application/json").body(message.to_string());
    assert_eq!(post.send().await.unwrap().status(), 201);
}

async fn accepted(house: &DeskHouse, id: ResourceId) {
    let desk = &house.running.desk;
    consent_and_send(house, id, OAK).await;
    let task = desk.referral(&house.nadia, id).await.unwrap().tried.last().unwrap().task;
    let status = house.partner_answers(OAK, &task.to_string(), |task| task["status"] = json!("accepted")).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn every_message_that_nobody_has_read_is_shown_whole_until_it_is_read() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    write(&house, "She tires quickly.", "A shorter walk").await;
    house.pass(std::time::Duration::from_secs(60));
    write(&house, "Her hip was operated on.", "No stairs").await;
    let nadia = Browser::of(&house, "nadia").await;
    let page = nadia.page(&path(id)).await;
    let quote =
        |html: &str| html.split("<blockquote").nth(1).unwrap().split("</blockquote>").next().unwrap().to_owned();
    let unread = quote(&page.html);
    for words in ["She tires quickly.", "A shorter walk", "Her hip was operated on.", "No stairs"] {
        assert!(unread.contains(words), "{words}: {unread}");
    }
    assert_eq!(nadia.send(&page, &format!("{}/read", path(id)), &[]).await.status, 303);
    house.pass(std::time::Duration::from_secs(60));
    write(&house, "She is away in June.", "Begin in July").await;
    let read = house.running.desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!(read.next, NextStep::ReadMessage);
    assert_eq!(read.message.as_deref(), Some("She is away in June.\nBegin in July"));
    house.close().await;
}

#[tokio::test]
async fn a_follow_up_is_left_out_for_a_reason_and_no_contact_is_made_up() {
    let house = DeskHouse::open().await;
    let id = house.referral_with(1, |record| record["support_level"] = json!("medium")).await;
    accepted(&house, id).await;
    house.pass(std::time::Duration::from_secs(182 * 86_400));
    let nadia = Browser::of(&house, "nadia").await;
    let action = format!("{}/follow-up", path(id));
    let page = nadia.page(&action).await;
    let wrong = nadia.send(&page, &action, &[("six-months", "skipped")]).await;
    assert_eq!(wrong.status, 422);
    let saved = nadia.send(&wrong, &action, &[("six-months", "skipped"), ("now", "In hospital.")]).await;
    assert_eq!(saved.status, 303, "{}", saved.html);
    let page = house.running.desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!(page.six_months, None);
    assert!(page.timeline.iter().all(|entry| entry.told != Told::Contact));
    house.close().await;
}

#[tokio::test]
async fn only_who_has_taken_something_up_is_asked_after_six_months() {
    let house = DeskHouse::open().await;
    for (number, reason) in (1..).zip(ClosingReason::ALL) {
        if *reason == ClosingReason::InformationGiven {
            continue;
        }
        let id = house.referral_with(number, |record| record["support_level"] = json!("medium")).await;
        accepted(&house, id).await;
        let desk = &house.running.desk;
        assert!(desk.referral(&house.nadia, id).await.unwrap().six_months.is_some());
        let ends = Closing { words: Some("Told by telephone".to_owned()), ..closing(*reason) };
        desk.close(&house.nadia, id, &house.act(id).await, &ends).await.unwrap();
        let planned = desk.referral(&house.nadia, id).await.unwrap().six_months.is_some();
        let is_taken_up = ["goals-met", "goals-partly-met", "no-longer-needed"].contains(&reason.code());
        assert_eq!(planned, is_taken_up, "{}", reason.code());
    }
    house.close().await;
}
