//! Asking the person on the way to sending, and what follows from a no: nothing that was chosen or typed is lost, and
//! nobody is asked for ever.

use std::time::Duration;

use lariat::domain::attention::Attention;
use lariat::domain::id::ResourceId;
use lariat::domain::next_step::NextStep;
use lariat::exchange::Choice;
use lariat::exchange::desk::{ConsentGiven, Sending};

use crate::desk::browser::{Answered, Browser};
use crate::desk::house::{BIRCH, DeskHouse, OAK};
use crate::desk::verbs::agrees;

fn path(id: ResourceId) -> String {
    format!("/desk/referrals/{id}")
}

fn to(partner: &str) -> Sending {
    Sending {
        choice: Choice::Partner(partner.to_owned()),
        message: None,
        why_unvetted: None,
        again: false,
        although_full: false,
    }
}

/// Where a page leads to record a consent.
#[track_caller]
fn to_consent(page: &Answered) -> String {
    let links = page.html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let found = links.map(|href| href.replace("&amp;", "&").replace("&#38;", "&"));
    found.into_iter().find(|href| href.contains("/consent?")).unwrap_or_else(|| panic!("{}", page.html))
}

#[tokio::test]
async fn recording_consent_on_the_way_leads_back_to_what_was_being_sent() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    let send = format!("{}/send", path(id));
    let preview = nadia.page(&format!("{send}?choice={}", to(OAK).choice)).await;
    let consent = nadia.page(&to_consent(&preview)).await;
    consent.shows(&["Back to check and send", &format!("href=\"{send}?choice={}\"", to(OAK).choice)]);
    let action = format!("{}/consent", path(id));
    // Something is wrong with it first: the way on is not lost with that.
    let wrong = nadia.send(&consent, &action, &[("partner", OAK), ("given", "spoken")]).await;
    assert_eq!(wrong.status, 422);
    let done = nadia.send(&wrong, &action, &[("partner", OAK), ("agrees", "yes"), ("given", "spoken")]).await;
    assert_eq!(done.status, 303, "{}", done.html);
    assert_eq!(done.location, format!("{send}?choice={}&done=consent", to(OAK).choice));
    let page = nadia.page(&done.location).await;
    page.shows(&["Consent recorded.", "Send the referral"]);
    assert!(!nadia.page(&done.location).await.has("Consent recorded."), "it is said once");

    // Taken back while the form was being written: what was typed is there again after the next yes.
    let desk = &house.running.desk;
    let given = desk.referral(&house.nadia, id).await.unwrap().consents[0].id;
    desk.withdraw_consent(&house.omar, id, &house.act(id).await, given).await.unwrap();
    let typed = [("text", "Please ring twice."), ("why", "She knows them.")];
    let late = nadia.send(&page, &send, &typed).await;
    assert_eq!(late.status, 422, "{}", late.location);
    late.shows(&["The person took the consent back.", "Choose another"]);
    house.pass(Duration::from_secs(60));
    let consent = nadia.page(&to_consent(&late)).await;
    let done = nadia.send(&consent, &action, &[("partner", OAK), ("agrees", "yes"), ("given", "spoken")]).await;
    let page = nadia.page(&done.location).await;
    page.shows(&["Please ring twice.", "She knows them."]);
    let sent = nadia.send(&page, &send, &typed).await;
    assert_eq!((sent.status, sent.location), (303, format!("{}/sent", path(id))), "{}", sent.html);
    house.close().await;
}

#[tokio::test]
async fn after_a_no_another_way_is_the_next_step_and_asking_again_is_not_urged() {
    let house = DeskHouse::open().await;
    let id = house.straight_to(OAK, 1).await;
    let desk = &house.running.desk;
    let no = ConsentGiven { agrees: false, ..agrees(OAK) };
    house.pass(Duration::from_secs(60));
    desk.record_consent(&house.nadia, id, &house.act(id).await, &no).await.unwrap();
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.attention, page.next), (Some(Attention::ConsentDenied), NextStep::WithoutConsent));
    let nadia = Browser::of(&house, "nadia").await;
    let shown = nadia.page(&path(id)).await;
    shown.shows(&["The person does not agree", "Consent refused", "Record new consent"]);
    assert!(!shown.has("Ask for consent") && !shown.has("Consent needed"));
    let preview = nadia.page(&format!("{}/send?choice={}", path(id), to(OAK).choice)).await;
    preview.shows(&[
        "The person does not want this partner to be told.",
        "btn btn-primary\" href=\"",
        "Choose another",
    ]);
    assert!(!preview.has("Nothing can be sent until it is recorded."));

    // Whom the person agrees to is asked instead, and the no asks for nobody any more.
    desk.record_consent(&house.nadia, id, &house.act(id).await, &agrees(BIRCH)).await.unwrap();
    desk.send(&house.nadia, id, &house.act(id).await, &to(BIRCH)).await.unwrap();
    let page = desk.referral(&house.nadia, id).await.unwrap();
    assert_eq!((page.attention, page.next), (None, NextStep::Wait));
    house.close().await;
}

#[tokio::test]
async fn what_is_asked_of_the_partner_follows_the_level_of_support() {
    let house = DeskHouse::open().await;
    for (number, level, light) in [(1, "light", true), (2, "medium", false), (3, "holistic", false)] {
        let id = house.referral_with(number, |record| record["support_level"] = level.into()).await;
        let desk = &house.running.desk;
        desk.record_consent(&house.nadia, id, &house.act(id).await, &agrees(OAK)).await.unwrap();
        let nadia = Browser::of(&house, "nadia").await;
        let page = nadia.page(&format!("{}/send?choice={}", path(id), to(OAK).choice)).await;
        assert_eq!(page.has("To accept or decline, and no more."), light, "{level}");
        assert_eq!(page.has("what came of it. Answer by"), !light, "{level}");
    }
    house.close().await;
}
