//! Fills a record with open referrals, each with a person, a request and a Task of its own: copies of one that came in
//! through the door, written through the store's contract, some hundreds a commit. The server must not run.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use lariat::cli::assemble;
use lariat::config::Config;
use lariat::domain::attention::Attention;
use lariat::domain::clock::{Clock, Timestamp};
use lariat::domain::id::{Ids, ResourceId, Version};
use lariat::domain::loop_reference::LoopReference;
use lariat::domain::party::RecipientId;
use lariat::domain::visibility::Visibility;
use lariat::exchange::Desk;
use lariat::exchange::partner::{CodeSent, CodeTried, Opened};
use lariat::fhir::{ResourceType, raw, search};
use lariat::store::{Change, LoopFilter, LoopRecord, LoopRow, Put, Record, Work};
use serde_json::{Value, json};

/// Referrals of one commit.
const AT_ONCE: usize = 250;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The server's settings
    #[arg(long)]
    config: PathBuf,
    /// How many open referrals are added
    #[arg(long, default_value_t = 100_000)]
    loops: usize,
    /// Where to write what a browser needs to look at them
    #[arg(long)]
    out: PathBuf,
}

/// The referral that is copied, and what its copies differ in.
struct Template {
    row: LoopRecord,
    records: [(ResourceType, Record); 3],
    partners: Vec<RecipientId>,
    staff: Vec<String>,
    base: String,
    now: Timestamp,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let config = Config::load(Some(&args.config))?;
    // The same in every run, so that runs can be compared.
    let ids = Ids::seeded([7; 32]);
    let running = assemble(&config, Clock::System, ids.clone()).await?;
    let found = running.store.loops(Visibility::Lariat, LoopFilter::All, 1).await?;
    let row = found.into_iter().next().context("the record holds no referral to copy: send one first")?;
    let wanted = [row.patient, row.request, row.id];
    let read = running.store.read(Visibility::Custodian(row.custodian), &wanted).await?;
    let [Some(patient), Some(request), Some(task)] = &read[..] else { bail!("the referral is not whole") };
    let records = [
        (ResourceType::Patient, patient.clone()),
        (ResourceType::ServiceRequest, request.clone()),
        (ResourceType::Task, task.clone()),
    ];
    let template = Template {
        records,
        partners: running.desk.directory().recipients().iter().map(|partner| partner.id).collect(),
        staff: config.staff.iter().map(|staff| staff.name.clone()).collect(),
        base: format!("{}/fhir", config.server.base_url),
        now: Clock::System.now(),
        row,
    };
    let mut copied = None;
    for start in (0..args.loops).step_by(AT_ONCE) {
        let mut change = Change::of(template.row.custodian);
        for number in start..args.loops.min(start + AT_ONCE) {
            let (puts, row) = template.copy(&ids, number)?;
            copied = Some(row.id);
            change.puts.extend(puts);
            change.loops.push(row);
        }
        running.store.commit(change).await?;
    }
    let address = config.partners.iter().find_map(|partner| partner.email.as_ref());
    let address = address.context("no partner is reached by mail")?.to.to_string();
    let (link, session) = sign_in(&running.desk, &template.row, &address).await?;
    let told = json!({
        "link": link,
        "session": session,
        "received": template.row.id.to_string(),
        "copied": copied.map(|id| id.to_string()),
        "family": family(args.loops / 2),
    });
    std::fs::write(&args.out, told.to_string())?;
    running.store.close().await;
    Ok(())
}

/// A partner's link and session, made as the letter and the code make them.
async fn sign_in(desk: &Desk, row: &LoopRecord, address: &str) -> anyhow::Result<(String, String)> {
    let refused = |_| anyhow::anyhow!("the desk did not make it");
    let secret = desk.issue_link(row.recipient.context("nobody was asked")?, row.id).await.map_err(refused)?;
    let Opened::Alive(link) = desk.open_link(&secret, "127.0.0.1").await.map_err(refused)? else {
        bail!("a new link is not alive")
    };
    let CodeSent::New(code) = desk.issue_code(&secret, &link.subject(), address).await.map_err(refused)? else {
        bail!("no code")
    };
    match desk.try_typed_code(&secret, &code, "load").await.map_err(refused)? {
        CodeTried::Right => {
            let session = desk.begin_partner_session(&link, address).await.map_err(refused)?;
            Ok((secret, session))
        }
        CodeTried::Wrong | CodeTried::Locked(_) => bail!("a right code was refused"),
    }
}

