//! What a partner sees of a referral when it has ended, and no longer than consent carries it.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::pages::browser::text;
use crate::partner::house::{DAY, House, OAK, referrals};

/// How many resources about a person the partner's key finds: current ones and all their versions.
async fn found(house: &House) -> [usize; 2] {
    let mut counts = [0, 0];
    for ty in ["Task", "ServiceRequest", "Patient"] {
        for (place, path) in [format!("/{ty}"), format!("/{ty}/_history")].iter().enumerate() {
            let bundle = house.fhir_as(OAK, Method::GET, path, None).await;
            counts[place] += bundle["entry"].as_array().map_or(0, Vec::len);
        }
    }
    counts
}

/// The address of a page of `referral` behind the link of another.
async fn again(house: &House, task: &str, identifier: &str) -> (String, String) {
    let link = house.refer_as(identifier).await;
    let (mut browser, inbox) = house.at_inbox(&link).await;
    let base = inbox.at.trim_end_matches("/inbox").to_owned();
    (browser.get(&format!("{base}/referrals/{task}")).await.html, inbox.html)
}

fn with_period(bundle: &mut Value, start: &str, end: &str) {
    let entries = bundle["entry"].as_array_mut().unwrap();
    let consent = entries.iter_mut().find(|entry| entry["resource"]["resourceType"] == "Consent").unwrap();
    consent["resource"]["provision"]["period"] = serde_json::json!({ "start": start, "end": end });
}

#[tokio::test]
async fn who_it_was_about_is_shown_for_thirty_days_after_the_end_and_no_longer() {
    let house = House::open().await;
    let link = house.refer().await;
    let task = house.completed(&link).await.rsplit('/').next().unwrap().to_owned();
    house.pass(29 * DAY);
    let (_, page) = house.at_referral(&link).await;
    assert!(page.html.contains("Wilhelmina") && page.html.contains("0199"), "{}", page.html);
    // A word that is written then does not begin the thirty days anew.
    let mut noted = house.task().await;
    let notes = noted["note"].as_array().cloned().unwrap_or_default();
    let more = serde_json::json!({ "text": "Filed." });
    noted["note"] = notes.into_iter().chain([more]).collect::<Vec<_>>().into();
    house.fhir(Method::PUT, &format!("/Task/{task}"), Some(&noted)).await;
    assert_eq!(found(&house).await, [3, 6]);
    house.pass(DAY + Duration::from_secs(1));
    assert_eq!(found(&house).await, [0, 0]);
    let (mut browser, _) = house.at_inbox(&link).await;
    assert!(text(&browser.get(&page.at).await.html).contains("This referral has ended"));
    // Behind another link of the same partner, for the same person: who it was stays hidden.
    let (html, inbox) = again(&house, &task, "R-2026-00002").await;
    let shown = text(&html);
    assert!(shown.contains("This referral has ended It ended 30 days ago or earlier."), "{shown}");
    for word in ["Wilhelmina", "W. T.", "0199", "Food"] {
        assert!(!shown.contains(word), "{word}: {shown}");
    }
    assert_eq!(referrals(&crate::pages::browser::Page { html: inbox, ..page }).len(), 1);
    let seen = house.fhir_as(OAK, Method::GET, "/Patient", None).await.to_string();
    assert!(seen.contains("W. T. M.") && !seen.contains("0199"), "{seen}");
    house.close().await;
}

