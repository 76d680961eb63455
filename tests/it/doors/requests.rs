//! Requests that are wrong around their body: type, key, method, address, parameter, version.

use reqwest::Method;
use serde_json::json;

use crate::doors::desk::{SUPPORT_LEVEL, with_level};
use crate::doors::house::{EMR, OAK, TestHouse, log};
use crate::doors::people::{Places, patient, read, refer, referral};

#[tokio::test]
async fn only_json_is_read_and_only_json_is_answered() {
    let house = TestHouse::open().await;
    let body = || patient(1).to_string().into_bytes();
    for media in
        ["", "text/plain", "application/xml", "application/fhir+xml", "application/fhir+json; charset=latin-1"]
    {
        let answer = house.call(EMR, Method::POST, "/fhir/Patient", &[("content-type", media)], body()).await;
        assert_eq!(answer.refusal(), (415, "R-HTTP-TYPE".to_owned(), "Content-Type".to_owned()), "{media}");
        let answer = house.call(EMR, Method::POST, "/json/referrals", &[("content-type", media)], body()).await;
        assert_eq!(answer.refusal(), (415, "R-HTTP-TYPE".to_owned(), "Content-Type".to_owned()), "{media}");
    }
    for path in ["/fhir", "/fhir/Patient", "/json/referrals"] {
        let zipped = [("content-type", "application/json"), ("content-encoding", "gzip")];
        let answer = house.call(EMR, Method::POST, path, &zipped, body()).await;
        let encoded = (415, "R-HTTP-ENCODING".to_owned(), "Content-Encoding".to_owned());
        assert_eq!(answer.refusal(), encoded, "{path}");
    }
    let answer = house.call(EMR, Method::GET, "/fhir/Patient", &[("accept", "application/fhir+xml")], vec![]).await;
    assert_eq!(answer.refusal(), (406, "R-HTTP-ACCEPT".to_owned(), "Accept".to_owned()));
    assert_eq!(house.get(EMR, "/fhir/Patient?_format=xml").await.refusal().0, 406);
    house.close().await;
}

#[tokio::test]
async fn without_a_known_key_no_door_opens() {
    let house = TestHouse::open().await;
    let request = |line: &str, authorization: &str| {
        format!(
            "{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n{authorization}\r\n"
        )
        .into_bytes()
    };
    for line in
        ["GET /fhir/Patient", "POST /fhir", "GET /fhir/Nothing", "POST /json/referrals", "GET /fhir/Task/_history"]
    {
        for authorization in [
            String::new(),
            "authorization: Bearer Zquxcanary\r\n".to_owned(),
            format!("authorization: Basic {EMR}\r\n"),
            format!("authorization: {EMR}\r\n"),
            "authorization: Bearer \r\n".to_owned(),
            format!("authorization: Bearer {EMR}\r\nauthorization: Bearer {EMR}\r\n"),
        ] {
            let answer = house.raw(&request(line, &authorization)).await;
            assert_eq!(
                answer.refusal(),
                (401, "R-HTTP-KEY".to_owned(), "Authorization".to_owned()),
                "{line} {authorization}"
            );
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            assert!(!answer.text.contains("Zqux"));
        }
    }
    assert_eq!(house.raw(&request("GET /fhir/metadata", "")).await.status, 200);
    assert!(!log().contains("Zqux"));
    house.close().await;
}

