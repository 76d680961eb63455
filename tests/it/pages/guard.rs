//! Who may send a form: only a page of ours, drawn for this browser and this action (PAGES 4.5).

use crate::pages::browser::{Browser, Form};
use crate::pages::house::{House, PASSWORD};

const COMPONENTS: &str = "/sandbox/components";

/// Every way in which a request may say from where it comes, and whether it may.
fn sites(base: &str) -> Vec<(Vec<(&'static str, String)>, bool)> {
    let fetch = |value: &str| ("sec-fetch-site", value.to_owned());
    let origin = |value: &str| ("origin", value.to_owned());
    vec![
        (vec![fetch("same-origin")], true),
        (vec![fetch("same-origin"), origin("null")], true),
        (vec![origin(base)], true),
        (vec![origin(&base.to_uppercase())], true),
        (vec![], false),
        (vec![fetch("same-site")], false),
        (vec![fetch("cross-site")], false),
        (vec![fetch("none")], false),
        (vec![fetch("")], false),
        (vec![fetch("cross-site"), origin(base)], false),
        (vec![origin("https://elsewhere.example")], false),
        (vec![origin("null")], false),
        (vec![origin(&format!("{base}.elsewhere.example"))], false),
    ]
}

async fn filled(browser: &mut Browser) -> Form {
    let page = browser.get(COMPONENTS).await;
    page.form(COMPONENTS).with("line", &["kept"]).with("way", &["mail"])
}

#[tokio::test]
async fn a_form_is_taken_from_a_page_of_ours_alone() {
    let house = House::open().await;
    let mut browser = house.signed_in("sam").await;
    for (site, allowed) in sites(&house.base) {
        let form = filled(&mut browser).await;
        browser.site.clone_from(&site);
        let page = browser.post(&form).await;
        assert_eq!(page.status, if allowed { 303 } else { 403 }, "{site:?}");
        assert!(allowed || page.html.contains("Open the page here and send again."), "{site:?}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_token_counts_for_its_session_and_its_action_alone_and_nothing_typed_is_lost() {
    let house = House::open().await;
    let mut browser = house.signed_in("sam").await;
    let mut other = house.signed_in("mireille").await;
    let mut guest = house.browser();
    let form = filled(&mut browser).await;
    let own = form.value("_token").to_owned();
    let theirs = filled(&mut other).await.value("_token").to_owned();
    let guests = guest.get("/sign-in").await.form("/sign-in").value("_token").to_owned();
    let elsewhere = browser.get("/about/help").await.form("/sign-out").value("_token").to_owned();
    let (nonce, mac) = own.split_once('.').unwrap();
    let swapped = format!("{}.{mac}", theirs.split_once('.').unwrap().0);
    let wrong =
        [String::new(), ".".to_owned(), theirs, guests, elsewhere, swapped, format!("{nonce}."), "é.é".into()];
    for token in wrong {
        let page = browser.post(&form.clone().with("_token", &[&token])).await;
        assert_eq!(page.status, 422, "{token}");
        assert_eq!(page.errors(), ["The page was open too long. Check and send again."]);
        assert!(page.title().starts_with("Error: "), "{}", page.title());
        let again = page.form(COMPONENTS);
        assert_eq!((again.value("line"), again.all("way")), ("kept", vec!["mail"]));
        assert_eq!(again.value("_key"), form.value("_key"), "it is the same form");
        assert_eq!(browser.post(&again).await.status, 303, "the form that came back may be sent");
    }
    assert_eq!(browser.post(&form.clone().with("_token", &[])).await.status, 422, "no token at all");
    assert_eq!(browser.post(&form).await.status, 303);
    house.close().await;
}

#[tokio::test]
async fn a_login_from_elsewhere_signs_nobody_in() {
    let house = House::open().await;
    let mut browser = house.browser();
    let form = browser.get("/sign-in").await.form("/sign-in").with("name", &["sam"]).with("password", &[PASSWORD]);
    let mut victim = house.browser();
    victim.get("/sign-in").await;
    let page = victim.post(&form).await;
    assert_eq!(page.status, 422, "another browser's token");
    assert!(!victim.cookies.contains_key("lariat"));
    house.close().await;
}

#[tokio::test]
async fn what_is_no_form_of_a_page_is_refused_as_a_page() {
    let house = House::open().await;
    let mut browser = house.signed_in("sam").await;
    let form = filled(&mut browser).await;
    let many = (0..101).map(|n| format!("f{n}=1&")).collect::<String>();
    let long = format!("line={}", "a".repeat(64 * 1024));
    for (body, status) in [(many, 413), (long, 413), (String::new(), 422)] {
        let page = browser.ask(reqwest::Method::POST, COMPONENTS, &[], Some(&body)).await;
        assert_eq!(page.status, status);
        assert!(page.html.starts_with("<!doctype html>"));
    }
    let json = [("content-type", "application/json")];
    let page = browser.ask(reqwest::Method::POST, COMPONENTS, &json, None).await;
    assert_eq!(page.status, 415);
    assert!(page.html.contains("Nothing was sent"));
    assert_eq!(browser.post(&form).await.status, 303);
    house.close().await;
}
