//! A clinic with a team at its desk: its EMR sends in its own words, two partners hear by webhook.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lariat::cli::Running;
use lariat::config::Config;
use lariat::domain::clock::Clock;
use lariat::domain::id::{Ids, ResourceId};
use lariat::domain::routing::Language;
use lariat::domain::screening::CardReason;
use lariat::domain::visibility::Visibility;
use lariat::exchange::{Act, Clinic, Confirmed, Role, SelfReferral, Staff};
use lariat::security::api_key::KeyHash;
use lariat::security::password::PasswordHash;
use lariat::security::signature::SigningSecret;
use lariat::store::{LoopFilter, LoopRecord};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::doors::receiver::Receiver;
use crate::ground::{self, BEGIN, endpoint, private};

pub(super) const EMR: &str = "key-emr-riverbend";
/// Another system of the clinic, whose referrals go straight to partners.
pub(super) const STRAIGHT: &str = "key-emr-straight";
pub(super) const OAK: &str = "oak-street";
pub(super) const BIRCH: &str = "birch-lane";
/// Of all who sign in here.
pub(super) const PASSWORD: &str = "a made-up password";

pub(super) struct DeskHouse {
    pub(super) base: String,
    pub(super) clock: Clock,
    pub(super) emr: Receiver,
    pub(super) oak: Receiver,
    pub(super) birch: Receiver,
    pub(super) running: Running,
    pub(super) nadia: Staff,
    pub(super) omar: Staff,
    pub(super) prescriber: Staff,
    pub(super) http: reqwest::Client,
    server: JoinHandle<()>,
    _folder: TempDir,
    keys: AtomicU32,
}

impl DeskHouse {
    pub(super) async fn open() -> Self {
        Self::listing([""; 2]).await
    }

    /// A house whose partners list services: the `[[service]]` tables of Oak Street and of Birch Lane.
    pub(super) async fn listing(services: [&str; 2]) -> Self {
        Self::open_with(services, "", &[]).await
    }

    /// A house with more settings, and more partners: the name and the file of each.
    pub(super) async fn open_with(services: [&str; 2], more: &str, partners: &[(&str, String)]) -> Self {
        let folder = TempDir::with_prefix("lariat-desk-").unwrap();
        let (listener, base) = ground::socket();
        let (clock, ids) = (Clock::stepped(BEGIN), Ids::seeded([11; 32]));
        let mut receivers = Vec::new();
        for name in ["emr-riverbend", OAK, BIRCH] {
            let secret = SigningSecret::generate(&ids);
            private(&folder.path().join(format!("{name}.whsec")), secret.text().expose());
            receivers.push(Receiver::open(secret, clock.clone()).await);
        }
        let [emr, oak, birch] = receivers.try_into().ok().unwrap();
        fs::create_dir(folder.path().join("partners")).unwrap();
        for (name, text) in partners {
            fs::write(folder.path().join(format!("partners/{name}.toml")), text).unwrap();
        }
        let config = settings(folder.path(), &base, [&emr, &oak, &birch], services, more);
        let running = ground::running(&config, &clock, ids).await;
        let server = ground::serve(&listener, &running);
        let custodian = running.store.register_custodian("riverbend").await.unwrap();
        let staff = |name: &str, title: &str, role| Staff {
            name: name.to_owned(),
            title: title.to_owned(),
            custodian,
            house: "Riverbend CHC, made up".to_owned(),
            role,
            teams: vec!["east".to_owned()],
            language: Language::English,
        };
        #[expect(clippy::disallowed_methods, reason = "plays a browser, which is not Lariat's post room")]
        let http =
            reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self {
            nadia: staff("nadia", "Nadia Madeup", Role::LinkWorker),
            omar: staff("omar", "Omar Madeup", Role::LinkWorker),
            prescriber: staff("haddad", "Amal Madeup", Role::Prescriber),
            base,
            clock,
            emr,
            oak,
            birch,
            running,
            http,
            server,
            _folder: folder,
            keys: AtomicU32::new(0),
        }
    }

    pub(super) async fn close(self) {
        self.server.abort();
        self.running.store.close().await;
    }

