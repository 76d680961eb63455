//! What is another's is answered exactly as what is not there: same status, same body, at every interaction.

use reqwest::Method;
use serde_json::{Value, json};

use crate::doors::house::{Answer, BIRCH, EMR, LAKESIDE, OAK, PINE, TestHouse};
use crate::doors::people::{
    Places, bundle, create, patient, procedure, put_status, read, refer, refer_from, request, task,
};

/// An id as this server gives them, which it never gave.
const NEVER: &str = "01a1f968-3ac0-7347-bf85-f8f6cbb47541";

/// What can be seen of an answer, with the id that was asked for left out.
fn seen(answer: &Answer, id: &str) -> (u16, String, Vec<(String, String)>) {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().replace(id, "ID")))
        .collect();
    headers.sort();
    // A searchset has an id and a time of its own.
    (answer.status, answer.text.replace(id, "ID"), headers)
}

fn id(place: &str) -> &str {
    place.split('/').nth(1).unwrap()
}

async fn is_as_if_missing(house: &TestHouse, key: &str, place: &str) {
    let (ty, id) = place.split_once('/').unwrap();
    for path in [
        "/fhir/TY/ID",
        "/fhir/TY/ID/_history",
        "/fhir/TY/ID/_history/1",
        "/fhir/TY/ID/_history/2",
        "/fhir/TY?_id=ID",
        "/fhir/TY?_id=ID&_total=accurate",
        "/fhir/TY?_id=ID&_include=Task:focus",
        "/fhir/Task?focus=TY/ID&_total=accurate",
        "/fhir/Task?patient=ID&_total=accurate",
        "/fhir/ServiceRequest?subject=TY/ID&_count=0",
        "/fhir/Procedure?based-on=ID&_total=accurate",
    ] {
        let path = path.replace("TY", ty);
        let theirs = house.get(key, &path.replace("ID", id)).await;
        let missing = house.get(key, &path.replace("ID", NEVER)).await;
        assert_eq!(seen(&theirs, id), seen(&missing, NEVER), "GET {path} of {ty}");
        assert!(theirs.status == 404 || theirs.json()["entry"].is_null(), "GET {path}: {}", theirs.text);
    }
}

async fn cannot_be_written(house: &TestHouse, key: &str, place: &str, mut body: Value) {
    let ty = place.split_once('/').unwrap().0;
    for tag in [None, Some("W/\"1\""), Some("W/\"7\"")] {
        let headers: Vec<_> = tag.map(|tag| ("if-match", tag)).into_iter().collect();
        let mut answers = Vec::new();
        for id in [id(place), NEVER] {
            body["id"] = json!(id);
            let single = house.put_with(key, &format!("/fhir/{ty}/{id}"), &headers, &body).await;
            let mut entry =
                json!({ "resource": body, "request": { "method": "PUT", "url": format!("{ty}/{id}") } });
            if let Some(tag) = tag {
                entry["request"]["ifMatch"] = json!(tag);
            }
            let bundled = house.post(key, "/fhir", &bundle(vec![entry])).await;
            answers.push((seen(&single, id), seen(&bundled, id)));
        }
        assert_eq!(answers[0], answers[1], "PUT {place} {tag:?}");
        assert_eq!((answers[0].0.0, answers[0].1.0), (404, 404), "PUT {place} {tag:?}");
    }
}

#[tokio::test]
async fn another_clinics_record_is_as_if_it_were_missing() {
    let house = TestHouse::open().await;
    let theirs = refer(&house, 1, "oak-street").await;
    put_status(&house, OAK, &theirs.task, "accepted", None).await.is(200);
    let own = refer_from(&house, LAKESIDE, 2, "oak-street").await;
    let before = house.record().await;
    for place in [&theirs.task, &theirs.patient, &theirs.request, &theirs.consent] {
        is_as_if_missing(&house, LAKESIDE, place).await;
        cannot_be_written(&house, LAKESIDE, place, read(&house, EMR, place).await).await;
    }
    // A new resource cannot lean on theirs, and cannot find out that it is there.
    for body in [
        task(&theirs.patient, &own.request, Value::Null),
        task(&own.patient, &theirs.request, Value::Null),
        request(&theirs.patient, 9),
    ] {
        let mut body = body;
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let missing = serde_json::from_str(
            &body.to_string().replace(id(&theirs.patient), NEVER).replace(id(&theirs.request), NEVER),
        );
        let path = format!("/fhir/{}", body["resourceType"].as_str().unwrap());
        let (first, second) =
            (house.post(LAKESIDE, &path, &body).await, house.post(LAKESIDE, &path, &missing.unwrap()).await);
        assert_eq!(seen(&first, NEVER), seen(&second, NEVER));
        assert_eq!((first.refusal().0, first.refusal().1.as_str()), (422, "R-REF-MISSING"), "{}", first.text);
    }
    assert_eq!(house.record().await, before);
    house.close().await;
}

