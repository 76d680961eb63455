//! `$validate`: everything that is wrong, in a 200; nothing is stored, and nobody learns of what it may not see.

use reqwest::Method;
use serde_json::{Value, json};

use crate::doors::house::{Answer, BIRCH, EMR, LAKESIDE, OAK, READER, STRICT, TestHouse, WRITER};
use crate::doors::people::{patient, referral, request};

/// `severity rule at line:column` of each issue.
fn issues(answer: &Answer) -> Vec<String> {
    let outcome = answer.is(200);
    assert_eq!(outcome["resourceType"], "OperationOutcome");
    let told = outcome["issue"].as_array().unwrap().iter().map(|issue| {
        let rule = issue["diagnostics"].as_str().map_or("-", |text| text.split(": ").next().unwrap());
        let number = |index: usize| issue["extension"][index]["valueInteger"].as_u64().unwrap_or_default();
        let at = issue["expression"][0].as_str().unwrap_or("-");
        format!("{} {rule} {at} {}:{}", issue["severity"].as_str().unwrap(), number(0), number(1))
    });
    told.collect()
}

const FINE: [&str; 1] = ["information - - 0:0"];

#[tokio::test]
async fn whatever_is_wrong_is_told_and_nothing_is_stored() {
    let house = TestHouse::open().await;
    let before = house.record().await;
    let mut wrong = patient(1);
    assert_eq!(issues(&house.post(EMR, "/fhir/Patient/$validate", &wrong).await), FINE);
    wrong["birthDate"] = json!("yesterday");
    wrong["gendre"] = json!("female");
    let answer = house.post(EMR, "/fhir/Patient/$validate", &wrong).await;
    let found = issues(&answer);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("error R-VALUE-FORMAT Patient.birthDate 1:"), "{found:?}");
    assert!(found[1].starts_with("error R-STRUCT-UNKNOWN Patient 1:1"), "{found:?}");
    assert!(!answer.text.contains("yesterday") && !answer.text.contains("gendre"), "{}", answer.text);

    let call = json!({"resourceType": "Parameters", "parameter": [
        {"name": "resource", "resource": wrong}, {"name": "mode", "valueCode": "create"},
        {"name": "profile", "valueUri": "http://hl7.org/fhir/StructureDefinition/Patient"}]});
    let called = issues(&house.post(EMR, "/fhir/Patient/$validate", &call).await);
    assert_eq!(called, ["error R-VALUE-FORMAT Patient.birthDate 0:0", "error R-STRUCT-UNKNOWN Patient 0:0"]);
    let bundle = referral(1, "oak-street");
    let told = issues(&house.post(EMR, "/fhir/Bundle/$validate", &bundle).await);
    assert!(told.iter().all(|issue| !issue.starts_with("error")), "{told:?}");
    assert_eq!(house.record().await, before, "nothing is stored");
    house.close().await;
}

#[tokio::test]
async fn a_profile_is_met_or_not_and_an_unknown_one_is_said() {
    let house = TestHouse::open().await;
    let own = "https://lariat.example/fhir/StructureDefinition/referral-request";
    let sent = request("Patient/p", 1);
    let address = format!("/fhir/ServiceRequest/$validate?profile={own}");
    let told = issues(&house.post(EMR, &address, &sent).await);
    assert!(told.iter().any(|issue| issue.starts_with("error R-PROFILE-")), "{told:?}");
    assert_eq!(issues(&house.post(EMR, "/fhir/ServiceRequest/$validate", &sent).await), FINE);
    let unknown = "/fhir/ServiceRequest/$validate?profile=http://example.org/nobody-has-it";
    let refused = house.post(EMR, unknown, &sent).await;
    assert_eq!(refused.refusal(), (400, "R-HTTP-OPERATION".to_owned(), "profile".to_owned()));
    house.close().await;
}

