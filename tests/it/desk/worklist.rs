//! The worklist (PAGES D1): whose referrals it shows, what it makes of an odd address, and how it says what changed.

use std::time::Duration;

use lariat::domain::id::ResourceId;
use lariat::exchange::desk::Sought;
use serde_json::{Value, json};

use crate::desk::browser::{Answered, Browser};
use crate::desk::house::DeskHouse;

fn path(id: ResourceId) -> String {
    format!("/desk/referrals/{id}")
}

async fn take(browser: &Browser<'_>, id: ResourceId) {
    let page = browser.page(&path(id)).await;
    assert_eq!(browser.send(&page, &format!("{}/take", path(id)), &[]).await.status, 303);
}

fn lists(page: &Answered, ids: &[ResourceId]) -> Vec<bool> {
    ids.iter().map(|id| page.has(&format!("href=\"{}\"", path(*id)))).collect()
}

#[tokio::test]
async fn one_sees_ones_own_and_what_nobody_has_taken_first() {
    let house = DeskHouse::open().await;
    let (nadia, omar) = (Browser::of(&house, "nadia").await, Browser::of(&house, "omar").await);
    // Where nobody has taken anything, it does not look empty.
    let ids = [house.referral(1).await, house.referral(2).await, house.referral(3).await];
    assert_eq!(lists(&nadia.page("/desk").await, &ids), [true; 3]);
    take(&nadia, ids[0]).await;
    take(&omar, ids[1]).await;
    for (address, shown) in [
        ("/desk", [true, false, true]),
        ("/desk?shown=mine", [true, false, true]),
        ("/desk?shown=own", [true, false, false]),
        ("/desk?shown=unassigned", [false, false, true]),
        ("/desk?shown=team.east", [true; 3]),
        ("/desk?shown=all", [true; 3]),
    ] {
        let page = nadia.page(address).await;
        assert_eq!(lists(&page, &ids), shown, "{address}");
        assert!(!page.has("was left out"), "{address}");
    }
    nadia.page("/desk?shown=team.east").await.shows(&["value=\"team.east\" selected>Team East"]);
    take(&omar, ids[2]).await;
    let answer = house.running.desk.reassign(&house.nadia, ids[0], &house.act(ids[0]).await, "omar").await;
    answer.unwrap();
    let page = nadia.page("/desk").await;
    page.shows(&["No referrals are waiting for you.", "3 referrals are with colleagues.", "/desk?shown=all"]);
    house.close().await;
}

#[tokio::test]
async fn what_an_address_asks_for_and_nobody_knows_is_left_out_and_said() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    for odd in [
        "shown=theirs",
        "shown=team.west",
        "state=lost",
        "partner=nobody",
        "level=heavy",
        "older=long",
        "french=maybe",
        "from=behind",
        "need=food",
    ] {
        let page = nadia.page(&format!("/desk?{odd}")).await;
        page.shows(&["Part of the address is not known here, and was left out.", &path(id)]);
        assert!(!looks_at(&page).contains(odd), "{odd}");
    }
    for known in ["", "?shown=&state=&partner=", "?state=requested&older=7"] {
        assert!(!nadia.page(&format!("/desk{known}")).await.has("was left out"), "{known}");
    }
    house.close().await;
}

/// Where a page looks whether something changed.
#[track_caller]
fn looks_at(page: &Answered) -> String {
    let rest = page.html.split("data-refresh=\"").nth(1).unwrap_or_else(|| panic!("{}", page.html));
    rest.split('"').next().unwrap().replace("&#38;", "&")
}

#[tokio::test]
async fn an_open_worklist_says_how_much_changed_and_shows_nothing_by_itself() {
    let house = DeskHouse::open().await;
    let first = house.referral(1).await;
    let (nadia, omar) = (Browser::of(&house, "nadia").await, Browser::of(&house, "omar").await);
    house.pass(Duration::from_secs(60));
    let list = nadia.page("/desk?state=requested").await;
    let from = looks_at(&list);
    nadia.page(&from).await.shows(&["Nothing changed.", "href=\"/desk?state=requested\""]);
    // Also what happens while the clock shows the same.
    house.referral(2).await;
    nadia.page(&from).await.shows(&["1 change since 9:01.", "href=\"/desk?state=requested\"", "id=\"fresh\""]);
    house.referral(3).await;
    nadia.page(&from).await.shows(&["2 changes since 9:01."]);
    // What a colleague has taken is not on this list.
    take(&omar, first).await;
    nadia.page(&from).await.shows(&["2 changes since 9:01."]);
    house.close().await;
}