#[tokio::test]
async fn a_condition_of_one_clinic_never_finds_the_other_clinics_person() {
    let house = TestHouse::open().await;
    let theirs = refer(&house, 1, "oak-street").await;
    let condition = [("if-none-exist", "identifier=https://clinic.example/ids/client|C-1")];
    let created = house.post_with(LAKESIDE, "/fhir/Patient", &condition, &patient(1)).await;
    created.is(201);
    assert!(!created.header("location").unwrap().contains(id(&theirs.patient)));
    let found = house.post_with(EMR, "/fhir/Patient", &condition, &patient(1)).await;
    found.is(200);
    assert!(found.header("location").unwrap().contains(id(&theirs.patient)));
    house.close().await;
}

#[tokio::test]
async fn a_page_of_one_clinic_shows_the_other_only_its_own() {
    let house = TestHouse::open().await;
    for number in 1..=4 {
        refer(&house, number, "oak-street").await;
    }
    let own = refer_from(&house, LAKESIDE, 9, "oak-street").await;
    let page = house.get(EMR, "/fhir/Task?_count=2").await.is(200);
    let next = page["link"].as_array().unwrap().iter().find(|link| link["relation"] == "next").unwrap();
    let found = house.get(LAKESIDE, next["url"].as_str().unwrap()).await.is(200);
    let found: Vec<_> =
        found["entry"].as_array().unwrap().iter().map(|entry| entry["resource"]["id"].clone()).collect();
    assert_eq!(found, [json!(id(&own.task))]);
    house.close().await;
}

#[tokio::test]
async fn a_referral_to_one_partner_is_as_if_missing_to_every_other() {
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    refer(&house, 2, "birch-lane").await;
    for key in [BIRCH, PINE] {
        for place in [&places.task, &places.patient, &places.request, &places.consent] {
            is_as_if_missing(&house, key, place).await;
        }
        let body = read(&house, OAK, &places.task).await;
        cannot_be_written(&house, key, &places.task, body).await;
    }
    house.close().await;
}

/// A Procedure of Birch's cannot lean on Oak's referral, nor learn whether it is there.
#[tokio::test]
async fn a_partner_cannot_answer_for_another() {
    let house = TestHouse::open().await;
    let oaks = refer(&house, 1, "oak-street").await;
    let birchs = refer(&house, 2, "birch-lane").await;
    let never = Places { request: format!("ServiceRequest/{NEVER}"), ..birchs.clone() };
    let answer = house.post(BIRCH, "/fhir/Procedure", &procedure(&birchs.patient, &oaks.request)).await;
    let missing = house.post(BIRCH, "/fhir/Procedure", &procedure(&never.patient, &never.request)).await;
    assert_eq!(seen(&answer, NEVER), seen(&missing, NEVER));
    assert_eq!(answer.refusal().0, 422);
    house.close().await;
}

/// One partner serves two clinics: what it says to the one must not carry the other's record along.
#[tokio::test]
async fn a_partners_answer_to_one_clinic_cannot_carry_the_record_of_another() {
    let house = TestHouse::open().await;
    let riverbend = refer(&house, 1, "oak-street").await;
    let lakeside = refer_from(&house, LAKESIDE, 2, "oak-street").await;
    let done = house.post(OAK, "/fhir/Procedure", &procedure(&lakeside.patient, &lakeside.request)).await;
    done.is(201);
    let done = done.json()["id"].as_str().unwrap().to_owned();
    put_status(&house, OAK, &riverbend.task, "accepted", None).await.is(200);
    house.deliver().await;
    house.emr.heard();
    let before = house.record().await;

    let mut body = read(&house, OAK, &riverbend.task).await;
    body["status"] = json!("completed");
    body["output"] = crate::doors::people::output(&format!("Procedure/{done}"));
    let answer = house.put(OAK, &format!("/fhir/{}", riverbend.task), &body).await;
    let at = "Task.output[0].valueReference.reference".to_owned();
    assert_eq!(answer.refusal(), (422, "R-REF-MISSING".to_owned(), at));

    let mut body = procedure(&riverbend.patient, &riverbend.request);
    body["partOf"] = json!([{ "reference": format!("Procedure/{done}") }]);
    let answer = house.post(OAK, "/fhir/Procedure", &body).await;
    let at = "Procedure.partOf[0].reference".to_owned();
    assert_eq!(answer.refusal(), (422, "R-REF-MISSING".to_owned(), at));
    assert_eq!(house.record().await, before);
    house.close().await;
}

