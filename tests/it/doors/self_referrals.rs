//! Self-referral: what the public form makes, and what waits for a person then.

use lariat::domain::clock::Timestamp;
use lariat::domain::routing::Language;
use lariat::domain::screening::CardReason;
use lariat::domain::visibility::Visibility;
use lariat::exchange::desk::Who;
use lariat::exchange::{Act, Clinic, Confirmed, Role, SelfReferral, Staff};
use lariat::store::LoopFilter;
use serde_json::{Value, json};

use crate::doors::desk::pass_on;
use crate::doors::house::{EMR, OAK, TestHouse};
use crate::doors::people::{CONSENT_URN, Places, bundle, consent, create, partner, put_status, read};

const RECEIVED: &str = "fixtures/self-referral/0-received.json";
const KEY: &str = "0199d0c4-7d3e-7a10-8000-0000000000aa";

fn form() -> SelfReferral {
    SelfReferral {
        given: "Imagina".to_owned(),
        family: "Neverborn".to_owned(),
        birth_date: "1949-05-17".to_owned(),
        phone: Some("+1 519 555 0188".to_owned()),
        email: Some("imagina@mail.example".to_owned()),
        language: Language::English,
        reason: CardReason::GettingOlder,
        words: Some("I would like to sing again, if somebody picks me up.".to_owned()),
        may_be_contacted: true,
        confirmed: Confirmed::ByCode,
    }
}

async fn clinic(house: &TestHouse) -> Clinic<'static> {
    let custodian = house.running.store.register_custodian("riverbend").await.unwrap();
    Clinic { custodian, name: "riverbend", title: "Riverbend Community Health Centre (made up)" }
}

#[tokio::test]
async fn a_self_referral_is_asked_by_the_person_and_waits_because_nobody_knows_who_it_is() {
    let house = TestHouse::open().await;
    let clinic = clinic(&house).await;
    let accepted = house.running.desk.self_refer(&clinic, &form(), KEY).await.unwrap();
    assert_eq!(house.attention().await.as_deref(), Some("patient-in-doubt"));
    let task = read(&house, EMR, &format!("Task/{}", accepted.entries[3].id)).await;
    let request = read(&house, EMR, task["focus"]["reference"].as_str().unwrap()).await;
    assert_eq!(request["requester"], task["for"]);
    assert_eq!(request["reasonCode"][0]["coding"][0]["code"], "getting-older");
    assert!(task["requester"]["reference"].as_str().unwrap().starts_with("Organization/"));
    let person = read(&house, EMR, task["for"]["reference"].as_str().unwrap()).await;
    assert!(person.get("identifier").is_none());

    // Sent again, with the same key, an hour later.
    house.pass(std::time::Duration::from_secs(3600));
    let before = house.record().await;
    let again = house.running.desk.self_refer(&clinic, &form(), KEY).await.unwrap();
    assert_eq!((again.id, again.repeated), (accepted.id, true));
    let mut other = form();
    other.given = "Somebody".to_owned();
    assert!(house.running.desk.self_refer(&clinic, &other, KEY).await.is_err());
    assert_eq!(house.record().await, before);
    // Another person of the same name and birth date is another one, until somebody has looked.
    house.running.desk.self_refer(&clinic, &form(), "another-key").await.unwrap();
    let loops = house.running.store.loops(Visibility::Lariat, LoopFilter::All, 9).await.unwrap();
    assert_ne!(loops[0].patient, loops[1].patient);
    house.close().await;
}

#[tokio::test]
async fn the_desk_sees_who_asked_whether_it_was_confirmed_and_who_else_it_may_be() {
    let house = TestHouse::open().await;
    let clinic = clinic(&house).await;
    let desk = &house.running.desk;
    let ana = Staff {
        name: "ana".to_owned(),
        title: "Ana Madeup".to_owned(),
        custodian: clinic.custodian,
        house: clinic.title.to_owned(),
        role: Role::LinkWorker,
        teams: Vec::new(),
        language: Language::English,
    };
    let by_phone = SelfReferral { email: None, confirmed: Confirmed::NotYet, ..form() };
    let first = desk.self_refer(&clinic, &form(), KEY).await.unwrap().entries[3].id;
    let second = desk.self_refer(&clinic, &by_phone, "another-key").await.unwrap().entries[3].id;
    let twin = SelfReferral { birth_date: "1950-05-17".to_owned(), ..form() };
    desk.self_refer(&clinic, &twin, "a-third-key").await.unwrap();
    let known = desk.referral(&ana, first).await.unwrap();
    let page = desk.referral(&ana, second).await.unwrap();
    assert!(page.asked.by_themself && page.asked.from.is_empty() && page.can_confirm);
    assert_eq!((page.asked.confirmed, known.asked.confirmed), (Some(Confirmed::NotYet), Some(Confirmed::ByCode)));
    assert_eq!((&page.same_person, &known.same_person), (&vec![known.reference], &vec![page.reference]));
    assert_eq!(page.timeline.last().unwrap().who, Who::Person);
    let rows = desk.referral_rows(&ana, &[second]).await.unwrap();
    assert!(rows[0].by_themself && rows[0].from.is_none());

    let act = Act { key: "confirm".to_owned(), version: page.version, read_until: None };
    desk.confirm_person(&ana, second, &act).await.unwrap();
    let page = desk.referral(&ana, second).await.unwrap();
    assert_eq!((page.asked.confirmed, page.attention, page.can_confirm), (Some(Confirmed::ByDesk), None, false));
    let act = Act {
        key: "other".to_owned(),
        version: desk.referral(&ana, first).await.unwrap().version,
        read_until: None,
    };
    desk.confirm_person(&ana, first, &act).await.unwrap();
    let omar = Staff { name: "omar".to_owned(), ..ana.clone() };
    let act = Act { key: "again".to_owned(), version: page.version, read_until: None };
    assert!(desk.confirm_person(&omar, second, &act).await.unwrap().repeated, "nobody is in doubt any more");
    assert_eq!(page.same_person.len(), 1, "nothing is merged");
    house.close().await;
}

