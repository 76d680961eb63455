//! The verbs of the desk, each on a referral of the clinic's EMR.

use std::time::Duration;

use lariat::domain::attention::Attention;
use lariat::domain::id::ResourceId;
use lariat::domain::next_step::NextStep;
use lariat::domain::reason::ClosingReason;
use lariat::domain::uptake::Uptake;
use lariat::exchange::desk::{
    Closing, ConsentGiven, Contact, ContactHow, ContactResult, Filter, Reported, Sending, ServiceFilter, Sought,
    Stands, Told, Who,
};
use lariat::exchange::{By, Choice, NotDone};
use serde_json::{Value, json};

use crate::desk::house::{BIRCH, DeskHouse, OAK};

pub(super) fn agrees(partner: &str) -> ConsentGiven {
    ConsentGiven {
        partner: partner.to_owned(),
        agrees: true,
        purpose: Some("food".to_owned()),
        until: Some("2027-11-20".to_owned()),
        form: "spoken".to_owned(),
    }
}

pub(super) fn to(partner: &str) -> Sending {
    let message = Some("Happy to come along.".to_owned());
    Sending {
        choice: Choice::Partner(partner.to_owned()),
        message,
        why_unvetted: None,
        again: false,
        although_full: false,
    }
}

pub(super) fn call(result: ContactResult, house: &DeskHouse) -> Contact {
    Contact {
        result,
        how: ContactHow::Phone,
        minutes: Some(5),
        at: house.clock.now(),
        note: None,
        reported: None,
        next_at: None,
        follow_up: None,
        after: None,
    }
}

pub(super) fn closing(reason: ClosingReason) -> Closing {
    Closing { reason, words: None, outcome: None, tells_partner: true }
}

pub(super) async fn consent_and_send(house: &DeskHouse, id: ResourceId, partner: &str) {
    let desk = &house.running.desk;
    desk.record_consent(&house.nadia, id, &house.act(id).await, &agrees(partner)).await.unwrap();
    desk.send(&house.nadia, id, &house.act(id).await, &to(partner)).await.unwrap();
}

pub(super) fn rule(refused: NotDone) -> &'static str {
    match refused {
        NotDone::Refused(refusal) => refusal.issues[0].rule,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_the_preview_shows_is_what_is_delivered() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    let before = desk.preview(&house.nadia, id, &to(OAK)).await.unwrap();
    assert_eq!(before.withheld, Some(Attention::ConsentMissing));
    let refused = desk.send(&house.nadia, id, &house.act(id).await, &to(OAK)).await.unwrap_err();
    assert_eq!(rule(refused), "R-DESK-CONSENT");
    desk.record_consent(&house.nadia, id, &house.act(id).await, &agrees(OAK)).await.unwrap();

    let preview = desk.preview(&house.nadia, id, &to(OAK)).await.unwrap();
    assert_eq!(preview.withheld, None);
    let act = house.act(id).await;
    desk.send(&house.nadia, id, &act, &to(OAK)).await.unwrap();
    house.deliver().await;
    let heard = house.oak.heard();
    assert_eq!(heard.len(), 1);
    // Ids and stamps are given when it is stored; every other byte is the same.
    assert_eq!(unstamped(&preview.data), unstamped(&heard[0].data));
    let text = heard[0].data.to_string();
    assert!(text.contains("Happy to come along.") && text.contains("filler-order"));
    for secret in ["9876500001", "1951-03-09", "Lost her husband", "changed-by"] {
        assert!(!text.contains(secret), "{secret}");
    }
    for (ty, element) in [("Patient", "birthDate"), ("Patient", "identifier"), ("ServiceRequest", "note")] {
        let stays = (ty.to_owned(), element.to_owned());
        assert!(preview.stays.contains(&stays), "{ty}.{element}: {:?}", preview.stays);
    }

    // The same form again has one effect, and the same answer.
    let again = desk.send(&house.nadia, id, &act, &to(OAK)).await.unwrap();
    assert!(again.repeated);
    assert_eq!(desk.referral(&house.nadia, id).await.unwrap().tried.len(), 1);
    let other = desk.send(&house.nadia, id, &act, &to(BIRCH)).await.unwrap_err();
    assert!(matches!(other, NotDone::Conflict(conflict) if conflict.what == "sent"));
    house.close().await;
}

