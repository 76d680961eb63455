//! Codes and sessions.

use lariat::sandbox::mailbox::Said;

use crate::pages::browser::{Browser, Page, text};
use crate::partner::house::{House, MINUTE};

async fn ask_for_code(browser: &mut Browser, base: &str) -> Page {
    let form = browser.get(base).await.form(&format!("{base}/code"));
    browser.send(&form).await
}

async fn enter(browser: &mut Browser, base: &str, code: &str) -> Page {
    let form = browser.get(&format!("{base}/code")).await.form(&format!("{base}/enter"));
    browser.send(&form.with("code", &[code])).await
}

/// A code that is not this one.
fn other(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

#[tokio::test]
async fn the_sixth_try_is_locked_out_even_with_the_right_code() {
    let house = House::open().await;
    let link = house.refer().await;
    let mut browser = house.browser();
    let base = browser.get(&link).await.at;
    ask_for_code(&mut browser, &base).await;
    let code = house.last_code();
    for _ in 0..5 {
        let wrong = enter(&mut browser, &base, &other(&code)).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.errors()[0].starts_with("Check the code"), "{:?}", wrong.errors());
    }
    let locked = enter(&mut browser, &base, &code).await;
    assert!(locked.errors()[0].starts_with("There were too many tries."), "{:?}", locked.errors());
    // A new code changes nothing, another link of the same partner is not touched, and time heals.
    ask_for_code(&mut browser, &base).await;
    assert_eq!(enter(&mut browser, &base, &house.last_code()).await.status, 422);
    house.pass(16 * MINUTE);
    ask_for_code(&mut browser, &base).await;
    assert_eq!(enter(&mut browser, &base, &house.last_code()).await.at, format!("{base}/inbox"));
    house.close().await;
}

/// Who has a leaked link and types on while it is locked does not end it for its owner; who goes on for hours does, and
/// the owner has a new one sent.
#[tokio::test]
async fn tries_while_it_is_locked_do_not_count_and_a_link_that_is_used_up_offers_a_new_one() {
    let house = House::open().await;
    let link = house.refer().await;
    let mut browser = house.browser();
    let base = browser.get(&link).await.at;
    ask_for_code(&mut browser, &base).await;
    let wrong = other(&house.last_code());
    for _ in 0..55 {
        assert_eq!(enter(&mut browser, &base, &wrong).await.status, 422);
    }
    house.pass(16 * MINUTE);
    ask_for_code(&mut browser, &base).await;
    assert_eq!(enter(&mut browser, &base, &house.last_code()).await.at, format!("{base}/inbox"));

    let link = house.refer_as("R-2026-00002").await;
    let mut browser = house.browser();
    let base = browser.get(&link).await.at;
    for _ in 0..10 {
        for _ in 0..5 {
            assert_eq!(enter(&mut browser, &base, "123456").await.status, 422);
        }
        house.pass(16 * MINUTE);
    }
    let dead = browser.get(&link).await;
    assert_eq!(dead.status, 410);
    let mails = house.mailbox.mails().len();
    let renewed = browser.send(&dead.form(&format!("{base}/renew"))).await;
    assert!(text(&renewed.html).contains("a new one is on its way"), "{}", renewed.html);
    house.mailbox.wait(mails + 1).await;
    let (_, inbox) = house.at_inbox(&house.last_link()).await;
    assert_eq!(inbox.status, 200);
    house.close().await;
}

#[tokio::test]
async fn a_code_is_typed_as_people_type_and_lives_ten_minutes() {
    let house = House::open().await;
    let link = house.refer().await;
    let mut browser = house.browser();
    let base = browser.get(&link).await.at;
    for (typed, said) in
        [("", "Enter the six digits"), ("12345", "Enter the six digits"), ("abcdef", "Enter the six")]
    {
        let wrong = enter(&mut browser, &base, typed).await;
        assert!(wrong.errors()[0].starts_with(said), "{typed}: {:?}", wrong.errors());
        assert_eq!(wrong.form(&format!("{base}/enter")).value("code"), typed);
    }
    ask_for_code(&mut browser, &base).await;
    let first = house.last_code();
    house.pass(10 * MINUTE);
    assert_eq!(enter(&mut browser, &base, &first).await.status, 422);
    ask_for_code(&mut browser, &base).await;
    let second = house.last_code();
    ask_for_code(&mut browser, &base).await;
    let third = house.last_code();
    assert_eq!(enter(&mut browser, &base, &second).await.status, 422, "a new code ends the old one");
    let spaced = format!("{}\u{a0}{} ", &third[..3], &third[3..]);
    assert_eq!(enter(&mut browser, &base, &spaced).await.at, format!("{base}/inbox"));
    house.close().await;
}