    /// A referral of the EMR to the team: nobody is named, nobody has agreed to anything. Answers its loop.
    pub(super) async fn referral(&self, number: u32) -> ResourceId {
        self.referred(EMR, number, None, |_| {}).await
    }

    /// The same with a change in what the EMR sends.
    pub(super) async fn referral_with(&self, number: u32, change: impl FnOnce(&mut Value)) -> ResourceId {
        self.referred(EMR, number, None, change).await
    }

    /// A referral of the clinic's other system straight to a partner, with the person's consent.
    pub(super) async fn straight_to(&self, partner: &str, number: u32) -> ResourceId {
        self.referred(STRAIGHT, number, Some(partner), |_| {}).await
    }

    /// The same with a change in what that system sends.
    pub(super) async fn straight_with(
        &self,
        partner: &str,
        number: u32,
        change: impl FnOnce(&mut Value),
    ) -> ResourceId {
        self.referred(STRAIGHT, number, Some(partner), change).await
    }

    /// A referral of the EMR to the team that names a partner, with the person's consent.
    pub(super) async fn with_wish(&self, partner: &str, number: u32) -> ResourceId {
        self.referred(EMR, number, Some(partner), |_| {}).await
    }

    async fn referred(
        &self,
        key: &str,
        number: u32,
        partner: Option<&str>,
        change: impl FnOnce(&mut Value),
    ) -> ResourceId {
        let text = fs::read_to_string("fixtures/json-referral/0-received.json").unwrap();
        let mut record: Value = serde_json::from_str(&text).unwrap();
        record["referral_id"] = json!(format!("R-{number}"));
        record["client"]["id"] = json!(format!("C-{number}"));
        record["client"]["health_card"]["number"] = json!(format!("98765{number:05}"));
        match partner {
            Some(partner) => {
                record["partner"] = json!({ "slug": partner });
                record["consent"]["recipient"] = json!({ "slug": partner });
            }
            None => {
                for absent in ["partner", "consent"] {
                    record.as_object_mut().unwrap().shift_remove(absent);
                }
            }
        }
        change(&mut record);
        let answer = self
            .http
            .post(format!("{}/json/referrals", self.base))
            .bearer_auth(key)
            .header("content-type", "application/json")
            .body(record.to_string())
            .send()
            .await
            .unwrap();
        let receipt: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let task = receipt["task"].as_str().unwrap_or_else(|| panic!("{receipt}"));
        task.rsplit('/').next().unwrap().parse().unwrap()
    }

    /// A form drawn now.
    pub(super) async fn act(&self, id: ResourceId) -> Act {
        let key = self.keys.fetch_add(1, Ordering::SeqCst);
        let page = self.running.desk.referral(&self.nadia, id).await.unwrap();
        Act { key: format!("form-{key}"), version: page.version, read_until: page.read_until }
    }

    /// The partner reads its Task and sends it back with changes; answers the status.
    pub(super) async fn partner_answers(&self, partner: &str, task: &str, change: impl FnOnce(&mut Value)) -> u16 {
        let url = format!("{}/fhir/Task/{task}", self.base);
        let key = format!("key-{partner}");
        let read = self.http.get(&url).bearer_auth(&key).send().await.unwrap().text().await.unwrap();
        let mut value: Value = serde_json::from_str(&read).unwrap();
        change(&mut value);
        let put = self.http.put(&url).bearer_auth(&key).header("content-type", "application/fhir+json");
        let answer = put.body(value.to_string()).send().await.unwrap();
        let status = answer.status().as_u16();
        if status >= 400 {
            eprintln!("{}", answer.text().await.unwrap());
        }
        status
    }

    /// The partner declines its Task, and says why.
    pub(super) async fn partner_declines(&self, partner: &str, task: &str, why: &str) {
        let declines = |task: &mut Value| {
            task["status"] = json!("rejected");
            task["statusReason"] = json!({ "text": why });
        };
        assert_eq!(self.partner_answers(partner, task, declines).await, 200);
    }