#[tokio::test]
async fn create_and_update_say_whether_it_would_be_taken_in() {
    let house = TestHouse::open().await;
    let lost = request("Patient/0199d0c4-7d3e-7a10-8000-000000000099", 1);
    assert_eq!(issues(&house.post(EMR, "/fhir/ServiceRequest/$validate", &lost).await), FINE);
    let create = "/fhir/ServiceRequest/$validate?mode=create";
    let told = issues(&house.post(EMR, create, &lost).await);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("error R-REF-MISSING ServiceRequest.subject"), "{told:?}");
    assert_eq!(house.post(EMR, "/fhir/ServiceRequest", &lost).await.status, 422, "as the door itself says");
    let not_theirs = issues(&house.post(WRITER, create, &lost).await);
    assert!(not_theirs[0].starts_with("error R-SCOPE ServiceRequest"), "{not_theirs:?}");

    let mut stored = house.post(EMR, "/fhir/Patient", &patient(1)).await.is(201);
    let place = format!("/fhir/Patient/{}", stored["id"].as_str().unwrap());
    assert_eq!(issues(&house.post(EMR, &format!("{place}/$validate?mode=update"), &stored).await), FINE);
    stored["id"] = json!("0199d0c4-7d3e-7a10-8000-000000000099");
    let other = issues(&house.post(EMR, &format!("{place}/$validate?mode=update"), &stored).await);
    assert!(other[0].starts_with("error R-HTTP-ID Patient.id"), "{other:?}");
    let deleted = issues(&house.post(EMR, &format!("{place}/$validate?mode=delete"), &Value::Null).await);
    assert!(deleted[0].starts_with("error R-HTTP-METHOD"), "{deleted:?}");
    assert_eq!(house.get(EMR, &place).await.is(200)["meta"]["versionId"], "1");
    let kept = issues(
        &house
            .post(EMR, "/fhir/Location/$validate?mode=create", &json!({"resourceType": "Location", "name": "x"}))
            .await,
    );
    assert!(kept[0].starts_with("error R-HTTP-ROUTE"), "{kept:?}");
    house.close().await;
}

#[tokio::test]
async fn a_stored_resource_is_looked_at_by_whom_may_read_it() {
    let house = TestHouse::open().await;
    let stored = house.post(EMR, "/fhir/Patient", &patient(1)).await.is(201);
    let place = format!("/fhir/Patient/{}/$validate", stored["id"].as_str().unwrap());
    let missing = "/fhir/Patient/0199d0c4-7d3e-7a10-8000-000000000099/$validate";
    for (key, status) in [(EMR, 200), (READER, 200), (LAKESIDE, 404), (OAK, 404), (BIRCH, 404), (WRITER, 403)] {
        let answer = house.call(key, Method::POST, &place, &[], Vec::new()).await;
        assert_eq!(answer.status, status, "{key}: {}", answer.text);
        if status == 404 {
            let none = house.call(key, Method::POST, missing, &[], Vec::new()).await;
            assert_eq!(answer.text, none.text, "a forbidden one and a missing one answer alike");
        }
    }
    assert_eq!(house.call("no key", Method::POST, &place, &[], Vec::new()).await.status, 401);
    assert_eq!(house.get(EMR, &place).await.status, 405);
    assert_eq!(house.post(EMR, "/fhir/Nothing/$validate", &json!({"resourceType": "Nothing"})).await.status, 404);
    assert_eq!(house.post(EMR, "/fhir/Task/$validate", &patient(1)).await.status, 400);
    assert_eq!(house.post(EMR, "/fhir/Patient/$validate?mode=guess", &patient(1)).await.status, 400);
    let encoded = house.post(EMR, "/fhir/Patient/%24validate", &patient(1)).await;
    assert_eq!(issues(&encoded), FINE);
    house.close().await;
}

#[tokio::test]
async fn a_large_bundle_is_checked_beside_the_requests() {
    let house = TestHouse::open().await;
    let entry =
        |number: u32| json!({"resource": patient(number), "fullUrl": format!("http://x.example/Patient/{number}")});
    let mut bundle = json!({"resourceType": "Bundle", "type": "collection",
                            "entry": (0..60).map(entry).collect::<Vec<_>>()});
    bundle["entry"][59]["resource"]["active"] = json!("yes");
    let told = issues(&house.post(EMR, "/fhir/Bundle/$validate", &bundle).await);
    let errors: Vec<_> = told.iter().filter(|issue| issue.starts_with("error")).collect();
    assert_eq!(errors.len(), 1, "{told:?}");
    assert!(errors[0].starts_with("error R-STRUCT-TYPE Bundle.entry[59].resource.active 1:"), "{errors:?}");
    house.close().await;
}

