//! The house of these tests: a clinic whose EMR speaks FHIR, a partner that is written to, and the partner's mailbox.

use std::fs;
use std::time::Duration;

use lariat::cli::Running;
use lariat::domain::clock::Clock;
use lariat::domain::id::Ids;
use lariat::sandbox::mailbox::{Mail, Mailbox};
use lariat::security::api_key::KeyHash;
use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::ground::{self, BEGIN};
use crate::pages::browser::{Browser, Page};

const EMR: &str = "key-emr-riverbend";

/// The partner of these tests has a key as well.
pub(super) const OAK: &str = "key-oak-street";

/// What is personal in the fixture: none of it may stand where anybody can read.
pub(super) const PERSONAL: [&str; 7] = ["Wilhelmina", "Testina", "Ficton", "0199", "1948-", "Imaginary", "C-00001"];

/// What somebody needs: neither in a mail, nor in a title or an address.
pub(super) const NEED: [&str; 3] = ["ood insecur", "Food Insecurity", "733423003"];

pub(super) struct House {
    pub(super) base: String,
    pub(super) clock: Clock,
    pub(super) running: Running,
    pub(super) mailbox: Mailbox,
    http: reqwest::Client,
    server: JoinHandle<()>,
    folder: TempDir,
}

impl House {
    pub(super) async fn open() -> Self {
        Self::open_with("").await
    }

    /// The same with more settings of the server.
    pub(super) async fn open_with(server: &str) -> Self {
        let folder = TempDir::with_prefix("lariat-partner-").unwrap();
        let (listener, base) = ground::socket();
        let listen = listener.local_addr().unwrap();
        let mailbox = Mailbox::open().await.unwrap();
        fs::create_dir(folder.path().join("partners")).unwrap();
        let text = format!(
            "[server]\nlisten = \"{listen}\"\nbase_url = \"{base}\"\n{server}[store]\nlocation = \"sqlite:{}\"\n\
             [delivery]\nallow_loopback = true\n[files]\npartners = \"partners\"\n\
             [smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"referrals@lariat.example\"\n\
             [[custodian]]\nname = \"riverbend\"\ntitle = \"Riverbend CHC\"\npublic_form = true\n\
             [[custodian]]\nname = \"lakeside\"\ntitle = \"Lakeside FHT\"\n\
             [[client]]\nname = \"emr-riverbend\"\ncustodian = \"riverbend\"\nscopes = [\"system/*.cruds\"]\n\
             key_sha256 = [\"{}\"]\n",
            folder.path().join("lariat.db").display(),
            mailbox.address().port(),
            KeyHash::of(EMR.as_bytes()),
        );
        let partner = format!(
            "name = \"oak-street\"\ntitle = \"Oak Street Food Bank\"\nclass = \"non-custodian\"\n\
             identifier = {{ system = \"https://lariat.example/fhir/NamingSystem/partner\", value = \"oak-street\" }}\n\
             scopes = [\"system/Task.rus\", \"system/ServiceRequest.rs\", \"system/Patient.rs\", \
             \"system/Organization.rs\", \"system/Practitioner.rs\", \"system/PractitionerRole.rs\"]\n\
             key_sha256 = [\"{}\"]\n\
             [email]\nto = \"referrals@oak-street.example\"\nlanguage = \"en\"\nphone = \"519-555-0100\"\n\
             [[service]]\nname = \"hamper\"\ntitle = \"Weekly hamper\"\n",
            KeyHash::of(OAK.as_bytes()),
        );
        fs::write(folder.path().join("partners/oak-street.toml"), partner).unwrap();
        let clock = Clock::stepped(BEGIN);
        let config = ground::settings(folder.path(), &text);
        let running = ground::running(&config, &clock, Ids::seeded([11; 32])).await;
        let server = ground::serve_by_address(&listener, &running);
        #[expect(clippy::disallowed_methods, reason = "plays the EMR, which is not Lariat's post room")]
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { base, clock, running, mailbox, http, server, folder }
    }

    /// The fixture's referral comes in, and the partner's mail goes out: the path of its link.
    pub(super) async fn refer(&self) -> String {
        self.refer_as("R-2026-00001").await
    }

    pub(super) async fn refer_as(&self, identifier: &str) -> String {
        self.refer_bundle(identifier, |_| {}).await
    }

    /// The fixture's referral, with something changed in it.
    pub(super) async fn refer_with(&self, change: impl FnOnce(&mut Value)) -> String {
        self.refer_bundle("R-2026-00001", change).await
    }

    async fn refer_bundle(&self, identifier: &str, change: impl FnOnce(&mut Value)) -> String {
        let text = fs::read_to_string("fixtures/fhir-referral/0-received.json").unwrap();
        let text = text.replace("R-2026-00001", identifier).replace("county-meals", "oak-street");
        let mut bundle: Value = serde_json::from_str(&text).unwrap();
        change(&mut bundle);
        self.fhir(Method::POST, "", Some(&bundle)).await;
        self.deliver().await;
        self.last_link()
    }

