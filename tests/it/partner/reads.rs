//! What a partner must know to decide is there, in words; and a page that is opened later says what stands then.

use serde_json::{Value, json};

use crate::pages::browser::text;
use crate::partner::house::{House, MINUTE, referrals};

fn change(bundle: &mut Value, ty: &str, change: impl Fn(&mut Value)) {
    let entries = bundle["entry"].as_array_mut().unwrap().iter_mut();
    entries.map(|entry| &mut entry["resource"]).filter(|one| one["resourceType"] == ty).for_each(change);
}

#[tokio::test]
async fn what_is_urgent_is_said_in_words_and_stands_first() {
    let house = House::open().await;
    let routine = house.refer().await;
    let urgent = |bundle: &mut Value| {
        change(bundle, "ServiceRequest", |request| request["identifier"][0]["value"] = "R-2026-00002".into());
        change(bundle, "Task", |task| task["priority"] = "urgent".into());
    };
    let link = house.refer_with(urgent).await;
    let (mut browser, inbox) = house.at_inbox(&link).await;
    let shown = text(&inbox.html);
    let (first, second) = (shown.find("Urgent").unwrap(), shown.rfind("LR-").unwrap());
    assert!(first < second && shown.matches("Urgent").count() == 1, "{shown}");
    let page = browser.get(&referrals(&inbox)[0]).await;
    assert!(text(&page.html).contains("UrgencyUrgent Need"), "{}", page.html);
    browser.cookies.insert("lang".to_owned(), "fr".to_owned());
    let french = browser.get(&page.at).await;
    assert!(text(&french.html).contains("UrgenceDemande urgente Besoin"), "{}", french.html);
    // What is routine is not mentioned.
    let (mut browser, inbox) = house.at_inbox(&routine).await;
    let page = browser.get(&referrals(&inbox)[1]).await;
    assert!(!text(&page.html).contains("Urgency"), "{}", page.html);
    house.close().await;
}

/// A source without codes: what it asks for is written to whom it asks, and a category that names no need adds nothing.
#[tokio::test]
async fn a_need_without_a_code_is_read_in_the_words_in_which_it_is_asked() {
    let house = House::open().await;
    let in_words = |bundle: &mut Value| {
        change(bundle, "ServiceRequest", |request| {
            request["orderDetail"] = json!([{ "text": "A group that meets in the daytime" }]);
            request["category"] = json!([{
                "coding": [{
                    "system": "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes",
                    "code": "sdoh-category-unspecified",
                }],
                "text": "The reason stands in the referral's own words",
            }]);
        });
    };
    let link = house.refer_with(in_words).await;
    let (_, page) = house.at_referral(&link).await;
    let shown = text(&page.html);
    assert!(shown.contains("NeedA group that meets in the daytime Person"), "{shown}");
    house.close().await;
}

#[tokio::test]
async fn the_page_after_an_answer_says_what_stands_when_something_else_has_happened_since() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let ask = format!("{}/ask", page.at);
    let asked = browser.get(&ask).await.form(&ask).with("text", &["Is a walker needed?"]);
    let asked = browser.send(&asked).await;
    let accepted = browser.send(&page.form(&format!("{}/accept", page.at))).await;
    for sent in [&asked, &accepted] {
        assert!(text(&browser.get(&sent.at).await.html).contains("Sent. Riverbend CHC has been told."));
    }
    // A colleague gives up.
    house.pass(MINUTE);
    let (mut other, _) = house.at_inbox(&link).await;
    let stop = format!("{}/stop", page.at);
    let stopped = other.get(&stop).await.form(&stop).with("text", &["Our van broke down"]);
    assert_eq!(other.send(&stopped).await.status, 200);
    for sent in [&asked, &accepted] {
        let shown = text(&browser.get(&sent.at).await.html);
        assert!(shown.contains("Where this referral stands now This referral has ended."), "{shown}");
        assert!(!shown.contains("Sent.") && !shown.contains("You accepted"), "{shown}");
    }
    house.close().await;
}
