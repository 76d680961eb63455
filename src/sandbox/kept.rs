//! What a sandbox keeps beside its record when it is to be opened again: its time, its mail, the
//! EMR's chart, how far the story is, and who fails.

use std::path::Path;

use anyhow::Context;
use serde_json::{Map, Value, json};

use crate::domain::clock::Timestamp;
use crate::sandbox::failing::Fail;
use crate::sandbox::house::House;
use crate::sandbox::partner::Partner;
use crate::sandbox::party::Heard;

/// The file in the sandbox's folder.
pub(super) const FILE: &str = "sandbox.json";

/// Where a sandbox in this folder stood when it was last open; `None` when there was none.
pub(super) fn begin(folder: &Path) -> Option<Timestamp> {
    read(folder)?.get("now")?.as_i64().map(Timestamp::from_millis)
}

/// Brings back the mail, the chart, the story, and who fails; whom the command names fails besides.
pub(super) async fn restore(house: &House, fail: &[Fail]) {
    let Some(kept) = read(&house.folder) else { return };
    house.play.restore(&kept["story"]).await;
    if let Some(failing) = kept["failing"].as_object() {
        let known = failing.iter().filter_map(|(name, status)| format!("{name}={status}").parse().ok());
        house.play.failing.set_all(known.chain(fail.iter().copied()).map(Fail::parts).collect());
    }
    for mail in kept["mails"].as_array().into_iter().flatten() {
        let to = mail["to"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        house.mailbox.put(to, mail["raw"].as_str().unwrap_or_default().to_owned());
    }
    for line in kept["chart"].as_array().into_iter().flatten() {
        let at = Timestamp::from_millis(line[0].as_i64().unwrap_or_default());
        house.play.heard_at(at, Heard { body: line[1].clone() }).await;
    }
}

/// The answers that partners were about to give.
pub(super) fn answers(folder: &Path) -> Vec<(Timestamp, Partner, Heard)> {
    let kept = read(folder).unwrap_or_default();
    let answers = kept["answers"].as_array().into_iter().flatten();
    let answer = |kept: &Value| {
        let at = Timestamp::from_millis(kept[0].as_i64()?);
        Some((at, Partner::named(kept[1].as_str()?)?, Heard { body: kept[2].clone() }))
    };
    answers.filter_map(answer).collect()
}

/// Writes it down, all or nothing.
pub(super) async fn save(house: &House, answers: &[(Timestamp, Partner, Heard)]) -> anyhow::Result<()> {
    let mails: Vec<Value> =
        house.mailbox.mails().into_iter().map(|mail| json!({ "to": mail.to, "raw": mail.raw })).collect();
    let chart: Vec<Value> =
        house.play.chart().await.iter().rev().map(|(at, heard)| json!([at.as_millis(), heard.body])).collect();
    let answers: Vec<Value> =
        answers.iter().map(|(at, partner, heard)| json!([at.as_millis(), partner.name(), heard.body])).collect();
    let failing: Map<String, Value> = house
        .play
        .failing
        .all()
        .iter()
        .map(|(partner, status)| (partner.name().to_owned(), json!(status)))
        .collect();
    let kept = json!({
        "now": house.clock.now().as_millis(),
        "mails": mails,
        "chart": chart,
        "story": house.play.kept().await,
        "failing": failing,
        "answers": answers,
    });
    let (file, draft) = (house.folder.join(FILE), house.folder.join("sandbox.json.new"));
    std::fs::write(&draft, kept.to_string()).context("cannot keep the sandbox")?;
    std::fs::rename(draft, file).context("cannot keep the sandbox")
}

fn read(folder: &Path) -> Option<Value> {
    serde_json::from_str(&std::fs::read_to_string(folder.join(FILE)).ok()?).ok()
}
