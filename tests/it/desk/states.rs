//! Where a referral stands, and how it ends, as the link worker sees it: pauses, closing, the follow-up, refusals.

use std::time::Duration;

use lariat::domain::id::ResourceId;
use lariat::domain::next_step::NextStep;
use lariat::domain::reason::ClosingReason;
use lariat::exchange::desk::{Closing, ConsentGiven, ContactResult, Filter, FollowedUp, Stands, Told, Who};
use lariat::exchange::{By, NotDone};
use serde_json::{Value, json};

use crate::desk::browser::Browser;
use crate::desk::house::{DeskHouse, EMR, OAK, STRAIGHT};
use crate::desk::verbs::{agrees, call, closing, consent_and_send, rule};

const DAY: Duration = Duration::from_secs(86_400);

fn path(id: ResourceId) -> String {
    format!("/desk/referrals/{id}")
}

/// Lets days pass, each with its chase.
async fn days(house: &DeskHouse, count: u32) {
    for _ in 0..count {
        house.pass(DAY);
        house.running.desk.chase(house.clock.now(), 100).await.unwrap();
        house.deliver().await;
    }
}

/// In which group of the worklist the one referral stands.
async fn group(house: &DeskHouse) -> Option<&'static str> {
    let list = house.running.desk.worklist(&house.nadia, &Filter::default(), None).await.unwrap();
    list.groups.first().map(|group| group.group.code())
}

async fn answers(house: &DeskHouse, id: ResourceId, status: &str) {
    let tried = house.running.desk.referral(&house.nadia, id).await.unwrap().tried;
    let task = tried.last().unwrap().task.to_string();
    let says = |task: &mut Value| {
        task["status"] = json!(status);
        if status == "rejected" {
            task["statusReason"] = json!({ "text": "Full" });
        }
    };
    assert_eq!(house.partner_answers(OAK, &task, says).await, 200);
}

/// The clinic's own system reads its Task and sends it back with changes.
async fn source_changes(house: &DeskHouse, key: &str, id: ResourceId, change: impl FnOnce(&mut Value)) {
    let url = format!("{}/fhir/Task/{id}", house.base);
    let read = house.http.get(&url).bearer_auth(key).send().await.unwrap().text().await.unwrap();
    let mut task: Value = serde_json::from_str(&read).unwrap();
    change(&mut task);
    let put = house.http.put(&url).bearer_auth(key).header("content-type", "application/fhir+json");
    let answer = put.body(task.to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
}

#[tokio::test]
async fn a_pause_shows_as_one_while_a_partner_has_a_part_and_comes_back_on_its_day() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    consent_and_send(&house, id, OAK).await;
    house.deliver().await;
    let nadia = Browser::of(&house, "nadia").await;
    let action = format!("{}/hold", path(id));
    let page = nadia.page(&action).await;
    let saved = nadia.send(&page, &action, &[("text", "In hospital"), ("until", "2026-12-01")]).await;
    assert_eq!(saved.status, 303, "{}", saved.html);
    let page = nadia.page(&path(id)).await;
    page.shows(&["tag-yellow\">On hold<", "On hold until 1\u{a0}Dec 2026", "Go on with it"]);
    house.deliver().await;
    let told = house.emr.heard().pop().unwrap().data["summary"].to_string();
    assert!(told.contains("In hospital; the pause ends on 1 December 2026."), "{told}");
    nadia.page("/desk?state=on-hold").await.shows(&["Waiting on others (1)", "On hold: see whether it can go on"]);
    assert!(!nadia.page("/desk?state=in-progress").await.has("LR-"));

    // What its partner does meanwhile leaves the pause and its day as they are, and nobody is reminded.
    days(&house, 4).await;
    answers(&house, id, "accepted").await;
    let paused = house.running.desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((paused.state.code(), paused.look_again_on.as_deref()), ("on-hold", Some("2026-12-01")));
    assert_eq!(house.oak.kinds(), ["referral.requested"]);
    days(&house, 5).await;
    assert_eq!(group(&house).await, Some("others"));
    days(&house, 1).await;
    let back = house.running.desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((group(&house).await, back.is_overdue, back.next), (Some("this-week"), false, NextStep::Resume));
    days(&house, 1).await;
    assert_eq!(group(&house).await, Some("overdue"));
    let nadia = Browser::of(&house, "nadia").await;
    let page = nadia.page(&path(id)).await;
    assert_eq!(nadia.send(&page, &format!("{}/resume", path(id)), &[]).await.status, 303);
    let page = nadia.page(&path(id)).await;
    page.shows(&["tag-teal\">Accepted<"]);
    assert!(!page.has("On hold until"));
    house.close().await;
}

