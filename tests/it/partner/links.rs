//! Links: expired, used, guessed, followed by scanners.

use reqwest::Method;

use crate::pages::browser::text;
use crate::partner::house::{DAY, House};

/// The page without what differs between any two drawings: tokens, keys, handles and the problem code.
fn gist(html: &str) -> String {
    text(html.split("<main").nth(1).unwrap().split("</main>").next().unwrap())
}

#[tokio::test]
async fn a_link_leaves_the_address_bar_and_changes_nothing_when_scanners_follow_it() {
    let house = House::open().await;
    let link = house.refer().await;
    let mails = house.mailbox.mails().len();
    let mut browser = house.browser();
    for method in [Method::HEAD, Method::GET] {
        for _ in 0..10 {
            let answer = browser.ask(method.clone(), &link, &[("purpose", "prefetch")], None).await;
            assert_eq!(answer.status, 303);
            let handle = answer.header("location").to_owned();
            assert!(!handle.contains(link.trim_start_matches("/p/")), "{handle}");
            let arrival = browser.ask(method.clone(), &handle, &[], None).await;
            assert_eq!((arrival.status, arrival.header("referrer-policy")), (200, "no-referrer"));
            assert!(!arrival.html.contains(link.trim_start_matches("/p/")));
        }
    }
    assert_eq!(house.mailbox.mails().len(), mails);
    // A script that sends every form it finds, and guesses the addresses of the rest, has no code.
    let arrival = browser.get(&link).await;
    for form in arrival.forms() {
        browser.post(&form).await;
    }
    let task = house.task().await;
    let path = format!("{}/referrals/{}/accept", arrival.at, task["id"].as_str().unwrap());
    let mut form = arrival.form(&format!("{}/code", arrival.at));
    form.action = path;
    assert_eq!(browser.post(&form.with("_version", &["1"])).await.status, 403);
    assert_eq!(house.versions().await, 1);
    house.close().await;
}

#[tokio::test]
async fn expired_and_guessed_links_look_alike_and_a_new_one_comes_to_the_address_on_file() {
    let house = House::open().await;
    let link = house.refer().await;
    house.pass(15 * DAY);
    let guessed = format!("/p/{}", "A".repeat(43));
    let by_hand = house.refer_as("R-2026-00002").await;
    let found = house.fhir(Method::GET, "/Task?code=fulfill&_sort=-_lastUpdated", None).await;
    let root = found["entry"][0]["resource"]["id"].as_str().unwrap().parse().unwrap();
    let desk = &house.running.desk;
    desk.end_links(desk.directory().by_name("oak-street").unwrap().id, root).await.unwrap();
    let mut pages = Vec::new();
    for path in [&link, &guessed, &by_hand] {
        let mut browser = house.browser();
        let ended = browser.get(path).await;
        assert_eq!(ended.status, 410);
        let mails = house.mailbox.mails().len();
        let asked = browser.send(&ended.form(&format!("{}/renew", ended.at))).await;
        assert_eq!((asked.status, asked.at.clone()), (200, format!("{}/renewed", ended.at)));
        if path == &link {
            house.mailbox.wait(mails + 1).await;
        } else {
            assert_eq!(house.mailbox.mails().len(), mails);
        }
        pages.push((gist(&ended.html), gist(&asked.html)));
    }
    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[0], pages[2]);
    assert_eq!(house.mailbox.mails().last().unwrap().to, ["referrals@oak-street.example"]);
    let (_, page) = house.at_referral(&house.last_link()).await;
    assert!(text(&page.html).contains("Can you take this person?"));
    house.close().await;
}

