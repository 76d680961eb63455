//! What the desk reads and leaves out: messages that nobody has read, a follow-up that is not done.

use lariat::domain::id::ResourceId;
use lariat::domain::next_step::NextStep;
use lariat::domain::reason::ClosingReason;
use lariat::exchange::desk::{Closing, Told, Who};
use serde_json::json;

use crate::desk::browser::{Answered, Browser};
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

/// Where a link of the page leads, by the end of its path.
fn link(page: &Answered, place: &str) -> String {
    let at = page.html.find(place).unwrap_or_else(|| panic!("no link to {place}:\n{}", page.html));
    let begin = page.html[..at].rfind("href=\"").unwrap() + 6;
    let end = begin + page.html[begin..].find('"').unwrap();
    page.html[begin..end].replace("&amp;", "&")
}

#[tokio::test]
async fn a_call_from_a_page_opened_anew_is_another_call_and_what_back_shows_is_the_same() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    let action = format!("{}/follow-up", path(id));
    let typed = [("result", "no-answer"), ("how", "phone")];
    for _ in 0..3 {
        let opened = link(&nadia.page(&path(id)).await, "/follow-up");
        // Twice the same form, then the page that Back fetches anew.
        let form = nadia.page(&opened).await;
        for form in [form.clone(), form] {
            let saved = nadia.send(&form, &action, &typed).await;
            assert_eq!(saved.status, 303, "{}", saved.html);
        }
        let back = nadia.page(&opened).await;
        assert_eq!(nadia.send(&back, &action, &typed).await.status, 303);
    }
    assert_eq!(house.running.desk.referral(&house.nadia, id).await.unwrap().tries, 3);
    house.close().await;
}

#[tokio::test]
async fn what_came_of_the_follow_up_stands_on_the_page_with_its_author() {
    let house = DeskHouse::open().await;
    let answers = [
        ("done", "The person was asked six months after", "Goes weekly and sings"),
        ("skipped", "The person was not asked six months after", "Not the right time"),
    ];
    let mut ids = Vec::new();
    for (number, _) in (1..).zip(answers) {
        let id = house.referral_with(number, |record| record["support_level"] = json!("medium")).await;
        accepted(&house, id).await;
        ids.push(id);
    }
    house.pass(std::time::Duration::from_secs(184 * 86_400));
    let nadia = Browser::of(&house, "nadia").await;
    for (id, (answer, told, words)) in ids.into_iter().zip(answers) {
        let action = format!("{}/follow-up", path(id));
        let page = nadia.page(&action).await;
        let typed = [("six-months", answer), ("now", words), ("result", "reached"), ("how", "phone")];
        let saved = nadia.send(&page, &action, &typed).await;
        assert_eq!(saved.status, 303, "{}", saved.html);
        let page = nadia.page(&path(id)).await;
        page.shows(&[told, words]);
        let timeline = house.running.desk.referral(&house.nadia, id).await.unwrap().timeline;
        let entry = timeline.iter().find(|entry| entry.text.as_deref() == Some(words)).unwrap();
        assert_eq!(entry.who, Who::Staff("Nadia Madeup".to_owned()));
    }
    house.close().await;
}

#[tokio::test]
async fn who_asks_not_to_be_called_is_not_called_and_a_wrong_number_is_a_try() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    let action = format!("{}/follow-up", path(id));
    for result in ["wrong-number", "no-contact-wanted"] {
        let page = nadia.page(&action).await;
        let saved = nadia.send(&page, &action, &[("result", result), ("how", "phone")]).await;
        assert_eq!(saved.status, 303, "{}", saved.html);
    }
    let page = nadia.page(&path(id)).await;
    page.shows(&["Contact tried: wrong number", "The person asked not to be contacted"]);
    let page = house.running.desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.tries, page.next), (1, NextStep::WithoutContact));
    // Nor by a partner: what is sent says so, and no number goes along.
    house.emr.heard();
    consent_and_send(&house, id, OAK).await;
    house.deliver().await;
    let heard = house.oak.heard().pop().unwrap().data.to_string();
    assert!(heard.contains("Contacting Subject Prohibited") && !heard.contains("telecom"), "{heard}");
    house.close().await;
}
