//! What happens in each scenario, as prose.

use serde_json::json;

use crate::sandbox::live::full;
use crate::sandbox::partner::Partner;
use crate::sandbox::scenario::play::{DAY, Play};
use crate::sandbox::scenario::webhook::uptake;
use crate::sandbox::settings::{DIRECT, EMR, Emr, OSCAR};

/// A FHIR Bundle to a partner with a webhook.
pub(super) async fn fhir(play: &mut Play<'_>) -> anyhow::Result<()> {
    play.refer_fhir(DIRECT).await?;
    straight(play, Partner::CountyMeals, DIRECT).await
}

/// A clinic's own JSON to a partner with a webhook.
pub(super) async fn json(play: &mut Play<'_>) -> anyhow::Result<()> {
    play.refer_json(DIRECT).await?;
    straight(play, Partner::Neighbours, DIRECT).await
}

/// The partner accepts, begins, and says what it did.
async fn straight(play: &mut Play<'_>, partner: Partner, emr: Emr) -> anyhow::Result<()> {
    let mut task = play.sent(partner, "3-sent.json").await?;
    for (answer, returned, status) in [
        ("4-answer-accepted.json", "5-returned-accepted.json", "accepted"),
        ("6-answer-in-progress.json", "7-returned-in-progress.json", "in-progress"),
    ] {
        task["status"] = json!(status);
        task = play.put(partner, answer, task).await?;
        play.returned(emr, returned, &format!("referral.{status}")).await?;
    }
    play.complete(partner, "8-answer-completed.json", task).await?;
    play.returned(emr, "9-returned-completed.json", "referral.completed").await
}

/// The link worker sends it to a food bank that has nothing but e-mail.
pub(super) async fn food(play: &mut Play<'_>) -> anyhow::Result<()> {
    play.refer_json(EMR).await?;
    let mut desk = play.signed_in().await?;
    play.take(&mut desk).await?;
    play.returned(EMR, "3-returned-taken.json", "referral.accepted").await?;
    play.choose(&mut desk, Partner::OakStreet, "4-checked.json").await?;
    let letter = play.letter(Partner::OakStreet, "5-letter.json").await?;
    play.returned(EMR, "6-returned-asked.json", "referral.updated").await?;
    let mut reader = play.read(Partner::OakStreet, &letter).await?;
    play.answer(&mut reader, "7-answer-accepted.json", "/accept", &[]).await?;
    play.returned(EMR, "8-returned-accepted.json", "referral.in-progress").await?;
    play.pass(DAY);
    let mut reader = play.read(Partner::OakStreet, &letter).await?;
    play.answer(&mut reader, "9-answer-came.json", "/uptake", &came("21")).await?;
    play.returned(EMR, "10-returned-came.json", "referral.updated").await?;
    let done = [("what", "completed"), ("line", "Gets the weekly hamper every Thursday")];
    play.answer(&mut reader, "11-answer-outcome.json", "/outcome", &done).await?;
    play.returned(EMR, "12-returned-completed.json", "referral.completed").await
}

/// A reminder card; the first partner is full, the second accepts, and she comes.
pub(super) async fn card(play: &mut Play<'_>) -> anyhow::Result<()> {
    play.refer_json(EMR).await?;
    let mut desk = play.signed_in().await?;
    play.take(&mut desk).await?;
    play.returned(EMR, "3-returned-taken.json", "referral.accepted").await?;
    play.consent(&mut desk, Partner::NewcomerHub).await?;
    play.choose(&mut desk, Partner::NewcomerHub, "4-checked.json").await?;
    let mut task = play.sent(Partner::NewcomerHub, "5-sent.json").await?;
    play.returned(EMR, "6-returned-asked.json", "referral.updated").await?;
    task["status"] = json!("rejected");
    task["statusReason"] = full();
    play.put(Partner::NewcomerHub, "7-answer-full.json", task).await?;
    play.returned(EMR, "8-returned-full.json", "referral.updated").await?;
    play.consent(&mut desk, Partner::Neighbours).await?;
    play.choose(&mut desk, Partner::Neighbours, "9-checked.json").await?;
    let mut task = play.sent(Partner::Neighbours, "10-sent.json").await?;
    play.returned(EMR, "11-returned-asked.json", "referral.updated").await?;
    task["status"] = json!("accepted");
    let mut task = play.put(Partner::Neighbours, "12-answer-accepted.json", task).await?;
    play.returned(EMR, "13-returned-accepted.json", "referral.in-progress").await?;
    play.pass(DAY);
    task["status"] = json!("in-progress");
    task["output"] = json!([uptake("attended")]);
    let task = play.put(Partner::Neighbours, "14-answer-came.json", task).await?;
    play.returned(EMR, "15-returned-came.json", "referral.updated").await?;
    play.complete(Partner::Neighbours, "16-answer-completed.json", task).await?;
    play.returned(EMR, "17-returned-completed.json", "referral.completed").await
}

/// She came, on this day of November 2026.
fn came(day: &'static str) -> [(&'static str, &'static str); 4] {
    [("came", "yes"), ("on", day), ("on-month", "11"), ("on-year", "2026")]
}

/// OSCAR's consultation to a partner with nothing but e-mail; he does not come at first.
pub(super) async fn oscar(play: &mut Play<'_>) -> anyhow::Result<()> {
    play.refer_json(OSCAR).await?;
    let letter = play.letter(Partner::HarbourLight, "3-letter.json").await?;
    let mut reader = play.read(Partner::HarbourLight, &letter).await?;
    play.answer(&mut reader, "4-answer-accepted.json", "/accept", &[]).await?;
    play.returned(OSCAR, "5-returned-accepted.json", "referral.accepted").await?;
    play.pass(DAY);
    let mut reader = play.read(Partner::HarbourLight, &letter).await?;
    play.answer(&mut reader, "6-answer-no-show.json", "/uptake", &[("came", "no"), ("why", "transport")]).await?;
    play.returned(OSCAR, "7-returned-no-show.json", "referral.in-progress").await?;
    play.pass(DAY);
    let mut reader = play.read(Partner::HarbourLight, &letter).await?;
    play.answer(&mut reader, "8-answer-came.json", "/uptake", &came("22")).await?;
    play.returned(OSCAR, "9-returned-came.json", "referral.updated").await?;
    let done = [("what", "completed"), ("line", "Comes to the drop-in on Tuesdays")];
    play.answer(&mut reader, "10-answer-outcome.json", "/outcome", &done).await?;
    play.returned(OSCAR, "11-returned-completed.json", "referral.completed").await
}

/// Information is given; nobody is asked.
pub(super) async fn signposting(play: &mut Play<'_>) -> anyhow::Result<()> {
    play.refer_json(EMR).await?;
    play.returned(EMR, "3-returned-recorded.json", "referral.recorded").await
}

/// Somebody refers themselves on the public form, and the link worker finds a partner.
pub(super) async fn self_referral(play: &mut Play<'_>) -> anyhow::Result<()> {
    play.refer_oneself().await?;
    let mut desk = play.signed_in().await?;
    play.take(&mut desk).await?;
    play.consent(&mut desk, Partner::ValleySeniors).await?;
    play.choose(&mut desk, Partner::ValleySeniors, "3-checked.json").await?;
    let mut task = play.sent(Partner::ValleySeniors, "4-sent.json").await?;
    task["status"] = json!("accepted");
    let task = play.put(Partner::ValleySeniors, "5-answer-accepted.json", task).await?;
    play.complete(Partner::ValleySeniors, "6-answer-completed.json", task).await?;
    play.ended("7-ended.json").await
}
