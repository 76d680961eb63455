//! The house of a sandbox: a folder with settings as an operator would write them, Lariat itself, and the parties.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;

use crate::cli::assemble::{Running, assemble, native};
use crate::cli::serve::seed;
use crate::cli::shipped::concept_maps;
use crate::cli::store::{location, prepare};
use crate::exchange::Native;
use crate::inbound::http::serve;

use crate::config::Config;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::Ids;
use crate::domain::visibility::Visibility;
use crate::sandbox::Options;
use crate::sandbox::party::{Ear, Heard, Mouth};
use crate::security::api_key::KeyHash;
use crate::security::signature::SigningSecret;
use crate::store::LoopFilter;

/// The pretend EMR's name.
pub(super) const EMR: &str = "emr-riverbend";
/// Its key: a word, so that documents can show it. It exists only here.
const EMR_KEY: &str = "sandbox-emr";

/// 2026-11-20T14:42:00Z: when every sandbox begins.
const BEGIN: Timestamp = Timestamp::from_millis(1_795_185_720_000);
/// How long requests under way may take to finish when it closes. Chosen: they are answered in milliseconds.
const CLOSING: Duration = Duration::from_secs(2);
/// What passes between two steps of a scenario.
const STEP: Duration = Duration::from_secs(60 * 60);
/// Where every sandbox's ids begin.
const SEED: [u8; 32] = [7; 32];

/// The mapping that reads the pretend EMR's own JSON.
const MAPPING: &str = include_str!("../../config/mappings/riverbend.toml");

/// A pretend partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Partner {
    /// Oak Street Food Bank.
    FoodBank,
    /// Oak Street Neighbours.
    Neighbours,
}

impl Partner {
    const ALL: [Self; 2] = [Self::FoodBank, Self::Neighbours];

    /// Its slug.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::FoodBank => "oak-street",
            Self::Neighbours => "oak-street-neighbours",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::FoodBank => "Oak Street Food Bank (made up)",
            Self::Neighbours => "Oak Street Neighbours (made up)",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::FoodBank => "sandbox-oak-street",
            Self::Neighbours => "sandbox-oak-street-neighbours",
        }
    }

    /// What it says that it did.
    pub(super) fn procedure(self) -> Value {
        match self {
            Self::FoodBank => json!({ "coding": [{
                "system": "http://snomed.info/sct", "code": "710925007", "display": "Provision of food",
            }] }),
            Self::Neighbours => json!({ "text": "Came to the language circle" }),
        }
    }
}

/// A running sandbox.
pub(super) struct House {
    /// The address that clients call, without a trailing slash.
    pub(super) base: String,
    /// Its time.
    pub(super) clock: Clock,
    /// The pretend EMR's client.
    pub(super) emr: Mouth,
    partners: Vec<(Partner, Mouth, Mutex<Ear>)>,
    emr_ear: Mutex<Ear>,
    running: Running,
    native: Native,
    server: JoinHandle<()>,
    close: oneshot::Sender<()>,
    folder: PathBuf,
    _temporary: Option<TempDir>,
}

impl House {
    /// A sandbox whose time stands still until it is stepped.
    pub(super) async fn open(options: &Options) -> anyhow::Result<Self> {
        Self::build(options, Clock::stepped(BEGIN), Ids::seeded(SEED)).await
    }

    /// A sandbox in which time passes by itself.
    pub(super) async fn open_live(options: &Options) -> anyhow::Result<Self> {
        Self::build(options, Clock::System, Ids::seeded(seed().map_err(|failure| anyhow!("{failure:?}"))?)).await
    }

    async fn build(options: &Options, clock: Clock, ids: Ids) -> anyhow::Result<Self> {
        let temporary = if options.keep.is_none() { Some(TempDir::with_prefix("lariat-sandbox-")?) } else { None };
        let folder = match (&options.keep, &temporary) {
            (Some(folder), _) => folder.clone(),
            (None, Some(temporary)) => temporary.path().to_owned(),
            (None, None) => return Err(anyhow!("a sandbox has a folder")),
        };
        let listener =
            TcpListener::bind(("127.0.0.1", options.port.unwrap_or(0))).await.context("cannot listen")?;
        let base = format!("http://{}", listener.local_addr()?);

        let mut settings = Settings::new(&folder, &base)?;
        let emr_ear = settings.ear(EMR, &clock, &ids).await?;
        settings.emr(&emr_ear.url)?;
        let mut partners = Vec::new();
        for partner in Partner::ALL {
            let ear = settings.ear(partner.name(), &clock, &ids).await?;
            settings.partner(partner, &ear.url)?;
            partners.push((partner, Mouth::new(&base, partner.key())?, Mutex::new(ear)));
        }
        let mut config = Config::load(Some(&settings.write()?)).map_err(|error| anyhow!("{error}"))?;
        config.sandbox = true;
        prepare(&location(&config)).await.map_err(|failure| anyhow!("{failure:?}"))?;
        let running = assemble(&config, clock.clone(), ids).await.map_err(|failure| anyhow!("{failure:?}"))?;
        let router = running.router.clone();
        let (close, closed) = oneshot::channel();
        let server = tokio::spawn(serve(listener, router, async {
            // An error means that the house is gone: close as well.
            let _: Result<(), _> = closed.await;
        }));
        let emr = Mouth::new(&base, EMR_KEY)?;
        let native = concept_maps()
            .and_then(|maps| native("riverbend.toml", MAPPING, &maps))
            .map_err(|failure| anyhow!("{failure:?}"))?;
        let emr_ear = Mutex::new(emr_ear);
        Ok(Self {
            base,
            clock,
            emr,
            partners,
            emr_ear,
            running,
            native,
            server,
            close,
            folder,
            _temporary: temporary,
        })
    }