#[tokio::test]
async fn a_wrong_method_is_405_with_the_right_ones_and_an_unknown_place_is_404() {
    let house = TestHouse::open().await;
    let one = "/fhir/Task/01a1f968-3ac0-7347-bf85-f8f6cbb47541";
    for (method, path, allow) in [
        ("GET", "/fhir".to_owned(), "POST"),
        ("DELETE", "/fhir/Patient".to_owned(), "GET, POST, PUT"),
        ("DELETE", one.to_owned(), "GET, PUT"),
        ("PATCH", one.to_owned(), "GET, PUT"),
        ("POST", format!("{one}/_history"), "GET"),
        ("PUT", format!("{one}/_history/1"), "GET"),
        ("GET", "/fhir/Task/_search".to_owned(), "POST"),
        ("POST", "/fhir/metadata".to_owned(), "GET"),
        ("GET", "/json/referrals".to_owned(), "POST"),
    ] {
        let answer = house.call(EMR, method.parse().unwrap(), &path, &[], vec![]).await;
        assert_eq!(answer.refusal(), (405, "R-HTTP-METHOD".to_owned(), String::new()), "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
    }
    for path in [
        "/",
        "/nothing",
        "/fhir/Basic",
        "/fhir/patient",
        "/fhir/Basic/1",
        "/fhir/Task/1/2/3/4",
        "/fhir/$process-message",
        "/fhir/Task/%ff",
        "/fhir/%ff",
    ] {
        assert_eq!(house.get(EMR, path).await.refusal(), (404, "R-HTTP-ROUTE".to_owned(), String::new()), "{path}");
    }
    let answer = house.get(EMR, "/json/nothing").await;
    assert_eq!(answer.refusal(), (404, "R-HTTP-ROUTE".to_owned(), String::new()));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let answer = house.post(EMR, "/fhir/Basic", &json!({ "resourceType": "Basic" })).await;
    assert_eq!(answer.refusal().0, 404);
    let answer = house.post(EMR, "/fhir/Bundle", &json!({ "resourceType": "Bundle" })).await;
    assert_eq!(answer.refusal(), (404, "R-HTTP-ROUTE".to_owned(), String::new()));
    assert!(answer.text.contains("send a transaction Bundle to the base itself: POST /fhir"), "{}", answer.text);
    house.close().await;
}

#[tokio::test]
async fn a_referral_has_one_support_level_and_one_that_there_is() {
    let house = TestHouse::open().await;
    let level = |code: &str| json!({ "system": SUPPORT_LEVEL, "code": code });
    let at = |place: &str| format!("Bundle.entry[2].resource.orderDetail{place}");
    let (known, one) = ((400, "R-CODE-UNKNOWN"), (422, "R-REFERRAL-LEVEL"));
    for (detail, (status, rule), place) in [
        (json!([{ "coding": [level("heavy")] }]), known, at("[0].coding[0].code")),
        (json!([{ "text": "Food" }, { "coding": [level("MEDIUM")] }]), known, at("[1].coding[0].code")),
        (json!([{ "coding": [level("medium")] }, { "coding": [level("light")] }]), one, at("[1].coding[0]")),
        (json!([{ "coding": [level("medium"), level("holistic")] }]), one, at("[0].coding[1]")),
    ] {
        let mut bundle = referral(1, "oak-street");
        bundle["entry"][2]["resource"]["orderDetail"] = detail;
        let refused = house.post(EMR, "/fhir", &bundle).await;
        assert_eq!(refused.refusal(), (status, rule.to_owned(), place));
        assert!(!refused.text.contains("heavy"), "{}", refused.text);
        assert!(house.record().await.1.is_empty());
    }
    let places =
        Places::of(&house.post(EMR, "/fhir", &with_level(referral(1, "oak-street"), "light")).await.is(200));
    let path = format!("/fhir/{}", places.request);
    let mut request = read(&house, EMR, &places.request).await;
    request["orderDetail"][0]["coding"][0]["code"] = json!("lighter");
    let expected = (400, "R-CODE-UNKNOWN".to_owned(), "ServiceRequest.orderDetail[0].coding[0].code".to_owned());
    assert_eq!(house.put(EMR, &path, &request).await.refusal(), expected);
    house.close().await;
}

#[tokio::test]
async fn an_unknown_parameter_is_refused_when_strict_and_left_out_of_the_self_link_when_not() {
    let house = TestHouse::open().await;
    refer(&house, 1, "oak-street").await;
    let strict = [("prefer", "handling=strict")];
    let path = "/fhir/Task?shoe-size=Zquxcanary&status=requested";
    let answer = house.call(EMR, Method::GET, path, &strict, vec![]).await;
    assert_eq!(answer.refusal(), (400, "R-SEARCH-UNSUPPORTED".to_owned(), String::new()));
    assert!(!answer.text.contains("Zqux"));
    for headers in [vec![], vec![("prefer", "handling=lenient")]] {
        let found = house.call(EMR, Method::GET, path, &headers, vec![]).await.is(200);
        let modes: Vec<_> =
            found["entry"].as_array().unwrap().iter().map(|entry| &entry["search"]["mode"]).collect();
        assert_eq!(modes, ["match", "outcome"], "that something was ignored is said");
        let said = &found["entry"][1]["resource"];
        assert_eq!(
            (&said["resourceType"], &said["issue"][0]["severity"]),
            (&json!("OperationOutcome"), &json!("warning"))
        );
        assert!(!said.to_string().contains("Zqux"));
        assert_eq!(found["link"][0]["relation"], "self");
        assert_eq!(found["link"][0]["url"], format!("{}/fhir/Task?status=requested", house.base));
    }
    // A name is no parameter of Patient: whoever is not strict hears that all people are listed.
    let answer = house.call(EMR, Method::GET, "/fhir/Patient?family=Zquxcanary", &strict, vec![]).await;
    assert_eq!(answer.refusal().1, "R-SEARCH-UNSUPPORTED");
    let found = house.get(EMR, "/fhir/Patient?family=Zquxcanary").await.is(200);
    assert_eq!(found["entry"].as_array().unwrap().last().unwrap()["search"]["mode"], "outcome");
    // What is known and cannot be served is never ignored: that would widen the search.
    for query in
        ["status:not=draft", "owner.name=x", "_count=-1", "_lastUpdated=yesterday", "_id=%ff", "_include=*"]
    {
        assert_eq!(house.get(EMR, &format!("/fhir/Task?{query}")).await.refusal().0, 400, "{query}");
    }
    let long = format!("/fhir/Task?_id={}", "a".repeat(9_000));
    assert_eq!(house.get(EMR, &long).await.refusal(), (400, "R-SEARCH-LIMIT".to_owned(), String::new()));
    for header in ["shoe-size=Zquxcanary", "_count=1", "_id=%ff"] {
        let asked = [("if-none-exist", header)];
        let answer = house.post_with(EMR, "/fhir/Patient", &asked, &patient(1)).await;
        assert_eq!((answer.refusal().0, answer.refusal().2.as_str()), (400, "If-None-Exist"), "{header}");
        assert!(!answer.text.contains("Zqux"));
    }
    house.close().await;
}

#[tokio::test]
async fn a_stale_version_is_412_and_a_malformed_one_400_and_neither_is_stored() {
    let house = TestHouse::open().await;
    let task = refer(&house, 1, "oak-street").await.task;
    let path = format!("/fhir/{task}");
    let mut body = read(&house, EMR, &task).await;
    body["description"] = json!("second");
    house.put_with(EMR, &path, &[("if-match", "W/\"1\"")], &body).await.is(200);
    let before = house.record().await;
    for (tag, status, rule) in [
        ("W/\"1\"", 412, "R-STALE"),
        ("\"1\"", 412, "R-STALE"),
        ("W/\"3\"", 412, "R-STALE"),
        ("2", 400, "R-HTTP-IF-MATCH"),
        ("*", 400, "R-HTTP-IF-MATCH"),
        ("W/\"Zqux\"", 400, "R-HTTP-IF-MATCH"),
        ("W/\"2\", W/\"1\"", 400, "R-HTTP-IF-MATCH"),
        ("W/\"0\"", 400, "R-HTTP-IF-MATCH"),
        ("W/\"99999999999999999999\"", 400, "R-HTTP-IF-MATCH"),
    ] {
        for key in [EMR, OAK] {
            let answer = house.put_with(key, &path, &[("if-match", tag)], &read(&house, key, &task).await).await;
            let at = if status == 412 { "Task" } else { "If-Match" };
            assert_eq!(answer.refusal(), (status, rule.to_owned(), at.to_owned()), "{tag}");
            assert!(!answer.text.contains("Zqux"));
        }
    }
    assert_eq!(house.record().await, before);
    house.close().await;
}

#[tokio::test]
async fn a_header_that_is_not_text_is_told_by_its_canonical_name() {
    let house = TestHouse::open().await;
    let task = refer(&house, 1, "oak-street").await.task;
    for (method, path, name) in [
        ("PUT", format!("/fhir/{task}"), "If-Match"),
        ("POST", "/fhir/Patient".to_owned(), "If-None-Exist"),
        ("POST", "/fhir/Patient".to_owned(), "Idempotency-Key"),
    ] {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {EMR}\r\n\
             content-type: application/fhir+json\r\ncontent-length: 2\r\n{}: ",
            name.to_lowercase()
        )
        .into_bytes();
        request.extend(b"\xff\r\n\r\n{}");
        assert_eq!(house.raw(&request).await.refusal(), (400, "R-HTTP-HEADER".to_owned(), name.to_owned()));
    }
    house.close().await;
}