#[tokio::test]
async fn one_transaction_cannot_answer_two_clinics() {
    let house = TestHouse::open().await;
    let riverbend = refer(&house, 1, "oak-street").await;
    let lakeside = refer_from(&house, LAKESIDE, 2, "oak-street").await;
    let before = house.record().await;
    let answer = house
        .post(
            OAK,
            "/fhir",
            &bundle(vec![
                create(
                    "urn:uuid:00000000-0000-4000-8000-000000000011",
                    procedure(&riverbend.patient, &riverbend.request),
                ),
                create(
                    "urn:uuid:00000000-0000-4000-8000-000000000012",
                    procedure(&lakeside.patient, &lakeside.request),
                ),
            ]),
        )
        .await;
    assert_eq!((answer.refusal().0, answer.refusal().1.as_str()), (422, "R-PARTNER-MIXED"));
    assert_eq!(house.record().await, before);
    house.close().await;
}

#[tokio::test]
async fn scopes_open_exactly_what_they_name() {
    use crate::doors::house::{FINDER, READER, WRITER};
    use crate::doors::people::known_patient;
    let house = TestHouse::open().await;
    let places = refer(&house, 1, "oak-street").await;
    let forbidden = |answer: &Answer| (answer.refusal().0, answer.refusal().1) == (403, "R-SCOPE".to_owned());
    read(&house, READER, &places.task).await;
    assert!(forbidden(&house.post(READER, "/fhir/Patient", &patient(2)).await));
    assert!(
        forbidden(&house.post(READER, "/fhir", &bundle(vec![create(NEVER, patient(2))])).await)
            || house
                .post(
                    READER,
                    "/fhir",
                    &bundle(vec![create("urn:uuid:00000000-0000-4000-8000-000000000011", patient(2))])
                )
                .await
                .status
                == 403
    );
    let body = read(&house, READER, &places.task).await;
    assert!(forbidden(&house.put(READER, &format!("/fhir/{}", places.task), &body).await));
    assert!(forbidden(&house.post(READER, "/json/referrals", &json!({})).await));
    assert!(forbidden(&house.get(WRITER, &format!("/fhir/{}", places.patient)).await));
    assert!(forbidden(&house.get(WRITER, "/fhir/Patient").await));
    assert!(forbidden(&house.get(WRITER, "/fhir/Patient/_history").await));
    assert!(forbidden(&house.post(WRITER, "/fhir/Task", &body).await));
    // A condition that finds somebody tells a client that may not read no more than that.
    let condition = [("if-none-exist", "identifier=https://clinic.example/ids/client|C-1")];
    let found = house.post_with(FINDER, "/fhir/Patient", &condition, &patient(1)).await;
    assert_eq!((found.status, found.text.as_str()), (200, ""));
    // It does tell that somebody is there: who may not search may not ask.
    let before = house.record().await;
    for condition in [condition, [("if-none-exist", "identifier=https://clinic.example/ids/client|C-99")]] {
        assert!(forbidden(&house.post_with(WRITER, "/fhir/Patient", &condition, &patient(99)).await));
    }
    assert!(forbidden(&house.post(WRITER, "/fhir", &bundle(vec![known_patient(1)])).await));
    assert_eq!(house.record().await, before);
    house.post(WRITER, "/fhir/Patient", &patient(99)).await.is(201);
    // What a caller may read by one type it cannot read by the way of another.
    let search = house
        .call(
            WRITER,
            Method::POST,
            "/fhir/Patient/_search",
            &[("content-type", "application/x-www-form-urlencoded")],
            b"_id=x".to_vec(),
        )
        .await;
    assert!(forbidden(&search));
    house.close().await;
}
