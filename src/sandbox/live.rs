//! A sandbox in which days pass: referrals that lie there when it opens, and partners who answer by themselves.

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
use crate::sandbox::ticker::Ticker;

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
    speed: u32,
    ticker: Ticker,
}

impl<'a> Live<'a> {
    pub(super) fn new(house: &'a House, say: &'a mut (dyn FnMut(String) + Send), keeps: bool, speed: u32) -> Self {
        let answers = if keeps { kept::answers(&house.folder) } else { Vec::new() };
        Self { house, say, answers, keeps, speed, ticker: Ticker::new(speed) }
    }

    /// Tells the terminal where it is, and from now on what happens: of what is past nothing is said.
    pub(super) async fn begin(&mut self, lines: Vec<String>) -> anyhow::Result<()> {
        self.ticker.news(self.house).await?;
        lines.into_iter().for_each(|line| (self.say)(line));
        Ok(())
    }

    /// Lays the referrals there that a sandbox begins with. Nothing is said of them.
    pub(super) async fn furnish(&mut self) -> anyhow::Result<()> {
        let step = PAST / u32::try_from(OPEN).unwrap_or(1);
        let (desk, direct) = (self.house.emr(EMR)?, self.house.emr(DIRECT)?);
        for number in 0..OPEN {
            let record = people::referral(number, self.house.clock.now());
            let emr = if people::way(number) == Way::Desk { &desk } else { &direct };
            emr.post("/json/referrals", "application/json", &record).await?;
            self.step(step).await?;
        }
        Ok(())
    }

    /// Lets days pass until `stop`.
    pub(super) async fn run(&mut self, stop: impl Future<Output = ()> + Send) -> anyhow::Result<()> {
        let mut stop = std::pin::pin!(stop);
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = &mut stop => return Ok(()),
                _ = ticks.tick() => self.step(TICK * self.speed).await?,
            }
            for line in self.ticker.news(self.house).await? {
                (self.say)(line);
            }
            if self.keeps {
                kept::save(self.house, &self.answers).await?;
            }
        }
    }

    /// Lets some time pass: what is due is sent, who has heard something answers in their time.
    async fn step(&mut self, time: Duration) -> anyhow::Result<()> {
        switches(self.house).await;
        self.house.pass(time).await?;
        while let Some(heard) = self.house.heard(None).await {
            self.house.play.hear(heard).await;
        }
        for player in &self.house.partners {
            while let Some(heard) = self.house.heard(Some(player.partner)).await {
                if heard.body["type"] == "referral.requested" {
                    self.answers.push((self.house.clock.now().plus(ANSWERS_AFTER), player.partner, heard));
                }
            }
        }
        let now = self.house.clock.now();
        let (due, later) = std::mem::take(&mut self.answers).into_iter().partition(|(at, ..)| *at <= now);
        self.answers = later;
        for (_, partner, heard) in due {
            answer(self.house, partner, &heard).await;
        }
        self.house.deliver().await
    }
}

/// A partner whose system fails does so until it is mended.
async fn switches(house: &House) {
    for player in &house.partners {
        if let Some(ear) = &player.ear {
            ear.lock().await.set_failing(house.play.failing.of(player.partner));
        }
    }
}

async fn answer(house: &House, partner: Partner, heard: &Heard) {
    let mouth = house.partner(partner);
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
    if let Err(error) = answered.await {
        // Whoever called it off meanwhile needs no answer.
        tracing::debug!(%error, "a pretend partner could not answer");
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
