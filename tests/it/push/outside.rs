//! `lariat sandbox --fhir-base`: what it writes to another server carries its tag, and only that is removed.

use std::process::{Command, Output};

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::server::{Kind, Server};

/// Runs the command against the server.
async fn lariat(server: &Server, more: &[&str]) -> Output {
    let base = format!("http://{}/fhir/", server.address);
    let mut arguments = vec!["sandbox".to_owned(), "--fhir-base".to_owned(), base];
    arguments.extend(more.iter().map(|one| (*one).to_owned()));
    run(arguments).await
}

async fn run(arguments: Vec<String>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lariat"));
    command.args(arguments).env_remove("LARIAT_CONFIG");
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn is_tagged(resource: &Value) -> bool {
    let tags = resource.pointer("/meta/tag").and_then(Value::as_array).cloned().unwrap_or_default();
    ["HTEST", "lariat-sandbox"].iter().all(|code| tags.iter().any(|tag| tag["code"] == *code))
}

/// Somebody else's, with identifiers that a sandbox gives too.
fn strangers(server: &Server) -> usize {
    for (id, system, value) in [
        ("theirs-1", "https://lariat.example/fhir/NamingSystem/partner", "outside"),
        ("theirs-2", "https://riverbend.example/ids/organization", "riverbend"),
    ] {
        let organization = json!({
            "resourceType": "Organization", "id": id, "identifier": [{ "system": system, "value": value }],
        });
        server.put("Organization", id, organization);
    }
    2
}

fn refuse(status: StatusCode, method: Method) -> impl Fn(usize, &Method, &str) -> Option<Response> + Send + Sync {
    move |_, asked, _| (*asked == method).then(|| status.into_response())
}

#[tokio::test]
async fn everything_that_a_sandbox_writes_outside_is_tagged_and_removed_and_nothing_else() {
    let server = Server::open(Kind::Correct).await;
    let others = strangers(&server);
    let closed = lariat(&server, &[]).await;
    assert!(closed.status.success(), "{}", said(&closed));
    let all = server.everything();
    let bare: Vec<&String> = all
        .iter()
        .filter(|(place, one)| !place.contains("theirs") && !is_tagged(one))
        .map(|(place, _)| place)
        .collect();
    assert!(bare.is_empty() && all.len() > others + 4, "{bare:?} of {}", all.len());

    let cleaned = lariat(&server, &["--clean"]).await;
    let left: Vec<String> = server.everything().into_keys().collect();
    assert_eq!(left, ["Organization/theirs-1", "Organization/theirs-2"]);
    assert!(said(&cleaned).contains(&format!("{} resources removed", all.len() - others)), "{}", said(&cleaned));
    assert_eq!(cleaned.status.code(), Some(8));
    for id in ["theirs-1", "theirs-2"] {
        assert!(said(&cleaned).contains(&format!("Organization/{id}: has an identifier")), "{}", said(&cleaned));
        server.forget("Organization", id);
    }
    let cleaned = lariat(&server, &["--clean", "--json"]).await;
    assert!(cleaned.status.success());
    let told: Value = serde_json::from_slice(&cleaned.stdout).unwrap();
    assert_eq!(told, json!({ "schema": "lariat/clean/1", "removed": 0, "left": [] }));
}

#[tokio::test]
async fn where_tags_are_not_kept_it_is_said_what_stays_and_a_kept_sandbox_knows_what_it_wrote() {
    let server = Server::open(Kind::NoTags).await;
    strangers(&server);
    let folder = TempDir::with_prefix("lariat-outside-").unwrap();
    let keep = folder.path().join("kept").display().to_string();
    let closed = lariat(&server, &["--keep", &keep]).await;
    assert!(closed.status.success(), "{}", said(&closed));
    assert!(said(&closed).contains("has not kept the tag on"), "{}", said(&closed));
    assert!(said(&closed).contains(&format!("--clean --keep {keep}")), "{}", said(&closed));

    let blind = lariat(&server, &["--clean"]).await;
    assert_eq!(blind.status.code(), Some(8), "{}", said(&blind));
    assert!(said(&blind).contains("0 resources removed") && server.all("Patient").len() == 1, "{}", said(&blind));

    lariat(&server, &["--clean", "--keep", &keep]).await;
    let left: Vec<String> = server.everything().into_keys().collect();
    assert_eq!(left, ["Organization/theirs-1", "Organization/theirs-2"]);
}

#[tokio::test]
async fn a_server_that_lets_nobody_in_or_removes_nothing_is_told_as_what_it_is() {
    let server = Server::open(Kind::Correct).await;
    assert!(lariat(&server, &[]).await.status.success());
    server.say(refuse(StatusCode::METHOD_NOT_ALLOWED, Method::DELETE));
    let cleaned = lariat(&server, &["--clean"]).await;
    assert_eq!(cleaned.status.code(), Some(8));
    let count = server.everything().len();
    assert_eq!(said(&cleaned).matches("answered 405 to DELETE").count(), count, "{}", said(&cleaned));

    server.say(|_, _, _| Some(StatusCode::UNAUTHORIZED.into_response()));
    for more in [&["--clean"][..], &[]] {
        let refused = lariat(&server, more).await;
        assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
        assert!(said(&refused).contains("401") && said(&refused).contains("--token-file"), "{}", said(&refused));
    }
    let server = Server::open(Kind::Correct).await;
    server.say(refuse(StatusCode::FORBIDDEN, Method::POST));
    let refused = lariat(&server, &[]).await;
    assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
    assert!(said(&refused).contains("403 to what Lariat wrote there"), "{}", said(&refused));
}

#[tokio::test]
async fn a_base_that_is_no_url_is_wrong_usage() {
    for base in ["notaurl", "ftp://host/fhir", "http://host/fhir?a=b"] {
        let output = run(["sandbox", "--fhir-base", base].map(str::to_owned).to_vec()).await;
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains("--fhir-base is not the base URL"), "{}", said(&output));
    }
}