#[tokio::test]
async fn a_referral_that_is_declined_or_called_off_ends_as_well() {
    for by_partner in [true, false] {
        let house = House::open().await;
        let link = house.refer().await;
        let (mut browser, page) = house.at_referral(&link).await;
        let task = page.at.rsplit('/').next().unwrap().to_owned();
        if by_partner {
            let path = format!("{}/decline", page.at);
            let form = browser.get(&path).await.form(&path).with("because", &["full"]);
            assert_eq!(browser.send(&form).await.status, 200);
        } else {
            let mut resource = house.task().await;
            resource["status"] = "cancelled".into();
            resource["statusReason"] = serde_json::json!({ "text": "Not needed any more" });
            house.fhir(Method::PUT, &format!("/Task/{task}"), Some(&resource)).await;
        }
        let shown = text(&browser.get(&page.at).await.html);
        assert!(shown.contains("W. T. M.") && !shown.contains("You get it when you accept"), "{shown}");
        house.pass(31 * DAY);
        assert_eq!(found(&house).await, [0, 0], "{by_partner}");
        let (html, _) = again(&house, &task, "R-2026-00002").await;
        assert!(text(&html).contains("This referral has ended") && !html.contains("W. T."), "{html}");
        house.close().await;
    }
}

#[tokio::test]
async fn one_that_ends_hides_nothing_of_another_of_the_same_person_that_is_open() {
    let house = House::open().await;
    let first = house.refer().await;
    let (mut browser, page) = house.at_referral(&first).await;
    let second = house.refer_as("R-2026-00002").await;
    let (mut other, inbox) = house.at_inbox(&second).await;
    let open = referrals(&inbox).into_iter().find(|path| !path.ends_with(page.at.rsplit('/').next().unwrap()));
    let open = other.get(&open.unwrap()).await;
    other.send(&open.form(&format!("{}/accept", open.at))).await;
    let path = format!("{}/decline", page.at);
    let form = browser.get(&path).await.form(&path).with("because", &["full"]);
    assert_eq!(browser.send(&form).await.status, 200);
    house.pass(31 * DAY);
    assert_eq!(found(&house).await[0], 3);
    let (mut browser, _) = house.at_inbox(&second).await;
    let handle = browser.get(&second).await.at.replace("/inbox", "");
    let page = browser.get(&format!("{handle}/referrals/{}", open.at.rsplit('/').next().unwrap())).await;
    assert!(page.html.contains("Wilhelmina") && page.html.contains("0199"), "{}", page.html);
    house.close().await;
}

#[tokio::test]
async fn a_consent_that_runs_out_hides_what_it_opened_at_every_door() {
    let house = House::open().await;
    let link = house.refer_with(|bundle| with_period(bundle, "2026-11-20", "2026-11-25")).await;
    let (mut browser, page) = house.at_referral(&link).await;
    browser.send(&page.form(&format!("{}/accept", page.at))).await;
    assert_eq!(found(&house).await[0], 3);
    // The 25th is over in Toronto at 05:00 UTC of the 26th: four days and fifteen hours from the beginning.
    house.pass(4 * DAY + Duration::from_secs(14 * 60 * 60 + 3_500));
    assert_eq!(found(&house).await[0], 3);
    house.pass(Duration::from_secs(200));
    assert_eq!(found(&house).await, [0, 0]);
    let (_, inbox) = house.at_inbox(&link).await;
    assert_eq!(referrals(&inbox).len(), 0);
    let task = house.task().await;
    let body = serde_json::json!({ "resourceType": "Task", "id": task["id"] });
    let path = format!("/Task/{}", task["id"].as_str().unwrap());
    let answer = house.status_as(OAK, Method::PUT, &path, Some(&body)).await;
    assert_ne!(answer, 200, "nor is it answered");
    house.close().await;
}

#[tokio::test]
async fn a_consent_that_begins_later_opens_when_it_begins() {
    let house = House::open().await;
    let mut bundle: Value =
        serde_json::from_str(&std::fs::read_to_string("fixtures/fhir-referral/0-received.json").unwrap()).unwrap();
    bundle = serde_json::from_str(&bundle.to_string().replace("county-meals", "oak-street")).unwrap();
    with_period(&mut bundle, "2026-11-25", "2027-11-20");
    house.fhir(Method::POST, "", Some(&bundle)).await;
    assert_eq!(found(&house).await, [0, 0]);
    house.pass(5 * DAY);
    assert_eq!(found(&house).await[0], 3);
    house.close().await;
}