#[tokio::test]
async fn what_back_shows_again_and_is_sent_again_counts_once() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    let contact = call(ContactResult::NoAnswer, &house);
    for repeated in [false, true] {
        // Each form is drawn anew, with a key and a version of its own.
        let noted = desk.note(&house.nadia, id, &house.act(id).await, "Prefers mornings").await.unwrap();
        assert_eq!(noted.repeated, repeated);
    }
    for repeated in [false, true] {
        let asked = desk.ask_prescriber(&house.nadia, id, &house.act(id).await, "Is it urgent?").await.unwrap();
        assert_eq!(asked.repeated, repeated);
    }
    for repeated in [false, true] {
        let tried = desk.record_contact(&house.nadia, id, &house.act(id).await, &contact).await.unwrap();
        assert_eq!(tried.repeated, repeated);
    }
    for repeated in [false, true] {
        let agreed = desk.record_consent(&house.nadia, id, &house.act(id).await, &agrees(OAK)).await.unwrap();
        assert_eq!(agreed.repeated, repeated);
    }
    for repeated in [false, true] {
        let sent = desk.send(&house.nadia, id, &house.act(id).await, &to(OAK)).await.unwrap();
        assert_eq!(sent.repeated, repeated);
    }
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.tries, page.consents.len(), page.tried.len()), (1, 1, 1));
    // With another message it is another form: sent to the same partner only when that is meant.
    let other = Sending { message: Some("Once more, please.".to_owned()), ..to(OAK) };
    let refused = desk.send(&house.nadia, id, &house.act(id).await, &other).await.unwrap_err();
    assert_eq!(rule(refused), "R-DESK-ASKED");
    let meant = Sending { again: true, ..other };
    assert!(!desk.send(&house.nadia, id, &house.act(id).await, &meant).await.unwrap().repeated);
    house.close().await;
}

/// Without what storing gives: ids of what is new, stamps.
fn unstamped(data: &Value) -> String {
    let mut data = data.clone();
    let mut ids = Vec::new();
    for entry in data["bundle"]["entry"].as_array_mut().unwrap() {
        ids.push(entry["resource"]["id"].as_str().unwrap().to_owned());
        entry["resource"]["meta"]["lastUpdated"] = json!("then");
    }
    let mut text = data.to_string();
    for (place, id) in ids.iter().enumerate() {
        text = text.replace(id, &format!("id-{place}"));
    }
    text
}

#[tokio::test]
async fn the_first_partner_is_full_and_the_second_one_takes_it_in_place_of_the_first() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    let first = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((first.next, first.is_seen), (NextStep::FirstContact, false));
    consent_and_send(&house, id, OAK).await;
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.assignee.as_deref()), (NextStep::Wait, Some("nadia")));
    let task = page.tried[0].task.to_string();
    house.partner_declines(OAK, &task, "Full until May").await;
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!(page.next, NextStep::ChooseAnother);
    assert_eq!(page.declined_because.as_deref(), Some("Full until May"));
    let cards = desk.services(&house.nadia, id, &ServiceFilter::default()).await.unwrap().cards;
    assert_eq!(cards.iter().map(|card| card.partner.as_str()).collect::<Vec<_>>(), [BIRCH, OAK]);
    assert!(cards[1].was_tried);

    consent_and_send(&house, id, BIRCH).await;
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!(page.tried.len(), 2);
    let second = page.tried[1].task.to_string();
    house.deliver().await;
    // The record says what it replaces; whoever is asked second does not learn who was asked first.
    let heard = house.birch.heard().pop().unwrap().data.to_string();
    assert!(!heard.contains("replaces") && !heard.contains("partOf"), "{heard}");
    assert_eq!(house.partner_answers(BIRCH, &second, |task| task["status"] = json!("accepted")).await, 200);

    let mut contact = call(ContactResult::Reached, &house);
    contact.reported = Some(Reported { uptake: Uptake::Attended, attended_on: Some("2026-11-01".to_owned()) });
    match desk.record_contact(&house.nadia, id, &house.act(id).await, &contact).await.unwrap_err() {
        NotDone::Refused(refusal) => assert_eq!(refusal.issues[0].rule, "R-TASK-ATTENDED"),
        other => panic!("{other:?}"),
    }
    contact.reported = Some(Reported { uptake: Uptake::Attended, attended_on: Some("2026-11-21".to_owned()) });
    desk.record_contact(&house.nadia, id, &house.act(id).await, &contact).await.unwrap();
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!(page.tried[1].uptake.as_deref(), Some("attended"));
    let done = Closing { outcome: Some("Goes every Thursday.".to_owned()), ..closing(ClosingReason::GoalsMet) };
    desk.close(&house.nadia, id, &house.act(id).await, &done).await.unwrap();
    let row = house.row(id).await;
    assert_eq!((row.state.as_str(), row.work.listed), ("completed", false));
    house.deliver().await;
    assert_eq!(house.emr.heard().pop().unwrap().kind, "referral.completed");
    let timeline = desk.referral(&house.nadia, id).await.unwrap().timeline;
    let kinds: Vec<&str> = timeline.iter().map(|entry| entry.told.code()).collect();
    for kind in
        ["received", "taken", "consent", "sent", "delivery", "moved", "contact", "uptake", "outcome", "told-source"]
    {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    house.close().await;
}

