//! Choosing a service, checking it, giving information, asking by hand, closing: D3, D4 and D6 as the link worker meets
//! them, and as the chart and the partners hear of them.

use std::time::Duration;

use lariat::domain::id::ResourceId;
use lariat::domain::next_step::NextStep;
use lariat::domain::service::{Cost, Trait};
use lariat::exchange::desk::{Condition, ServiceFilter, Services};
use serde_json::{Value, json};

use crate::desk::browser::{Answered, Browser};
use crate::desk::house::{BIRCH, DeskHouse, EMR, OAK};

/// What Oak Street lists: both for those who have little, none for company.
const OAK_LISTS: &str = r#"
[[service]]
name = "hamper"
title = "Weekly hamper"
needs = ["food-insecurity"]
languages = ["en"]
min_age = 18
place = "Dutton"
phone = "519 555 0122"
days = ["thu"]
cost = "free"
characteristics = ["vetted", "in-person"]
confirmed_on = "2026-01-02"
[[service]]
name = "meals"
title = "Meals at home"
needs = ["food-insecurity"]
languages = ["en", "pdt"]
cost = "disc"
characteristics = ["at-home", "transport"]
"#;
/// What Birch Lane lists: company, in French too.
const BIRCH_LISTS: &str = r#"
[[service]]
name = "talk"
title = "Café-causerie"
needs = ["social-connection"]
languages = ["fr", "en"]
cost = "cost"
characteristics = ["vetted", "wheelchair"]
[[service]]
name = "young"
title = "Young walkers"
needs = ["social-connection"]
languages = ["en"]
max_age = 60
cost = "free"
"#;

fn path(id: ResourceId) -> String {
    format!("/desk/referrals/{id}")
}

fn names(found: &Services) -> Vec<&str> {
    found.cards.iter().map(|card| card.name.as_str()).collect()
}

async fn house() -> DeskHouse {
    DeskHouse::listing([OAK_LISTS, BIRCH_LISTS]).await
}

/// Where a service of this name is chosen on a page.
#[track_caller]
fn choice_of(page: &Answered, name: &str) -> String {
    let at = page.html.find(&format!("<h3>{name}</h3>")).unwrap_or_else(|| panic!("no {name}:\n{}", page.html));
    let link = page.html[at..].split("href=\"").nth(1).unwrap();
    link[..link.find('"').unwrap()].to_owned()
}

async fn consent(browser: &Browser<'_>, id: ResourceId, partner: &str) {
    let action = format!("{}/consent", path(id));
    let page = browser.page(&action).await;
    let typed = [("partner", partner), ("agrees", "yes"), ("given", "spoken")];
    assert_eq!(browser.send(&page, &action, &typed).await.status, 303);
}

#[tokio::test]
async fn each_condition_keeps_what_meets_it_and_says_what_one_less_would_show() {
    let house = house().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    let nadia = &house.nadia;
    let find = |filter: ServiceFilter| async move { desk.services(nadia, id, &filter).await.unwrap() };
    // The person is 75, speaks French, and is lonely: what fits both comes first.
    let all = find(ServiceFilter::default()).await;
    assert_eq!(names(&all), ["Café-causerie", "Young walkers", "Weekly hamper", "Meals at home"]);
    assert_eq!(all.needs, ["food-insecurity", "social-connection"]);
    let text = |text: &str| Some(text.to_owned());
    let base = ServiceFilter::default;
    for (filter, expected) in [
        (ServiceFilter { need: text("food-insecurity"), ..base() }, &["Weekly hamper", "Meals at home"][..]),
        (ServiceFilter { language: text("fr"), ..base() }, &["Café-causerie"]),
        (ServiceFilter { cost: Some(Cost::Free), ..base() }, &["Young walkers", "Weekly hamper"]),
        (
            ServiceFilter { cost: Some(Cost::Reduced), ..base() },
            &["Young walkers", "Weekly hamper", "Meals at home"],
        ),
        (ServiceFilter { mode: Some(Trait::AtHome), ..base() }, &["Meals at home"]),
        (ServiceFilter { transport: true, ..base() }, &["Meals at home"]),
        (ServiceFilter { wheelchair: true, ..base() }, &["Café-causerie"]),
        (ServiceFilter { for_age: true, ..base() }, &["Café-causerie", "Weekly hamper", "Meals at home"]),
    ] {
        assert_eq!(names(&find(filter.clone()).await), expected, "{filter:?}");
    }
    let none = ServiceFilter { language: text("fr"), cost: Some(Cost::Free), wheelchair: true, ..base() };
    let none = find(none).await;
    assert!(none.cards.is_empty());
    assert_eq!(none.without, [(Condition::Cost, 1)]);
    house.close().await;
}

