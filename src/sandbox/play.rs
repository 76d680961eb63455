//! What the pages of the sandbox tell of: your referral on its way, the EMR's chart, what was broken and mended.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::cli::assemble::Running;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::ResourceId;
use crate::domain::visibility::Visibility;
use crate::sandbox::failing::Failing;
use crate::sandbox::mailbox::Mailbox;
use crate::sandbox::partner::Partner;
use crate::sandbox::party::{Heard, Mouth};
use crate::sandbox::settings::EMR;
use crate::sandbox::{Options, SPEED};
use crate::store::{EndpointState, LoopFilter, LoopRecord, MessageRecord, Store};

pub(super) use crate::sandbox::pages::routes;

/// The record that "Send it for me" sends; the same file as in the command.
pub(super) const FIRST: &str = include_str!("../../fixtures/riverbend-food/0-received.json");

/// Messages of the chart that are kept. Chosen: a page of them.
const CHART_MAX: usize = 200;

/// Loops of which what was given up is sent again: the newest. Chosen: more than a sandbox begins with.
const MENDED: u32 = 200;

/// Loops that are looked through for yours. Chosen: yours is among the newest.
const LOOK_BACK: u32 = 50;

/// What happens behind the pages.
pub(super) struct Play {
    /// The address of Lariat.
    pub(super) base: String,
    /// The work's time.
    pub(super) clock: Clock,
    /// Where mail arrives.
    pub(super) mailbox: Arc<Mailbox>,
    /// Whose systems fail.
    pub(super) failing: Arc<Failing>,
    /// How many times faster than real time days pass.
    pub(super) speed: u32,
    /// The file that the command sends.
    record: PathBuf,
    store: Store,
    emr: Mouth,
    chart: Mutex<Vec<(Timestamp, Heard)>>,
    yours: Mutex<Yours>,
}

/// The referral that you follow.
#[derive(Default)]
struct Yours {
    /// When the newest of the referrals was opened that were there before you came; nothing is yours until it is set.
    after: Option<Timestamp>,
    /// What was answered when the sandbox sent it.
    receipt: Option<Receipt>,
    /// Which one it is, when it was first seen here, and how long it had been on its way by then.
    begun: Option<(ResourceId, Instant, Duration)>,
    /// From then on until the EMR heard of a partner's yes.
    took: Option<Duration>,
    /// Whether it has ended: only then does another one take its place.
    is_over: bool,
    /// Which record the sandbox has sent: `None` is the first.
    number: Option<i64>,
}

/// What Lariat answered to a referral.
#[derive(Clone, Debug)]
pub(super) struct Receipt {
    /// The HTTP status.
    pub(super) status: u16,
    /// How long it took, milliseconds.
    pub(super) millis: u128,
    /// The answer.
    pub(super) body: String,
}

/// How far your referral is.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    /// Its loop and what people call it.
    pub(super) referral: Option<(ResourceId, String)>,
    /// The receipt, when the sandbox sent it for you.
    pub(super) receipt: Option<Receipt>,
    /// Whether the person has taken back every consent, and no partner's answer is there yet.
    pub(super) is_withdrawn: bool,
    /// In what words the EMR was told that the partner declined, until somebody else is asked.
    pub(super) declined: Option<String>,
    /// Whether it has gone to a partner.
    pub(super) is_sent: bool,
    /// Whether the partner has taken it on.
    pub(super) is_answered: bool,
    /// What the EMR was told of that, in a sentence.
    pub(super) told: Option<String>,
    /// Seconds from its receipt to that.
    pub(super) took_secs: Option<u64>,
}

impl Play {
    pub(super) fn new(
        base: &str,
        running: &Running,
        mailbox: Arc<Mailbox>,
        folder: &Path,
        options: &Options,
    ) -> anyhow::Result<Self> {
        let failing = Arc::new(Failing::new(&options.fail));
        let fails = Arc::clone(&failing);
        mailbox.behave(move |line| fails.said(line));
        let record = std::path::absolute(folder)?.join("first-referral.json");
        std::fs::write(&record, FIRST).context("cannot write the first referral")?;
        Ok(Self {
            base: base.to_owned(),
            clock: running.worker.clock.clone(),
            mailbox,
            failing,
            speed: options.speed.unwrap_or(SPEED),
            record,
            store: running.store.clone(),
            emr: Mouth::new(base, EMR.key)?,
            chart: Mutex::default(),
            yours: Mutex::default(),
        })
    }

