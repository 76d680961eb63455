//! Of two members of staff who act at once the second loses nothing (PAGES 4.3): three ways on, whatever the language,
//! and the text is there when they go back.

use lariat::domain::id::ResourceId;
use serde_json::{Value, json};

use crate::desk::browser::{Answered, Browser};
use crate::desk::house::{DeskHouse, EMR, OAK};
use crate::desk::verbs::consent_and_send;

fn path(id: ResourceId) -> String {
    format!("/desk/referrals/{id}")
}

/// What Omar writes, too late.
const TEXT: &str = "Lives with her <b>sister</b> now.";
const ESCAPED: &str = "Lives with her &#60;b&#62;sister&#60;/b&#62; now.";

/// Both have the form of closing open; Nadia is first, and Omar is told.
async fn omar_closes_second(nadia: &Browser<'_>, omar: &Browser<'_>, id: ResourceId) -> Answered {
    let close = format!("{}/close", path(id));
    let (one, other) = (nadia.page(&close).await, omar.page(&close).await);
    let check = nadia.send(&one, &close, &[("reason", "moved"), ("outcome", "In Ottawa.")]).await;
    assert_eq!(nadia.send(&check, &close, &[("checked", "yes")]).await.status, 303);
    let late = omar.send(&other, &close, &[("reason", "declined"), ("outcome", TEXT)]).await;
    assert_eq!(late.status, 409);
    late
}

fn texts(page: &lariat::exchange::desk::ReferralPage) -> Vec<&str> {
    page.timeline.iter().filter_map(|entry| entry.text.as_deref()).collect()
}

#[tokio::test]
async fn the_second_reads_who_was_first_and_their_own_text_in_either_language() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let (nadia, omar) = (Browser::of(&house, "nadia").await, Browser::of(&house, "omar").await);
    let late = omar_closes_second(&nadia, &omar, id).await;
    late.shows(&["Nadia Madeup", ESCAPED, "The person declined", "Leave it as it is", "Send my text as a note"]);
    late.shows(&["It was closed: Moved away.", "No partner sees it."]);
    assert!(!late.has("We need to change the answer"), "it is closed, and cannot be closed otherwise");

    let mut fields = late.form(&format!("{}/conflict", path(id)));
    fields.extend([("_lang".to_owned(), "fr".to_owned()), ("choice".to_owned(), "note".to_owned())]);
    let toggled = omar.post("/lang", &fields).await;
    assert_eq!((toggled.status, toggled.location), (303, format!("{}/conflict", path(id))));
    let french = omar.page(&format!("{}/conflict", path(id))).await;
    french.shows(&["déjà répondu", "Nadia Madeup", ESCAPED, "La personne a refusé", "value=\"note\" checked"]);
    french.shows(&["Laisser tel quel", "Envoyer mon texte comme note"]);

    // Back: the form is no more, and the page of the conflict still has it.
    let back = omar.get(&format!("{}/close", path(id))).await;
    assert_eq!((back.status, back.location), (303, path(id)));
    omar.page(&format!("{}/conflict", path(id))).await.shows(&[ESCAPED]);
    house.close().await;
}

#[tokio::test]
async fn left_as_it_is_nothing_changes_and_nothing_is_kept() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let (nadia, omar) = (Browser::of(&house, "nadia").await, Browser::of(&house, "omar").await);
    let late = omar_closes_second(&nadia, &omar, id).await;
    let action = format!("{}/conflict", path(id));
    let unsure = omar.send(&late, &action, &[]).await;
    assert_eq!(unsure.status, 422);
    unsure.shows(&["Choose what to do with what you typed", ESCAPED]);
    let left = omar.send(&unsure, &action, &[("choice", "leave")]).await;
    assert_eq!((left.status, left.location), (303, path(id)));
    let gone = omar.get(&action).await;
    assert_eq!((gone.status, gone.location), (303, path(id)));
    let page = house.running.desk.referral(&house.omar, id).await.unwrap();
    assert!(!texts(&page).iter().any(|text| text.contains("sister")));
    house.close().await;
}

#[tokio::test]
async fn as_a_note_the_text_stands_in_the_record_and_the_first_answer_stays() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let (nadia, omar) = (Browser::of(&house, "nadia").await, Browser::of(&house, "omar").await);
    let late = omar_closes_second(&nadia, &omar, id).await;
    let action = format!("{}/conflict", path(id));
    for _ in 0..2 {
        let noted = omar.send(&late, &action, &[("choice", "note")]).await;
        let to = if noted.location.ends_with("done=note") { "?done=note" } else { "" };
        assert_eq!((noted.status, noted.location), (303, format!("{}{to}", path(id))));
    }
    let page = house.running.desk.referral(&house.omar, id).await.unwrap();
    let notes: Vec<_> = texts(&page).into_iter().filter(|text| text.contains(TEXT)).collect();
    assert_eq!(notes, [format!("Why is it closed?: The person declined\nOutcome in one line: {TEXT}")]);
    assert_eq!(house.row(id).await.state, "cancelled");
    house.close().await;
}