#[tokio::test]
async fn a_partners_no_during_a_pause_asks_for_somebody_and_rests_when_it_is_paused_again() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    consent_and_send(&house, id, OAK).await;
    let until = house.clock.now().plus(20 * DAY);
    desk.hold(&house.nadia, id, &house.act(id).await, "Away", until).await.unwrap();
    answers(&house, id, "rejected").await;
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.state.code(), page.next, page.can_resume), ("on-hold", NextStep::ChooseAnother, true));
    assert_eq!(group(&house).await, Some("now"));
    let nadia = Browser::of(&house, "nadia").await;
    nadia.page(&path(id)).await.shows(&["Choose another service", "Go on with it"]);
    desk.resume(&house.nadia, id, &house.act(id).await).await.unwrap();
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.state.code(), page.next), ("needs-routing", NextStep::ChooseAnother));
    desk.hold(&house.nadia, id, &house.act(id).await, "Still away", until).await.unwrap();
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.state.code(), page.next), ("on-hold", NextStep::Resume));
    assert_eq!(group(&house).await, Some("others"));
    house.close().await;
}

#[tokio::test]
async fn a_day_to_look_again_is_kept_whatever_moves_and_nobody_else_hears_of_it() {
    let house = DeskHouse::open().await;
    let id = house.straight_to(OAK, 1).await;
    let desk = &house.running.desk;
    house.deliver().await;
    house.oak.heard();
    let url = format!("{}/fhir/Task/{id}", house.base);
    let read = house.http.get(&url).bearer_auth("key-oak-street").send().await.unwrap().text().await.unwrap();
    let mut read: Value = serde_json::from_str(&read).unwrap();
    let mut contact = call(ContactResult::Reached, &house);
    contact.next_at = Some(house.clock.now().plus(10 * DAY));
    desk.record_contact(&house.nadia, id, &house.act(id).await, &contact).await.unwrap();
    // Nor was the desk before anybody with it: an answer to the version that the partner has read counts.
    read["status"] = json!("accepted");
    let put = house.http.put(&url).bearer_auth("key-oak-street").header("content-type", "application/fhir+json");
    let answer = put.header("if-match", "W/\"1\"").body(read.to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    house.deliver().await;
    assert_eq!(house.oak.kinds(), Vec::<String>::new());
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.look_again_on.as_deref(), page.next), (Some("2026-12-01"), NextStep::Wait));
    days(&house, 10).await;
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.is_overdue, group(&house).await), (NextStep::FollowUp, false, Some("now")));
    let contact = call(ContactResult::Reached, &house);
    desk.record_contact(&house.nadia, id, &house.act(id).await, &contact).await.unwrap();
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.look_again_on, page.next), (None, NextStep::Wait));
    house.close().await;
}

