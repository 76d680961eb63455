//! The silence of the desk itself: what it has and does not go on with becomes a work item that the team sees, then one
//! line to the source with the cause; and what a partner gives up asks for somebody.

use std::time::Duration;

use lariat::domain::attention::Attention;
use lariat::domain::id::ResourceId;
use lariat::domain::next_step::NextStep;
use lariat::domain::reason::ClosingReason;
use lariat::domain::worklist::Group;
use lariat::exchange::Staff;
use lariat::exchange::desk::{ContactResult, Filter, GroupRows};
use serde_json::{Value, json};

use crate::desk::browser::Browser;
use crate::desk::house::{BIRCH, DeskHouse, EMR, OAK, STRAIGHT};
use crate::desk::verbs::{agrees, call, closing, consent_and_send};

const DAY: Duration = Duration::from_secs(86_400);

/// Lets days pass, each with its chase, and tells the sentences that the source has heard, by the day.
async fn days(house: &DeskHouse, count: u32) -> Vec<(u32, String)> {
    let mut told = Vec::new();
    for day in 1..=count {
        house.pass(DAY);
        house.running.desk.chase(house.clock.now(), 100).await.unwrap();
        house.deliver().await;
        let heard = house.emr.heard().into_iter().filter(|heard| heard.kind == "referral.open");
        told.extend(heard.map(|heard| (day, heard.data["summary"].as_str().unwrap().to_owned())));
    }
    told
}

async fn list(house: &DeskHouse, staff: &Staff) -> Vec<GroupRows> {
    house.running.desk.worklist(staff, &Filter::default(), None).await.unwrap().groups
}

async fn first(house: &DeskHouse, staff: &Staff) -> Option<(Group, ResourceId, NextStep)> {
    let groups = list(house, staff).await;
    groups.first().map(|group| (group.group, group.rows[0].id, group.rows[0].next))
}

async fn at_level(house: &DeskHouse, level: &str) -> ResourceId {
    house.referral_with(1, |record| record["support_level"] = json!(level)).await
}

#[tokio::test]
async fn what_is_taken_and_never_passed_on_stands_first_then_before_the_team_and_the_source_hears_once() {
    for (level, work, late, open) in [("light", 3, 6, 10), ("medium", 5, 8, 12), ("holistic", 7, 10, 21)] {
        let house = DeskHouse::open().await;
        let id = at_level(&house, level).await;
        house.running.desk.take(&house.nadia, id, &house.act(id).await).await.unwrap();
        days(&house, work - 1).await;
        assert_eq!(house.row(id).await.attention, None, "{level}");
        days(&house, 1).await;
        let first_of_nadia = first(&house, &house.nadia).await;
        assert_eq!(first_of_nadia, Some((Group::Now, id, NextStep::FirstContact)), "{level}");
        assert_eq!(first(&house, &house.omar).await, None, "{level}");
        let told = days(&house, late - work).await;
        assert_eq!(told, [], "{level}");
        let row = &list(&house, &house.omar).await[0].rows[0];
        assert_eq!((row.id, row.assignee.as_deref(), row.can_take), (id, Some("nadia"), false), "{level}");
        let expected = "Still open: the referral “Language circle”, taken on by Team East, has not been passed on to a \
                        service yet; next, the link worker calls the client.";
        assert_eq!(days(&house, 60).await, [(open - late, expected.to_owned())], "{level}");
        house.close().await;
    }
}

#[tokio::test]
async fn whatever_the_desk_does_ends_its_silence_and_a_day_that_it_has_set_is_waited_for() {
    let house = DeskHouse::open().await;
    let id = at_level(&house, "medium").await;
    let desk = &house.running.desk;
    desk.take(&house.nadia, id, &house.act(id).await).await.unwrap();
    days(&house, 4).await;
    desk.note(&house.nadia, id, &house.act(id).await, "Looks for a group near by.").await.unwrap();
    days(&house, 4).await;
    assert_eq!(house.row(id).await.attention, None, "a note is a word");
    days(&house, 1).await;
    assert_eq!(house.row(id).await.attention.as_deref(), Some("stalled"));
    let mut contact = call(ContactResult::NoAnswer, &house);
    contact.next_at = Some(house.clock.now().plus(20 * DAY));
    desk.record_contact(&house.nadia, id, &house.act(id).await, &contact).await.unwrap();
    assert_eq!(house.row(id).await.attention, None);
    assert_eq!(days(&house, 19).await, []);
    assert_eq!(house.row(id).await.attention, None, "its day has not come");
    days(&house, 1).await;
    assert_eq!(house.row(id).await.attention.as_deref(), Some("follow-up"));
    // Nobody comes back on that day either: the source hears, counted from it.
    let told = days(&house, 40).await;
    assert_eq!(told.iter().map(|(day, _)| *day).collect::<Vec<_>>(), [12]);
    house.close().await;
}