#[tokio::test]
async fn whoever_comes_second_is_told_who_was_first() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    let (one, other) = (house.act(id).await, house.act(id).await);
    desk.take(&house.nadia, id, &one).await.unwrap();
    assert!(desk.take(&house.nadia, id, &one).await.unwrap().repeated);
    match desk.take(&house.omar, id, &other).await.unwrap_err() {
        NotDone::Conflict(conflict) => {
            assert_eq!(conflict.by, By::Staff("Nadia Madeup".to_owned()));
            assert_eq!(conflict.what, "taken");
        }
        wrong => panic!("{wrong:?}"),
    }
    // The prescriber reads, and changes nothing.
    let page = desk.referral(&house.prescriber, id).await.unwrap();
    assert!(!page.may_write && !page.can_send && !page.can_take);
    let refused = desk.note(&house.prescriber, id, &house.act(id).await, "no").await.unwrap_err();
    assert_eq!(refused, NotDone::ReadOnly);
    house.close().await;
}

#[tokio::test]
async fn a_question_is_answered_and_the_partner_reads_the_answer() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    consent_and_send(&house, id, OAK).await;
    let task = desk.referral(&house.nadia, id).await.unwrap().tried[0].task.to_string();
    let early = desk.answer_partner(&house.nadia, id, &house.act(id).await, "Yes").await.unwrap_err();
    assert_eq!(rule(early), "R-DESK-NO-QUESTION");
    let asks = |task: &mut Value| {
        task["businessStatus"] = json!({ "coding": [{
            "system": "https://lariat.example/fhir/CodeSystem/referral-business-status", "code": "question",
        }] });
        task["note"] = json!([{ "text": "Can she carry a box?" }]);
    };
    assert_eq!(house.partner_answers(OAK, &task, asks).await, 200);
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.question.as_deref()), (NextStep::AnswerPartner, Some("Can she carry a box?")));
    desk.answer_partner(&house.nadia, id, &house.act(id).await, "A small one").await.unwrap();
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.question), (NextStep::Wait, None));
    let told: Vec<Told> = page.timeline.iter().map(|entry| entry.told).collect();
    assert!(told.contains(&Told::Question) && told.contains(&Told::Answer));
    house.deliver().await;
    let heard = house.oak.heard().pop().unwrap().data.to_string();
    assert!(heard.contains("A small one") && heard.contains("Riverbend CHC, made up") && !heard.contains("Nadia"));
    let answer = page.timeline.iter().find(|entry| entry.told == Told::Answer).unwrap();
    assert_eq!(answer.who, Who::Staff("Nadia Madeup".to_owned()));
    house.close().await;
}

#[tokio::test]
async fn whom_the_prescriber_has_in_mind_stands_first() {
    let house = DeskHouse::open().await;
    let desk = &house.running.desk;
    for (number, partner) in [(1, OAK), (2, BIRCH)] {
        let id = house.with_wish(partner, number).await;
        let page = desk.referral(&house.nadia, id).await.unwrap();
        assert_eq!(page.asked.wished, Some(format!("{partner}, made up")));
        let cards = desk.services(&house.nadia, id, &ServiceFilter::default()).await.unwrap().cards;
        assert_eq!((cards[0].partner.as_str(), cards[0].is_wished, cards[1].is_wished), (partner, true, false));
    }
    house.close().await;
}