#[tokio::test]
async fn words_find_a_service_by_name_or_need_in_either_language_and_stay_out_of_the_address() {
    let house = house().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    let omar = Browser::of(&house, "omar").await;
    let action = format!("{}/service", path(id));
    // The need of the referral is filled in, and what it hides is one link away.
    let first = nadia.page(&action).await;
    first.shows(&["Café-causerie", "Without the need: 4 services", "2 services fit", "How is this sorted?"]);
    assert!(!first.has("Weekly hamper"));
    for (typed, found) in [
        ("CAFE", "Café-causerie"),
        ("hamp", "Weekly hamper"),
        ("oak dutton", ""),
        ("nourriture", "Meals at home"),
        ("food", "Weekly hamper"),
        ("birch", "Young walkers"),
    ] {
        let answer = nadia.send(&first, &action, &[("words", typed), ("need", "")]).await;
        assert_eq!(answer.status, 303, "{typed}");
        let word = typed.split(' ').next().unwrap();
        assert!(!answer.location.contains(word), "{}", answer.location);
        let page = nadia.page(&answer.location).await;
        page.shows(&[typed]);
        match found {
            "" => page.shows(&["No service fits", "Without the words you typed: 4 services"]),
            name => page.shows(&[&format!("<h3>{name}</h3>")]),
        };
        // Somebody else's search looks for nothing.
        assert!(!omar.page(&answer.location).await.has(&format!("value=\"{typed}\"")), "{typed}");
    }
    // A code that is none is not carried on, and words that are too long come back.
    let answer = nadia.send(&first, &action, &[("need", "Aline"), ("language", "<b>"), ("words", "")]).await;
    assert_eq!(answer.location, format!("{action}?need="));
    let long = "x".repeat(101);
    let wrong = nadia.send(&first, &action, &[("words", &long)]).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&[&long, "Error:"]);
    house.close().await;
}

#[tokio::test]
async fn a_card_says_what_is_known_and_what_may_be_out_of_date() {
    let house = house().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    let page = nadia.page(&format!("{}/service?need=food-insecurity", path(id))).await;
    page.shows(&["Dutton", "519 555 0122", "Thursday", "From age 18", "English", "Less for who has little"]);
    page.shows(&["English, Low German (Mennonite)"]);
    page.shows(&[
        "2\u{a0}Jan 2026",
        "They may be out of date.",
        "Vetted.",
        "Not vetted. Talk to your lead before sending.",
    ]);
    house.close().await;
}

#[tokio::test]
async fn what_is_not_right_for_the_person_is_set_apart_with_its_reason_and_comes_back() {
    let house = house().await;
    let (id, other) = (house.referral(1).await, house.referral(2).await);
    let nadia = Browser::of(&house, "nadia").await;
    let services = format!("{}/service", path(id));
    let choice = choice_of(&nadia.page(&services).await, "Café-causerie").split('=').nth(1).unwrap().to_owned();
    let action = format!("{}/unsuited", path(id));
    let page = nadia.page(&format!("{action}?choice={choice}")).await;
    let wrong = nadia.send(&page, &action, &[("reason", "other")]).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&["Say what the reason is"]);
    let typed = [("reason", "transport"), ("text", "No bus on Mondays.")];
    let done = nadia.send(&wrong, &action, &typed).await;
    assert_eq!(done.location, format!("{services}?done=apart"), "{}", done.html);
    let list = nadia.page(&done.location).await;
    list.shows(&["1 service is set apart", "Cannot get there. No bus on Mondays."]);
    assert!(!list.has("<h3>Café-causerie</h3>"));
    nadia.page(&path(id)).await.shows(&["Not right for this person: Café-causerie. Cannot get there"]);
    // Another referral still offers it, and neither clinic nor partner was told anything.
    nadia.page(&format!("{}/service", path(other))).await.shows(&["<h3>Café-causerie</h3>"]);
    house.deliver().await;
    assert!(house.birch.heard().is_empty() && house.emr.heard().is_empty());

    let again = format!("{}/shown-again", path(id));
    let back = nadia.send(&list, &again, &[]).await;
    assert_eq!(back.location, format!("{services}?done=shown-again"), "{} {}", back.status, back.html);
    let list = nadia.page(&services).await;
    list.shows(&["<h3>Café-causerie</h3>"]);
    assert!(!list.has("set apart"));
    nadia
        .page(&path(id))
        .await
        .shows(&["Offered again: Café-causerie", "Not right for this person: Café-causerie"]);
    house.close().await;
}