#[tokio::test]
async fn a_pause_that_is_over_and_nobody_takes_up_is_told() {
    let house = DeskHouse::open().await;
    let id = at_level(&house, "medium").await;
    let desk = &house.running.desk;
    desk.take(&house.nadia, id, &house.act(id).await).await.unwrap();
    let until = house.clock.now().plus(20 * DAY);
    desk.hold(&house.nadia, id, &house.act(id).await, "In hospital", until).await.unwrap();
    assert_eq!(days(&house, 24).await, []);
    assert_eq!(house.row(id).await.attention, None);
    days(&house, 1).await;
    let row = house.row(id).await;
    assert_eq!((row.attention.as_deref(), row.state.as_str()), (Some("stalled"), "on-hold"));
    assert_eq!(first(&house, &house.nadia).await, Some((Group::Now, id, NextStep::Resume)));
    let expected = "Still open: the referral “Language circle”, put on hold by Team East, has not been taken up again \
                    yet; next, the link worker takes it up again.";
    assert_eq!(days(&house, 60).await, [(7, expected.to_owned())]);
    desk.resume(&house.nadia, id, &house.act(id).await).await.unwrap();
    assert_eq!(house.row(id).await.attention, None);
    house.close().await;
}

#[tokio::test]
async fn consent_taken_back_and_nothing_done_after_is_told_with_its_cause() {
    let house = DeskHouse::open().await;
    let id = at_level(&house, "medium").await;
    let desk = &house.running.desk;
    consent_and_send(&house, id, OAK).await;
    // The partner was reminded before, which is another silence.
    days(&house, 4).await;
    let withdraws = lariat::exchange::desk::ConsentGiven { agrees: false, ..agrees(OAK) };
    desk.record_consent(&house.nadia, id, &house.act(id).await, &withdraws).await.unwrap();
    let attention = house.row(id).await.attention.unwrap();
    assert!(attention.starts_with("consent-"), "{attention}");
    assert_eq!(first(&house, &house.omar).await, None);
    assert_eq!(days(&house, 8).await, []);
    assert_eq!(first(&house, &house.omar).await, Some((Group::Now, id, NextStep::WithoutConsent)));
    let told = days(&house, 60).await;
    let [(6, sentence)] = &told[..] else { panic!("{told:?}") };
    assert!(sentence.starts_with("Still open: ") && sentence.contains("consent"), "{sentence}");
    assert_eq!(house.row(id).await.attention, Some(attention));
    house.close().await;
}

#[tokio::test]
async fn everyones_no_that_the_desk_leaves_lying_is_told_after_a_time() {
    let house = DeskHouse::open().await;
    let id = at_level(&house, "medium").await;
    consent_and_send(&house, id, OAK).await;
    let part = house.running.desk.referral(&house.nadia, id).await.unwrap().tried[0].task.to_string();
    house.partner_declines(OAK, &part, "Full").await;
    let expected = "Still open: no other service has been found for the referral “Language circle” yet; \
                    next, the link worker looks for another way.";
    assert_eq!(days(&house, 60).await, [(14, expected.to_owned())]);
    house.close().await;
}

#[tokio::test]
async fn the_clinics_own_system_goes_on_with_what_stood_still() {
    let house = DeskHouse::open().await;
    let id = at_level(&house, "medium").await;
    house.running.desk.take(&house.nadia, id, &house.act(id).await).await.unwrap();
    days(&house, 5).await;
    assert_eq!(house.row(id).await.attention.as_deref(), Some("stalled"));
    let url = format!("{}/fhir/Task/{id}", house.base);
    let read = house.http.get(&url).bearer_auth(EMR).send().await.unwrap().text().await.unwrap();
    let mut task: Value = serde_json::from_str(&read).unwrap();
    task["status"] = json!("in-progress");
    let put = house.http.put(&url).bearer_auth(EMR).header("content-type", "application/fhir+json");
    assert_eq!(put.body(task.to_string()).send().await.unwrap().status(), 200);
    assert_eq!(house.row(id).await.attention, None);
    house.close().await;
}

/// What a partner to which it went straight gives up, as it is sent.
fn gives_up(status: &'static str) -> impl FnOnce(&mut Value) {
    move |task| {
        task["status"] = json!(status);
        task["statusReason"] = json!({ "text": "The van broke down", "coding": [{
            "system": "https://lariat.example/fhir/CodeSystem/decline-reason", "code": "other",
        }] });
    }
}

