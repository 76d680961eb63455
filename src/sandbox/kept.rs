//! What a sandbox keeps beside its record when it is to be opened again: its time, its mail, and the EMR's chart.

use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use crate::domain::clock::Timestamp;
use crate::sandbox::house::House;
use crate::sandbox::party::Heard;

/// The file in the sandbox's folder.
const FILE: &str = "sandbox.json";

/// Where a sandbox in this folder stood when it was last open; `None` when there was none.
pub(super) fn begin(folder: &Path) -> Option<Timestamp> {
    read(folder)?.get("now")?.as_i64().map(Timestamp::from_millis)
}

/// Brings back the mail and the chart.
pub(super) async fn restore(house: &House) {
    let Some(kept) = read(&house.folder) else { return };
    for mail in kept["mails"].as_array().into_iter().flatten() {
        let to = mail["to"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        house.mailbox.put(to, mail["raw"].as_str().unwrap_or_default().to_owned());
    }
    for line in kept["chart"].as_array().into_iter().flatten() {
        let at = Timestamp::from_millis(line[0].as_i64().unwrap_or_default());
        house.play.heard_at(at, Heard { body: line[1].clone() }).await;
    }
}

/// Writes it down, all or nothing.
pub(super) async fn save(house: &House) -> anyhow::Result<()> {
    let mails: Vec<Value> =
        house.mailbox.mails().into_iter().map(|mail| json!({ "to": mail.to, "raw": mail.raw })).collect();
    let chart: Vec<Value> =
        house.play.chart().await.iter().rev().map(|(at, heard)| json!([at.as_millis(), heard.body])).collect();
    let kept = json!({ "now": house.clock.now().as_millis(), "mails": mails, "chart": chart });
    let (file, draft) = (house.folder.join(FILE), house.folder.join("sandbox.json.new"));
    std::fs::write(&draft, kept.to_string()).context("cannot keep the sandbox")?;
    std::fs::rename(draft, file).context("cannot keep the sandbox")
}

fn read(folder: &Path) -> Option<Value> {
    serde_json::from_str(&std::fs::read_to_string(folder.join(FILE)).ok()?).ok()
}
