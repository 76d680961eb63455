//! The house of a sandbox: a folder with settings as an operator would write them, Lariat itself, and the parties.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use jiff::tz::TimeZone;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;

use crate::cli::assemble::{Running, assemble, native};
use crate::cli::serve::seed;
use crate::cli::shipped::concept_maps;
use crate::cli::store::{location, prepare};
use crate::cli::{Exit, Failure};
use crate::config::Config;
use crate::domain::clock::{Clock, Clocks, Timestamp};
use crate::domain::id::Ids;
use crate::domain::visibility::Visibility;
use crate::exchange::Native;
use crate::inbound::http::serve;
use crate::sandbox::Options;
use crate::sandbox::arrivals::{self, Arrivals};
use crate::sandbox::folder::Folder;
use crate::sandbox::mailbox::Mailbox;
use crate::sandbox::partner::{Partner, Reach};
use crate::sandbox::party::{Ear, Heard, Mouth};
use crate::sandbox::play::{self, Play};
use crate::sandbox::settings::{DIRECT, EMR, Emr, MAPPINGS, OSCAR, Settings};
use crate::security::password::PasswordHash;
use crate::security::signature::SigningSecret;
use crate::store::LoopFilter;

/// 2026-11-20T14:42:00Z: when every sandbox begins.
pub(super) const BEGIN: Timestamp = Timestamp::from_millis(1_795_185_720_000);
/// How long requests under way may take to finish when it closes. Chosen: they are answered in milliseconds.
const CLOSING: Duration = Duration::from_secs(2);
/// Where every sandbox's ids begin.
const SEED: [u8; 32] = [7; 32];
/// Everyone's password at the desk. It exists only here.
pub(super) const PASSWORD: &str = "made-up people only";

/// A pretend partner at work.
pub(super) struct Player {
    /// Which one.
    pub(super) partner: Partner,
    /// Its client of Lariat.
    pub(super) mouth: Mouth,
    /// Where it hears webhooks, when it does.
    pub(super) ear: Option<Mutex<Ear>>,
}

/// A running sandbox.
pub(super) struct House {
    /// The address that clients call, without a trailing slash.
    pub(super) base: String,
    /// Its time.
    pub(super) clock: Clock,
    /// Lariat.
    pub(super) running: Running,
    /// What mail reaches.
    pub(super) mailbox: Arc<Mailbox>,
    /// What the pages of the sandbox tell of.
    pub(super) play: Arc<Play>,
    /// The partners, each at the place of its own number.
    pub(super) partners: Vec<Player>,
    /// Where all EMRs hear.
    pub(super) emr_ear: Mutex<Ear>,
    natives: BTreeMap<&'static str, Native>,
    server: JoinHandle<()>,
    close: oneshot::Sender<()>,
    /// Where its data lies.
    pub(super) folder: PathBuf,
    /// The zone of its pages.
    pub(super) zone: TimeZone,
    /// What came in at its doors.
    pub(super) arrivals: Arc<Arrivals>,
    _folder: Folder,
}

impl House {
    /// A sandbox whose time stands still until it is stepped. People at their screens take no time at all.
    pub(super) async fn open(options: &Options) -> anyhow::Result<Self> {
        let clocks = Clocks { work: Clock::stepped(BEGIN), people: Clock::stepped(BEGIN) };
        Self::build(options, clocks, Ids::seeded(SEED)).await
    }

    /// A sandbox whose days pass as somebody steps them, while people at their screens have their own time.
    pub(super) async fn open_live(options: &Options, begin: Timestamp) -> anyhow::Result<Self> {
        let ids = match options.seed {
            Some(seed) => Ids::seeded([seed; 32]),
            None => Ids::seeded(seed()?),
        };
        Self::build(options, Clocks { work: Clock::stepped(begin), people: Clock::System }, ids).await
    }

