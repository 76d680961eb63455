//! What a page says is so: what was done, what was typed last, how much was found.

use std::time::Duration;

use lariat::domain::id::{Ids, ResourceId};
use lariat::domain::reason::ClosingReason;
use lariat::exchange::Act;
use lariat::exchange::desk::{Closing, Sought, Told};
use lariat::store::{Change, LoopRecord, LoopRow};

use crate::desk::browser::{Answered, Browser};
use crate::desk::house::{DeskHouse, EMR, OAK, PASSWORD};
use crate::desk::verbs::{agrees, consent_and_send};

fn path(id: ResourceId) -> String {
    format!("/desk/referrals/{id}")
}

#[tokio::test]
async fn what_was_sent_when_the_session_was_gone_comes_before_an_older_draft() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    let action = format!("{}/note", path(id));
    let page = nadia.page(&action).await;
    let mut fields = page.form(&action);
    fields.push(("text".to_owned(), "OLD words".to_owned()));
    assert_eq!(nadia.post("/desk/drafts", &fields).await.status, 200);
    nadia.page(&action).await.shows(&["OLD words"]);
    house.pass(Duration::from_secs(60));
    nadia.lose_session();
    let ended = nadia.send(&page, &action, &[("text", "NEW words")]).await;
    assert!(ended.location.starts_with("/sign-in"), "{}", ended.location);
    let sign_in = nadia.page(&ended.location).await;
    nadia.send(&sign_in, "/sign-in", &[("name", "nadia"), ("password", PASSWORD)]).await;
    let back = nadia.page(&action).await;
    back.shows(&["NEW words"]);
    assert!(!back.has("OLD words"));
    house.close().await;
}

#[tokio::test]
async fn an_address_alone_claims_nothing_and_what_was_done_is_said_once() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    let closed = format!("{}?done=close", path(id));
    assert!(!nadia.page(&closed).await.has("The clinic is told."));
    let action = format!("{}/note", path(id));
    let page = nadia.page(&action).await;
    let saved = nadia.send(&page, &action, &[("text", "She likes tea.")]).await;
    assert_eq!(saved.location, format!("{}?done=note", path(id)));
    nadia.page(&saved.location).await.shows(&["Note saved."]);
    assert!(!nadia.page(&closed).await.has("The clinic is told."));
    assert!(!nadia.page(&saved.location).await.has("Note saved."));
    house.close().await;
}

#[tokio::test]
async fn what_is_found_begins_with_what_is_open_and_says_when_there_is_more() {
    let house = DeskHouse::open().await;
    house.referral(1).await;
    let second = house.referral(2).await;
    house.referral(3).await;
    let desk = &house.running.desk;
    let version = desk.referral(&house.nadia, second).await.unwrap().version;
    let act = Act { key: "close-second".to_owned(), version, read_until: None };
    let closing = Closing { reason: ClosingReason::Moved, words: None, outcome: None, tells_partner: false };
    desk.close(&house.nadia, second, &act, &closing).await.unwrap();
    let found = desk.find_referrals(&house.nadia, &Sought::new("belang")).await.unwrap();
    assert_eq!((found.loops.len(), found.loops.last(), found.is_cut), (3, Some(&second), false));
    let LoopRecord { source, request, patient, work, .. } = house.row(second).await;
    let (ids, opened_at) = (Ids::seeded([5; 32]), house.clock.now());
    let many = (0..500).map(|number| LoopRow {
        id: ids.next(opened_at),
        reference: format!("LR-{number}"),
        source: source.clone(),
        request,
        patient,
        recipient: None,
        state: "cancelled",
        attention: None,
        opened_at,
        work: work.clone(),
    });
    let change = Change { loops: many.collect(), ..Change::of(house.nadia.custodian) };
    house.running.store.commit(change).await.unwrap();
    let found = desk.find_referrals(&house.nadia, &Sought::new("belang")).await.unwrap();
    assert_eq!((found.loops.len(), found.is_cut), (500, true));
    let nadia = Browser::of(&house, "nadia").await;
    let list = nadia.page("/desk").await;
    let found = nadia.send(&list, "/desk/find", &[("sought", "belang")]).await;
    nadia.page(&found.location).await.shows(&["There are more than these 500", "add letters of the given name"]);
    house.close().await;
}

#[tokio::test]
async fn words_that_nobody_can_see_are_no_words() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    for place in ["note", "ask"] {
        let action = format!("{}/{place}", path(id));
        let page = nadia.page(&action).await;
        let unseen = nadia.send(&page, &action, &[("text", "\u{200b}\u{200b}")]).await;
        assert_eq!(unseen.status, 422, "{place}: {}", unseen.location);
    }
    house.close().await;
}