#[tokio::test]
async fn whom_no_directory_lists_is_asked_by_hand_and_followed_to_the_outcome() {
    let house = house().await;
    let id = house.referral(1).await;
    let (desk, nadia) = (&house.running.desk, Browser::of(&house, "nadia").await);
    let action = format!("{}/by-hand", path(id));
    let page = nadia.page(&action).await;
    let typed = [("whom", "Lunch club, made up"), ("reach", "519 555 0177"), ("text", "She likes company.")];
    let wrong = nadia.send(&page, &action, &typed).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&[
        "Ask the person first",
        "Enter a follow-up date after today and within two years",
        "Lunch club, made up",
    ]);
    let mut typed = typed.to_vec();
    typed.extend([("agreed", "yes"), ("ask", "2026-12-01"), ("how", "phone")]);
    let done = nadia.send(&wrong, &action, &typed).await;
    assert_eq!(done.location, format!("{}?done=by-hand", path(id)), "{}", done.html);
    let page = nadia.page(&path(id)).await;
    page.shows(&[
        "Lunch club, made up (519 555 0177)",
        "Asked by hand",
        "She likes company.",
        "Waiting for others",
    ]);
    let row = house.row(id).await;
    assert_eq!((row.state.as_str(), row.attention, row.recipient), ("in-progress", None, None));
    assert_eq!(
        desk.referral(&house.nadia, id).await.unwrap().due_at.unwrap().to_string(),
        "2026-12-02T04:59:59.999Z"
    );
    // Nothing leaves but the sentence for the chart.
    house.deliver().await;
    assert!(house.oak.heard().is_empty() && house.birch.heard().is_empty());
    let told = house.emr.heard();
    let summary = |told: &Value| told["summary"].as_str().unwrap().to_owned();
    assert!(
        told.iter().any(|heard| summary(&heard.data).contains("was sent to Lunch club, made up by Team East")),
        "{told:?}"
    );
    assert!(!told.iter().any(|heard| heard.data.to_string().contains("She likes company.")));

    let action = format!("{}/hand-answer", path(id));
    let answer = |typed: Vec<(&'static str, &'static str)>| {
        let (nadia, action) = (&nadia, action.clone());
        async move {
            let page = nadia.page(&action).await;
            nadia.send(&page, &action, &typed).await
        }
    };
    let early = answer(vec![("answer", "rejected")]).await;
    assert_eq!(early.status, 422);
    early.shows(&["Say why, in one line"]);
    assert_eq!(answer(vec![("answer", "accepted")]).await.status, 303);
    let follow_up = format!("{}/follow-up", path(id));
    let page = nadia.page(&follow_up).await;
    let typed = [("result", "reached"), ("how", "phone"), ("uptake", "attended")];
    assert_eq!(nadia.send(&page, &follow_up, &typed).await.status, 303);
    assert_eq!(desk.referral(&house.nadia, id).await.unwrap().tried[0].uptake.as_deref(), Some("attended"));
    assert_eq!(answer(vec![("answer", "completed"), ("text", "Goes on Mondays.")]).await.status, 303);
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.state.code(), page.tried[0].outcome.as_deref()), ("completed", Some("Goes on Mondays.")));
    assert!(page.handed_on.is_none());
    house.deliver().await;
    let told: Vec<_> = house.emr.heard().iter().map(|heard| summary(&heard.data)).collect();
    let did = |what: &str| told.iter().any(|said| said.contains(&format!("was {what} by Lunch club, made up")));
    assert!(did("accepted") && did("completed"), "{told:?}");
    assert!(told.last().unwrap().contains("the client attended; outcome: Goes on Mondays"), "{told:?}");
    house.close().await;
}

#[tokio::test]
async fn whoever_was_asked_by_hand_may_decline_and_another_is_chosen() {
    let house = house().await;
    let id = house.referral(1).await;
    let (desk, nadia) = (&house.running.desk, Browser::of(&house, "nadia").await);
    let action = format!("{}/by-hand", path(id));
    let page = nadia.page(&action).await;
    let typed = [("whom", "Lunch club, made up"), ("agreed", "yes"), ("ask", "2026-12-01"), ("how", "phone")];
    assert_eq!(nadia.send(&page, &action, &typed).await.status, 303);
    // Nobody answers: it is a work item like any other, and nobody is written to.
    house.pass(Duration::from_secs(20 * 86_400));
    for _ in 0..3 {
        desk.chase(house.clock.now(), 100).await.unwrap();
    }
    house.deliver().await;
    assert_eq!(desk.referral(&house.nadia, id).await.unwrap().next, NextStep::CallPartner);
    assert!(house.oak.heard().is_empty() && house.birch.heard().is_empty());
    let nadia = Browser::of(&house, "nadia").await;
    let action = format!("{}/hand-answer", path(id));
    let page = nadia.page(&action).await;
    let answer = nadia.send(&page, &action, &[("answer", "rejected"), ("text", "Full")]).await;
    assert_eq!(answer.status, 303, "{}", answer.html);
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.declined_because.as_deref()), (NextStep::ChooseAnother, Some("Full")));
    house.close().await;
}

