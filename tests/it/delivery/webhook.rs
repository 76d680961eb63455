//! The webhook channel and the guarded client over real sockets, on loopback.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lariat::domain::clock::{Clock, Timestamp};
use lariat::domain::id::{Ids, Version};
use lariat::domain::party::CustodianId;
use lariat::outbound::channel::Parcel;
use lariat::outbound::channel::webhook::Webhook;
use lariat::outbound::client::{Client, ClientOptions, Lookup, READ_MAX};
use lariat::outbound::retry::Outcome;
use lariat::security::signature::{self, SigningSecret};
use lariat::security::url_guard::{GuardedUrl, UrlPolicy};
use lariat::store::{Claimed, Fence, LaneId};
use serde_json::json;
use tokio::net::TcpListener;

use super::receiver::{Receiver, Reply};

/// 2026-11-21T12:00:00Z.
const NOW: Timestamp = Timestamp::from_millis(1_795_262_400_000);

fn claimed() -> Claimed {
    let ids = Ids::seeded([7; 32]);
    Claimed {
        lane: LaneId(1),
        fence: Fence(1),
        loop_id: ids.next(NOW),
        custodian: CustodianId(1),
        endpoint: "partner:oak-street".to_owned(),
        sequence: 1,
        message_id: ids.next(NOW),
        event: "referral.requested".to_owned(),
        resource: ids.next(NOW),
        version: Version::FIRST,
        queued_at: NOW,
        attempts: 0,
        first_attempt_at: None,
    }
}

fn secrets() -> Vec<SigningSecret> {
    let ids = Ids::seeded([9; 32]);
    vec![SigningSecret::generate(&ids), SigningSecret::generate(&ids)]
}

fn loopback() -> UrlPolicy {
    UrlPolicy { allow_loopback: true, ..UrlPolicy::default() }
}

fn options(deadline_millis: u64) -> ClientOptions {
    ClientOptions {
        policy: loopback(),
        deadline: Duration::from_millis(deadline_millis),
        ..ClientOptions::default()
    }
}

async fn send(options: ClientOptions, url: GuardedUrl) -> Outcome {
    let client = Client::new(options).unwrap();
    let to = Arc::new(Webhook { url, secrets: secrets() });
    let parcel = Parcel::Webhook { to, data: json!({"referral": "LR-4F7K-2M"}) };
    parcel.send(&client, &claimed(), &Clock::stepped(NOW.plus(Duration::from_secs(61)))).await
}

#[tokio::test]
async fn a_webhook_arrives_signed_with_every_key_of_its_endpoint() {
    let receiver = Receiver::start(|_, _| Reply::status(204)).await;
    assert_eq!(send(options(5_000), receiver.url()).await, Outcome::Delivered);
    let requests = receiver.requests();
    let [request] = requests.as_slice() else { panic!("one request") };
    assert!(request.head.starts_with("POST /hook HTTP/1.1"));
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.headers["user-agent"], concat!("Lariat/", env!("CARGO_PKG_VERSION")));
    assert_eq!(
        request.json(),
        json!({"type": "referral.requested", "timestamp": "2026-11-21T12:00:00.000Z",
               "data": {"referral": "LR-4F7K-2M"}})
    );
    let signed = request.signature();
    assert_eq!(signed.id, format!("msg_{}", claimed().message_id));
    assert!(!signed.id.contains('.'));
    assert_eq!(signed.timestamp, "1795262461");
    assert_eq!(signed.signature.split(' ').count(), 2);
    for secret in secrets() {
        signature::verify(&[secret], &signed, &request.body, NOW).unwrap();
    }
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_its_target_hears_nothing() {
    let target = Receiver::start(|_, _| Reply::status(200)).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("http://{}/", target.address);
        let receiver = Receiver::start(move |_, _| Reply::Status(status, "location", location.clone())).await;
        let outcome = send(options(5_000), receiver.url()).await;
        assert_eq!(outcome, Outcome::Answered { status, retry_after: None });
    }
    assert!(target.requests().is_empty());
}

#[tokio::test]
async fn an_answer_that_does_not_end_in_time_is_cut_by_the_deadline() {
    let receiver = Receiver::start(|_, _| Reply::Stall).await;
    assert_eq!(send(options(200), receiver.url()).await, Outcome::Timeout);
    receiver.cut.notified().await;
}

#[tokio::test]
async fn a_body_without_end_is_cut_at_the_limit() {
    assert_eq!(READ_MAX, 65_536);
    let receiver = Receiver::start(|_, _| Reply::EndlessBody).await;
    assert_eq!(send(options(10_000), receiver.url()).await, Outcome::Delivered);
    receiver.cut.notified().await;
}

#[tokio::test]
async fn headers_without_end_are_a_failure() {
    let receiver = Receiver::start(|_, _| Reply::EndlessHeaders).await;
    assert_eq!(send(options(10_000), receiver.url()).await, Outcome::Connection);
    receiver.cut.notified().await;
}

