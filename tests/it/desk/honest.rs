//! What a page says is so: what was done, what was typed last, how much was found.

use std::time::Duration;

use lariat::domain::id::{Ids, ResourceId};
use lariat::domain::reason::ClosingReason;
use lariat::exchange::Act;
use lariat::exchange::desk::{Closing, Sought};
use lariat::store::{Change, LoopRecord, LoopRow};

use crate::desk::browser::Browser;
use crate::desk::house::{DeskHouse, PASSWORD};

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