    pub(super) async fn deliver(&self) {
        self.running.worker.drain().await.unwrap();
    }

    /// The path of the link in the latest mail that has one.
    pub(super) fn last_link(&self) -> String {
        let mails = self.mailbox.mails();
        let mail = mails.iter().rev().find(|mail| !mail.links().is_empty()).unwrap();
        mail.links()[0].strip_prefix(&self.base).unwrap().to_owned()
    }

    /// The code in the latest mail.
    pub(super) fn last_code(&self) -> String {
        let mails = self.mailbox.mails();
        code(mails.last().unwrap())
    }

    pub(super) fn browser(&self) -> Browser {
        Browser::new(&self.base)
    }

    /// A browser in which the code was typed, at the inbox.
    pub(super) async fn at_inbox(&self, link: &str) -> (Browser, Page) {
        let mut browser = self.browser();
        let arrival = browser.get(link).await;
        assert_eq!(arrival.status, 200, "{}", arrival.html);
        let page = browser.send(&arrival.form(&format!("{}/code", arrival.at))).await;
        let form = page.form(&format!("{}/enter", arrival.at)).with("code", &[&self.last_code()]);
        let inbox = browser.send(&form).await;
        assert_eq!((inbox.status, inbox.at.clone()), (200, format!("{}/inbox", arrival.at)), "{}", inbox.html);
        (browser, inbox)
    }

    /// The same, at the only referral.
    pub(super) async fn at_referral(&self, link: &str) -> (Browser, Page) {
        let (mut browser, inbox) = self.at_inbox(link).await;
        let page = browser.get(&referrals(&inbox)[0]).await;
        assert_eq!(page.status, 200, "{}", page.html);
        (browser, page)
    }

    /// Accepts the only referral by its link, and completes it sixty days later. The path of its page.
    pub(super) async fn completed(&self, link: &str) -> String {
        let (mut browser, page) = self.at_referral(link).await;
        browser.send(&page.form(&format!("{}/accept", page.at))).await;
        self.pass(Duration::from_hours(60 * 24));
        let (mut browser, page) = self.at_referral(link).await;
        let path = format!("{}/outcome", page.at);
        let form = browser.get(&path).await.form(&path).with("what", &["completed"]);
        assert_eq!(browser.send(&form).await.status, 200);
        page.at
    }

    /// The only referral Task, as the EMR reads it.
    pub(super) async fn task(&self) -> Value {
        let found = self.fhir(Method::GET, "/Task?code=fulfill", None).await;
        found["entry"][0]["resource"].clone()
    }

    /// How many versions the only referral Task has.
    pub(super) async fn versions(&self) -> u64 {
        self.task().await["meta"]["versionId"].as_str().unwrap().parse().unwrap()
    }

    /// One request of the EMR, which must go well.
    pub(super) async fn fhir(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        self.fhir_as(EMR, method, path, body).await
    }

    /// The same with another key.
    pub(super) async fn fhir_as(&self, key: &str, method: Method, path: &str, body: Option<&Value>) -> Value {
        let answer = self.ask(key, method, path, body).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{status}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// How a request with a key is answered.
    pub(super) async fn status_as(&self, key: &str, method: Method, path: &str, body: Option<&Value>) -> u16 {
        self.ask(key, method, path, body).await.status().as_u16()
    }

    async fn ask(&self, key: &str, method: Method, path: &str, body: Option<&Value>) -> reqwest::Response {
        let mut request = self.http.request(method, format!("{}/fhir{path}", self.base)).bearer_auth(key);
        if let Some(body) = body {
            request = request.header("content-type", "application/fhir+json").body(body.to_string());
        }
        request.send().await.unwrap()
    }

    /// The person takes the consent back.
    pub(super) async fn withdraw_consent(&self) {
        let found = self.fhir(Method::GET, "/Consent", None).await;
        let mut consent = found["entry"][0]["resource"].clone();
        consent["status"] = "inactive".into();
        let id = consent["id"].as_str().unwrap().to_owned();
        self.fhir(Method::PUT, &format!("/Consent/{id}"), Some(&consent)).await;
    }

    pub(super) fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    pub(super) async fn close(self) {
        self.server.abort();
        self.running.store.close().await;
        drop(self.folder);
    }
}

/// The six digits in a mail.
pub(super) fn code(mail: &Mail) -> String {
    let words = mail.text.split(|letter: char| !letter.is_ascii_digit());
    words.filter(|word| word.len() == 6).map(str::to_owned).next().unwrap()
}

/// The referrals to which an inbox leads.
pub(super) fn referrals(inbox: &Page) -> Vec<String> {
    let links = inbox.html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    links.filter(|href| href.contains("/referrals/")).map(str::to_owned).collect()
}

pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