#[tokio::test]
async fn a_connection_dropped_before_the_answer_is_a_failure_and_not_repeated_by_the_client() {
    let receiver = Receiver::start(|_, _| Reply::Drop).await;
    assert_eq!(send(options(5_000), receiver.url()).await, Outcome::Connection);
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn nobody_listening_and_no_tls_are_connection_failures() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = GuardedUrl::parse(&format!("http://{address}/"), &loopback()).unwrap();
    assert_eq!(send(options(5_000), url).await, Outcome::Connection);

    let plain = Receiver::start(|_, _| Reply::status(200)).await;
    let url = GuardedUrl::parse(&format!("https://{}/", plain.address), &loopback()).unwrap();
    assert_eq!(send(options(5_000), url).await, Outcome::Connection);
}

#[tokio::test]
async fn retry_after_is_read_from_the_answer() {
    let hour = Duration::from_hours(1);
    // The client's clock stands 61 s after 12:00:00.
    let table = [
        ("3600", Some(hour)),
        ("Sat, 21 Nov 2026 13:01:01 GMT", Some(hour)),
        ("1000000000000", Some(Duration::from_hours(24))),
        ("-1", None),
        ("abc", None),
    ];
    for (value, retry_after) in table {
        let receiver = Receiver::start(move |_, _| Reply::Status(429, "retry-after", value.to_owned())).await;
        assert_eq!(
            send(options(5_000), receiver.url()).await,
            Outcome::Answered { status: 429, retry_after },
            "{value}"
        );
    }
}

fn lookup(answers: Vec<Vec<IpAddr>>) -> (Lookup, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let lookup: Lookup = Arc::new(move |_| {
        let turn = count.fetch_add(1, Ordering::SeqCst);
        let answer = answers[turn.min(answers.len() - 1)].clone();
        Box::pin(async move { Ok(answer) })
    });
    (lookup, asked)
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[tokio::test]
async fn a_name_with_one_address_inside_is_refused_whole_and_nobody_is_contacted() {
    let inside = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = inside.local_addr().unwrap().port();
    for answer in [&["127.0.0.1"][..], &["93.184.215.14", "127.0.0.1"], &["::ffff:127.0.0.1"], &[]] {
        let (lookup, asked) = lookup(vec![addresses(answer)]);
        let policy = UrlPolicy { extra_ports: vec![port], allow_loopback: false };
        let url = GuardedUrl::parse(&format!("https://partner.example:{port}/"), &policy).unwrap();
        let outcome = send(ClientOptions { policy, lookup, ..options(5_000) }, url).await;
        assert_eq!(outcome, Outcome::AddressRefused, "{answer:?}");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
    let contacted = tokio::time::timeout(Duration::ZERO, inside.accept()).await;
    assert!(contacted.is_err(), "the address inside was contacted");
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_judged_at_every_connection() {
    let receiver = Receiver::start(|_, _| Reply::status(200)).await;
    let (lookup, _) = lookup(vec![addresses(&["127.0.0.1"]), addresses(&["10.0.0.1"])]);
    let client = Client::new(ClientOptions { lookup, ..options(5_000) }).unwrap();
    let url = format!("http://localhost:{}/", receiver.address.port());
    let to = Arc::new(Webhook { url: GuardedUrl::parse(&url, &loopback()).unwrap(), secrets: secrets() });
    let mut outcomes = Vec::new();
    for _ in 0..2 {
        let parcel = Parcel::Webhook { to: to.clone(), data: json!({}) };
        outcomes.push(parcel.send(&client, &claimed(), &Clock::stepped(NOW)).await);
    }
    assert_eq!(outcomes, [Outcome::Delivered, Outcome::AddressRefused]);
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn a_name_that_is_not_known_is_a_failure_of_its_own() {
    let lookup: Lookup = Arc::new(|_| Box::pin(async { Err(std::io::ErrorKind::NotFound.into()) }));
    let url = GuardedUrl::parse("https://partner.example/", &UrlPolicy::default()).unwrap();
    assert_eq!(send(ClientOptions { lookup, ..options(5_000) }, url).await, Outcome::Dns);
}

#[test]
fn what_is_sent_is_not_shown_by_debug() {
    let url = GuardedUrl::parse("https://partner.example/hook/token-in-path", &UrlPolicy::default()).unwrap();
    let to = Arc::new(Webhook { url, secrets: secrets() });
    let shown = format!("{:?}", Parcel::Webhook { to, data: json!({"name": "Canary"}) });
    assert_eq!(
        shown,
        "Parcel::Webhook(Webhook { url: GuardedUrl(partner.example), \
         secrets: [SigningSecret(Secret(..)), SigningSecret(Secret(..))] })"
    );
}
