//! A house with a partner that has nothing but mail, one that has a FHIR server, and an EMR that has one too.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use lariat::cli::Running;
use lariat::config::Config;
use lariat::domain::clock::Clock;
use lariat::domain::id::Ids;
use lariat::domain::visibility::Visibility;
use lariat::sandbox::mailbox::Mailbox;
use lariat::security::api_key::KeyHash;
use lariat::store::{LoopFilter, LoopRecord, MessageRecord};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::doors::people;
use crate::ground::{self, BEGIN, PARTNERS, private};

/// Riverbend's EMR.
pub(crate) const EMR: &str = "key-emr";

/// The partner that has a FHIR server, and its token.
pub(crate) const MAPLE: &str = "maple";
pub(crate) const TOKEN: &str = "token-of-maple";

/// The partner that has nothing but mail.
pub(crate) const ROSE: &str = "rose";

pub(crate) struct PostHouse {
    pub(crate) base: String,
    pub(crate) clock: Clock,
    pub(crate) running: Running,
    pub(crate) mailbox: Mailbox,
    server: JoinHandle<()>,
    http: reqwest::Client,
    _folder: TempDir,
}

/// What lies at the addresses of the two servers.
pub(crate) struct Servers {
    pub(crate) maple: SocketAddr,
    pub(crate) emr: Option<SocketAddr>,
    /// Over one attempt.
    pub(crate) deadline_secs: u32,
}

impl Servers {
    pub(crate) fn at(maple: SocketAddr) -> Self {
        Self { maple, emr: None, deadline_secs: 20 }
    }
}

/// Where nobody listens.
pub(crate) fn nowhere() -> Servers {
    Servers::at(SocketAddr::from(([127, 0, 0, 1], 9)))
}

/// What came of the message's last attempt.
pub(crate) fn outcome_of(message: &MessageRecord) -> Option<&str> {
    message.attempts.last().map(|(_, _, outcome)| outcome.as_str())
}

impl PostHouse {
    pub(crate) async fn open(servers: Servers) -> Self {
        let folder = TempDir::with_prefix("lariat-post-").unwrap();
        let (listener, base) = ground::socket();
        let mailbox = Mailbox::open().await.unwrap();
        let config = settings(&folder, &base, &servers, &mailbox);
        let clock = Clock::stepped(BEGIN);
        let running = ground::running(&config, &clock, Ids::seeded([7; 32])).await;
        let server = ground::serve(&listener, &running);
        #[expect(clippy::disallowed_methods, reason = "plays another system, which is not Lariat's post room")]
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { base, clock, running, mailbox, server, http, _folder: folder }
    }

    pub(crate) async fn close(self) {
        self.server.abort();
        self.running.store.close().await;
    }