    /// Stops everything; a temporary folder is deleted.
    pub(super) async fn close(self) {
        // Without a listener left there is nothing to tell.
        let _: Result<(), ()> = self.close.send(());
        let mut server = self.server;
        if tokio::time::timeout(CLOSING, &mut server).await.is_err() {
            server.abort();
        }
        self.running.store.close().await;
    }

    /// A partner's client.
    pub(super) fn partner(&self, partner: Partner) -> &Mouth {
        &self.partners[partner as usize].1
    }

    /// The next message that a partner, or the EMR, has heard.
    pub(super) async fn heard(&self, party: Option<Partner>) -> Option<Heard> {
        match party {
            Some(partner) => self.partners[partner as usize].2.lock().await.next(),
            None => self.emr_ear.lock().await.next(),
        }
    }

    /// Lets an hour pass.
    pub(super) fn pass_time(&self) {
        self.clock.advance(STEP);
    }

    /// Sends everything that is due.
    pub(super) async fn deliver(&self) -> anyhow::Result<()> {
        self.running.worker.step().await.map(drop).map_err(|error| anyhow!("{error}"))
    }

    /// The Bundle that the EMR's own record means.
    pub(super) fn mapped(&self, record: &Value) -> anyhow::Result<Value> {
        self.native
            .bundle(record)
            .map_err(|refusal| anyhow!("the mapping refuses the record: {:?}", refusal.issues))
    }

    /// What people call the newest referral.
    pub(super) async fn reference(&self) -> anyhow::Result<String> {
        let newest = self.running.store.loops(Visibility::Lariat, LoopFilter::All, 1).await?;
        newest.first().map(|known| known.reference.clone()).context("a referral was opened")
    }

    /// What to open and what to try.
    pub(super) fn banner(&self) -> Vec<String> {
        let base = &self.base;
        let keys = Partner::ALL.map(Partner::key).join(", ");
        vec![
            String::new(),
            format!("Lariat {} sandbox. Made-up people. Nothing leaves this computer.", env!("CARGO_PKG_VERSION")),
            format!("Data: {}", self.folder.display()),
            format!("FHIR  {base}/fhir/metadata     keys: {EMR_KEY}, {keys}"),
            format!("JSON  {base}/json/referrals    key: {EMR_KEY}"),
            String::new(),
            "Send a referral as the EMR would (copy this into a second terminal):".to_owned(),
            format!("  curl -sS {base}/json/referrals -H 'Authorization: Bearer {EMR_KEY}' \\"),
            "       -H 'Idempotency-Key: first-1' --json @fixtures/json-referral/0-received.json".to_owned(),
            String::new(),
            "The pretend partners accept whatever is sent to them. Stop: Ctrl-C".to_owned(),
        ]
    }

    /// Delivers, and lets the partners accept what they are sent, until `stop`.
    pub(super) async fn answer_until(
        &self,
        stop: impl Future<Output = ()> + Send,
        say: &mut (dyn FnMut(String) + Send),
    ) -> anyhow::Result<()> {
        let post_room = self.running.worker.run(std::future::pending());
        let parties = async {
            let (mut bank, mut neighbours, mut emr) =
                (self.partners[0].2.lock().await, self.partners[1].2.lock().await, self.emr_ear.lock().await);
            loop {
                tokio::select! {
                    Some(heard) = bank.wait() => self.accept(Partner::FoodBank, &heard, say).await,
                    Some(heard) = neighbours.wait() => self.accept(Partner::Neighbours, &heard, say).await,
                    Some(heard) = emr.wait() => say(format!("told EMR   {}", line(&heard))),
                }
            }
        };
        tokio::select! {
            () = post_room => {}
            () = parties => {}
            () = stop => {}
        }
        Ok(())
    }