#[tokio::test]
async fn consent_taken_back_stops_what_has_not_left() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    consent_and_send(&house, id, OAK).await;
    let consent = desk.referral(&house.nadia, id).await.unwrap().consents[0].clone();
    assert!(consent.stands == Stands::InForce && consent.agrees);
    desk.withdraw_consent(&house.nadia, id, &house.act(id).await, consent.id).await.unwrap();
    house.deliver().await;
    assert!(house.oak.heard().is_empty());
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!(page.next, NextStep::WithoutConsent);
    assert_eq!(page.consents[0].stands, Stands::Ended);
    // Both are told, newest first, and who did it.
    let told: Vec<_> = page
        .timeline
        .iter()
        .filter(|entry| matches!(entry.told, Told::Consent | Told::Withdrawn))
        .map(|entry| (entry.told, entry.who.clone()))
        .collect();
    let nadia = Who::Staff("Nadia Madeup".to_owned());
    assert_eq!(told, [(Told::Withdrawn, nadia.clone()), (Told::Consent, nadia)]);
    house.close().await;
}

#[tokio::test]
async fn nobody_counts_as_not_reached_before_three_tries_or_a_reason() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    let closing = closing(ClosingReason::UnableToContact);
    for tries in 0..3 {
        assert_eq!(desk.referral(&house.nadia, id).await.unwrap().tries, tries);
        let refused = desk.close(&house.nadia, id, &house.act(id).await, &closing).await.unwrap_err();
        assert_eq!(rule(refused), "R-DESK-TRIES");
        house.pass(Duration::from_secs(86_400));
        let contact = call(ContactResult::NoAnswer, &house);
        desk.record_contact(&house.nadia, id, &house.act(id).await, &contact).await.unwrap();
    }
    desk.close(&house.nadia, id, &house.act(id).await, &closing).await.unwrap();
    assert_eq!(house.row(id).await.state, "failed");
    house.close().await;
}

#[tokio::test]
async fn after_a_death_nobody_but_the_clinic_hears() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    consent_and_send(&house, id, OAK).await;
    house.deliver().await;
    assert_eq!(house.oak.kinds(), ["referral.requested"]);
    desk.close(&house.nadia, id, &house.act(id).await, &closing(ClosingReason::Died)).await.unwrap();
    house.deliver().await;
    assert!(house.oak.heard().is_empty());
    assert_eq!(house.emr.heard().pop().unwrap().kind, "referral.cancelled");
    let row = house.row(id).await;
    assert_eq!((row.work.listed, row.work.chase_at), (false, None));
    // Lariat has called off what the partner had: the partner did nothing.
    let page = desk.referral(&house.nadia, id).await.unwrap();
    let ended = page.timeline.iter().filter(|entry| entry.code.as_deref() == Some("cancelled"));
    let by: Vec<_> = ended.map(|entry| entry.who.clone()).collect();
    assert!(by.contains(&Who::Lariat) && !by.iter().any(|who| matches!(who, Who::Partner(_))), "{by:?}");
    house.close().await;
}

#[tokio::test]
async fn the_worklist_groups_by_urgency_and_finds_a_person() {
    let house = DeskHouse::open().await;
    let desk = &house.running.desk;
    let (first, second) = (house.referral(1).await, house.referral(2).await);
    desk.take(&house.nadia, first, &house.act(first).await).await.unwrap();
    let list = desk.worklist(&house.nadia, &Filter::default(), None).await.unwrap();
    let rows: Vec<(&str, ResourceId)> =
        list.groups.iter().flat_map(|group| group.rows.iter().map(|row| (group.group.code(), row.id))).collect();
    assert_eq!(rows, [("new", second), ("this-week", first)]);
    let row = &list.groups[0].rows[0];
    assert_eq!(row.name.0, "Bélanger-O’Brien");
    assert_eq!((row.born_in.as_deref(), row.from.as_deref()), (Some("1951"), Some("Nurse practitioner")));
    let both = desk.find_referrals(&house.nadia, &Sought::new("belang genevieve")).await.unwrap().loops;
    assert!(both.contains(&first) && both.contains(&second));
    for typed in ["98765 00002", "9876500002 QX", row.reference.as_str()] {
        assert_eq!(
            desk.find_referrals(&house.nadia, &Sought::new(typed)).await.unwrap().loops,
            [second],
            "{typed}"
        );
    }
    assert!(desk.find_referrals(&house.nadia, &Sought::new("1111111111")).await.unwrap().loops.is_empty());
    assert_eq!(desk.reveal_card(&house.nadia, second).await.unwrap(), "9876500002");
    house.close().await;
}

