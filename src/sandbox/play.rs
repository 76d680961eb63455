//! What the pages of the sandbox tell of: your referral on its way, the EMR's chart, what was broken and mended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::cli::assemble::Running;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::id::ResourceId;
use crate::domain::visibility::Visibility;
use crate::sandbox::mailbox::{Mailbox, Said};
use crate::sandbox::partner::Partner;
use crate::sandbox::party::{Heard, Mouth};
use crate::sandbox::settings::EMR;
use crate::store::{LoopFilter, LoopRecord, MessageRecord, Store};

pub(super) use crate::sandbox::pages::routes;

/// The record that "Send it for me" sends; the same file as in the command.
pub(super) const FIRST: &str = include_str!("../../fixtures/riverbend-food/0-received.json");

/// Messages of the chart that are kept. Chosen: a page of them.
const CHART_MAX: usize = 200;

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
    /// Whether County Meals' system has been mended.
    pub(super) is_mended: AtomicBool,
    store: Store,
    emr: Mouth,
    chart: Mutex<Vec<(Timestamp, Heard)>>,
    yours: Mutex<Yours>,
    mail_fails: Arc<AtomicBool>,
}

/// The referral that you follow.
#[derive(Default)]
struct Yours {
    /// When the newest of the referrals was opened that were there before you came; nothing is yours until it is set.
    after: Option<Timestamp>,
    /// What was answered when the sandbox sent it.
    receipt: Option<Receipt>,
    /// Which one it is, and when it was first seen.
    begun: Option<(ResourceId, Instant)>,
    /// From then on until the EMR heard of a partner's yes.
    took: Option<Duration>,
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
    pub(super) fn new(base: &str, running: &Running, mailbox: Arc<Mailbox>, clock: Clock) -> anyhow::Result<Self> {
        let mail_fails = Arc::new(AtomicBool::new(false));
        let failing = Arc::clone(&mail_fails);
        mailbox.behave(move |line| {
            let to_you = line.to_ascii_lowercase().contains(Partner::OakStreet.address());
            let fails = failing.load(Ordering::SeqCst);
            if fails && to_you { Said::Line("451 4.3.0 try again later") } else { Said::Usual }
        });
        Ok(Self {
            base: base.to_owned(),
            clock,
            mailbox,
            is_mended: AtomicBool::new(false),
            store: running.store.clone(),
            emr: Mouth::new(base, EMR.key)?,
            chart: Mutex::default(),
            yours: Mutex::default(),
            mail_fails,
        })
    }

    /// From now on every new referral of the EMR is yours.
    pub(super) async fn begin(&self) -> anyhow::Result<()> {
        let newest = self.store.loops(Visibility::Lariat, LoopFilter::All, 1).await?;
        let newest = newest.first().map_or(Timestamp::from_millis(0), |known| known.opened_at);
        self.yours.lock().await.after = Some(newest);
        Ok(())
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
        let mut yours = self.yours.lock().await;
        let begun = match yours.begun {
            Some((id, begun)) if id == known.id => begun,
            _ => {
                yours.took = None;
                yours.begun.insert((known.id, Instant::now())).1
            }
        };
        if told.is_some() {
            yours.took.get_or_insert_with(|| begun.elapsed());
        }
        let is_sent = messages.iter().any(is_to_a_partner);
        Ok(Story {
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

    /// The newest referral that the EMR sent since you came.
    async fn yours(&self) -> anyhow::Result<Option<LoopRecord>> {
        let Some(after) = self.yours.lock().await.after else { return Ok(None) };
        let newest = self.store.loops(Visibility::Lariat, LoopFilter::All, LOOK_BACK).await?;
        let of_emr = newest.into_iter().filter(|known| known.source == EMR.name);
        Ok(of_emr.into_iter().find(|known| known.opened_at > after))
    }

    /// Sends the first referral as the command does; again, it is the same.
    pub(super) async fn send(&self) -> anyhow::Result<Receipt> {
        // Byte for byte what the command sends, so that it is the same referral.
        let receipt = self.post(FIRST.to_owned(), "first-1").await?;
        if (200..300).contains(&receipt.status) {
            self.yours.lock().await.receipt = Some(receipt.clone());
        }
        Ok(receipt)
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

    /// The EMR takes back the consents of the person whom your referral is about.
    pub(super) async fn withdraw(&self) -> anyhow::Result<usize> {
        let Some(known) = self.yours().await? else { bail!("there is no referral of yours yet") };
        let found = self.emr.get(&format!("/fhir/Consent?patient={}&_count=50", known.patient)).await?;
        let mut ended = 0;
        for entry in found["entry"].as_array().into_iter().flatten() {
            let mut consent = entry["resource"].clone();
            if consent["status"] != "active" {
                continue;
            }
            let id = consent["id"].as_str().context("a Consent has an id")?.to_owned();
            let version = consent["meta"]["versionId"].as_str().unwrap_or_default().to_owned();
            consent["status"] = json!("inactive");
            self.emr.put(&format!("/fhir/Consent/{id}"), &version, &consent).await?;
            ended += 1;
        }
        Ok(ended)
    }

    /// Whether mail to your partner is refused for now.
    pub(super) fn mail_fails(&self) -> bool {
        self.mail_fails.load(Ordering::SeqCst)
    }

    /// Makes the mail of your partner fail, or mends it.
    pub(super) fn set_mail_fails(&self, fails: bool) {
        self.mail_fails.store(fails, Ordering::SeqCst);
    }
}

fn is_to_a_partner(message: &MessageRecord) -> bool {
    Partner::ALL.iter().any(|partner| partner.name() == message.endpoint) && message.event == "referral.requested"
}
