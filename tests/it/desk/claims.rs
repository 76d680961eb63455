//! What Lariat makes claims its profiles, and meets what it claims: HL7's validator says so where it is at hand.

use std::time::Duration;

use lariat::domain::reason::ClosingReason;
use lariat::domain::uptake::Uptake;
use lariat::exchange::desk::{Closing, ConsentGiven, ContactResult, FollowedUp, Reported};
use serde_json::{Value, json};

use crate::desk::house::{BIRCH, DeskHouse, OAK};
use crate::desk::verbs::{agrees, call, closing, consent_and_send};
use crate::oracle;

/// Everything in the record as it stands, but what a source has sent as FHIR: here none has.
async fn made(house: &DeskHouse) -> Vec<Value> {
    let records = house.running.store.scan(0, 10_000).await.unwrap();
    let bodies = records.into_iter().filter_map(|(_, record)| record.body);
    bodies
        .map(|body| {
            let mut resource: Value = serde_json::from_slice(&body).unwrap();
            // Versions are written into it when it is read; what is stored may have none yet.
            if resource["meta"] == json!({}) {
                resource.as_object_mut().unwrap().shift_remove("meta");
            }
            resource
        })
        .collect()
}

/// The profile of Lariat's own that a resource should claim.
fn own(resource: &Value) -> Option<&'static str> {
    match resource["resourceType"].as_str().unwrap() {
        "ServiceRequest" if resource["intent"] == "filler-order" => Some("partner-request"),
        "ServiceRequest" => Some("social-prescription"),
        "Task" if resource["code"]["coding"][0]["code"] == "complete-questionnaire" => None,
        "Task" if resource.get("partOf").is_some() => Some("partner-task"),
        "Task" => Some("referral-task"),
        "Consent" => Some("consent-to-disclose"),
        "Observation" => Some("screening-observation"),
        _ => None,
    }
}

/// Claims what it should; and what the judge finds wrong, if it is there to be asked.
async fn meets(house: &DeskHouse) {
    for resource in made(house).await {
        if let Some(own) = own(&resource) {
            let url = json!(format!("https://lariat.example/fhir/StructureDefinition/{own}"));
            let claims = resource["meta"]["profile"].as_array();
            assert!(claims.is_some_and(|claims| claims.contains(&url)), "{own}: {resource:#}");
        }
        let faults = oracle::faults_of(&resource).await;
        assert!(faults.is_empty(), "{faults:#?}: {resource:#}");
    }
}

fn outputs(resource: &Value) -> Vec<&str> {
    let outputs = resource["output"].as_array().into_iter().flatten();
    outputs.map(|output| output["type"]["coding"][0]["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_the_desk_makes_meets_the_profiles_that_it_claims() {
    let house = DeskHouse::open().await;
    let id = house
        .referral_with(1, |record| {
            record["screening"] = json!({
                "questionnaire": "reminder-card",
                "answered_at": "2026-11-20T10:05:00-05:00",
                "answers": { "reason": "lonely" },
            });
            record["support_level"] = json!("medium");
        })
        .await;
    let desk = &house.running.desk;
    let no = ConsentGiven { agrees: false, ..agrees(OAK) };
    desk.record_consent(&house.nadia, id, &house.act(id).await, &no).await.unwrap();
    house.pass(Duration::from_secs(60));
    consent_and_send(&house, id, OAK).await;
    meets(&house).await;
    house.deliver().await;

    let first = desk.referral(&house.nadia, id).await.unwrap().tried[0].task.to_string();
    house.partner_declines(OAK, &first, "Full until spring").await;
    consent_and_send(&house, id, BIRCH).await;
    house.deliver().await;
    let until = house.clock.now().plus(Duration::from_secs(5 * 86_400));
    desk.hold(&house.nadia, id, &house.act(id).await, "Away", until).await.ok();
    meets(&house).await;

    let second = desk.referral(&house.nadia, id).await.unwrap().tried[1].task.to_string();
    assert_eq!(house.partner_answers(BIRCH, &second, |task| task["status"] = json!("accepted")).await, 200);
    let mut contact = call(ContactResult::Reached, &house);
    contact.reported = Some(Reported { uptake: Uptake::Attended, attended_on: Some("2026-11-21".to_owned()) });
    desk.record_contact(&house.nadia, id, &house.act(id).await, &contact).await.unwrap();
    meets(&house).await;

    let done = Closing { outcome: Some("Goes every Thursday.".to_owned()), ..closing(ClosingReason::Moved) };
    desk.close(&house.nadia, id, &house.act(id).await, &done).await.unwrap();
    meets(&house).await;
    house.close().await;
}

#[tokio::test]
async fn who_did_not_come_after_all_has_no_day_of_coming() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    consent_and_send(&house, id, OAK).await;
    let desk = &house.running.desk;
    let day = Some("2026-11-21".to_owned());
    let said =
        [(Uptake::Attended, day, vec!["uptake", "attended-on"]), (Uptake::NotAttended, None, vec!["uptake"])];
    for (uptake, attended_on, expected) in said {
        let mut contact = call(ContactResult::Reached, &house);
        contact.reported = Some(Reported { uptake, attended_on });
        desk.record_contact(&house.nadia, id, &house.act(id).await, &contact).await.unwrap();
        let made = made(&house).await;
        let task = made.iter().find(|one| own(one) == Some("partner-task")).unwrap();
        assert_eq!(outputs(task), expected);
    }
    meets(&house).await;
    house.close().await;
}

#[tokio::test]
async fn a_follow_up_claims_its_profile_where_it_has_a_questionnaire_and_no_other_answer() {
    let house = DeskHouse::open().await;
    let claims = |made: &[Value]| {
        let task = made.iter().find(|one| one["code"]["coding"][0]["code"] == "complete-questionnaire").unwrap();
        task["meta"]["profile"].is_array()
    };
    let id = house
        .referral_with(1, |record| {
            record["support_level"] = json!("medium");
            record["screening"] = json!({
                "questionnaire": "reminder-card",
                "answered_at": "2026-11-20T10:05:00-05:00",
                "answers": { "reason": "lonely" },
            });
        })
        .await;
    let desk = &house.running.desk;
    desk.take(&house.nadia, id, &house.act(id).await).await.unwrap();
    assert!(claims(&made(&house).await));
    meets(&house).await;
    let mut contact = call(ContactResult::Reached, &house);
    contact.follow_up = Some(FollowedUp::Done("Goes out again.".to_owned()));
    desk.record_contact(&house.nadia, id, &house.act(id).await, &contact).await.unwrap();
    assert!(!claims(&made(&house).await));
    meets(&house).await;
    house.close().await;

    let house = DeskHouse::open().await;
    let id = house.referral_with(1, |record| record["support_level"] = json!("medium")).await;
    house.running.desk.take(&house.nadia, id, &house.act(id).await).await.unwrap();
    assert!(!claims(&made(&house).await));
    meets(&house).await;
    house.close().await;
}

#[tokio::test]
async fn a_consent_to_a_self_referral_stands_in_the_record_of_the_clinic_that_took_it() {
    let house = DeskHouse::open().await;
    let id = house.self_referral("0199d0c4-7d3e-7a10-8000-0000000000aa").await;
    consent_and_send(&house, id, OAK).await;
    let made = made(&house).await;
    let consent = made.iter().find(|one| one["resourceType"] == "Consent").unwrap();
    let task = made.iter().find(|one| own(one) == Some("referral-task")).unwrap();
    assert_eq!(consent["organization"], json!([task["requester"]]));
    meets(&house).await;
    house.close().await;
}