#[tokio::test]
async fn the_id_in_the_body_is_the_id_in_the_url() {
    let house = TestHouse::open().await;
    let task = refer(&house, 1, "oak-street").await.task;
    let body = read(&house, EMR, &task).await;
    let other = "/fhir/Task/01a1f968-3ac0-7347-bf85-f8f6cbb47541";
    assert_eq!(house.put(EMR, other, &body).await.refusal(), (400, "R-HTTP-ID".to_owned(), "Task.id".to_owned()));
    let mut named = body.clone();
    named["id"] = json!("01a1f968-3ac0-7347-bf85-f8f6cbb47541");
    let missing = (404, "R-NOT-FOUND".to_owned(), "Task".to_owned());
    assert_eq!(house.put(EMR, other, &named).await.refusal(), missing, "clients do not choose ids");
    house.close().await;
}

#[tokio::test]
async fn whoever_calls_this_server_by_a_name_that_is_not_its_own_gets_nothing() {
    let house = TestHouse::open().await;
    let ask = |path: &str, host: &str, accept: &str| {
        format!("GET {path} HTTP/1.1\r\n{host}accept: {accept}\r\nconnection: close\r\n\r\n").into_bytes()
    };
    let status = |host: &'static str| {
        let (house, head) = (&house, ask("/fhir/metadata", host, "*/*"));
        async move { house.raw(&head).await.status }
    };
    for own in [
        "host: localhost\r\n",
        "host: LOCALHOST.:8080\r\n",
        "host: 127.0.0.1:9\r\n",
        "host: 127.9.9.9\r\n",
        "host: [::1]:8080\r\n",
        "host: ::1\r\n",
    ] {
        assert_eq!(status(own).await, 200, "{own}");
    }
    for foreign in [
        "host: rebound.example\r\n",
        "host: rebound.example:8080\r\n",
        "host: localhost.rebound.example\r\n",
        "host: 127.0.0.1.rebound.example\r\n",
        "host: 127.0.0.1:8321.rebound.example\r\n",
        "host: [::1].rebound.example\r\n",
        "host: localhost:rebound.example\r\n",
        "host: 192.0.2.1\r\n",
        "host: [2001:db8::1]\r\n",
        "host: \r\n",
        "host: localhost\r\nhost: rebound.example\r\n",
    ] {
        assert!(matches!(status(foreign).await, 400 | 421), "{foreign}");
    }
    let foreign = "host: rebound.example\r\n";
    let fhir = house.raw(&ask("/fhir/Task", foreign, "application/fhir+json")).await;
    assert_eq!(fhir.refusal(), (421, "R-HTTP-HOST".to_owned(), "Host".to_owned()));
    let json = house.raw(&ask("/json/referrals", foreign, "*/*")).await;
    assert_eq!(json.refusal(), (421, "R-HTTP-HOST".to_owned(), "Host".to_owned()));
    let page = house.raw(&ask("/desk", foreign, "text/html")).await;
    assert_eq!((page.status, page.header("content-type")), (421, Some("text/plain; charset=utf-8")));
    assert!(page.text.contains(&house.base) && page.text.contains("Ouvrez") && !page.text.contains("rebound"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(house.raw(&ask("/health", foreign, "*/*")).await.status, 200);
    house.close().await;
}
