//! One resource: created, read, changed, read again as it was, told by its headers.

use reqwest::Method;
use serde_json::{Value, json};

use crate::doors::house::{EMR, TestHouse};
use crate::doors::people::{patient, read, refer};

#[tokio::test]
async fn a_resource_goes_through_its_life_with_the_right_headers() {
    let house = TestHouse::open().await;
    let created = house.post(EMR, "/fhir/Patient", &patient(1)).await;
    let body = created.is(201);
    let id = body["id"].as_str().unwrap();
    let place = format!("{}/fhir/Patient/{id}", house.base);
    assert_eq!(created.header("location"), Some(format!("{place}/_history/1").as_str()));
    assert_eq!(created.header("etag"), Some("W/\"1\""));
    assert_eq!(created.header("last-modified"), Some("Sat, 21 Nov 2026 14:00:00 GMT"));
    assert_eq!(created.header("content-type"), Some("application/fhir+json"));
    assert_eq!(body["meta"]["versionId"], "1");

    let found = house.get(EMR, &place).await;
    assert_eq!((found.status, &found.text), (200, &created.text));
    assert_eq!(
        (found.header("etag"), found.header("last-modified")),
        (created.header("etag"), created.header("last-modified"))
    );
    for (tag, status) in [("W/\"1\"", 304), ("W/\"7\", W/\"1\"", 304), ("W/\"2\"", 200)] {
        let answer = house.call(EMR, Method::GET, &place, &[("if-none-match", tag)], vec![]).await;
        assert_eq!((answer.status, answer.text.is_empty()), (status, status == 304), "{tag}");
        assert_eq!(answer.header("etag"), Some("W/\"1\""));
    }

    house.pass(std::time::Duration::from_secs(5));
    let mut changed = body.clone();
    changed["gender"] = json!("other");
    let updated = house.put_with(EMR, &place, &[("if-match", "W/\"1\"")], &changed).await;
    assert_eq!(updated.is(200)["gender"], "other");
    assert_eq!(updated.header("etag"), Some("W/\"2\""));
    assert_eq!(updated.header("last-modified"), Some("Sat, 21 Nov 2026 14:00:05 GMT"));
    assert_eq!(updated.header("location"), Some(format!("{place}/_history/2").as_str()));

    assert_eq!(house.get(EMR, &format!("{place}/_history/1")).await.text, created.text, "a version never changes");
    assert_eq!(house.get(EMR, &format!("{place}/_history/2")).await.text, updated.text);
    for version in ["3", "0", "x", "-1", "99999999999"] {
        assert_eq!(house.get(EMR, &format!("{place}/_history/{version}")).await.refusal().0, 404, "{version}");
    }
    let history = house.get(EMR, &format!("{place}/_history")).await.is(200);
    let versions: Vec<_> = history["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (entry["request"]["method"].as_str().unwrap(), entry["resource"]["meta"]["versionId"].as_str().unwrap())
        })
        .collect();
    assert_eq!(versions, [("PUT", "2"), ("POST", "1")]);
    assert_eq!(history["type"], "history");
    house.close().await;
}

#[tokio::test]
async fn a_client_says_what_it_wants_back() {
    let house = TestHouse::open().await;
    for (prefer, kind) in [
        ("return=minimal", Value::Null),
        ("return=representation", json!("Patient")),
        ("return=OperationOutcome", json!("OperationOutcome")),
        ("return=nonsense", json!("Patient")),
        ("handling=strict; return=minimal", Value::Null),
    ] {
        let created = house.post_with(EMR, "/fhir/Patient", &[("prefer", prefer)], &patient(1)).await;
        assert_eq!(created.is(201)["resourceType"], kind, "{prefer}");
        let location = created.header("location").unwrap().to_owned();
        let place = location.split("/_history").next().unwrap();
        let mut body = patient(1);
        body["id"] = json!(place.rsplit('/').next().unwrap());
        let updated = house.put_with(EMR, place, &[("prefer", prefer)], &body).await;
        assert_eq!(updated.is(200)["resourceType"], kind, "{prefer}");
        assert_eq!(updated.header("etag"), Some("W/\"2\""));
    }
    house.close().await;
}

#[tokio::test]
async fn what_is_sent_is_kept_as_it_was_sent() {
    let house = TestHouse::open().await;
    let text = r#"{"resourceType":"Observation","status":"final",
        "extension":[{"url":"https://clinic.example/nobody-knows","valueDecimal":0.10}],
        "code":{"text":"Élodie « à bientôt » 🧺 \u0000-free"},
        "component":[
            {"code":{"text":"a"},"valueQuantity":{"value":1.0}},
            {"code":{"text":"b"},"valueQuantity":{"value":1.00}},
            {"code":{"text":"c"},"valueQuantity":{"value":0.000000000000000001}},
            {"code":{"text":"d"},"valueQuantity":{"value":-12345678901234567890.123456789}}],
        "effectiveDateTime":"2026-11","issued":"2026-11-21T09:00:00.120-05:00",
        "note":[{"text":"<script>alert(1)</script> ' or 1=1 -- %00 ../ =cmd"}]}"#
        .replace("\\u0000-free", "");
    let headers = [("content-type", "application/fhir+json")];
    let created = house.call(EMR, Method::POST, "/fhir/Observation", &headers, text.clone().into_bytes()).await;
    let id = created.is(201)["id"].as_str().unwrap().to_owned();
    let found = house.get(EMR, &format!("/fhir/Observation/{id}")).await.text;
    for kept in [
        "\"value\":1.0}",
        "\"value\":1.00}",
        "\"value\":0.000000000000000001}",
        "\"value\":-12345678901234567890.123456789}",
        "\"valueDecimal\":0.10",
        "Élodie « à bientôt » 🧺",
        "\"effectiveDateTime\":\"2026-11\"",
        "\"issued\":\"2026-11-21T09:00:00.120-05:00\"",
        "<script>alert(1)</script> ' or 1=1 -- %00 ../ =cmd",
    ] {
        assert!(found.contains(kept), "{kept} in {found}");
    }
    house.close().await;
}

#[tokio::test]
async fn text_that_would_break_a_query_or_a_header_is_inert() {
    let house = TestHouse::open().await;
    refer(&house, 1, "oak-street").await;
    for query in [
        "identifier=%27%20or%201=1%20--",
        "identifier=%25",
        "identifier=..%2F..%2Fetc%2Fpasswd",
        "_id=%27%20or%201=1",
        "patient=%27;drop%20table%20loops",
        "status=%0d%0aset-cookie:%20x",
    ] {
        let answer = house.get(EMR, &format!("/fhir/Task?{query}")).await;
        assert!(answer.status == 200 || answer.status == 400, "{query}: {}", answer.status);
        assert!(answer.status == 400 || answer.json()["entry"].is_null(), "{query}");
        assert!(answer.header("set-cookie").is_none());
    }
    let before = house.record().await;
    let mut hostile = patient(2);
    hostile["identifier"][0]["value"] = json!("C-2' or 1=1 --\r\nx-evil: 1");
    let created = house.post(EMR, "/fhir/Patient", &hostile).await;
    assert!([201, 400].contains(&created.status), "{}", created.text);
    assert!(created.header("x-evil").is_none());
    assert!(house.record().await.0.len() >= before.0.len());
    assert_eq!(read(&house, EMR, "Task?_count=0").await["total"], 1);
    house.close().await;
}