#[tokio::test]
async fn what_is_finished_is_followed_up_after_six_months_and_never_closed_again() {
    let house = DeskHouse::open().await;
    let id = house.referral_with(1, |record| record["support_level"] = json!("medium")).await;
    consent_and_send(&house, id, OAK).await;
    answers(&house, id, "accepted").await;
    let nadia = Browser::of(&house, "nadia").await;
    nadia.page(&path(id)).await.shows(&["Six-month follow-up planned for 20\u{a0}May 2027"]);
    let close = format!("{}/close", path(id));
    let open = nadia.page(&close).await;
    answers(&house, id, "completed").await;
    let late = nadia.send(&open, &close, &[("reason", "moved"), ("outcome", "Lives in Ottawa now.")]).await;
    assert_eq!(late.status, 409);
    late.shows(&["It was completed.", "Lives in Ottawa now."]);
    days(&house, 182).await;
    house.emr.heard();
    let nadia = Browser::of(&house, "nadia").await;
    nadia.page("/desk").await.shows(&["Needs you now (1)", "Do the follow-up"]);
    let page = nadia.page(&path(id)).await;
    page.shows(&["Outcome received", "Do the follow-up", "Six-month follow-up due since 20\u{a0}May 2027"]);
    assert!(!page.has(&format!("href=\"{close}\"")));
    let back = nadia.get(&close).await;
    assert_eq!((back.status, back.location), (303, path(id)));
    let closing = closing(ClosingReason::Moved);
    match house.running.desk.close(&house.nadia, id, &house.act(id).await, &closing).await.unwrap_err() {
        NotDone::Conflict(first) => assert_eq!(first.what, "completed"),
        wrong => panic!("{wrong:?}"),
    }
    house.deliver().await;
    assert!(house.emr.heard().is_empty());

    let action = format!("{}/follow-up", path(id));
    let page = nadia.page(&action).await;
    let wrong = nadia.send(&page, &action, &[("result", "reached"), ("six-months", "done")]).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&["Say in one line how the person is now"]);
    let typed = [("result", "reached"), ("six-months", "done"), ("now", "Goes every week, and cooks again.")];
    let saved = nadia.send(&wrong, &action, &typed).await;
    assert_eq!(saved.status, 303, "{}", saved.html);
    nadia.page("/desk").await.shows(&["No referrals are waiting for you."]);
    assert!(!nadia.page(&path(id)).await.has("Six-month follow-up"));
    house.deliver().await;
    let told = house.emr.heard();
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0].data["summary"],
        "Six months after the referral “Language circle”: Goes every week, and cooks again."
    );
    days(&house, 3).await;
    assert_eq!(group(&house).await, None);
    house.close().await;
}

#[tokio::test]
async fn a_follow_up_is_found_and_done_while_something_else_asks_for_somebody() {
    let house = DeskHouse::open().await;
    let id = house.referral_with(1, |record| record["support_level"] = json!("medium")).await;
    consent_and_send(&house, id, OAK).await;
    answers(&house, id, "accepted").await;
    days(&house, 182).await;
    let nadia = Browser::of(&house, "nadia").await;
    nadia.page("/desk").await.shows(&["Ask oak-street, made up what came of it"]);
    nadia.page(&path(id)).await.shows(&["Six-month follow-up due since 20\u{a0}May 2027"]);
    let action = format!("{}/follow-up", path(id));
    let page = nadia.page(&action).await;
    let typed = [("result", "no-answer"), ("six-months", "skipped"), ("now", "Could not be reached.")];
    assert_eq!(nadia.send(&page, &action, &typed).await.status, 303);
    let page = house.running.desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.six_months, page.next), (None, NextStep::AskOutcome));
    house.close().await;
}

#[tokio::test]
async fn a_follow_up_is_left_out_with_a_reason_once() {
    let house = DeskHouse::open().await;
    let id = house.referral_with(1, |record| record["support_level"] = json!("holistic")).await;
    let desk = &house.running.desk;
    consent_and_send(&house, id, OAK).await;
    answers(&house, id, "accepted").await;
    let mut contact = call(ContactResult::NoAnswer, &house);
    contact.follow_up = Some(FollowedUp::Skipped("Moved away.".to_owned()));
    desk.record_contact(&house.nadia, id, &house.act(id).await, &contact).await.unwrap();
    house.deliver().await;
    let told = house.emr.heard().pop().unwrap().data["summary"].to_string();
    assert!(told.contains("No follow-up six months after the referral") && told.contains("Moved away."), "{told}");
    house.pass(DAY);
    let refused = desk.record_contact(&house.nadia, id, &house.act(id).await, &contact).await.unwrap_err();
    assert_eq!(rule(refused), "R-DESK-NO-FOLLOW-UP");
    house.close().await;
}