    /// What sends the first referral from a terminal, wherever that stands.
    pub(super) fn command(&self) -> String {
        let record = self.record.display().to_string();
        let is_plain = record.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
        let record = if is_plain { record } else { format!("'{}'", record.replace('\'', "'\\''")) };
        format!(
            "curl -sS {}/json/referrals -H 'Authorization: Bearer {}' \\\n     -H 'Idempotency-Key: first-1' \
             --json @{record}",
            self.base, EMR.key
        )
    }

    /// From now on every new referral of the EMR is yours; in a sandbox that was open before, from then on.
    pub(super) async fn begin(&self) -> anyhow::Result<()> {
        if self.yours.lock().await.after.is_some() {
            return Ok(());
        }
        let newest = self.newest().await?;
        self.yours.lock().await.after = Some(newest);
        Ok(())
    }

    /// Opens the endpoints of whoever fails: that they were tried for weeks is past, and trying is what is to be seen.
    pub(super) async fn try_again(&self) -> anyhow::Result<()> {
        for partner in self.failing.all().into_keys() {
            self.open(partner).await?;
        }
        Ok(())
    }

    /// Mends a partner's system, opens its endpoint as an operator would, and sends again what was given up.
    pub(super) async fn mend(&self, partner: Partner) -> anyhow::Result<()> {
        self.failing.mend(partner);
        self.open(partner).await?;
        for known in self.store.loops(Visibility::Lariat, LoopFilter::All, MENDED).await? {
            let messages = self.store.messages(known.id).await?;
            for message in messages.iter().filter(|message| message.endpoint == partner.name()) {
                if message.state == "dead" {
                    self.store.replay(message.lane, self.clock.now()).await?;
                }
            }
        }
        Ok(())
    }

    async fn open(&self, partner: Partner) -> anyhow::Result<()> {
        loop {
            let known = self.store.endpoints().await?.into_iter().find(|state| state.name == partner.name());
            let Some(known) = known else { return Ok(()) };
            // The post room may have written meanwhile: look again.
            if self.store.put_endpoint(&known, EndpointState::fresh(partner.name())).await? {
                return Ok(());
            }
        }
    }

    /// The EMR has heard something.
    pub(super) async fn hear(&self, heard: Heard) {
        self.heard_at(self.clock.now(), heard).await;
    }

    /// The EMR heard this then.
    pub(super) async fn heard_at(&self, at: Timestamp, heard: Heard) {
        let mut chart = self.chart.lock().await;
        chart.push((at, heard));
        let too_many = chart.len().saturating_sub(CHART_MAX);
        chart.drain(..too_many);
    }

    /// What the EMR has heard, the newest first.
    pub(super) async fn chart(&self) -> Vec<(Timestamp, Heard)> {
        self.chart.lock().await.iter().rev().cloned().collect()
    }

    /// How far your referral is.
    pub(super) async fn story(&self) -> anyhow::Result<Story> {
        let Some(known) = self.yours().await? else { return Ok(Story::default()) };
        let messages = self.store.messages(known.id).await?;
        let told = self.told(&known).await;
        let is_withdrawn = told.is_none() && self.is_withdrawn(&known).await?;
        let declined = if told.is_some() { None } else { self.declined(&known).await };
        let newest = self.newest().await?;
        let mut yours = self.yours.lock().await;
        let begun = match yours.begun {
            Some((id, begun, before)) if id == known.id => (begun, before),
            _ => {
                (yours.took, yours.is_over) = (None, false);
                let (_, begun, before) = *yours.begun.insert((known.id, Instant::now(), Duration::ZERO));
                (begun, before)
            }
        };
        if told.is_some() {
            yours.took.get_or_insert_with(|| begun.0.elapsed() + begun.1);
        }
        if (told.is_some() || is_withdrawn) && !yours.is_over {
            (yours.is_over, yours.after) = (true, Some(newest));
        }
        let is_sent = messages.iter().any(is_to_a_partner);
        Ok(Story {
            is_withdrawn,
            declined,
            referral: Some((known.id, known.reference.clone())),
            receipt: yours.receipt.clone().filter(|receipt| receipt.body.contains(&known.reference)),
            is_sent,
            is_answered: is_sent && told.is_some(),
            took_secs: yours.took.map(|took| took.as_secs()),
            told,
        })
    }

