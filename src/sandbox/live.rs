//! A sandbox in which days pass: referrals that lie there when it opens, and partners who answer by themselves.

use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context;
use serde_json::json;

use crate::domain::clock::Timestamp;
use crate::sandbox::house::{BEGIN, House};
use crate::sandbox::kept;
use crate::sandbox::partner::{Behaviour, Partner};
use crate::sandbox::party::Heard;
use crate::sandbox::people::{self, OPEN, Way};
use crate::sandbox::settings::{DIRECT, EMR};

/// Between two looks at what has become due, real time. Chosen: a person does not notice it.
const TICK: Duration = Duration::from_millis(200);

/// Over how long the referrals came that lie there at the start.
const PAST: Duration = Duration::from_secs(40 * 24 * 60 * 60);

/// How long a partner takes to answer.
const ANSWERS_AFTER: Duration = Duration::from_secs(60 * 60);

/// When a sandbox with a past begins.
pub(super) fn begin(is_empty: bool) -> Timestamp {
    if is_empty {
        BEGIN
    } else {
        Timestamp::from_millis(BEGIN.as_millis() - i64::try_from(PAST.as_millis()).unwrap_or(0))
    }
}

/// A sandbox at work.
pub(super) struct Live<'a> {
    house: &'a House,
    say: &'a mut (dyn FnMut(String) + Send),
    /// Answers that partners will give, and when.
    answers: Vec<(Timestamp, Partner, Heard)>,
    /// Whether it is to be opened again.
    keeps: bool,
}

impl<'a> Live<'a> {
    pub(super) fn new(house: &'a House, say: &'a mut (dyn FnMut(String) + Send), keeps: bool) -> Self {
        Self { house, say, answers: Vec::new(), keeps }
    }

    /// Tells the terminal.
    pub(super) fn say(&mut self, lines: Vec<String>) {
        lines.into_iter().for_each(|line| (self.say)(line));
    }

    /// Lays the referrals there that a sandbox begins with. Nothing is said of them.
    pub(super) async fn furnish(&mut self) -> anyhow::Result<()> {
        let step = PAST / u32::try_from(OPEN).unwrap_or(1);
        let (desk, direct) = (self.house.emr(EMR)?, self.house.emr(DIRECT)?);
        for number in 0..OPEN {
            let record = people::referral(number, self.house.clock.now());
            let emr = if people::way(number) == Way::Desk { &desk } else { &direct };
            emr.post("/json/referrals", "application/json", &record).await?;
            self.step(step, false).await?;
        }
        Ok(())
    }

    /// Lets days pass at `speed` times real time, until `stop`.
    pub(super) async fn run(&mut self, speed: u32, stop: impl Future<Output = ()> + Send) -> anyhow::Result<()> {
        let mut stop = std::pin::pin!(stop);
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = &mut stop => return Ok(()),
                _ = ticks.tick() => self.step(TICK * speed, true).await?,
            }
            if self.keeps {
                kept::save(self.house).await?;
            }
        }
    }

    /// Lets some time pass: what is due is sent, who has heard something answers in their time.
    async fn step(&mut self, time: Duration, aloud: bool) -> anyhow::Result<()> {
        self.switches().await;
        self.house.pass(time).await?;
        while let Some(heard) = self.house.heard(None).await {
            if aloud {
                self.tell("told EMR", &heard, EMR.name, heard.body["type"].as_str().unwrap_or_default());
            }
            self.house.play.hear(heard).await;
        }
        for player in &self.house.partners {
            while let Some(heard) = self.house.heard(Some(player.partner)).await {
                if aloud {
                    self.tell("sent", &heard, player.partner.name(), "signed webhook, delivered");
                }
                if heard.body["type"] == "referral.requested" {
                    self.answers.push((self.house.clock.now().plus(ANSWERS_AFTER), player.partner, heard));
                }
            }
        }
        let now = self.house.clock.now();
        let (due, later) = std::mem::take(&mut self.answers).into_iter().partition(|(at, ..)| *at <= now);
        self.answers = later;
        for (_, partner, heard) in due {
            self.answer(partner, &heard, aloud).await;
        }
        self.house.deliver().await
    }

    /// A partner whose system fails does so until it is mended.
    async fn switches(&self) {
        for player in &self.house.partners {
            if let (Behaviour::Fails, Some(ear)) = (player.partner.behaviour(), &player.ear) {
                ear.lock().await.set_failing(!self.house.play.is_mended.load(Ordering::SeqCst));
            }
        }
    }

    async fn answer(&mut self, partner: Partner, heard: &Heard, aloud: bool) {
        let mouth = self.house.partner(partner);
        let said = match partner.behaviour() {
            Behaviour::Accepts | Behaviour::Fails => "accepted",
            Behaviour::IsFull => "rejected",
            Behaviour::KeepsSilent => return,
        };
        let answered = async {
            let address = heard.body["data"]["answer"].as_str().context("the message says where to answer")?;
            let mut task = mouth.get(address).await?;
            let version = task["meta"]["versionId"].as_str().unwrap_or_default().to_owned();
            task["status"] = json!(said);
            if said == "rejected" {
                task["statusReason"] = full();
            }
            mouth.put(address, &version, &task).await
        };
        match answered.await {
            Ok(_) if aloud => self.tell("answered", heard, partner.name(), said),
            Ok(_) => {}
            // Whoever called it off meanwhile needs no answer.
            Err(error) => tracing::debug!(%error, "a pretend partner could not answer"),
        }
    }

    fn tell(&mut self, what: &str, heard: &Heard, who: &str, outcome: &str) {
        let at = self.house.clock.now().to_string();
        let at = at.get(..16).unwrap_or_default().replace('T', " ");
        let reference = heard.body["data"]["referral"]["reference"].as_str().unwrap_or("?");
        (self.say)(format!("{at}  {what:<10} {reference:<10}  {who:<22} {outcome}"));
    }
}

/// Why a partner without room declines.
pub(super) fn full() -> serde_json::Value {
    json!({
        "coding": [{
            "system": "https://lariat.example/fhir/CodeSystem/decline-reason",
            "code": "at-capacity",
        }],
        "text": "No place is free before spring",
    })
}