#[tokio::test]
async fn who_wants_no_contact_is_not_to_be_contacted() {
    let house = DeskHouse::open().await;
    let id = house
        .referral_with(1, |record| {
            record["contact_consent"] = json!(false);
            record["support_level"] = json!("medium");
            record.as_object_mut().unwrap().shift_remove("contact_preferences");
        })
        .await;
    let nadia = Browser::of(&house, "nadia").await;
    for place in ["/desk".to_owned(), path(id)] {
        let page = nadia.page(&place).await;
        page.shows(&[
            "The person does not want to be contacted: choose a service that needs no contact, or close it",
        ]);
        assert!(!page.has("Make first contact") && !page.has("Record first contact"));
    }
    days(&house, 6).await;
    let page = house.running.desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.can_close), (NextStep::WithoutContact, true));
    consent_and_send(&house, id, OAK).await;
    answers(&house, id, "accepted").await;
    let page = house.running.desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.six_months), (NextStep::Wait, None), "nor is the person asked after six months");
    house.close().await;
}

#[tokio::test]
async fn light_support_is_closed_when_a_partner_has_taken_it_on_and_opens_when_it_gives_up() {
    let house = DeskHouse::open().await;
    let id = house.referral_with(1, |record| record["support_level"] = json!("light")).await;
    consent_and_send(&house, id, OAK).await;
    assert_eq!(group(&house).await, Some("others"));
    answers(&house, id, "accepted").await;
    let nadia = Browser::of(&house, "nadia").await;
    nadia.page("/desk").await.shows(&["No referrals are waiting for you."]);
    let page = nadia.page(&path(id)).await;
    page.shows(&["tag-teal\">Accepted<", "Nothing more to do"]);
    assert!(!page.has("Waiting for others") && !page.has("Outcome received"));
    house.deliver().await;
    let told = house.emr.heard().pop().unwrap().data;
    assert_eq!(told["referral"]["state"], "completed");
    assert!(told["summary"].as_str().unwrap().ends_with("with light support, no report is expected."), "{told}");
    days(&house, 60).await;
    assert!(!house.oak.kinds().contains(&"referral.reminder".to_owned()) && house.emr.heard().is_empty());
    let task = house.running.desk.referral(&house.nadia, id).await.unwrap().tried[0].task.to_string();
    let gives_up = |task: &mut Value| {
        task["status"] = json!("cancelled");
        task["statusReason"] = json!({ "text": "Nobody to do it", "coding": [{
            "system": "https://lariat.example/fhir/CodeSystem/decline-reason", "code": "other",
        }] });
    };
    assert_eq!(house.partner_answers(OAK, &task, gives_up).await, 200);
    let page = house.running.desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.state.code(), page.next), ("needs-routing", NextStep::ChooseAnother));
    let oak = Who::Partner(format!("{OAK}, made up"));
    assert!(page.timeline.iter().any(|entry| entry.code.as_deref() == Some("cancelled") && entry.who == oak));
    house.close().await;
}

#[tokio::test]
async fn light_support_that_the_desk_closes_as_done_does_not_look_accepted() {
    let house = DeskHouse::open().await;
    let id = house.referral_with(1, |record| record["support_level"] = json!("light")).await;
    let desk = &house.running.desk;
    desk.take(&house.nadia, id, &house.act(id).await).await.unwrap();
    let met = closing(ClosingReason::GoalsMet);
    desk.close(&house.nadia, id, &house.act(id).await, &met).await.unwrap();
    let nadia = Browser::of(&house, "nadia").await;
    let page = nadia.page(&path(id)).await;
    page.shows(&["tag-green\">Outcome received<"]);
    assert!(!page.has("tag-teal\">Accepted<"), "nobody was asked");
    house.close().await;
}