impl Template {
    fn copy(&self, ids: &Ids, number: usize) -> anyhow::Result<(Vec<Put>, LoopRow)> {
        let new: [ResourceId; 3] = std::array::from_fn(|_| ids.next(self.now));
        let mut puts = Vec::with_capacity(new.len());
        for ((ty, record), id) in self.records.iter().zip(new) {
            let text = String::from_utf8(record.body.clone().unwrap_or_default())?;
            let renamed = self
                .records
                .iter()
                .zip(new)
                .fold(text, |text, ((_, old), new)| text.replace(&old.id.to_string(), &new.to_string()));
            let mut value: Value = serde_json::from_str(&renamed)?;
            value["identifier"][0]["value"] = json!(format!("fill-{number}"));
            if *ty == ResourceType::Patient {
                value["name"][0]["family"] = json!(family(number));
                value["name"][0]["given"] = json!([word(number * 7_919)]);
                value["birthDate"] = json!(format!("{}-03-09", 1930 + spread(number, 75, 13)));
            }
            let index = search::index(*ty, &value, &self.base);
            let object = value.as_object().context("a resource is an object")?;
            let body = Some(raw::to_stored(object, *ty, id));
            puts.push(Put { kind: ty.kind(), id, version: Version::FIRST, body, index });
        }
        Ok((puts, self.row(number, new)))
    }

    /// A tenth asks for a person, a fifth is late, a tenth nobody has seen; a third nobody has taken.
    fn row(&self, number: usize, [patient, request, id]: [ResourceId; 3]) -> LoopRow {
        let days = i64::try_from(spread(number, 100, 1)).unwrap_or(0) - 20;
        let day = i64::try_from(DAY.as_millis()).unwrap_or(0);
        // 30 bits, each number another: the multiplier is odd.
        let bits = u32::try_from(number).unwrap_or(0).wrapping_mul(2_654_435_761) & 0x3fff_ffff;
        LoopRow {
            id,
            reference: LoopReference::from_random(bits.to_be_bytes()).to_string(),
            source: self.row.source.clone(),
            request,
            patient,
            recipient: self.partners.get(spread(number, self.partners.len(), 2)).copied(),
            state: ["requested", "accepted", "in-progress", "on-hold"][spread(number, 4, 3)],
            attention: (spread(number, 10, 4) == 0).then_some(Attention::ALL[spread(number, 8, 14)].code()),
            opened_at: Timestamp::from_millis(
                self.now.as_millis() - day * i64::try_from(spread(number, 120, 15)).unwrap_or(0),
            ),
            work: Work {
                listed: true,
                assignee: self.staff.get(spread(number, self.staff.len() * 3 / 2, 7)).cloned(),
                waits_on: if spread(number, 2, 8) == 0 { "desk" } else { "partner" }.into(),
                seen: spread(number, 10, 9) > 0,
                due_at: Some(Timestamp::from_millis(
                    self.now.as_millis() + days * day + i64::try_from(number).unwrap_or(0),
                )),
                // The chase does not begin while pages are measured.
                chase_at: Some(self.now.plus(DAY * 30)),
                asked_at: Some(self.now),
                level: Some(["light", "medium", "holistic"][spread(number, 3, 10)].into()),
                reason: Some(
                    ["food-insecurity", "social-connection", "housing-instability"][spread(number, 3, 11)].into(),
                ),
                prefers_french: spread(number, 50, 12) == 0,
                ..self.row.work.clone()
            },
        }
    }
}

/// Spread without order, the same in every run.
fn spread(number: usize, parts: usize, salt: usize) -> usize {
    (number * 2_654_435_761 + salt * 40_503) / 97 % parts.max(1)
}

/// Parts of which made-up names are made: 50,625 different ones.
const PARTS: [&str; 15] =
    ["an", "bel", "cor", "da", "el", "fi", "gar", "ho", "is", "jo", "ka", "lu", "mon", "tre", "vi"];

fn word(number: usize) -> String {
    let word = [number, number / 15, number / 225].map(|part| PARTS[part % 15]).concat();
    word[..1].to_uppercase() + &word[1..]
}

fn family(number: usize) -> String {
    format!("{}{}", word(number * 104_729 + 1), PARTS[number % 15])
}