#[tokio::test]
async fn a_used_code_opens_nothing_again_but_the_same_form_does() {
    let house = House::open().await;
    let link = house.refer().await;
    let mut browser = house.browser();
    let base = browser.get(&link).await.at;
    let page = ask_for_code(&mut browser, &base).await;
    let code = house.last_code();
    let form = page.form(&format!("{base}/enter")).with("code", &[&code]);
    assert_eq!(browser.send(&form).await.at, format!("{base}/inbox"));
    // A double click, or Back and Continue.
    assert_eq!(browser.send(&form).await.at, format!("{base}/inbox"));
    let mut stranger = house.browser();
    stranger.get(&link).await;
    assert_eq!(enter(&mut stranger, &base, &code).await.status, 422);
    house.close().await;
}

#[tokio::test]
async fn a_double_click_is_one_code_and_one_code_serves_other_links() {
    let house = House::open().await;
    let link = house.refer().await;
    let other = house.refer_as("R-2026-00002").await;
    let mut browser = house.browser();
    let arrival = browser.get(&link).await;
    let base = arrival.at.clone();
    let form = arrival.form(&format!("{base}/code"));
    browser.send(&form).await;
    let mails = house.mailbox.mails().len();
    assert_eq!(browser.send(&form).await.at, format!("{base}/code"));
    assert_eq!(house.mailbox.mails().len(), mails);
    enter(&mut browser, &base, &house.last_code()).await;
    let inbox = browser.get(&other).await;
    assert!(inbox.status == 200 && inbox.at.ends_with("/inbox") && !inbox.at.starts_with(&base), "{}", inbox.at);
    house.close().await;
}

#[tokio::test]
async fn an_address_gets_five_codes_an_hour() {
    let house = House::open().await;
    let link = house.refer().await;
    let mut browser = house.browser();
    let base = browser.get(&link).await.at;
    for _ in 0..5 {
        assert_eq!(ask_for_code(&mut browser, &base).await.at, format!("{base}/code"));
    }
    let mails = house.mailbox.mails().len();
    let refused = ask_for_code(&mut browser, &base).await;
    assert_eq!(refused.status, 422);
    let said = text(&refused.html);
    // 14:00 UTC is 09:00 in Toronto.
    assert!(said.contains("five codes within an hour") && said.contains("ask again at 10:00"), "{said}");
    assert!(said.contains("Call 519-555-0100"), "{said}");
    assert_eq!(house.mailbox.mails().len(), mails);
    // Another referral's link is not used up with it: who has one leaked link locks nobody out.
    let other = house.refer_as("R-2026-00002").await;
    let mut second = house.browser();
    let other = second.get(&other).await.at;
    assert_eq!(ask_for_code(&mut second, &other).await.at, format!("{other}/code"));
    house.pass(61 * MINUTE);
    assert_eq!(ask_for_code(&mut browser, &base).await.at, format!("{base}/code"));
    house.close().await;
}

#[tokio::test]
async fn an_address_gets_twenty_codes_an_hour_for_all_its_referrals_and_the_page_says_so() {
    let house = House::open().await;
    for turn in 0..4 {
        let link = house.refer_as(&format!("R-2026-0000{turn}")).await;
        let mut browser = house.browser();
        let base = browser.get(&link).await.at;
        for _ in 0..5 {
            assert_eq!(ask_for_code(&mut browser, &base).await.at, format!("{base}/code"));
        }
    }
    let link = house.refer_as("R-2026-00009").await;
    let mut browser = house.browser();
    let base = browser.get(&link).await.at;
    let said = text(&ask_for_code(&mut browser, &base).await.html);
    assert!(said.contains("Your address has had 20 codes within an hour") && said.contains("at 10:00"), "{said}");
    assert!(!said.contains("five codes"), "{said}");
    house.close().await;
}