#[tokio::test]
async fn of_many_that_are_found_open_ones_stand_on_the_first_page() {
    let house = DeskHouse::open().await;
    // More people of one name than were ever looked at together; the oldest referrals are the open ones.
    let mut ids = Vec::new();
    for number in 0..53 {
        house.pass(Duration::from_secs(1));
        ids.push(house.straight_to("oak-street", number).await);
    }
    for id in &ids[3..] {
        house.partner_declines("oak-street", &id.to_string(), "Full").await;
    }
    let desk = &house.running.desk;
    let found = desk.find_referrals(&house.nadia, &Sought::new("belang")).await.unwrap();
    let newest = ids[3..].iter().rev().copied();
    let expected: Vec<_> = [ids[2], ids[1], ids[0]].into_iter().chain(newest).collect();
    assert_eq!((found.loops, found.is_cut), (expected.clone(), false));
    let nadia = Browser::of(&house, "nadia").await;
    let list = nadia.page("/desk").await;
    let sent = nadia.send(&list, "/desk/find", &[("sought", "belang")]).await;
    let first = nadia.page(&sent.location).await;
    assert_eq!(lists(&first, &expected), [vec![true; 50], vec![false; 3]].concat());
    let next = format!("{}?from=50", sent.location);
    first.shows(&[&format!("href=\"{next}\""), "Next page"]);
    let second = nadia.page(&next).await;
    assert_eq!(lists(&second, &expected), [vec![false; 50], vec![true; 3]].concat());
    second.shows(&[&format!("href=\"{}?from=0\"", sent.location), "First page"]);
    assert!(!second.has("Next page"));
    for odd in ["?from=x", "?from=-1", "?from=99999999999999999999", "?from=53"] {
        nadia.page(&format!("{}{odd}", sent.location)).await;
    }
    house.close().await;
}

#[tokio::test]
async fn an_open_referral_says_that_it_changed_and_a_form_keeps_what_is_typed() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let (nadia, omar) = (Browser::of(&house, "nadia").await, Browser::of(&house, "omar").await);
    let from = looks_at(&nadia.page(&path(id)).await);
    let of_form = looks_at(&nadia.page(&format!("{}/close", path(id))).await);
    assert_eq!(from, of_form);
    nadia.page(&from).await.shows(&["Nothing changed."]);
    house.pass(Duration::from_secs(300));
    take(&omar, id).await;
    let page = nadia.page(&from).await;
    page.shows(&["This referral changed at 9:05: It was taken.", "Show the new version", &path(id)]);
    for odd in ["", "?version=", "?version=-1", "?version=x"] {
        assert_eq!(nadia.get(&format!("{}/changes{odd}", path(id))).await.status, 404, "{odd}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_name_that_turns_its_row_around_does_not() {
    let house = DeskHouse::open().await;
    let id = house
        .referral_with(1, |record: &mut Value| {
            record["client"]["name"] = json!({ "given": "Ada\u{202e}", "family": "\u{2066}\u{202b}Madeup <b>" });
        })
        .await;
    let nadia = Browser::of(&house, "nadia").await;
    let note = format!("{}/note", path(id));
    let page = nadia.page(&note).await;
    assert_eq!(nadia.send(&page, &note, &[("text", "likes \u{202e}chess\u{202c} and שלום")]).await.status, 303);
    let (list, page) = (nadia.page("/desk").await, nadia.page(&path(id)).await);
    list.shows(&["<bdi>Madeup &#60;b&#62;, Ada</bdi>"]);
    page.shows(&["<bdi>Ada Madeup &#60;b&#62;</bdi>", "<p dir=\"auto\">likes chess and שלום</p>"]);
    for shown in [list, page] {
        let turning = |letter: char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!shown.html.contains(turning), "{}", shown.html);
    }
    house.close().await;
}
