//! No consent, no disclosure: nothing to see and nothing sent; what comes later releases once, what is taken back hides.

use std::time::Duration;

use serde_json::{Value, json};

use crate::doors::house::{EMR, LAKESIDE, OAK, PINE, TestHouse};
use crate::doors::people::{
    CONSENT_URN, PATIENT_URN, Places, consent, create, partner, put_status, read, refer, refer_from,
    referral_without_consent,
};

/// What a partner sees at all: Tasks, requests, people.
async fn seen(house: &TestHouse, key: &str) -> usize {
    let mut count = 0;
    for ty in ["Task", "ServiceRequest", "Patient", "Consent"] {
        count += read(house, key, ty).await["entry"].as_array().map_or(0, Vec::len);
        assert_eq!(
            read(house, key, &format!("{ty}/_history")).await["entry"].as_array().map_or(0, Vec::len) > 0,
            read(house, key, ty).await["entry"].as_array().map_or(0, Vec::len) > 0,
        );
    }
    count
}

/// A referral with this Consent, or none.
async fn refer_with(house: &TestHouse, to: &str, consent: Option<Value>) -> Places {
    let mut bundle = referral_without_consent(1, to);
    if let Some(consent) = consent {
        bundle["entry"].as_array_mut().unwrap().insert(1, create(CONSENT_URN, consent));
    }
    Places::of(&house.post(EMR, "/fhir", &bundle).await.is(200))
}

async fn owner(house: &TestHouse, places: &Places) -> Value {
    let owner = read(house, EMR, &places.task).await["owner"].clone();
    assert!(owner["reference"].as_str().unwrap().starts_with("Organization/"));
    owner
}

#[tokio::test]
async fn without_consent_a_partner_sees_nothing_and_hears_nothing_until_it_is_given_and_then_once() {
    let house = TestHouse::open().await;
    released_once(&house).await;
    house.close().await;
}

#[tokio::test]
async fn without_consent_a_partner_sees_nothing_and_hears_nothing_until_it_is_given_and_then_once_on_postgres() {
    let Some(house) = TestHouse::open_on_postgres("consent given later").await else { return };
    released_once(&house).await;
    house.close().await;
}

async fn released_once(house: &TestHouse) {
    let places = refer_with(house, "oak-street", None).await;
    assert_eq!(house.attention().await.as_deref(), Some("consent-missing"));
    for _ in 0..3 {
        house.deliver().await;
        house.pass(Duration::from_secs(60 * 60));
    }
    assert_eq!((seen(house, OAK).await, house.oak.heard().len()), (0, 0));
    assert_eq!(put_status_blind(house, &places).await, 404);

    let given = house.post(EMR, "/fhir/Consent", &consent(&places.patient, owner(house, &places).await)).await;
    given.is(201);
    assert_eq!(house.attention().await, None);
    assert_eq!(seen(house, OAK).await, 3);
    house.deliver().await;
    house.deliver().await;
    assert_eq!(house.oak.kinds(), ["referral.requested"]);
    // Said again, nothing is sent again.
    house.post(EMR, "/fhir/Consent", &consent(&places.patient, owner(house, &places).await)).await.is(201);
    house.deliver().await;
    assert!(house.oak.heard().is_empty());
    put_status(house, OAK, &places.task, "accepted", None).await.is(200);
}

/// What a partner gets that answers a Task of which it only knows the id.
async fn put_status_blind(house: &TestHouse, places: &Places) -> u16 {
    let mut body = read(house, EMR, &places.task).await;
    body["status"] = json!("accepted");
    house.put(OAK, &format!("/fhir/{}", places.task), &body).await.status
}