    async fn build(options: &Options, clocks: Clocks, ids: Ids) -> anyhow::Result<Self> {
        let clock = clocks.work.clone();
        let kept = Folder::open(options.keep.as_deref())?;
        let folder = kept.path.clone();
        let listener = listen(options.port.unwrap_or(0)).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let mailbox = Arc::new(Mailbox::open().await.context("no free port for the mailbox")?);

        let mut settings = Settings::new(&folder, &base, mailbox.address().port())?;
        let hash = PasswordHash::make(PASSWORD.as_bytes(), &ids).context("the password is short enough")?;
        settings.staff(&hash.to_string())?;
        let emr_ear = emrs(&mut settings, &clock, &ids).await?;
        let mut partners = Vec::new();
        for partner in Partner::ALL {
            let ear = match partner.reach() {
                Reach::Mail => None,
                Reach::Webhook => Some(listening(&settings, partner.name(), &clock, &ids).await?),
            };
            settings.partner(partner, ear.as_ref().map(|ear| ear.url.as_str()))?;
            let mouth = Mouth::new(&base, partner.key())?;
            partners.push(Player { partner, mouth, ear: ear.map(Mutex::new) });
        }
        settings.outside(options.outside.as_ref())?;
        let mut config = Config::load(Some(&settings.write()?)).map_err(Failure::from)?;
        config.sandbox = true;
        prepare(&location(&config)).await?;
        let running = assemble(&config, clocks, ids).await?;
        let play = Arc::new(Play::new(&base, &running, Arc::clone(&mailbox), &folder, options)?);
        let arrivals = Arc::new(Arrivals::default());
        let heard = axum::middleware::from_fn_with_state(Arc::clone(&arrivals), arrivals::note);
        let router = running.doors.router_with(play::routes(Arc::clone(&play))).layer(heard);
        let (close, closed) = oneshot::channel();
        let server = tokio::spawn(serve(listener, router, async {
            // An error means that the house is gone: close as well.
            let _: Result<(), _> = closed.await;
        }));
        let mut natives = BTreeMap::new();
        let maps = concept_maps()?;
        for (name, text) in MAPPINGS {
            natives.insert(name, native(name, text, &maps)?);
        }
        Ok(Self {
            base,
            clock,
            running,
            mailbox,
            play,
            partners,
            emr_ear: Mutex::new(emr_ear),
            natives,
            server,
            close,
            folder,
            zone: config.server.zone,
            arrivals,
            _folder: kept,
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

    /// An EMR's client.
    pub(super) fn emr(&self, emr: Emr) -> anyhow::Result<Mouth> {
        Mouth::new(&self.base, emr.key)
    }

    /// A partner's client.
    pub(super) fn partner(&self, partner: Partner) -> &Mouth {
        &self.partners[partner as usize].mouth
    }

    /// The next message that a partner, or an EMR, has heard.
    pub(super) async fn heard(&self, party: Option<Partner>) -> Option<Heard> {
        match party {
            Some(partner) => self.partners[partner as usize].ear.as_ref()?.lock().await.next(),
            None => self.emr_ear.lock().await.next(),
        }
    }

    /// Lets time pass, and does what has become due: chases, then delivers.
    pub(super) async fn pass(&self, time: Duration) -> anyhow::Result<()> {
        self.clock.advance(time);
        self.running.desk.chase(self.clock.now(), 500).await.map_err(|error| anyhow!("{:?}", error.issues))?;
        self.deliver().await
    }

    /// Sends everything that is due.
    pub(super) async fn deliver(&self) -> anyhow::Result<()> {
        self.running.worker.drain().await.map(drop).map_err(|error| anyhow!("{error}"))
    }

    /// The Bundle that an EMR's own record means.
    pub(super) fn mapped(&self, emr: Emr, record: &Value) -> anyhow::Result<Value> {
        let native = self.natives.get(emr.mapping()).context("the mapping is known")?;
        native.bundle(record).map_err(|refusal| anyhow!("the mapping refuses the record: {:?}", refusal.issues))
    }

    /// Id and reference of the newest referral.
    pub(super) async fn newest(&self) -> anyhow::Result<(String, String)> {
        let newest = self.running.store.loops(Visibility::Lariat, LoopFilter::All, 1).await?;
        let newest = newest.first().context("a referral was opened")?;
        Ok((newest.id.to_string(), newest.reference.clone()))
    }
}

/// Listens on loopback; 0 is any free port.
async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            let message = format!("port {port} is in use by another program");
            let fix = format!("name another port:  lariat sandbox --port {}", port.wrapping_add(1));
            Failure::new(Exit::Failed, "port-in-use", message, fix).into()
        }
        _ => anyhow::Error::new(error).context(format!("cannot listen on port {port}")),
    })
}

/// All EMRs listen at one address.
async fn emrs(settings: &mut Settings<'_>, clock: &Clock, ids: &Ids) -> anyhow::Result<Ear> {
    let secret = SigningSecret::generate(ids);
    let emrs = [EMR, DIRECT, OSCAR];
    for emr in emrs {
        settings.secret(emr.name, secret.text().expose())?;
    }
    let ear = Ear::open(secret, clock.clone()).await?;
    for emr in emrs {
        settings.emr(emr, &ear.url)?;
    }
    Ok(ear)
}

/// A listening party with a new secret, which is written for Lariat too.
async fn listening(settings: &Settings<'_>, name: &str, clock: &Clock, ids: &Ids) -> anyhow::Result<Ear> {
    let secret = SigningSecret::generate(ids);
    settings.secret(name, secret.text().expose())?;
    Ear::open(secret, clock.clone()).await
}