#[tokio::test]
async fn information_alone_closes_with_a_sheet_and_one_sentence() {
    let house = house().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    let action = format!("{}/information", path(id));
    let page = nadia.page(&action).await;
    page.shows(&["Café-causerie, birch-lane, made up"]);
    let empty = nadia.send(&page, &action, &[]).await;
    assert_eq!(empty.status, 422);
    empty.shows(&["Choose a service, or write"]);
    let at = page.html.find("Weekly hamper").unwrap();
    let value = page.html[..at].rfind("value=\"service.").unwrap() + 7;
    let choice = page.html[value..].split('"').next().unwrap().to_owned();
    let typed = [("service", choice.as_str()), ("text", "Chess on Fridays.")];
    for _ in 0..2 {
        // The same form twice is one sheet.
        let done = nadia.send(&empty, &action, &typed).await;
        assert_eq!(done.location, format!("{}/sheet", path(id)), "{}", done.html);
    }
    let sheet = nadia.page(&format!("{}/sheet", path(id))).await;
    sheet.shows(&["Information for you", "Weekly hamper", "519 555 0122", "Chess on Fridays.", "From riverbend"]);
    for secret in ["Bélanger", "1951", "lonely"] {
        assert!(!sheet.has(secret), "{secret}");
    }
    let row = house.row(id).await;
    assert_eq!((row.state.as_str(), row.work.listed, row.work.chase_at), ("completed", false, None));
    house.deliver().await;
    let told = house.emr.heard();
    let completed: Vec<_> = told.iter().filter(|heard| heard.kind == "referral.completed").collect();
    assert_eq!(completed.len(), 1, "{told:?}");
    let summary = completed[0].data["summary"].as_str().unwrap();
    assert!(
        summary.contains("Information was given; outcome: Weekly hamper; nothing more is expected"),
        "{summary}"
    );
    assert!(house.oak.heard().is_empty());
    nadia.page(&path(id)).await.shows(&["Information given: Weekly hamper"]);
    assert_eq!(nadia.get(&action).await.status, 404);
    house.close().await;
}

/// A service of Birch Lane in the clinic's own record, which has room or not.
fn club(room: &str) -> Value {
    json!({
        "resourceType": "HealthcareService",
        "active": true,
        "name": "Chess club",
        "providedBy": { "identifier": {
            "system": "https://lariat.example/fhir/NamingSystem/partner", "value": BIRCH,
        } },
        "characteristic": [{ "coding": [{
            "system": "https://lariat.example/fhir/CodeSystem/service-characteristic", "code": "vetted",
        }] }],
        "extension": [{
            "url": "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/\
                    SDOHCC-ExtensionHealthcareServiceCapacityStatus",
            "extension": [{ "url": "capacityStatus", "valueCodeableConcept": { "coding": [{
                "system": "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes",
                "code": room,
            }] } }],
        }],
    })
}

/// Stores a service by the FHIR door; answers its id.
async fn store(house: &DeskHouse, id: Option<&str>, mut service: Value) -> String {
    let url = format!("{}/fhir/HealthcareService", house.base);
    let request = match id {
        Some(id) => {
            service["id"] = json!(id);
            house.http.put(format!("{url}/{id}"))
        }
        None => house.http.post(url),
    };
    let request = request.bearer_auth(EMR).header("content-type", "application/fhir+json");
    let answer = request.body(service.to_string()).send().await.unwrap();
    let text = answer.text().await.unwrap();
    let stored: Value = serde_json::from_str(&text).unwrap();
    stored["id"].as_str().unwrap_or_else(|| panic!("{text}")).to_owned()
}

