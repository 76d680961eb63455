//! What the terminal tells of a sandbox at work, one line for everything that happens: read from the record, so that it
//! is so whoever has done it. No personal data.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::anyhow;

use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::visibility::Visibility;
use crate::outbound::retry::SCHEDULE;
use crate::sandbox::house::House;
use crate::sandbox::partner::{Partner, Reach};
use crate::store::{LaneId, LoopFilter, LoopRecord, MessageRecord};

/// Referrals that are watched: the newest. Chosen: those of a long evening.
const WATCHED: u32 = 200;

/// What was told already.
pub(super) struct Ticker {
    loops: HashMap<ResourceId, Known>,
    answers_from: Timestamp,
    speed: u32,
}

/// A referral as it was when it was last looked at.
#[derive(Default)]
struct Known {
    changed_at: Option<Timestamp>,
    /// Whether something of it is still to be sent.
    is_open: bool,
    /// Of each message: attempts made, and whether it is held.
    messages: HashMap<(LaneId, i64), (usize, bool)>,
}

/// When it happened, and the line.
type Line = (Timestamp, String);

impl Ticker {
    /// Nothing was told yet; days pass at `speed` times real time.
    pub(super) fn new(speed: u32) -> Self {
        Self { loops: HashMap::new(), answers_from: Timestamp::from_millis(0), speed }
    }

    /// What has happened since it was last asked, in its order.
    pub(super) async fn news(&mut self, house: &House) -> anyhow::Result<Vec<String>> {
        let store = &house.running.store;
        let loops = store.loops(Visibility::Lariat, LoopFilter::All, WATCHED).await?;
        // First, for what follows from an answer has happened at the same moment.
        let mut lines = self.answers(house, &loops).await?;
        for known in &loops {
            let is_new = !self.loops.contains_key(&known.id);
            let seen = self.loops.entry(known.id).or_default();
            if is_new {
                lines.push((known.opened_at, received(house, known)));
            }
            if seen.changed_at == Some(known.changed_at) && !seen.is_open {
                continue;
            }
            let messages = store.messages(known.id).await?;
            seen.changed_at = Some(known.changed_at);
            seen.is_open = messages.iter().any(|message| matches!(message.state.as_str(), "waiting" | "held"));
            for message in &messages {
                lines.extend(seen.sent(known, message, self.speed));
            }
        }
        lines.sort_by_key(|(at, _)| *at);
        Ok(lines.into_iter().map(|(at, line)| format!("{}  {line}", clock_time(house, at))).collect())
    }

    async fn answers(&mut self, house: &House, loops: &[LoopRecord]) -> anyhow::Result<Vec<Line>> {
        let answers = house.running.desk.answers_since(self.answers_from).await;
        let answers = answers.map_err(|refusal| anyhow!("{:?}", refusal.issues))?;
        if let Some(last) = answers.last() {
            self.answers_from = Timestamp::from_millis(last.at.as_millis() + 1);
        }
        let line = |answer: crate::exchange::Answered| {
            let known = loops.iter().find(|known| known.id == answer.root)?;
            Some((answer.at, line("answered", &known.reference, &answer.partner, &[answer.status.code()])))
        };
        Ok(answers.into_iter().filter_map(line).collect())
    }
}

impl Known {
    /// What became of a message since it was last looked at.
    fn sent(&mut self, known: &LoopRecord, message: &MessageRecord, speed: u32) -> Vec<Line> {
        let (told, was_held) = self.messages.entry((message.lane, message.sequence)).or_default();
        let mut lines = Vec::new();
        for (number, (at, took, outcome)) in message.attempts.iter().enumerate().skip(*told) {
            let is_last = number + 1 == message.attempts.len();
            let at = at.plus(*took);
            lines.push((at, attempt(known, message, (number + 1, outcome), is_last.then_some(speed))));
        }
        *told = message.attempts.len();
        let is_held = message.state == "held";
        if is_held && !*was_held {
            let why = known.attention.as_deref().unwrap_or("a person must look");
            lines.push((known.changed_at, line("held", &known.reference, &message.endpoint, &[why])));
        }
        *was_held = is_held;
        lines
    }
}

fn received(house: &House, known: &LoopRecord) -> String {
    match house.arrivals.of(known.id) {
        Some(arrival) => {
            let took = format!("{} ms", arrival.took.as_millis());
            line("received", &known.reference, &known.source, &[arrival.door, &took, "stored"])
        }
        None if known.source.starts_with("public:") => {
            line("received", &known.reference, "public form", &["stored"])
        }
        None => line("received", &known.reference, &known.source, &["stored"]),
    }
}

/// One attempt; `speed` when it is the last so far, of which the next can be told.
fn attempt(
    known: &LoopRecord,
    message: &MessageRecord,
    (number, outcome): (usize, &str),
    speed: Option<u32>,
) -> String {
    let partner = Partner::named(&message.endpoint);
    let event = message.event.trim_start_matches("referral.");
    if outcome == "delivered" {
        let way = match partner.map(Partner::reach) {
            Some(Reach::Mail) => "e-mail link",
            Some(Reach::Webhook) | None => "signed webhook",
        };
        let what = match (partner, event) {
            (None, _) => "told EMR",
            (Some(_), "requested") => "sent",
            (Some(_), "reminder") => "reminded",
            (Some(_), _) => "told",
        };
        let nth = format!("{} attempt  ok", nth(number));
        return line(what, &known.reference, &message.endpoint, &[event, way, &nth]);
    }
    let answered = outcome.trim_start_matches("http-");
    if message.state == "dead" && speed.is_some() {
        return line(
            "given up",
            &known.reference,
            &message.endpoint,
            &[answered, &format!("after attempt {number}")],
        );
    }
    let next = match (speed, SCHEDULE.get(number)) {
        (Some(speed), Some(wait)) => {
            let here = wait.as_secs_f64() / f64::from(speed.max(1));
            format!("attempt {number}, next in about {} ({here:.1} s here)", spoken(*wait))
        }
        _ => format!("attempt {number}"),
    };
    line("retrying", &known.reference, &message.endpoint, &[answered, &next])
}

fn line(what: &str, reference: &str, who: &str, rest: &[&str]) -> String {
    format!("{what:<9}  {reference:<10}  {who:<21}  {}", rest.join("  "))
}

/// `1st`, `2nd`, `3rd`, `4th`: no message has more than ten attempts.
fn nth(number: usize) -> String {
    match number {
        1 => "1st".to_owned(),
        2 => "2nd".to_owned(),
        3 => "3rd".to_owned(),
        _ => format!("{number}th"),
    }
}

fn spoken(wait: Duration) -> String {
    match wait.as_secs() {
        secs @ 0..60 => format!("{secs} s"),
        secs @ 60..3600 => format!("{} min", secs / 60),
        secs => format!("{} h", secs / 3600),
    }
}

/// The sandbox's date and time, in the zone of its pages: `2026-11-20 09:42 EST`.
pub(super) fn clock_time(house: &House, at: Timestamp) -> String {
    let instant = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::MAX);
    instant.to_zoned(house.zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}