#[tokio::test]
async fn a_consent_that_does_not_carry_the_disclosure_holds_it() {
    let given = |change: &dyn Fn(&mut Value)| {
        let mut consent = consent(PATIENT_URN, partner("oak-street"));
        change(&mut consent);
        consent
    };
    let cases: [(&str, Value, &str); 9] = [
        ("expired", given(&|it| it["provision"]["period"]["end"] = json!("2026-11-20")), "consent-missing"),
        ("not yet", given(&|it| it["provision"]["period"]["start"] = json!("2026-11-22")), "consent-missing"),
        (
            "another's",
            given(&|it| it["provision"]["actor"][0]["reference"] = partner("birch-lane")),
            "consent-missing",
        ),
        (
            "nobody's",
            given(&|it| {
                it["provision"].as_object_mut().unwrap().shift_remove("actor");
            }),
            "consent-missing",
        ),
        ("ended", given(&|it| it["status"] = json!("inactive")), "consent-withdrawn"),
        ("a draft", given(&|it| it["status"] = json!("draft")), "consent-missing"),
        ("entered in error", given(&|it| it["status"] = json!("entered-in-error")), "consent-missing"),
        ("a refusal", given(&|it| it["provision"]["type"] = json!("deny")), "consent-denied"),
        (
            "with exceptions",
            given(&|it| it["provision"]["provision"] = json!([{ "type": "deny" }])),
            "consent-missing",
        ),
    ];
    for (what, consent, attention) in cases {
        let house = TestHouse::open().await;
        refer_with(&house, "oak-street", Some(consent)).await;
        house.deliver().await;
        assert_eq!(house.attention().await.as_deref(), Some(attention), "{what}");
        assert_eq!((seen(&house, OAK).await, house.oak.heard().len()), (0, 0), "{what}");
        house.close().await;
    }
}

#[tokio::test]
async fn a_refusal_beats_every_permission() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let mut refusal = consent(&places.patient, owner(&house, &places).await);
    refusal["provision"]["type"] = json!("deny");
    house.post(EMR, "/fhir/Consent", &refusal).await.is(201);
    assert_eq!(house.attention().await.as_deref(), Some("consent-denied"));
    house.deliver().await;
    assert_eq!((seen(&house, OAK).await, house.oak.heard().len()), (0, 0));
    house.close().await;
}

#[tokio::test]
async fn a_consent_taken_back_hides_what_was_shown_and_holds_what_is_queued() {
    let house = TestHouse::open().await;
    taken_back(&house).await;
    house.close().await;
}

#[tokio::test]
async fn a_consent_taken_back_hides_what_was_shown_and_holds_what_is_queued_on_postgres() {
    let Some(house) = TestHouse::open_on_postgres("consent taken back").await else { return };
    taken_back(&house).await;
    house.close().await;
}

async fn taken_back(house: &TestHouse) {
    let places = refer(house, 1, "oak-street").await;
    assert_eq!(seen(house, OAK).await, 3);
    let mut taken_back = read(house, EMR, &places.consent).await;
    taken_back["status"] = json!("inactive");
    house.put(EMR, &format!("/fhir/{}", places.consent), &taken_back).await.is(200);
    assert_eq!(seen(house, OAK).await, 0);
    house.deliver().await;
    house.pass(Duration::from_secs(60 * 60));
    house.deliver().await;
    assert!(house.oak.heard().is_empty());
    assert_eq!(house.attention().await.as_deref(), Some("consent-withdrawn"));
    assert_eq!(put_status_blind(house, &places).await, 404);

    house.post(EMR, "/fhir/Consent", &consent(&places.patient, owner(house, &places).await)).await.is(201);
    assert_eq!(seen(house, OAK).await, 3);
    house.deliver().await;
    assert_eq!(house.oak.kinds(), ["referral.requested"]);
}

#[tokio::test]
async fn a_consent_taken_back_hides_ended_referrals_too() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    put_status(&house, OAK, &places.task, "rejected", None).await.is(200);
    assert_eq!(seen(&house, OAK).await, 3);
    let mut taken_back = read(&house, EMR, &places.consent).await;
    taken_back["status"] = json!("inactive");
    house.put(EMR, &format!("/fhir/{}", places.consent), &taken_back).await.is(200);
    assert_eq!(seen(&house, OAK).await, 0);
    house.close().await;
}

/// A Consent that is made another person's is taken back from the first.
#[tokio::test]
async fn a_consent_that_becomes_another_persons_no_longer_opens_the_first() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let other = house.post(EMR, "/fhir/Patient", &crate::doors::people::patient(2)).await.is(201);
    let mut moved = read(&house, EMR, &places.consent).await;
    moved["patient"] = json!({ "reference": format!("Patient/{}", other["id"].as_str().unwrap()) });
    house.put(EMR, &format!("/fhir/{}", places.consent), &moved).await.is(200);
    assert_eq!(seen(&house, OAK).await, 0);
    house.deliver().await;
    assert!(house.oak.heard().is_empty());
    house.close().await;
}