/// SDOH Clinical Care 3.0.0, refer-10: also of the part that a partner has, for the whole follows it.
#[tokio::test]
async fn a_self_referral_is_completed_only_with_what_was_done() {
    let house = TestHouse::open().await;
    let clinic = clinic(&house).await;
    let accepted = house.running.desk.self_refer(&clinic, &form(), KEY).await.unwrap();
    let task = read(&house, EMR, &format!("Task/{}", accepted.entries[3].id)).await;
    let places = Places {
        patient: task["for"]["reference"].as_str().unwrap().to_owned(),
        request: task["focus"]["reference"].as_str().unwrap().to_owned(),
        task: format!("Task/{}", accepted.entries[3].id),
        consent: String::new(),
    };
    let given = consent(&places.patient, partner("oak-street"));
    house.post(EMR, "/fhir", &bundle(vec![create(CONSENT_URN, given)])).await.is(200);
    let part = pass_on(&house, &places, "oak-street", 1).await;
    put_status(&house, OAK, &part, "accepted", None).await.is(200);
    let refused = put_status(&house, OAK, &part, "completed", None).await.refusal();
    assert_eq!(refused, (422, "R-TASK-OUTPUT".to_owned(), "Task.output".to_owned()));
    let mut done = read(&house, OAK, &part).await;
    done["status"] = json!("completed");
    done["output"] = json!([{
        "type": { "coding": [{
            "system": "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes",
            "code": "resulting-activity",
        }] },
        "valueCodeableConcept": { "text": "A choir" },
    }]);
    house.put(OAK, &format!("/fhir/{part}"), &done).await.is(200);
    let root = read(&house, EMR, &places.task).await;
    assert_eq!((&root["status"], root["output"].as_array().map(Vec::len)), (&json!("completed"), Some(1)));
    house.close().await;
}

#[tokio::test]
async fn the_fixture_is_what_the_form_makes() {
    let house = TestHouse::open().await;
    // 2026-11-20T15:00:00Z
    let bundle = form().bundle(&clinic(&house).await, KEY, Timestamp::from_millis(1_795_186_800_000));
    if std::env::var_os("LARIAT_BLESS").is_some() {
        std::fs::create_dir_all("fixtures/self-referral").unwrap();
        std::fs::write(RECEIVED, format!("{bundle:#}\n")).unwrap();
    }
    let expected: Value = serde_json::from_str(&std::fs::read_to_string(RECEIVED).unwrap()).unwrap();
    assert_eq!(bundle, expected);
    house.close().await;
}

/// What is changed in a form that is right, which field is wrong then, and by which rule.
type Case = (fn(&mut SelfReferral), &'static str, &'static str);

#[tokio::test]
async fn what_is_wrong_with_the_form_is_told_at_its_field_and_nothing_is_stored() {
    let house = TestHouse::open().await;
    let clinic = clinic(&house).await;
    let before = house.record().await;
    let cases: [Case; 12] = [
        (|form| form.given = " ".to_owned(), "given", "R-SELF-MISSING"),
        (|form| form.family = "x".repeat(101), "family", "R-SELF-LENGTH"),
        (|form| form.family = "Never\u{0}born".to_owned(), "family", "R-SELF-TEXT"),
        (|form| form.birth_date = "1949-02-30".to_owned(), "birth_date", "R-SELF-DATE"),
        (|form| form.birth_date = "17 May 1949".to_owned(), "birth_date", "R-SELF-DATE"),
        (|form| form.birth_date = "2026-11-22".to_owned(), "birth_date", "R-SELF-DATE"),
        (|form| (form.phone, form.email) = (None, Some(" ".to_owned())), "phone", "R-SELF-MISSING"),
        (|form| form.email = Some("imagina".to_owned()), "email", "R-SELF-EMAIL"),
        (|form| form.email = Some("a b@mail.example".to_owned()), "email", "R-SELF-EMAIL"),
        (|form| (form.reason, form.words) = (CardReason::Other, None), "words", "R-SELF-MISSING"),
        (|form| form.words = Some("x".repeat(2001)), "words", "R-SELF-LENGTH"),
        (|form| form.may_be_contacted = false, "may_be_contacted", "R-SELF-CONSENT"),
    ];
    for (change, at, rule) in cases {
        let mut wrong = form();
        change(&mut wrong);
        let refusal = house.running.desk.self_refer(&clinic, &wrong, KEY).await.unwrap_err();
        let told: Vec<_> = refusal.issues.iter().map(|issue| (issue.at.as_str(), issue.rule)).collect();
        assert_eq!(told, [(at, rule)]);
        assert_eq!(format!("{wrong:?}"), "SelfReferral(..)");
    }
    assert_eq!(house.record().await, before);
    house.close().await;
}