#[tokio::test]
async fn an_answer_that_came_second_reaches_the_partner_as_a_note() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    consent_and_send(&house, id, OAK).await;
    let task = house.running.desk.referral(&house.nadia, id).await.unwrap().tried[0].task.to_string();
    let asks = |task: &mut Value| {
        task["businessStatus"] = json!({ "coding": [{
            "system": "https://lariat.example/fhir/CodeSystem/referral-business-status", "code": "question",
        }] });
        task["note"] = json!([{ "text": "Can she carry a box?" }]);
    };
    assert_eq!(house.partner_answers(OAK, &task, asks).await, 200);
    let (nadia, omar) = (Browser::of(&house, "nadia").await, Browser::of(&house, "omar").await);
    let answer = format!("{}/answer", path(id));
    let (one, other) = (nadia.page(&answer).await, omar.page(&answer).await);
    assert_eq!(nadia.send(&one, &answer, &[("text", "A small one.")]).await.status, 303);
    let late = omar.send(&other, &answer, &[("text", "None at all, since Monday.")]).await;
    assert_eq!(late.status, 409);
    late.shows(&["None at all, since Monday.", "As a note it goes to the partner."]);
    let noted = omar.send(&late, &format!("{}/conflict", path(id)), &[("choice", "note")]).await;
    assert_eq!(noted.location, format!("{}?done=answer", path(id)), "{}", noted.html);
    house.deliver().await;
    let heard = house.oak.heard().pop().unwrap().data.to_string();
    assert!(heard.contains("None at all, since Monday."), "{heard}");
    house.close().await;
}

#[tokio::test]
async fn the_answer_is_changed_on_the_form_drawn_from_what_stands_now() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let (nadia, omar) = (Browser::of(&house, "nadia").await, Browser::of(&house, "omar").await);
    let hold = format!("{}/hold", path(id));
    let other = omar.page(&hold).await;
    let list = nadia.page("/desk").await;
    assert_eq!(nadia.send(&list, &format!("{}/take", path(id)), &[]).await.status, 303);
    let typed = [("text", "Away until spring."), ("until", "15"), ("until-month", "4"), ("until-year", "2027")];
    let late = omar.send(&other, &hold, &typed).await;
    assert_eq!(late.status, 409);
    late.shows(&["Away until spring.", "15\u{a0}Apr 2027", "Nadia Madeup"]);
    let on = omar.send(&late, &format!("{}/conflict", path(id)), &[("choice", "change")]).await;
    assert_eq!((on.status, on.location.as_str()), (303, hold.as_str()));
    let form = omar.page(&hold).await;
    form.shows(&["Away until spring.", "value=\"2027\""]);
    let held = omar.send(&form, &hold, &typed).await;
    assert_eq!((held.status, held.location), (303, format!("{}?done=hold", path(id))), "{}", held.html);
    house.close().await;
}

#[tokio::test]
async fn taking_says_with_whom_it_is_and_is_no_conflict_with_oneself() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let (nadia, omar) = (Browser::of(&house, "nadia").await, Browser::of(&house, "omar").await);
    let take = format!("{}/take", path(id));
    let (one, twin, other) = (nadia.page("/desk").await, nadia.page("/desk").await, omar.page("/desk").await);
    assert_eq!(nadia.send(&one, &take, &[]).await.status, 303);
    let again = nadia.send(&twin, &take, &[]).await;
    assert_eq!((again.status, again.location), (303, format!("{}?done=take", path(id))));
    let late = omar.send(&other, &take, &[]).await;
    assert_eq!(late.status, 409);
    late.shows(&["This referral is now with Nadia Madeup."]);
    assert!(!late.has("type=\"radio\""), "nothing was typed that could be sent");
    let on = omar.send(&late, &format!("{}/conflict", path(id)), &[]).await;
    assert_eq!((on.status, on.location), (303, path(id)));
    house.close().await;
}