#[tokio::test]
async fn a_referral_is_paused_and_goes_on_and_is_given_to_a_colleague() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    let until = house.clock.now().plus(Duration::from_secs(20 * 86_400));
    let early = desk.hold(&house.nadia, id, &house.act(id).await, "In hospital", until).await.unwrap_err();
    assert_eq!(rule(early), "R-DESK-HOLD");
    desk.take(&house.nadia, id, &house.act(id).await).await.unwrap();
    desk.hold(&house.nadia, id, &house.act(id).await, "In hospital", until).await.unwrap();
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.state.code(), page.look_again_on.as_deref()), ("on-hold", Some("2026-12-11")));
    assert!(page.can_resume && page.due_at.unwrap() >= until, "all of the day is left");
    desk.resume(&house.nadia, id, &house.act(id).await).await.unwrap();
    desk.reassign(&house.nadia, id, &house.act(id).await, "omar").await.unwrap();
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.state.code(), page.assignee.as_deref()), ("in-progress", Some("omar")));
    desk.note(&house.omar, id, &house.act(id).await, "She is home.").await.unwrap();
    desk.ask_prescriber(&house.omar, id, &house.act(id).await, "May she walk far?").await.unwrap();
    house.deliver().await;
    let told = house.emr.heard();
    let message = told.iter().find(|heard| heard.kind == "referral.message").unwrap();
    assert!(message.data.to_string().contains("May she walk far?"));
    assert!(!told.iter().any(|heard| heard.data.to_string().contains("She is home.")));
    assert!(house.oak.heard().is_empty());
    house.close().await;
}

#[tokio::test]
async fn what_went_straight_to_a_partner_and_was_declined_is_tried_elsewhere() {
    let house = DeskHouse::open().await;
    let id = house.straight_to(OAK, 1).await;
    let desk = &house.running.desk;
    house.partner_declines(OAK, &id.to_string(), "Full").await;
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.can_send), (NextStep::ChooseAnother, true));
    consent_and_send(&house, id, BIRCH).await;
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.state.code(), page.next), ("in-progress", NextStep::Wait));
    let second = page.tried[1].task.to_string();
    house.deliver().await;
    assert_eq!(house.birch.kinds(), ["referral.requested"]);
    house.partner_declines(BIRCH, &second, "Full").await;
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.state.code(), page.next), ("rejected", NextStep::ChooseAnother));
    consent_and_send(&house, id, BIRCH).await;
    desk.close(&house.nadia, id, &house.act(id).await, &closing(ClosingReason::Moved)).await.unwrap();
    let row = house.row(id).await;
    assert_eq!((row.state.as_str(), row.work.listed), ("rejected", false));
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert!(!page.is_with_partner);
    house.close().await;
}

/// What a partner writes without asking anything is not overlooked, also after the end: it stands in the worklist
/// until somebody has read it.
#[tokio::test]
async fn a_partners_note_waits_until_somebody_has_read_it() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    consent_and_send(&house, id, OAK).await;
    let task = desk.referral(&house.nadia, id).await.unwrap().tried[0].task.to_string();
    assert_eq!(house.partner_answers(OAK, &task, |task| task["status"] = json!("accepted")).await, 200);
    let write = |text: &'static str| {
        move |task: &mut Value| {
            let note = json!({ "authorString": "Oak Street", "text": text });
            match task.get_mut("note").and_then(Value::as_array_mut) {
                Some(notes) => notes.push(note),
                None => task["note"] = json!([note]),
            }
        }
    };
    assert_eq!(house.partner_answers(OAK, &task, write("We start in May.")).await, 200);
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.message.as_deref()), (NextStep::ReadNote, Some("We start in May.")));
    assert!(house.row(id).await.work.listed);
    desk.message_read(&house.nadia, id, &house.act(id).await).await.unwrap();
    assert_eq!(desk.referral(&house.nadia, id).await.unwrap().next, NextStep::Wait);

    let ended = |task: &mut Value| {
        task["status"] = json!("completed");
        task["output"] = json!([{
            "type": { "coding": [{
                "system": "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes",
                "code": "resulting-activity",
            }] },
            "valueCodeableConcept": { "coding": [{ "system": "http://snomed.info/sct", "code": "306238000" }] },
        }]);
    };
    assert_eq!(house.partner_answers(OAK, &task, ended).await, 200);
    assert!(!house.row(id).await.work.listed);
    assert_eq!(house.partner_answers(OAK, &task, write("She left her scarf here.")).await, 200);
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.next, page.message.as_deref()), (NextStep::ReadNote, Some("She left her scarf here.")));
    assert!(house.row(id).await.work.listed);
    house.close().await;
}