/// A referral that is still being written is nobody's business yet, whatever the client has agreed to.
#[tokio::test]
async fn consent_does_not_open_a_draft() {
    let house = TestHouse::open().await;
    let mut bundle = referral_without_consent(1, "oak-street");
    bundle["entry"][2]["resource"]["status"] = json!("draft");
    let places = Places::of(&house.post(EMR, "/fhir", &bundle).await.is(200));
    house.post(EMR, "/fhir/Consent", &consent(&places.patient, owner(&house, &places).await)).await.is(201);
    house.deliver().await;
    assert_eq!((seen(&house, OAK).await, house.oak.heard().len()), (0, 0));
    put_status(&house, EMR, &places.task, "requested", None).await.is(200);
    house.deliver().await;
    assert_eq!((seen(&house, OAK).await, house.oak.kinds()), (3, vec!["referral.requested".to_owned()]));
    house.close().await;
}

#[tokio::test]
async fn consent_opens_for_whom_it_names_and_in_the_clinic_that_has_it() {
    let house = TestHouse::open().await;
    refer(&house, 1, "oak-street").await;
    assert_eq!((seen(&house, OAK).await, seen(&house, PINE).await), (3, 0));
    // The same person at another clinic has not agreed there.
    let mut bundle = referral_without_consent(1, "oak-street");
    bundle["entry"][1]["resource"]["identifier"][0]["value"] = json!("R-other");
    house.post(LAKESIDE, "/fhir", &bundle).await.is(200);
    assert_eq!(seen(&house, OAK).await, 3);
    refer_from(&house, LAKESIDE, 2, "pine-court").await;
    assert_eq!((seen(&house, OAK).await, seen(&house, PINE).await), (3, 3));
    house.close().await;
}

/// Referrals that are decided while the client takes the consent back: whichever comes first, nothing stays open.
async fn raced(house: &TestHouse) {
    for number in 1..=10 {
        let places = refer(house, number, "oak-street").await;
        let mut taken_back = read(house, EMR, &places.consent).await;
        taken_back["status"] = json!("inactive");
        let again = |name: &str| {
            let mut bundle = referral_without_consent(number, "oak-street");
            bundle["entry"][1]["resource"]["identifier"][0]["value"] = json!(format!("R-{number}-{name}"));
            bundle
        };
        let (one, two, three) = (again("one"), again("two"), again("three"));
        let place = format!("/fhir/{}", places.consent);
        let (first, second, withdrawn, third) = tokio::join!(
            house.post(EMR, "/fhir", &one),
            house.post(EMR, "/fhir", &two),
            house.put(EMR, &place, &taken_back),
            house.post(EMR, "/fhir", &three),
        );
        for answer in [first, second, withdrawn, third] {
            answer.is(200);
        }
        assert_eq!(seen(house, OAK).await, 0, "person {number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consent_taken_back_while_referrals_come_in_leaves_nothing_open() {
    let house = TestHouse::open().await;
    raced(&house).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consent_taken_back_while_referrals_come_in_leaves_nothing_open_on_postgres() {
    let Some(house) = TestHouse::open_on_postgres("consent taken back in a race").await else { return };
    raced(&house).await;
    house.close().await;
}

/// Everybody wants the same person's consents at once: all get their turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_referrals_of_one_person_with_consents_at_once_are_all_taken_in() {
    let house = std::sync::Arc::new(TestHouse::open().await);
    refer(&house, 1, "oak-street").await;
    let mut senders = tokio::task::JoinSet::new();
    for number in 0..50 {
        let house = house.clone();
        senders.spawn(async move {
            let mut bundle = crate::doors::people::referral(1, "oak-street");
            bundle["entry"][2]["resource"]["identifier"][0]["value"] = json!(format!("R-many-{number}"));
            house.post(EMR, "/fhir", &bundle).await.status
        });
    }
    assert_eq!(senders.join_all().await, [200; 50]);
    let (_, loops) = house.record().await;
    assert_eq!(loops.len(), 51);
    std::sync::Arc::into_inner(house).expect("all senders have ended").close().await;
}