#[tokio::test]
async fn what_is_kept_back_is_not_shown_as_sent() {
    let house = DeskHouse::open().await;
    let desk = &house.running.desk;
    let without = |record: &mut serde_json::Value| {
        record.as_object_mut().unwrap().shift_remove("consent");
    };
    let id = house.straight_with(OAK, 1, without).await;
    house.deliver().await;
    let nadia = Browser::of(&house, "nadia").await;
    let page = nadia.page(&path(id)).await;
    page.shows(&["Not delivered yet", "Not sent", "Consent needed"]);
    assert!(!page.has("Waiting for answer"));
    let is_sent = |page: &lariat::exchange::desk::ReferralPage| {
        page.timeline.iter().find(|entry| entry.told == Told::Sent).map(|entry| entry.at)
    };
    let kept = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((kept.tried[0].is_here, is_sent(&kept)), (true, None));
    house.pass(Duration::from_secs(10 * 86_400));
    desk.record_consent(&house.nadia, id, &house.act(id).await, &agrees(OAK)).await.unwrap();
    house.deliver().await;
    let sent = desk.referral(&house.nadia, id).await.unwrap();
    let now = house.clock.now();
    assert!(!sent.tried[0].is_here);
    for at in [Some(sent.tried[0].sent_at), is_sent(&sent)] {
        assert!(at.is_some_and(|at| now.since(at) < Duration::from_secs(3_600)), "{at:?} {now}");
    }
    house.close().await;
}

#[tokio::test]
async fn the_word_for_a_state_is_true_on_the_page_and_in_the_list() {
    let house = DeskHouse::open().await;
    let desk = &house.running.desk;
    let nadia = Browser::of(&house, "nadia").await;
    let id = house.referral(1).await;
    let tag = |page: &Answered| {
        let rest = page.html.split("<strong class=\"tag ").nth(1).unwrap();
        rest[rest.find('>').unwrap() + 1..rest.find('<').unwrap()].to_owned()
    };
    let is = async |wanted: &str| {
        assert_eq!(tag(&nadia.page(&path(id)).await), wanted);
        assert_eq!(tag(&nadia.page("/desk").await), wanted, "in the list");
    };
    is("Not sent").await;
    consent_and_send(&house, id, OAK).await;
    is("Waiting for answer").await;
    let task = desk.referral(&house.nadia, id).await.unwrap().tried[0].task.to_string();
    for (status, word) in [("accepted", "Accepted"), ("in-progress", "Under way")] {
        let moves = |task: &mut serde_json::Value| task["status"] = serde_json::json!(status);
        assert_eq!(house.partner_answers(OAK, &task, moves).await, 200);
        is(word).await;
    }
    house.close().await;
}

#[tokio::test]
async fn what_was_refused_is_said_at_its_field_and_in_the_title() {
    let house = DeskHouse::open().await;
    let desk = &house.running.desk;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    let close = format!("{}/close", path(id));
    let page = nadia.page(&close).await;
    let refused = nadia.send(&page, &close, &[("reason", "unable-to-contact")]).await;
    assert_eq!(refused.status, 422);
    refused.shows(&["<title>Error:", "href=\"#text\"", "id=\"text-error\"", "Fewer than three tries"]);

    desk.record_consent(&house.nadia, id, &house.act(id).await, &agrees(OAK)).await.unwrap();
    let send = format!("{}/send", path(id));
    let page = nadia.page(&format!("{send}?choice=partner.{OAK}")).await;
    let consent = desk.referral(&house.nadia, id).await.unwrap().consents[0].id;
    desk.withdraw_consent(&house.nadia, id, &house.act(id).await, consent).await.unwrap();
    let refused =
        nadia.send(&page, &send, &[("text", "Happy to come along."), ("why", "My lead knows them")]).await;
    assert_eq!(refused.status, 422);
    refused.shows(&["<title>Error:", "There is a problem", "Consent does not cover it."]);
    house.close().await;
}

#[tokio::test]
async fn answers_without_their_questions_are_shown_with_those_of_the_form() {
    let house = DeskHouse::open().await;
    let id = house
        .referral_with(1, |record| {
            record["screening"] = serde_json::json!({
                "questionnaire": "reminder-card",
                "answered_at": "2026-11-20T10:05:00-05:00",
                "answers": { "reason": "lonely" },
            });
        })
        .await;
    let asked = async || house.running.desk.referral(&house.nadia, id).await.unwrap().asked.answers;
    let before = asked().await;
    let url = format!("{}/fhir/QuestionnaireResponse", house.base);
    let found = house.http.get(&url).bearer_auth(EMR).send().await.unwrap().text().await.unwrap();
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    let mut response = found["entry"][0]["resource"].clone();
    for item in response["item"].as_array_mut().unwrap() {
        item.as_object_mut().unwrap().shift_remove("text");
    }
    let put = house.http.put(format!("{url}/{}", response["id"].as_str().unwrap())).bearer_auth(EMR);
    let put = put.header("content-type", "application/fhir+json").body(response.to_string()).send().await.unwrap();
    assert_eq!(put.status(), 200);
    assert_eq!(asked().await, before);
    house.close().await;
}