#[tokio::test]
async fn what_went_straight_to_a_partner_that_gives_up_after_its_yes_is_tried_elsewhere() {
    for status in ["cancelled", "failed"] {
        let house = DeskHouse::open().await;
        let id = house.straight_to(OAK, 1).await;
        let (desk, task) = (&house.running.desk, id.to_string());
        let accepts = |task: &mut Value| task["status"] = json!("accepted");
        assert_eq!(house.partner_answers(OAK, &task, accepts).await, 200);
        assert_eq!(house.partner_answers(OAK, &task, gives_up(status)).await, 200);
        let row = house.row(id).await;
        assert_eq!((row.attention.as_deref(), row.work.listed), (Some("declined"), true), "{status}");
        // A note after that leaves the work item.
        let notes = |task: &mut Value| task["note"] = json!([{ "text": "We are sorry." }]);
        assert_eq!(house.partner_answers(OAK, &task, notes).await, 200);
        let page = desk.referral(&house.nadia, id).await.unwrap();
        assert_eq!((page.next, page.can_send, page.can_close), (NextStep::ChooseAnother, true, true), "{status}");
        assert_eq!(page.declined_because.as_deref(), Some("The van broke down"));
        let nadia = Browser::of(&house, "nadia").await;
        nadia.page("/desk").await.shows(&["Choose another service", "tag-orange"]);
        nadia.page(&format!("/desk?state={status}")).await.shows(&["Choose another service"]);

        consent_and_send(&house, id, BIRCH).await;
        let page = desk.referral(&house.nadia, id).await.unwrap();
        assert_eq!((page.state.code(), page.next), ("in-progress", NextStep::Wait), "{status}");
        let second = page.tried[1].task.to_string();
        house.deliver().await;
        assert_eq!(house.birch.kinds(), ["referral.requested"], "what is tried instead is not called off");
        house.partner_declines(BIRCH, &second, "Full").await;
        assert_eq!(house.row(id).await.attention.as_deref(), Some(Attention::Declined.code()), "{status}");
        consent_and_send(&house, id, BIRCH).await;
        desk.close(&house.nadia, id, &house.act(id).await, &closing(ClosingReason::Moved)).await.unwrap();
        let row = house.row(id).await;
        assert_eq!((row.state.as_str(), row.attention, row.work.listed), (status, None, false));
        let page = desk.referral(&house.nadia, id).await.unwrap();
        assert!(!page.is_with_partner && !page.can_send && !page.can_close, "{status}");
        house.close().await;
    }
}

#[tokio::test]
async fn what_the_clinic_calls_off_itself_is_over() {
    let house = DeskHouse::open().await;
    let id = house.straight_to(OAK, 1).await;
    let url = format!("{}/fhir/Task/{id}", house.base);
    let read = house.http.get(&url).bearer_auth(STRAIGHT).send().await.unwrap().text().await.unwrap();
    let mut task: Value = serde_json::from_str(&read).unwrap();
    gives_up("cancelled")(&mut task);
    let put = house.http.put(&url).bearer_auth(STRAIGHT).header("content-type", "application/fhir+json");
    assert_eq!(put.body(task.to_string()).send().await.unwrap().status(), 200);
    let page = house.running.desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.can_send, page.can_close), (NextStep::Nothing, false, false));
    house.close().await;
}

#[tokio::test]
async fn a_follow_up_that_is_due_and_an_older_step_are_both_shown_and_both_done() {
    let house = DeskHouse::open().await;
    let id = at_level(&house, "holistic").await;
    let desk = &house.running.desk;
    consent_and_send(&house, id, OAK).await;
    let part = desk.referral(&house.nadia, id).await.unwrap().tried[0].task.to_string();
    for status in ["accepted", "completed"] {
        let says = |task: &mut Value| task["status"] = json!(status);
        assert_eq!(house.partner_answers(OAK, &part, says).await, 200);
    }
    house.pass(182 * DAY);
    // What stands still at the desk was found first; the follow-up is due beside it.
    for _ in 0..4 {
        desk.chase(house.clock.now(), 100).await.unwrap();
    }
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!(
        (page.attention, page.next, page.also),
        (Some(Attention::Stalled), NextStep::Close, Some(NextStep::FollowUp))
    );
    let nadia = Browser::of(&house, "nadia").await;
    let (close, follow_up) = (format!("/desk/referrals/{id}/close"), format!("/desk/referrals/{id}/follow-up"));
    for page in ["/desk".to_owned(), format!("/desk/referrals/{id}")] {
        nadia.page(&page).await.shows(&["Close it with a reason", "Also:", "Do the follow-up", &follow_up]);
    }
    // Whoever has spoken with the client leaves what is older; the day comes again for the other.
    desk.note(&house.nadia, id, &house.act(id).await, "Thinks about it.").await.unwrap();
    desk.hold(&house.nadia, id, &house.act(id).await, "Away", house.clock.now().plus(DAY)).await.unwrap();
    desk.resume(&house.nadia, id, &house.act(id).await).await.unwrap();
    days(&house, 2).await;
    let page = desk.referral(&house.nadia, id).await.unwrap();
    let expected = (Some(Attention::FollowUp), NextStep::FollowUp, Some(NextStep::Close));
    assert_eq!((page.attention, page.next, page.also), expected);
    nadia.get("/sign-out").await;
    let nadia = Browser::of(&house, "nadia").await;
    for page in ["/desk".to_owned(), format!("/desk/referrals/{id}")] {
        nadia.page(&page).await.shows(&["Do the follow-up", "Also:", "Close it with a reason", &close]);
    }
    let form = nadia.page(&follow_up).await;
    let typed = [("result", "reached"), ("six-months", "done"), ("now", "Cooks again.")];
    assert_eq!(nadia.send(&form, &follow_up, &typed).await.status, 303);
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.also), (NextStep::Close, None));
    house.close().await;
}
