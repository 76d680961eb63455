//! Servers that fail: what becomes of the message, and where its token does not go.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::house::{MAPLE, PostHouse, Servers, nowhere, outcome_of};
use super::server::{Kind, Server};

fn fhir(status: StatusCode, body: &Value) -> Response {
    (status, [("content-type", "application/fhir+json")], body.to_string()).into_response()
}

fn failed() -> Value {
    json!({ "resourceType": "OperationOutcome", "issue": [{ "severity": "error", "code": "invalid" }] })
}

#[tokio::test]
async fn each_failure_has_the_end_that_its_kind_deserves() {
    type Page = fn() -> Response;
    let cases: [(&str, Page, &str, &str); 8] = [
        ("503", || StatusCode::SERVICE_UNAVAILABLE.into_response(), "waiting", "http-503"),
        ("500", || StatusCode::INTERNAL_SERVER_ERROR.into_response(), "waiting", "http-500"),
        ("401", || StatusCode::UNAUTHORIZED.into_response(), "waiting", "http-401"),
        ("html", || (StatusCode::OK, "<html>Sign in</html>").into_response(), "waiting", "http-502"),
        ("422", || fhir(StatusCode::UNPROCESSABLE_ENTITY, &failed()), "dead", "http-422"),
        ("200 with an error", || fhir(StatusCode::OK, &failed()), "dead", "http-422"),
        ("302", || (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(), "waiting", "http-302"),
        ("404", || StatusCode::NOT_FOUND.into_response(), "dead", "http-404"),
    ];
    for (name, page, state, outcome) in cases {
        let server = Server::open(Kind::Correct).await;
        server.say(move |_, method, path| (*method == "POST" && path == "Patient").then(page));
        let house = PostHouse::open(Servers::at(server.address)).await;
        house.refer(1, MAPLE).await;
        house.deliver().await;
        let told = house.messages(MAPLE).await;
        assert_eq!((told[0].state.as_str(), outcome_of(&told[0])), (state, Some(outcome)), "{name}");
        assert!(server.all("Task").is_empty(), "{name}");
        house.close().await;
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_says_nothing_is_tried_again() {
    let house = PostHouse::open(nowhere()).await;
    house.refer(1, MAPLE).await;
    house.deliver().await;
    assert_eq!(outcome_of(&house.messages(MAPLE).await[0]), Some("connection"));
    house.close().await;

    // Takes connections and never answers: one deadline over the whole attempt.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let servers = Servers { deadline_secs: 1, ..Servers::at(silent.local_addr().unwrap()) };
    let house = PostHouse::open(servers).await;
    house.refer(1, MAPLE).await;
    house.deliver().await;
    assert_eq!(outcome_of(&house.messages(MAPLE).await[0]), Some("timeout"));
    house.close().await;
}

#[tokio::test]
async fn a_redirect_leads_nowhere_and_takes_no_token_along() {
    let (server, other) = (Server::open(Kind::Correct).await, Server::open(Kind::Correct).await);
    let elsewhere = format!("http://{}/fhir/Patient", other.address);
    server.say(move |_, _, _| {
        Some((StatusCode::TEMPORARY_REDIRECT, [("location", elsewhere.clone())]).into_response())
    });
    let house = PostHouse::open(Servers::at(server.address)).await;
    house.refer(1, MAPLE).await;
    house.deliver().await;
    assert_eq!(outcome_of(&house.messages(MAPLE).await[0]), Some("http-307"));
    assert!(other.tokens().is_empty());
    house.close().await;
}

#[tokio::test]
async fn an_answer_of_another_shape_than_fhir_is_no_resource() {
    let server = Server::open(Kind::Correct).await;
    let house = PostHouse::open(Servers::at(server.address)).await;
    // A search that finds somebody else's, ids that are none, and lists that are none.
    server.say(|_, method, path| {
        let odd = json!({ "resourceType": "Bundle", "entry": [
            { "resource": { "resourceType": "Patient", "id": "../../Task/1", "identifier": "x" } },
            { "resource": { "resourceType": "Patient", "id": "9" } }, 7, null,
        ] });
        (*method == "GET" && path == "Patient").then(|| fhir(StatusCode::OK, &odd))
    });
    house.refer(1, MAPLE).await;
    house.deliver().await;
    assert_eq!(house.messages(MAPLE).await[0].state, "delivered");
    assert_eq!(server.one("Task")["for"]["reference"], json!(format!("Patient/{}", id(&server.one("Patient")))));
    house.close().await;
}

fn id(resource: &Value) -> &str {
    resource["id"].as_str().unwrap()
}
