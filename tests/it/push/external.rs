//! The loop closes against a FHIR server that is not ours: by push, and by looks at its answers.
//!
//! `tests/push/sekmet.sh start DIR` starts one and prints what goes into LARIAT_TEST_FHIR_SERVER.

use reqwest::Method;
use serde_json::{Value, json};

use super::house::{MAPLE, PostHouse, Servers, TOKEN};
use lariat::inbound::poll::Round;

/// The people at the partner's desk, at work on their own server.
struct Desk {
    base: String,
    http: reqwest::Client,
}

impl Desk {
    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let mut request = self.http.request(method, format!("{}/{path}", self.base)).bearer_auth(TOKEN);
        if let Some(body) = body {
            request = request.header("content-type", "application/fhir+json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// All resources of this type that carry this identifier.
    async fn found(&self, ty: &str, system: &str, value: &str) -> Vec<Value> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("identifier", &format!("{system}|{value}"))
            .finish();
        let bundle = self.call(Method::GET, &format!("{ty}?{query}"), None).await;
        let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
        entries.into_iter().map(|entry| entry["resource"].clone()).collect()
    }

    async fn change(&self, task: &str, change: impl FnOnce(&mut Value)) {
        let mut body = self.call(Method::GET, task, None).await;
        change(&mut body);
        self.call(Method::PUT, task, Some(&body)).await;
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the tests' own switch, and another system than Lariat's post room")]
async fn the_loop_closes_against_a_server_that_is_not_ours() {
    let Ok(base) = std::env::var("LARIAT_TEST_FHIR_SERVER") else {
        eprintln!("not checked: the loop against another FHIR server, because LARIAT_TEST_FHIR_SERVER is not set");
        return;
    };
    let address = base.trim_start_matches("http://").trim_end_matches("/fhir").parse().unwrap();
    let house = PostHouse::open(Servers::at(address)).await;
    let desk = Desk { base, http: reqwest::Client::builder().no_proxy().build().unwrap() };
    let task = house.refer(1, MAPLE).await;
    house.deliver_long().await;
    let told = house.messages(MAPLE).await;
    assert_eq!(told[0].state, "delivered", "{told:?}");

    let (ours, id) = (format!("{}/fhir", house.base), task.trim_start_matches("/Task/"));
    let there = desk.found("Task", &format!("{ours}/Task"), id).await;
    assert_eq!(there.len(), 1, "{there:?}");
    let focus = there[0]["focus"]["reference"].as_str().unwrap();
    let request = desk.call(Method::GET, focus.rsplit_once("/fhir/").map_or(focus, |(_, path)| path), None).await;
    assert_eq!(request["code"]["text"], "Zquxneed with food");
    assert!(!format!("{there:?}{request}").contains("hidden"));
    assert_eq!(house.running.poller.once().await.refused, 0);

    let place = format!("Task/{}", there[0]["id"].as_str().unwrap());
    desk.change(&place, |task| task["status"] = json!("accepted")).await;
    assert_eq!(house.running.poller.once().await, Round { looked: 1, taken: 1, ..Round::default() });
    assert_eq!(house.call(Method::GET, &task, None).await["status"], "accepted");

    let procedure = json!({
        "resourceType": "Procedure", "status": "completed", "code": { "text": "A box of food" },
        "subject": there[0]["for"],
    });
    let procedure = desk.call(Method::POST, "Procedure", Some(&procedure)).await;
    let done = format!("Procedure/{}", procedure["id"].as_str().unwrap());
    desk.change(&place, |task| {
        task["status"] = json!("completed");
        task["output"] = json!([{ "type": { "text": "done" }, "valueReference": { "reference": done } }]);
    })
    .await;
    assert_eq!(house.running.poller.once().await, Round { looked: 1, taken: 1, ..Round::default() });
    let closed = house.call(Method::GET, &task, None).await;
    assert_eq!(closed["status"], "completed");
    let done = closed["output"][0]["valueReference"]["reference"].as_str().unwrap();
    assert_eq!(house.call(Method::GET, &format!("/{done}"), None).await["code"]["text"], "A box of food");
    assert_eq!(house.only_loop().await.state, "completed");

    // Another is withdrawn, and is so there too.
    let other = house.refer(2, MAPLE).await;
    house.deliver_long().await;
    house.put_status(&other, "cancelled", "Moved away").await;
    house.deliver_long().await;
    let there = desk.found("Task", &format!("{ours}/Task"), other.trim_start_matches("/Task/")).await;
    assert_eq!((there.len(), &there[0]["status"]), (1, &json!("cancelled")));
    house.close().await;
}