/// Another browser, or one that has forgotten its cookies, knows the handle alone: that opens nothing, and is enough
/// for a new message to the address on file.
#[tokio::test]
async fn without_its_cookie_a_link_can_still_be_asked_for_anew_and_tells_nothing() {
    let house = House::open().await;
    let link = house.refer().await;
    let handle = house.browser().get(&link).await.at;
    let mut pages = Vec::new();
    for path in [handle.as_str(), "/p/00000000000000000000000000000000"] {
        let mails = house.mailbox.mails().len();
        let mut browser = house.browser();
        let ended = browser.get(path).await;
        assert_eq!(ended.status, 410);
        let asked = browser.send(&ended.form(&format!("{path}/renew"))).await;
        assert_eq!(asked.status, 200);
        pages.push((gist(&ended.html), gist(&asked.html)));
        if path == handle {
            house.mailbox.wait(mails + 1).await;
            let mail = house.mailbox.mails().pop().unwrap();
            assert_eq!(mail.to, ["referrals@oak-street.example"]);
            let (_, page) = house.at_referral(&house.last_link()).await;
            assert!(text(&page.html).contains("Can you take this person?"));
        } else {
            assert_eq!(house.mailbox.mails().len(), mails);
        }
    }
    assert_eq!(pages[0], pages[1]);
    house.close().await;
}

#[tokio::test]
async fn an_accepted_referral_keeps_its_link_until_a_month_after_its_end() {
    let house = House::open().await;
    let link = house.refer().await;
    house.completed(&link).await;
    house.pass(29 * DAY);
    assert_eq!(house.browser().get(&link).await.status, 200);
    house.pass(2 * DAY);
    assert_eq!(house.browser().get(&link).await.status, 410);
    house.close().await;
}

#[tokio::test]
async fn guessing_links_is_stopped_by_address() {
    let house = House::open().await;
    let mut seen = Vec::new();
    for turn in 0..12 {
        let mut browser = house.browser();
        seen.push(browser.get(&format!("/p/{turn:0>43}")).await.status);
    }
    assert_eq!(seen[0], 410);
    assert_eq!(seen[11], 429, "{seen:?}");
    house.close().await;
}

/// Behind a proxy that is trusted each is counted for themselves; what a stranger writes in the header is not read.
#[tokio::test]
async fn behind_a_trusted_proxy_guesses_are_counted_by_who_asks() {
    let house = House::open_with("trusted_proxies = [\"127.0.0.1\"]\n").await;
    let mut seen = Vec::new();
    for turn in 0..20 {
        let from = if turn % 2 == 0 { "198.51.100.7" } else { "10.9.9.9, 203.0.113.5:4711" };
        seen.push(guess(&house, turn, from).await);
    }
    assert_eq!(seen, [410; 20], "ten each");
    for (from, status) in [("198.51.100.7", 429), ("1.2.3.4, 203.0.113.5", 429), ("203.0.113.6", 410)] {
        assert_eq!(guess(&house, 20, from).await, status, "{from}");
    }
    house.close().await;
    let house = House::open().await;
    let mut seen = Vec::new();
    for turn in 0..11 {
        seen.push(guess(&house, turn, &format!("198.51.100.{turn}")).await);
    }
    assert_eq!(seen[10], 429, "nobody is believed by default: {seen:?}");
    house.close().await;
}

/// Opens a link that never was, as a proxy says for whom.
async fn guess(house: &House, turn: usize, from: &str) -> u16 {
    let mut browser = house.browser();
    let from = [("x-forwarded-for", from)];
    let redirect = browser.ask(Method::GET, &format!("/p/{turn:0>43}"), &from, None).await;
    browser.ask(Method::GET, redirect.header("location"), &from, None).await.status
}

#[tokio::test]
async fn a_handle_alone_and_another_links_cookie_open_nothing() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, inbox) = house.at_inbox(&link).await;
    let other = house.refer_as("R-2026-00002").await;
    let handle = house.browser().get(&other).await.at;
    assert_eq!(house.browser().get(&inbox.at).await.status, 410, "a handle alone");
    assert_eq!(browser.get(&format!("{handle}/inbox")).await.status, 410, "the cookie of another link");
    let task = "01930000-0000-7000-8000-000000000000";
    let base = inbox.at.trim_end_matches("/inbox");
    assert_eq!(browser.get(&format!("{base}/referrals/{task}")).await.status, 404);
    assert_eq!(browser.get(&format!("{base}/referrals/nothing")).await.status, 404);
    house.close().await;
}