#[tokio::test]
async fn a_partner_reads_why_what_it_has_was_closed_and_nothing_of_a_death() {
    for (reason, told) in [
        (ClosingReason::GoalsMet, Some("The link worker closed this referral: the goals have been reached")),
        (ClosingReason::Moved, Some("The link worker closed this referral: the client has moved away")),
        (
            ClosingReason::Declined,
            Some("The link worker closed this referral: the client does not want the service"),
        ),
        (ClosingReason::SentInError, Some("The link worker closed this referral: the referral was sent in error")),
        (ClosingReason::Other, Some("The link worker closed this referral")),
        (ClosingReason::Died, None),
    ] {
        let house = DeskHouse::open().await;
        let desk = &house.running.desk;
        let passed_on = house.referral(1).await;
        consent_and_send(&house, passed_on, OAK).await;
        answers(&house, passed_on, "accepted").await;
        let part = desk.referral(&house.nadia, passed_on).await.unwrap().tried[0].task;
        let straight = house.straight_to(OAK, 2).await;
        house.deliver().await;
        house.oak.heard();
        for id in [passed_on, straight] {
            let closing = Closing {
                words: Some("A secret of the clinic.".to_owned()),
                outcome: Some("A line for the chart.".to_owned()),
                ..closing(reason)
            };
            desk.close(&house.nadia, id, &house.act(id).await, &closing).await.unwrap();
            let row = house.row(id).await;
            assert_eq!((row.work.listed, row.work.chase_at), (false, None), "{reason:?}");
        }
        house.deliver().await;
        let heard = house.oak.heard();
        assert_eq!(heard.len(), if told.is_some() { 2 } else { 0 }, "{reason:?}");
        for task in [part, straight] {
            let url = format!("{}/fhir/Task/{task}", house.base);
            let read =
                house.http.get(&url).bearer_auth("key-oak-street").send().await.unwrap().text().await.unwrap();
            let seen: Value = serde_json::from_str(&read).unwrap();
            // Done and failed are the target's own words: who asked can only call it off.
            assert_eq!(seen["status"], "cancelled");
            assert_eq!(seen["statusReason"]["text"], told.unwrap_or("The clinic has called the referral off"));
            assert!(!read.contains("secret") && !read.contains("chart") && !read.contains("died"), "{read}");
        }
        let states: Vec<_> = [house.row(passed_on).await.state, house.row(straight).await.state].into();
        assert_eq!(states, [reason.ends().code(), "cancelled"], "{reason:?}");
        house.close().await;
    }
}

#[tokio::test]
async fn the_chart_hears_why_the_desk_has_closed_what_a_partner_had_declined() {
    let house = DeskHouse::open().await;
    let id = house.straight_to(OAK, 1).await;
    let desk = &house.running.desk;
    house.partner_declines(OAK, &id.to_string(), "Full").await;
    let closing = Closing { outcome: Some("Lives in Ottawa now.".to_owned()), ..closing(ClosingReason::Moved) };
    desk.close(&house.nadia, id, &house.act(id).await, &closing).await.unwrap();
    let messages = desk.referral(&house.nadia, id).await.unwrap();
    assert!(!messages.can_close);
    let url = format!("{}/fhir/Task/{id}", house.base);
    let read = house.http.get(&url).bearer_auth(STRAIGHT).send().await.unwrap().text().await.unwrap();
    assert!(read.contains("moved") && read.contains("Lives in Ottawa now."), "{read}");
    let again = desk.close(&house.nadia, id, &house.act(id).await, &closing.clone()).await;
    assert!(again.is_ok_and(|done| done.repeated));
    let other = Closing { outcome: None, ..closing };
    let refused = desk.close(&house.nadia, id, &house.act(id).await, &other).await.unwrap_err();
    assert!(matches!(refused, NotDone::Conflict(first) if first.by == By::Staff("Nadia Madeup".to_owned())));
    house.close().await;
}

#[tokio::test]
async fn the_timeline_says_whose_move_it_was() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    consent_and_send(&house, id, OAK).await;
    source_changes(&house, EMR, id, |task| task["status"] = json!("in-progress")).await;
    answers(&house, id, "accepted").await;
    answers(&house, id, "completed").await;
    let moved = desk.referral(&house.nadia, id).await.unwrap().timeline;
    let moved: Vec<_> = moved
        .iter()
        .rev()
        .filter(|entry| matches!(entry.told, Told::Moved | Told::Taken))
        .map(|entry| (entry.code.as_deref().unwrap(), entry.who.clone()))
        .collect();
    let oak = || Who::Partner(format!("{OAK}, made up"));
    let expected = [
        ("accepted", Who::Staff("Nadia Madeup".to_owned())),
        ("in-progress", Who::Source),
        ("accepted", oak()),
        ("completed", Who::Lariat),
        ("completed", oak()),
    ];
    for one in &expected {
        assert!(moved.contains(one), "{one:?}: {moved:?}");
    }
    assert_eq!(moved.len(), expected.len(), "{moved:?}");
    house.close().await;
}