#[tokio::test]
async fn a_code_that_could_not_be_mailed_is_not_said_to_be_sent() {
    let house = House::open().await;
    let link = house.refer().await;
    let mut browser = house.browser();
    let base = browser.get(&link).await.at;
    ask_for_code(&mut browser, &base).await;
    house.mailbox.behave(|_| Said::HangUp);
    let failed = ask_for_code(&mut browser, &base).await;
    assert_eq!(failed.status, 422);
    assert!(text(&failed.html).contains("The mail could not be sent."), "{}", failed.html);
    let page = text(&browser.get(&format!("{base}/code")).await.html);
    assert!(page.contains("No code is good now.") && !page.contains("We sent it"), "{page}");
    house.mailbox.behave(|_| Said::Usual);
    ask_for_code(&mut browser, &base).await;
    assert_eq!(enter(&mut browser, &base, &house.last_code()).await.at, format!("{base}/inbox"));
    house.close().await;
}

#[tokio::test]
async fn a_session_lasts_thirty_minutes_is_prolonged_once_and_ends_by_hand() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, inbox) = house.at_inbox(&link).await;
    let base = inbox.at.trim_end_matches("/inbox").to_owned();
    house.pass(29 * MINUTE);
    let inbox = browser.send(&inbox.form(&format!("{base}/extend"))).await;
    assert_eq!(inbox.status, 200);
    assert!(!inbox.html.contains(&format!("{base}/extend")), "it is prolonged once");
    house.pass(29 * MINUTE);
    let inbox = browser.get(&inbox.at).await;
    assert_eq!(inbox.status, 200);
    house.pass(2 * MINUTE);
    assert_eq!(browser.get(&inbox.at).await.status, 403);

    let (mut browser, inbox) = house.at_inbox(&link).await;
    let cookies = browser.cookies.clone();
    let finished = browser.post(&inbox.form(&format!("{base}/finish"))).await;
    assert_eq!(finished.header("clear-site-data"), "\"cache\", \"cookies\"");
    assert!(text(&browser.get(finished.header("location")).await.html).contains("You have finished"));
    browser.cookies = cookies;
    assert_eq!(browser.get(&inbox.at).await.status, 403, "the session itself has ended");
    house.close().await;
}

#[tokio::test]
async fn what_another_tab_was_typing_when_one_finished_is_shown_back_and_to_nobody_else() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let ask = format!("{}/ask", page.at);
    let form = browser.get(&ask).await.form(&ask).with("text", &["Which <b>day</b> suits her?"]);
    let base = page.at.split("/referrals").next().unwrap().to_owned();
    let inbox = browser.get(&format!("{base}/inbox")).await;
    browser.post(&inbox.form(&format!("{base}/finish"))).await;
    browser.cookies.clear();
    let late = browser.post(&form).await;
    assert_eq!(late.status, 410);
    assert!(late.html.contains("Which &#60;b&#62;day&#60;/b&#62; suits her?"), "{}", late.html);
    assert!(text(&late.html).contains("was not sent, and is not kept"), "{}", late.html);
    let other = browser.get(&ask).await;
    assert!(other.status == 410 && !other.html.contains("suits her"), "{}", other.html);
    let notes = house.task().await["note"].as_array().map_or(0, Vec::len);
    assert_eq!(notes, 0, "nothing was sent");
    house.close().await;
}

#[tokio::test]
async fn one_code_serves_all_referrals_of_the_partner() {
    let house = House::open().await;
    house.refer().await;
    let link = house.refer_as("R-2026-00002").await;
    let (mut browser, inbox) = house.at_inbox(&link).await;
    let found = crate::partner::house::referrals(&inbox);
    assert_eq!(found.len(), 2, "{}", inbox.html);
    for path in found {
        assert_eq!(browser.get(&path).await.status, 200);
    }
    house.close().await;
}