    /// The sentence by which the EMR heard that a partner took your referral on.
    async fn told(&self, known: &LoopRecord) -> Option<String> {
        let chart = self.chart.lock().await;
        let says_so = |heard: &Heard| {
            let partner = heard.body["data"]["partner"].as_str().unwrap_or_default();
            heard.body["data"]["referral"]["reference"] == known.reference.as_str()
                && Partner::ALL.iter().any(|known| known.title() == partner)
                && matches!(heard.body["type"].as_str(), Some("referral.in-progress" | "referral.completed"))
        };
        let (_, heard) = chart.iter().rfind(|(_, heard)| says_so(heard))?;
        heard.body["data"]["summary"].as_str().map(str::to_owned)
    }

    /// The sentence by which the EMR heard that a partner declined, when that is the last that it heard.
    async fn declined(&self, known: &LoopRecord) -> Option<String> {
        let chart = self.chart.lock().await;
        let is_yours = |heard: &Heard| heard.body["data"]["referral"]["reference"] == known.reference.as_str();
        let (_, heard) = chart.iter().rfind(|(_, heard)| is_yours(heard))?;
        let said = heard.body["data"]["summary"].as_str().map(str::to_owned);
        said.filter(|_| heard.body["data"]["part"]["status"] == "rejected")
    }

    /// The referral that you follow: until it has ended, the first that the EMR sent since you came; then the next.
    async fn yours(&self) -> anyhow::Result<Option<LoopRecord>> {
        let (after, own) = {
            let yours = self.yours.lock().await;
            let Some(after) = yours.after else { return Ok(None) };
            (after, yours.begun.map(|(id, ..)| (id, yours.is_over)))
        };
        let own = match own {
            Some((id, is_over)) => {
                let found = self.store.loops(Visibility::Lariat, LoopFilter::Id(id), 1).await?.pop();
                if !is_over && found.is_some() {
                    return Ok(found);
                }
                found
            }
            None => None,
        };
        let newest = self.store.loops(Visibility::Lariat, LoopFilter::All, LOOK_BACK).await?;
        let mut of_emr = newest.into_iter().filter(|known| known.source == EMR.name && known.opened_at > after);
        Ok(of_emr.next_back().or(own))
    }

    /// When the newest of all referrals was opened.
    async fn newest(&self) -> anyhow::Result<Timestamp> {
        let newest = self.store.loops(Visibility::Lariat, LoopFilter::All, 1).await?;
        Ok(newest.first().map_or(Timestamp::from_millis(0), |known| known.opened_at))
    }

    /// Sends the first referral as the command does; again, it is the same. When that one is of a story that is past,
    /// a new one begins.
    pub(super) async fn send(&self) -> anyhow::Result<Receipt> {
        let receipt = self.post_record(None).await?;
        if self.yours().await?.is_none() {
            return self.send_another().await;
        }
        self.keep(&receipt).await;
        Ok(receipt)
    }

    /// Sends a referral of another person: the story begins again.
    pub(super) async fn send_another(&self) -> anyhow::Result<Receipt> {
        let newest = self.newest().await?;
        let number = Some(self.clock.now().as_millis());
        let receipt = self.post_record(number).await?;
        if is_success(&receipt) {
            let mut yours = self.yours.lock().await;
            *yours = Yours { after: Some(newest), number, ..Yours::default() };
        }
        self.keep(&receipt).await;
        Ok(receipt)
    }

    /// Sends your referral, and the very same once more.
    pub(super) async fn send_twice(&self) -> anyhow::Result<[Receipt; 2]> {
        let first = match self.yours().await? {
            None => Some(self.send().await?),
            Some(_) => None,
        };
        let number = self.yours.lock().await.number;
        let first = match first {
            Some(first) => first,
            None => self.post_record(number).await?,
        };
        Ok([first, self.post_record(number).await?])
    }