#[tokio::test]
async fn of_a_yes_and_a_later_no_only_the_later_is_in_force() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    let mut stands = Vec::new();
    for agrees_now in [true, false, true] {
        let given = ConsentGiven { agrees: agrees_now, ..agrees(OAK) };
        house.pass(Duration::from_secs(60));
        desk.record_consent(&house.nadia, id, &house.act(id).await, &given).await.unwrap();
        let consents = desk.referral(&house.nadia, id).await.unwrap().consents;
        stands.push(consents.iter().map(|line| (line.agrees, line.stands)).collect::<Vec<_>>());
    }
    assert_eq!(stands[1], [(false, Stands::InForce), (true, Stands::Replaced)]);
    assert_eq!(stands[2], [(true, Stands::InForce), (false, Stands::Replaced), (true, Stands::Replaced)]);
    let nadia = Browser::of(&house, "nadia").await;
    nadia.page(&path(id)).await.shows(&["Replaced", "In force"]);
    // What the list says is what counts when something is sent.
    consent_and_send(&house, id, OAK).await;
    house.deliver().await;
    assert_eq!(house.oak.kinds(), ["referral.requested"]);
    house.close().await;
}

#[tokio::test]
async fn each_state_of_the_filter_has_a_word_of_its_own() {
    let house = DeskHouse::open().await;
    let nadia = Browser::of(&house, "nadia").await;
    let list = nadia.page("/desk").await;
    let select = list.html.split("<select ").find(|part| part.contains("name=\"state\"")).unwrap();
    let select = &select[..select.find("</select>").unwrap()];
    let mut words: Vec<&str> =
        select.split("<option ").skip(1).map(|option| option.split(['>', '<']).nth(1).unwrap()).collect();
    let count = words.len();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), count, "{words:?}");
    house.close().await;
}

#[tokio::test]
async fn a_no_to_contact_that_came_later_goes_along_to_the_partner() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let patient = format!("Patient/{}", house.row(id).await.patient);
    let said = json!({
        "resourceType": "QuestionnaireResponse",
        "questionnaire": "https://lariat.example/fhir/Questionnaire/navigation-script|1.0.0",
        "status": "completed",
        "subject": { "reference": patient },
        "authored": "2026-11-21T09:00:00-05:00",
        "source": { "reference": patient },
        "item": [{ "linkId": "f", "answer": [{ "valueBoolean": false }] }],
    });
    let url = format!("{}/fhir/QuestionnaireResponse", house.base);
    let post = house.http.post(&url).bearer_auth(EMR).header("content-type", "application/fhir+json");
    assert_eq!(post.body(said.to_string()).send().await.unwrap().status(), 201);
    let page = house.running.desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!(page.next, NextStep::WithoutContact);
    let no = page.timeline.iter().filter(|entry| entry.told == Told::ContactRefused);
    assert_eq!(no.map(|entry| entry.who.clone()).collect::<Vec<_>>(), [Who::Source]);
    let nadia = Browser::of(&house, "nadia").await;
    nadia.page(&path(id)).await.shows(&["The person does not want to be contacted<"]);
    consent_and_send(&house, id, OAK).await;
    house.deliver().await;
    let heard = house.oak.heard().pop().unwrap().data;
    assert!(heard.to_string().contains("contacting-subject-prohibited"), "{heard}");
    assert!(!heard.to_string().contains("0142") && !heard.to_string().contains("mail.example"), "{heard}");
    let page = house.running.desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.attention), (NextStep::Wait, None));
    house.close().await;
}
