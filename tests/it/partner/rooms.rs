//! Whether a partner has room: its own word, on its page and with a refusal.

use serde_json::Value;

use crate::pages::browser::{Browser, Page, text};
use crate::partner::house::{DAY, House};

/// The service's own page, from the list.
async fn form_page(browser: &mut Browser, base: &str) -> Page {
    let list = browser.get(&format!("{base}/capacity")).await;
    let mut links = list.html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let link = links.find(|href| href.contains("/capacity/")).unwrap().to_owned();
    browser.get(&link).await
}

/// What the directory says of the partner's only service, as the EMR reads it.
async fn service(house: &House) -> Value {
    let found = house.fhir(reqwest::Method::GET, "/HealthcareService", None).await;
    found["entry"][0]["resource"].clone()
}

fn said(service: &Value, of: &str, part: &str) -> Value {
    let all = service["extension"].as_array().cloned().unwrap_or_default();
    let found = all.into_iter().find(|extension| extension["url"].as_str().unwrap().ends_with(of));
    let parts = found.and_then(|extension| extension["extension"].as_array().cloned()).unwrap_or_default();
    parts.into_iter().find(|one| one["url"] == part).unwrap_or_default()
}

#[tokio::test]
async fn a_partner_says_whether_it_has_room_and_the_directory_says_so() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, inbox) = house.at_inbox(&link).await;
    assert!(text(&inbox.html).contains("Say if you have room"), "{}", inbox.html);
    let base = inbox.at.trim_end_matches("/inbox").to_owned();
    let page = form_page(&mut browser, &base).await;
    // An address preselects, and opening it changes nothing.
    let preselected = browser.get(&format!("{}?say=full", page.at)).await;
    assert_eq!(preselected.form(&page.at).value("room"), "full");
    assert!(service(&house).await.get("extension").is_none());

    let form = page.form(&page.at);
    let wrong = browser.send(&form.clone().with("room", &["has"]).with("weeks", &["3"])).await;
    assert!(wrong.errors()[0].starts_with("Weeks go only with"), "{:?}", wrong.errors());
    let wrong = browser.send(&form.clone().with("room", &["waitlist"]).with("weeks", &["many"])).await;
    assert_eq!(wrong.errors(), ["Enter weeks as a whole number from 1 to 104"]);
    assert_eq!(wrong.form(&page.at).value("weeks"), "many");
    let done = browser.send(&form.clone().with("room", &["waitlist"]).with("weeks", &["3"])).await;
    let shown = text(&done.html);
    assert!(shown.contains("Recorded") && shown.contains("Waiting list"), "{shown}");
    assert!(shown.contains("about 3 weeks, said 21 Nov 2026 by the partner"), "{shown}");
    // It is said once, and an address alone claims nothing.
    for address in [&done.at, &format!("{base}/capacity?done"), &format!("{base}/capacity?done=room")] {
        assert!(!text(&browser.get(address).await.html).contains("Recorded"), "{address}");
    }
    let listed = service(&house).await;
    let status = said(&listed, "CapacityStatus", "capacityStatus");
    assert_eq!(status["valueCodeableConcept"]["coding"][0]["code"], "waitlist");
    assert_eq!(said(&listed, "service-room-said", "weeks")["valuePositiveInt"], 3);
    // The same form again, and by Back: one word.
    let version = listed["meta"]["versionId"].clone();
    browser.send(&form.with("room", &["waitlist"]).with("weeks", &["3"])).await;
    assert_eq!(service(&house).await["meta"]["versionId"], version);
    // What was said is where one begins the next time.
    let again = form_page(&mut browser, &base).await.form(&page.at);
    assert_eq!((again.value("room"), again.value("weeks")), ("waitlist", "3"));
    house.close().await;
}

#[tokio::test]
async fn who_declines_as_full_and_allows_it_is_listed_as_full_until_that_day() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let path = format!("{}/decline", page.at);
    let form = browser.get(&path).await.form(&path).with("because", &["full"]).with("until", &["2026-12-15"]);
    let sent = browser.send(&form.with("listing", &["yes"])).await;
    assert_eq!(sent.status, 200, "{}", sent.html);
    let listed = service(&house).await;
    let status = said(&listed, "CapacityStatus", "capacityStatus");
    assert_eq!(status["valueCodeableConcept"]["coding"][0]["code"], "no-capacity");
    assert_eq!(said(&listed, "service-room-said", "until")["valueDate"], "2026-12-15");
    house.close().await;
}

#[tokio::test]
async fn nobody_says_it_for_another_partner_or_without_a_code() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, inbox) = house.at_inbox(&link).await;
    let base = inbox.at.trim_end_matches("/inbox").to_owned();
    let page = form_page(&mut browser, &base).await;
    let nobody = format!("{base}/capacity/01930000-0000-7000-8000-000000000000");
    assert_eq!(browser.get(&nobody).await.status, 404);
    let mut form = page.form(&page.at).with("room", &["full"]);
    // The session has ended: the code leads back to the form, as it was filled.
    house.pass(DAY / 24);
    let again = browser.send(&form).await;
    assert_eq!(again.status, 403);
    let code = browser.send(&again.form(&format!("{base}/code"))).await;
    let enter = code.form(&format!("{base}/enter")).with("code", &[&house.last_code()]);
    let back = browser.send(&enter).await;
    assert_eq!(back.at, page.at);
    form = back.form(&page.at);
    assert_eq!(form.value("room"), "full");
    assert!(service(&house).await.get("extension").is_none());
    house.close().await;
}