    /// Somebody refers themselves by the public form, with a telephone alone; `key` is of that form. Answers the loop.
    pub(super) async fn self_referral(&self, key: &str) -> ResourceId {
        let clinic = Clinic { custodian: self.nadia.custodian, name: "riverbend", title: "Riverbend CHC, made up" };
        let form = SelfReferral {
            given: "Imagina".to_owned(),
            family: "Neverborn".to_owned(),
            birth_date: "1949-05-17".to_owned(),
            phone: Some("+1 519 555 0188".to_owned()),
            email: None,
            language: Language::English,
            reason: CardReason::Lonely,
            words: Some("A walk with somebody".to_owned()),
            may_be_contacted: true,
            confirmed: Confirmed::NotYet,
        };
        let accepted = self.running.desk.self_refer(&clinic, &form, key).await.unwrap();
        accepted.entries[3].id
    }

    pub(super) async fn row(&self, id: ResourceId) -> LoopRecord {
        self.running.store.loops(Visibility::Lariat, LoopFilter::Id(id), 1).await.unwrap().pop().unwrap()
    }

    pub(super) async fn deliver(&self) {
        self.running.worker.drain().await.unwrap();
    }

    pub(super) fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}

fn settings(folder: &Path, base: &str, receivers: [&Receiver; 3], services: [&str; 2], more: &str) -> Config {
    let [emr, oak, birch] = receivers;
    fs::create_dir(folder.join("mappings")).unwrap();
    fs::copy("config/mappings/riverbend.toml", folder.join("mappings/riverbend.toml")).unwrap();
    let mut main = format!(
        "[server]\nlisten = \"{listen}\"\nbase_url = \"{base}\"\n[store]\nlocation = \"sqlite:{database}\"\n\
         [delivery]\nallow_loopback = true\n[files]\npartners = \"partners\"\nmappings = \"mappings\"\n{more}\
         [[custodian]]\nname = \"riverbend\"\n\
         [[team]]\nname = \"east\"\ntitle = \"Team East\"\ncustodian = \"riverbend\"\nkind = \"link-worker\"\n\
         phone = \"519 555 0100\"\n\
         [[client]]\nname = \"emr-riverbend\"\ncustodian = \"riverbend\"\nscopes = [\"system/*.cruds\"]\n\
         routing = \"link-worker\"\nteam = \"east\"\nmapping = \"riverbend\"\nkey_sha256 = [\"{hash}\"]\n{endpoint}\
         [[client]]\nname = \"emr-straight\"\ncustodian = \"riverbend\"\nscopes = [\"system/*.cruds\"]\n\
         mapping = \"riverbend\"\nkey_sha256 = [\"{straight}\"]\n",
        listen = base.trim_start_matches("http://"),
        database = folder.join("lariat.db").display(),
        hash = KeyHash::of(EMR.as_bytes()),
        straight = KeyHash::of(STRAIGHT.as_bytes()),
        endpoint = endpoint(folder, "client.endpoint", "emr-riverbend", emr),
    );
    let hash = PasswordHash::make(PASSWORD.as_bytes(), &Ids::seeded([3; 32])).unwrap();
    for (name, title, role) in [
        ("nadia", "Nadia Madeup", "link-worker"),
        ("omar", "Omar Madeup", "link-worker"),
        ("haddad", "Amal Madeup", "prescriber"),
    ] {
        main.push_str(&format!(
            "[[staff]]\nname = \"{name}\"\ntitle = \"{title}\"\ncustodian = \"riverbend\"\nrole = \"{role}\"\n\
             teams = [\"east\"]\npassword_hash = \"{}\"\n",
            hash
        ));
    }
    for ((name, receiver), services) in [(OAK, oak), (BIRCH, birch)].into_iter().zip(services) {
        let rest = format!(
            "scopes = [\"system/*.cruds\"]\nkey_sha256 = [\"{}\"]\n{}{services}",
            KeyHash::of(format!("key-{name}").as_bytes()),
            endpoint(folder, "endpoint", name, receiver),
        );
        ground::partner(folder, name, &rest);
    }
    ground::settings(folder, &main)
}