#[tokio::test]
async fn a_service_that_became_full_meanwhile_is_sent_only_when_that_is_meant() {
    let house = house().await;
    let id = house.referral(1).await;
    let club_id = store(&house, None, club("capacity")).await;
    let nadia = Browser::of(&house, "nadia").await;
    consent(&nadia, id, BIRCH).await;
    let check = nadia.page(&format!("{}/send?choice=service.{club_id}", path(id))).await;
    assert!(!check.has("says that it is full"));
    store(&house, Some(&club_id), club("no-capacity")).await;
    let action = format!("{}/send", path(id));
    let refused = nadia.send(&check, &action, &[("text", "She plays well.")]).await;
    assert_eq!(refused.status, 422);
    refused.shows(&[
        "This service is full now.",
        "She plays well.",
        "Choose another",
        "Send it although it is full",
    ]);
    // In the other language the text is still there.
    let mut fields = refused.form(&action);
    fields.extend([("text".to_owned(), "She plays well.".to_owned()), ("_lang".to_owned(), "fr".to_owned())]);
    let toggled = nadia.post("/lang", &fields).await;
    assert_eq!(toggled.status, 303);
    let french = nadia.page(&toggled.location).await;
    french.shows(&["Envoyer même s’il est complet", "She plays well."]);
    // Full ones are hidden until they are asked for.
    let services = nadia.page(&format!("{}/service?need=", path(id))).await;
    assert!(!services.has("Chess club"));
    services.shows(&["les places disponibles"]);
    nadia.page(&format!("{}/service?need=&full=yes", path(id))).await.shows(&["Chess club", "Complet"]);
    let typed = [("text", "She plays well."), ("full", "yes")];
    let sent = nadia.send(&french, &action, &typed).await;
    assert_eq!(sent.location, format!("{}/sent", path(id)), "{}", sent.html);
    house.deliver().await;
    assert!(house.birch.heard().pop().unwrap().data.to_string().contains("She plays well."));
    let long = "x".repeat(501);
    let other = house.referral(2).await;
    consent(&nadia, other, OAK).await;
    let page = nadia.page(&format!("{}/service?need=food-insecurity", path(other))).await;
    let check = nadia.page(&choice_of(&page, "Weekly hamper")).await;
    let wrong = nadia.send(&check, &format!("{}/send", path(other)), &[("text", &long)]).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&[&long]);
    house.close().await;
}

#[tokio::test]
async fn closing_shows_first_exactly_what_the_chart_will_read() {
    let house = house().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    consent(&nadia, id, OAK).await;
    let services = nadia.page(&format!("{}/service?need=food-insecurity", path(id))).await;
    let check = nadia.page(&choice_of(&services, "Weekly hamper")).await;
    assert_eq!(nadia.send(&check, &format!("{}/send", path(id)), &[]).await.status, 303);
    house.deliver().await;
    house.oak.heard();
    house.emr.heard();

    let action = format!("{}/close", path(id));
    let page = nadia.page(&action).await;
    let typed = [("reason", "moved"), ("outcome", "Lives in Ottawa now."), ("text", "Her son told us")];
    let check = nadia.send(&page, &action, &typed).await;
    assert_eq!(check.status, 200);
    check.shows(&["Check and close", "Her son told us", "oak-street, made up", "They are told that it is closed"]);
    let at = check.html.find("<blockquote").unwrap();
    let quoted = check.html[at..].split("<p>").nth(1).unwrap().split("</p>").next().unwrap().to_owned();
    assert!(quoted.contains("outcome: Lives in Ottawa now;"), "{quoted}");
    // Nothing has happened yet; a change of mind keeps what was typed.
    house.deliver().await;
    assert!(house.emr.heard().is_empty());
    let changing = nadia.send(&check, &action, &[("change", "yes")]).await;
    changing.shows(&["Lives in Ottawa now.", "Her son told us", "Check what is told"]);
    let typed = [("reason", "moved"), ("outcome", "Lives in Ottawa now."), ("text", "Her son told us")];
    let mut without_partner = changing.form(&action);
    without_partner.retain(|(name, _)| name.starts_with('_'));
    without_partner.extend(typed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let check = nadia.post(&action, &without_partner).await;
    check.shows(&["They are not told"]);
    for _ in 0..2 {
        let closed = nadia.send(&check, &action, &[("checked", "yes")]).await;
        assert_eq!(closed.location, format!("{}?done=close", path(id)), "{}", closed.html);
    }
    house.deliver().await;
    let told = house.emr.heard().pop().unwrap();
    let read = told.data["summary"].as_str().unwrap();
    assert_eq!(quoted.replace("&#39;", "'").replace("&#34;", "\""), read);
    assert!(house.oak.heard().is_empty());
    // Back to the first page of the form, and sent again: the same confirmation.
    let again = nadia.post(&action, &without_partner).await;
    assert_eq!(again.location, format!("{}?done=close", path(id)), "{}", again.html);
    house.close().await;
}