    /// The first record byte for byte as the command sends it, so that it is the same referral; or, by its number, that
    /// of another person.
    async fn post_record(&self, number: Option<i64>) -> anyhow::Result<Receipt> {
        let Some(number) = number else { return self.post(FIRST.to_owned(), "first-1").await };
        let mut record: Value = serde_json::from_str(FIRST)?;
        record["referral_id"] = json!(format!("R-{number}"));
        record["client"]["id"] = json!(format!("C-{number}"));
        record["client"]["name"] = json!({ "given": "Odette", "family": "Marmelade-Teapot" });
        record["client"]["birth_date"] = json!("1951-06-03");
        self.post(record.to_string(), &format!("again-{number}")).await
    }

    async fn keep(&self, receipt: &Receipt) {
        if is_success(receipt) {
            self.yours.lock().await.receipt = Some(receipt.clone());
        }
    }

    /// What is kept of the story for the next time that this sandbox is opened.
    pub(super) async fn kept(&self) -> Value {
        let yours = self.yours.lock().await;
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        json!({
            "after": yours.after.map(Timestamp::as_millis),
            "begun": yours.begun.map(|(id, begun, before)| json!([id.to_string(), millis(begun.elapsed() + before)])),
            "took": yours.took.map(millis),
            "over": yours.is_over,
            "number": yours.number,
        })
    }

    /// Goes on with the story that was kept.
    pub(super) async fn restore(&self, kept: &Value) {
        let mut yours = self.yours.lock().await;
        yours.after = kept["after"].as_i64().map(Timestamp::from_millis);
        let begun = kept["begun"][0].as_str().and_then(|id| id.parse().ok()).zip(kept["begun"][1].as_u64());
        yours.begun = begun.map(|(id, millis)| (id, Instant::now(), Duration::from_millis(millis)));
        yours.took = kept["took"].as_u64().map(Duration::from_millis);
        yours.is_over = kept["over"] == true;
        yours.number = kept["number"].as_i64();
    }

    /// Whether the person of the referral had agreed, and agrees to nothing any more.
    async fn is_withdrawn(&self, known: &LoopRecord) -> anyhow::Result<bool> {
        let found = self.consents(known).await?;
        Ok(!found.is_empty() && found.iter().all(|consent| consent["status"] != "active"))
    }

    async fn consents(&self, known: &LoopRecord) -> anyhow::Result<Vec<Value>> {
        let found = self.emr.get(&format!("/fhir/Consent?patient={}&_count=50", known.patient)).await?;
        let entries = found["entry"].as_array().into_iter().flatten();
        Ok(entries.map(|entry| entry["resource"].clone()).collect())
    }

    /// Sends a referral whose reason no concept map knows.
    pub(super) async fn send_bad(&self) -> anyhow::Result<Receipt> {
        let mut record: Value = serde_json::from_str(FIRST)?;
        record["referral_id"] = json!("R-2026-00999");
        record["need"] = json!("walking grp");
        self.post(record.to_string(), "bad-1").await
    }

    async fn post(&self, record: String, key: &str) -> anyhow::Result<Receipt> {
        let begun = Instant::now();
        let (status, body) = self.emr.try_post("/json/referrals", key, record).await?;
        Ok(Receipt { status, millis: begun.elapsed().as_millis(), body })
    }

    /// The EMR takes back the consents of the person whom your referral is about: how many, and whether it had gone to a
    /// partner.
    pub(super) async fn withdraw(&self) -> anyhow::Result<(usize, bool)> {
        let Some(known) = self.yours().await? else { bail!("there is no referral of yours yet") };
        let is_sent = self.store.messages(known.id).await?.iter().any(is_to_a_partner);
        let mut ended = 0;
        for mut consent in self.consents(&known).await? {
            if consent["status"] != "active" {
                continue;
            }
            let id = consent["id"].as_str().context("a Consent has an id")?.to_owned();
            let version = consent["meta"]["versionId"].as_str().unwrap_or_default().to_owned();
            consent["status"] = json!("inactive");
            self.emr.put(&format!("/fhir/Consent/{id}"), &version, &consent).await?;
            ended += 1;
        }
        Ok((ended, is_sent))
    }
}

fn is_success(receipt: &Receipt) -> bool {
    (200..300).contains(&receipt.status)
}

fn is_to_a_partner(message: &MessageRecord) -> bool {
    Partner::ALL.iter().any(|partner| partner.name() == message.endpoint) && message.event == "referral.requested"
}