    /// One request of the EMR's, and what was answered: it must be a success.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let url = format!("{}/fhir{path}", self.base);
        let mut request = self.http.request(method, url).bearer_auth(EMR);
        if let Some(body) = body {
            request = request.header("content-type", "application/fhir+json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Refers the made-up person `number` to `partner`; the Task's path.
    pub(crate) async fn refer(&self, number: u32, partner: &str) -> String {
        let answer = self.call(Method::POST, "", Some(&referral(number, partner))).await;
        let last = answer["entry"].as_array().unwrap().last().unwrap();
        let location = last["response"]["location"].as_str().unwrap();
        let (_, path) = location.split_once("/fhir").unwrap_or(("", location));
        let path = path.split("/_history").next().unwrap().trim_start_matches('/');
        format!("/{path}")
    }

    /// Gives the Task this status, as the EMR.
    pub(crate) async fn put_status(&self, task: &str, status: &str, reason: &str) {
        let mut body = self.call(Method::GET, task, None).await;
        body["status"] = json!(status);
        body["statusReason"] = json!({ "text": reason });
        self.call(Method::PUT, task, Some(&body)).await;
    }

    pub(crate) async fn deliver(&self) {
        self.running.worker.drain().await.unwrap();
    }

    /// Delivers, and again after each wait of the schedule's first hours.
    pub(crate) async fn deliver_long(&self) {
        for minutes in [0, 1, 10, 60, 300] {
            self.clock.advance(Duration::from_mins(minutes));
            self.deliver().await;
        }
    }

    pub(crate) async fn only_loop(&self) -> LoopRecord {
        let mut loops = self.running.store.loops(Visibility::Lariat, LoopFilter::All, 2).await.unwrap();
        assert_eq!(loops.len(), 1);
        loops.pop().unwrap()
    }

    /// The states of the messages of the only loop to `endpoint`.
    pub(crate) async fn messages(&self, endpoint: &str) -> Vec<MessageRecord> {
        let messages = self.running.store.messages(self.only_loop().await.id).await.unwrap();
        messages.into_iter().filter(|message| message.endpoint == endpoint).collect()
    }
}

fn settings(folder: &TempDir, base: &str, servers: &Servers, mailbox: &Mailbox) -> Config {
    let folder = folder.path();
    fs::create_dir(folder.join("partners")).unwrap();
    let emr =
        servers.emr.map(|emr| format!("[client.push]\nbase_url = \"http://{emr}/fhir\"\n")).unwrap_or_default();
    let main = format!(
        "[server]\nlisten = \"{}\"\nbase_url = \"{base}\"\n[store]\nlocation = \"sqlite:{}\"\n\
         [delivery]\nallow_loopback = true\ndeadline_secs = {}\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"referrals@lariat.example\"\n\
         [files]\npartners = \"partners\"\n[[custodian]]\nname = \"riverbend\"\ntitle = \"Riverbend CHC\"\n\
         [[client]]\nname = \"emr\"\ncustodian = \"riverbend\"\nscopes = [\"system/*.cruds\"]\n\
         key_sha256 = [\"{}\"]\n{emr}",
        base.trim_start_matches("http://"),
        folder.join("lariat.db").display(),
        servers.deadline_secs,
        mailbox.address().port(),
        KeyHash::of(EMR.as_bytes()),
    );
    let token = folder.join("maple.token");
    private(&token, format!("{TOKEN}\n").as_bytes());
    let push = format!(
        "[push]\nbase_url = \"http://{}/fhir\"\ntoken_file = \"{}\"\npoll_secs = 1\n",
        servers.maple,
        token.display()
    );
    let email = "[email]\nto = \"desk@rose.example\"\nlanguage = \"fr\"\nphone = \"519 555 0100\"\n";
    for (name, channel) in [(MAPLE, push.as_str()), (ROSE, email)] {
        ground::partner(folder, name, channel);
    }
    ground::settings(folder, &main)
}

const URN: &str = "urn:uuid:00000000-0000-4000-8000-00000000000";

fn create(number: u8, resource: Value) -> Value {
    let url = resource["resourceType"].clone();
    json!({ "fullUrl": format!("{URN}{number}"), "resource": resource,
            "request": { "method": "POST", "url": url } })
}

/// A whole referral of a made-up person, with what a partner need not know and the consent that it needs.
fn referral(number: u32, partner: &str) -> Value {
    let recipient = json!({ "reference": format!("Organization?identifier={PARTNERS}|{partner}") });
    let (patient, request) = (json!({ "reference": format!("{URN}1") }), json!({ "reference": format!("{URN}3") }));
    let entries = vec![
        create(
            1,
            json!({
                "resourceType": "Patient",
                "identifier": [{ "system": "https://clinic.example/ids/client", "value": format!("C-{number}") }],
                "name": [{ "family": "Zquxfamily", "given": [format!("Zquxgiven {number}")] }],
                "birthDate": "1948-02-29",
                "telecom": [{ "system": "phone", "value": "+1 519 555 0199" }],
            }),
        ),
        create(2, people::consent(&format!("{URN}1"), recipient.clone())),
        create(5, json!({ "resourceType": "Practitioner", "name": [{ "family": "Nurse", "given": ["Made Up"] }] })),
        create(
            6,
            json!({
                "resourceType": "PractitionerRole",
                "active": true,
                "practitioner": { "reference": format!("{URN}5") },
            }),
        ),
        create(
            3,
            json!({
                "resourceType": "ServiceRequest",
                "identifier": [{ "system": "https://clinic.example/ids/referral", "value": format!("R-{number}") }],
                "status": "active",
                "intent": "order",
                "code": { "text": "Zquxneed with food" },
                "subject": patient,
                "reasonCode": [{ "text": "hidden-reason" }],
            }),
        ),
        create(
            4,
            json!({
                "resourceType": "Task",
                "identifier": [{ "system": "https://clinic.example/ids/task", "value": format!("T-{number}") }],
                "status": "requested",
                "intent": "order",
                "code": { "coding": [{ "system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill" }] },
                "focus": request,
                "for": patient,
                "authoredOn": "2026-11-20T09:41:00-05:00",
                "requester": { "reference": format!("{URN}6") },
                "owner": recipient,
                "note": [{ "text": "Happy to come along the first time." }],
            }),
        ),
    ];
    json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries })
}