#[tokio::test]
async fn refusals_speak_the_language_that_is_asked_for() {
    let house = TestHouse::open().await;
    let body = b"{\"resourceType\": \"Patient\",}";
    let send = |language: &'static str| {
        let head = format!(
            "POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {EMR}\r\nAccept-Language: {language}\r\n\
             Content-Type: application/fhir+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    };
    let french = house.raw(&send("fr-CA, en;q=0.5")).await;
    assert_eq!(french.header("content-language"), Some("fr"));
    let text = french.is(400)["issue"][0]["details"]["text"].as_str().unwrap().to_owned();
    assert_eq!(text, "Le corps n’est pas du JSON bien formé, à la ligne 1, colonne 28.");
    let mut unknown = send("fr");
    let key = unknown.windows(EMR.len()).position(|part| part == EMR.as_bytes()).unwrap();
    unknown[key..key + EMR.len()].fill(b'x');
    let refused = house.raw(&unknown).await.is(401);
    let text = "la requête ne porte aucune clé que ce serveur connaisse";
    assert_eq!(refused["issue"][0]["details"]["text"], text, "also of whom nobody knows");
    let english = house.raw(&send("de")).await;
    assert_eq!(english.header("content-language"), Some("en"));
    assert!(english.text.contains("The body is not well-formed JSON, at line 1, column 28."), "{}", english.text);
    house.close().await;
}

#[tokio::test]
async fn a_client_is_held_to_the_profiles_of_its_level_and_told_in_its_language() {
    let house = TestHouse::open().await;
    let person = house.post(EMR, "/fhir/Patient", &patient(1)).await.is(201);
    let sent = request(&format!("Patient/{}", person["id"].as_str().unwrap()), 1);
    let before = house.record().await;
    let refused = house.post(STRICT, "/fhir/ServiceRequest", &sent).await;
    let (status, rule, _) = refused.refusal();
    assert_eq!((status, rule.as_str()), (400, "R-PROFILE-MISSING"));
    assert_eq!(refused.header("content-language"), Some("fr"));
    let text = refused.json()["issue"][0]["details"]["text"].as_str().unwrap().to_owned();
    assert!(text.starts_with("Le profil ") && text.ends_with(" exige cet élément, et il manque."), "{text}");
    let asked_for = [("accept-language", "en")];
    let english = house.post_with(STRICT, "/fhir/ServiceRequest", &asked_for, &sent).await;
    assert!(english.text.contains("requires this element, and it is missing."), "{}", english.text);
    assert_eq!(house.record().await, before);
    assert_eq!(house.post(EMR, "/fhir/ServiceRequest", &sent).await.status, 201, "R4 alone is asked of others");
    house.close().await;
}

#[tokio::test]
async fn what_should_be_mended_and_is_taken_is_told_to_who_asks_for_an_outcome() {
    let house = TestHouse::open().await;
    let mut sent = patient(1);
    sent["maritalStatus"] = json!({"coding": [{"display": "wedded",
        "system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M"}]});
    let preferring = [("prefer", "return=OperationOutcome")];
    let created = house.post_with(EMR, "/fhir/Patient", &preferring, &sent).await;
    let outcome = created.is(201);
    assert_eq!(outcome["issue"][0]["severity"], "warning", "{outcome}");
    assert!(outcome["issue"][0]["diagnostics"].as_str().unwrap().starts_with("R-CODE-DISPLAY: "), "{outcome}");
    assert!(!created.text.contains("wedded"), "{}", created.text);
    house.close().await;
}

#[tokio::test]
async fn a_refusal_says_at_which_line_the_fault_stands() {
    let house = TestHouse::open().await;
    let text = "{\n  \"resourceType\": \"Task\",\n  \"status\": \"draft\",\n  \"intent\": \"perhaps\"\n}";
    let media = [("content-type", "application/fhir+json")];
    let refused = house.call(EMR, Method::POST, "/fhir/Task", &media, text.into()).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    let place = &refused.json()["issue"][0]["extension"];
    assert_eq!((&place[0]["valueInteger"], &place[1]["valueInteger"]), (&json!(4), &json!(3)));
    let record = "{\n \"referral_id\": 7\n}";
    let native = house
        .call(EMR, Method::POST, "/json/referrals", &[("content-type", "application/json")], record.into())
        .await;
    let errors = native.json()["errors"].clone();
    let typed = errors.as_array().unwrap().iter().find(|one| one["at"] == "/referral_id").unwrap().clone();
    assert_eq!((&typed["line"], &typed["column"]), (&json!(2), &json!(2)), "{errors}");
    house.close().await;
}