    async fn accept(&self, partner: Partner, heard: &Heard, say: &mut (dyn FnMut(String) + Send)) {
        say(format!("sent       {}  to {}", line(heard), partner.name()));
        if heard.body["type"] != "referral.requested" {
            return;
        }
        let mouth = self.partner(partner);
        let answered = async {
            let address = heard.body["data"]["answer"].as_str().context("the message says where to answer")?;
            let mut task = mouth.get(address).await?;
            let version = task["meta"]["versionId"].as_str().unwrap_or_default().to_owned();
            task["status"] = json!("accepted");
            mouth.put(address, &version, &task).await
        };
        match answered.await {
            Ok(_) => say(format!("answered   {}  accepted by {}", reference(heard), partner.name())),
            Err(error) => say(format!("xx         {}  {error:#}", reference(heard))),
        }
    }
}

fn reference(heard: &Heard) -> &str {
    heard.body["data"]["referral"]["reference"].as_str().unwrap_or("?")
}

fn line(heard: &Heard) -> String {
    format!("{}  {}  {}", reference(heard), heard.body["type"].as_str().unwrap_or("?"), heard.id)
}

/// Settings as an operator writes them: a file, a file per partner, a file per secret.
struct Settings<'a> {
    folder: &'a Path,
    main: String,
}

impl<'a> Settings<'a> {
    fn new(folder: &'a Path, base: &str) -> anyhow::Result<Self> {
        for name in ["partners", "mappings", "secrets"] {
            std::fs::create_dir_all(folder.join(name)).context("cannot make the sandbox's folder")?;
        }
        std::fs::write(folder.join("mappings/riverbend.toml"), MAPPING)?;
        let listen = base.trim_start_matches("http://");
        let record = toml::Value::String(format!("sqlite:{}", folder.join("lariat.db").display()));
        let main = format!(
            "[server]\nlisten = \"{listen}\"\nbase_url = \"{base}\"\n\
             [store]\nlocation = {record}\n\
             [delivery]\nallow_loopback = true\n\
             [files]\npartners = \"partners\"\nmappings = \"mappings\"\n\
             [[custodian]]\nname = \"riverbend\"\n"
        );
        Ok(Self { folder, main })
    }

    /// A listening party with a new secret, which is written for Lariat too.
    async fn ear(&self, name: &str, clock: &Clock, ids: &Ids) -> anyhow::Result<Ear> {
        let secret = SigningSecret::generate(ids);
        let file = self.folder.join(format!("secrets/{name}.whsec"));
        write_private(&file, secret.text().expose())?;
        Ear::open(secret, clock.clone()).await
    }

    fn emr(&mut self, url: &str) -> anyhow::Result<()> {
        let text = format!(
            "[[client]]\nname = \"{EMR}\"\ncustodian = \"riverbend\"\nscopes = [\"system/*.cruds\"]\n\
             key_sha256 = [\"{}\"]\nmapping = \"riverbend\"\n{}",
            KeyHash::of(EMR_KEY.as_bytes()),
            self.endpoint("client.endpoint", EMR, url)?,
        );
        self.main.push_str(&text);
        Ok(())
    }

    fn partner(&self, partner: Partner, url: &str) -> anyhow::Result<()> {
        let (name, title) = (partner.name(), partner.title());
        let text = format!(
            "name = \"{name}\"\ntitle = \"{title}\"\nclass = \"non-custodian\"\n\
             identifier = {{ system = \"https://lariat.example/fhir/NamingSystem/partner\", value = \"{name}\" }}\n\
             scopes = [\"system/Task.rus\", \"system/Procedure.crs\", \"system/ServiceRequest.rs\", \
             \"system/Patient.rs\", \"system/Organization.rs\", \"system/Practitioner.rs\", \
             \"system/PractitionerRole.rs\"]\nkey_sha256 = [\"{}\"]\n{}",
            KeyHash::of(partner.key().as_bytes()),
            self.endpoint("endpoint", name, url)?,
        );
        Ok(std::fs::write(self.folder.join(format!("partners/{name}.toml")), text)?)
    }

    fn endpoint(&self, table: &str, name: &str, url: &str) -> anyhow::Result<String> {
        let secret = self.folder.join(format!("secrets/{name}.whsec"));
        let secret = toml::Value::String(std::path::absolute(secret)?.display().to_string());
        Ok(format!("[{table}]\nurl = \"{url}/\"\nsecret_files = [{secret}]\n"))
    }

    fn write(&self) -> anyhow::Result<PathBuf> {
        let file = self.folder.join("lariat.toml");
        std::fs::write(&file, &self.main)?;
        Ok(file)
    }
}

/// A file that only its owner reads, as settings require of secrets.
fn write_private(file: &Path, text: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(file)?.write_all(text)?)
}