#[tokio::test]
async fn the_same_said_by_two_is_no_conflict() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let (nadia, omar) = (Browser::of(&house, "nadia").await, Browser::of(&house, "omar").await);
    let (hold, resume) = (format!("{}/hold", path(id)), format!("{}/resume", path(id)));
    assert_eq!(nadia.send(&nadia.page("/desk").await, &format!("{}/take", path(id)), &[]).await.status, 303);
    let typed = [("text", "Away until spring."), ("until", "15"), ("until-month", "4"), ("until-year", "2027")];
    let (one, other) = (nadia.page(&hold).await, omar.page(&hold).await);
    for answer in [nadia.send(&one, &hold, &typed).await, omar.send(&other, &hold, &typed).await] {
        assert_eq!((answer.status, answer.location), (303, format!("{}?done=hold", path(id))), "{}", answer.html);
    }
    // Pressed in two tabs, and by a colleague.
    let pages = [nadia.page(&path(id)).await, nadia.page(&path(id)).await, omar.page(&path(id)).await];
    for (browser, page) in [&nadia, &nadia, &omar].into_iter().zip(&pages) {
        let answer = browser.send(page, &resume, &[]).await;
        assert_eq!((answer.status, answer.location), (303, format!("{}?done=resume", path(id))), "{}", answer.html);
    }
    let close = format!("{}/close", path(id));
    let typed = [("reason", "moved"), ("text", "To her son."), ("outcome", "In Ottawa.")];
    let (one, other) = (nadia.page(&close).await, omar.page(&close).await);
    let (one, other) = (nadia.send(&one, &close, &typed).await, omar.send(&other, &close, &typed).await);
    for answer in [
        nadia.send(&one, &close, &[("checked", "yes")]).await,
        omar.send(&other, &close, &[("checked", "yes")]).await,
    ] {
        assert_eq!((answer.status, answer.location), (303, format!("{}?done=close", path(id))), "{}", answer.html);
    }
    let page = house.running.desk.referral(&house.omar, id).await.unwrap();
    let moved = page.timeline.iter().filter(|entry| entry.told.code() == "moved");
    assert_eq!(moved.count(), 3, "paused, resumed and closed, once each: {:?}", page.timeline);
    house.close().await;
}

#[tokio::test]
async fn a_conflict_with_oneself_says_you() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    let late = omar_closes_second(&nadia, &nadia, id).await;
    late.shows(&["You have already answered", "You, in another tab or before", "It was closed: Moved away."]);
    assert!(!late.has("Someone"));
    house.close().await;
}

#[tokio::test]
async fn a_conflict_says_what_was_done_and_not_what_followed_from_it() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let omar = Browser::of(&house, "omar").await;
    let action = format!("{}/hold", path(id));
    let typed = [("text", "Away."), ("until", "15"), ("until-month", "4"), ("until-year", "2027")];
    let form = omar.page(&action).await;
    house.running.desk.take(&house.nadia, id, &house.act(id).await).await.unwrap();
    omar.send(&form, &action, &typed).await.shows(&["This referral is now with Nadia Madeup."]);
    let form = omar.page(&action).await;
    consent_and_send(&house, id, OAK).await;
    omar.send(&form, &action, &typed).await.shows(&["It was sent to oak-street, made up.", "Nadia Madeup"]);
    // The clinic's own system calls it off: the partner's part ends with it, by Lariat, in the same change.
    let form = omar.page(&action).await;
    let url = format!("{}/fhir/Task/{id}", house.base);
    let read = house.http.get(&url).bearer_auth(EMR).send().await.unwrap().text().await.unwrap();
    let mut task: Value = serde_json::from_str(&read).unwrap();
    task["status"] = json!("cancelled");
    task["statusReason"] = json!({ "text": "No longer needed" });
    let put = house.http.put(&url).bearer_auth(EMR).header("content-type", "application/fhir+json");
    assert_eq!(put.body(task.to_string()).send().await.unwrap().status(), 200);
    let late = omar.send(&form, &action, &typed).await;
    late.shows(&["It was cancelled.", "Clinic’s record system"]);
    assert!(!late.has("Lariat, by itself"));
    house.close().await;
}

#[tokio::test]
async fn a_note_overwrites_nothing_and_who_takes_second_has_answered_nobody() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let (nadia, omar) = (Browser::of(&house, "nadia").await, Browser::of(&house, "omar").await);
    let note = format!("{}/note", path(id));
    let drawn = omar.page(&note).await;
    let take = format!("{}/take", path(id));
    let (one, other) = (nadia.page(&path(id)).await, omar.page(&path(id)).await);
    assert_eq!(nadia.send(&one, &take, &[]).await.status, 303);
    let late = omar.send(&other, &take, &[]).await;
    assert_eq!(late.status, 409);
    late.shows(&["A colleague has it already", "Nadia Madeup"]);
    assert!(!late.has("answer was not sent"));
    let noted = omar.send(&drawn, &note, &[("text", "Her sister called.")]).await;
    assert_eq!((noted.status, noted.location), (303, format!("{}?done=note", path(id))));
    let page = house.running.desk.referral(&house.omar, id).await.unwrap();
    assert!(texts(&page).contains(&"Her sister called."));
    house.close().await;
}
