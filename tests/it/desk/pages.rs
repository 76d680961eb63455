//! The desk's pages through a socket, as a browser without script meets them.

use std::time::Duration;

use lariat::domain::id::ResourceId;
use serde_json::{Value, json};

use crate::desk::browser::{Answered, Browser};
use crate::desk::house::{DeskHouse, OAK};

fn path(id: ResourceId) -> String {
    format!("/desk/referrals/{id}")
}

/// The title holds nothing about a person.
#[track_caller]
fn title(page: &Answered) -> &str {
    let at = page.html.find("<title>").unwrap() + 7;
    &page.html[at..at + page.html[at..].find("</title>").unwrap()]
}

/// Records the person's yes to a partner, through the form.
async fn consent(browser: &Browser<'_>, id: ResourceId, partner: &str) {
    let action = format!("{}/consent", path(id));
    let page = browser.page(&action).await;
    let typed = [("partner", partner), ("agrees", "yes"), ("given", "spoken"), ("purpose", "company")];
    let answer = browser.send(&page, &action, &typed).await;
    assert_eq!((answer.status, answer.location), (303, format!("{}?done=consent", path(id))), "{}", answer.html);
}

#[tokio::test]
async fn a_referral_is_worked_from_the_worklist_to_its_close_without_script() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    let list = nadia.page("/desk").await;
    list.shows(&["Make first contact", "Bélanger-O’Brien, Geneviève", "1951", "Nurse practitioner", "New (1)"]);
    assert_eq!(title(&list), "Worklist - Lariat");
    assert!(!list.has("9876500001"));

    let answer = nadia.send(&list, &format!("{}/take", path(id)), &[]).await;
    assert_eq!((answer.status, answer.location), (303, format!("{}?done=take", path(id))));
    let page = nadia.page(&path(id)).await;
    page.shows(&[
        "Make first contact",
        "Choose a service",
        "****-***-001",
        "Lost her husband",
        "Nadia Madeup",
        "Taken",
    ]);
    assert!(title(&page).starts_with("Referral LR-"), "{}", title(&page));
    let card = nadia.send(&page, &format!("{}/card", path(id)), &[]).await;
    assert_eq!(card.status, 200);
    card.shows(&["9876500001"]);

    let services = nadia.page(&format!("{}/service", path(id))).await;
    services.shows(&["oak-street, made up", "birch-lane, made up"]);
    let choice = format!("{}/send?choice=partner.{OAK}", path(id));
    services.shows(&[&choice]);
    let check = nadia.page(&choice).await;
    check.shows(&["No consent covers this partner.", "Geneviève", "Date of birth"]);
    assert!(!check.has("Send the referral"));
    consent(&nadia, id, OAK).await;
    let check = nadia.page(&choice).await;
    check.shows(&["Send the referral", "Geneviève", "+1 519 555 0142"]);
    for secret in ["1951-03-09", "9876500001", "Lost her husband"] {
        assert!(!check.has(secret), "{secret}");
    }
    let action = format!("{}/send", path(id));
    let early = nadia.send(&check, &action, &[("text", "Happy to come along.")]).await;
    assert_eq!(early.status, 422);
    early.shows(&["Error:", "Say why you ask a service that is not vetted", "Happy to come along."]);
    let typed = [("text", "Happy to come along."), ("why", "My lead knows them")];
    let sent = nadia.send(&early, &action, &typed).await;
    assert_eq!((sent.status, sent.location.clone()), (303, format!("{}/sent", path(id))), "{}", sent.html);
    nadia.page(&sent.location).await.shows(&["Being delivered."]);
    house.deliver().await;
    nadia.page(&sent.location).await.shows(&["Delivered"]);
    let heard = house.oak.heard().pop().unwrap().data.to_string();
    assert!(heard.contains("Happy to come along.") && !heard.contains("My lead knows them"));
    // Back and send again, and the same from a second tab: one effect, the same page.
    for _ in 0..2 {
        let again = nadia.send(&early, &action, &typed).await;
        assert_eq!((again.status, again.location), (303, format!("{}/sent", path(id))));
    }
    house.deliver().await;
    assert!(house.oak.heard().is_empty());

    let task = house.running.desk.referral(&house.nadia, id).await.unwrap().tried[0].task.to_string();
    let accepts = |task: &mut Value| task["status"] = json!("accepted");
    assert_eq!(house.partner_answers(OAK, &task, accepts).await, 200);
    let action = format!("{}/follow-up", path(id));
    let page = nadia.page(&action).await;
    let early = [("result", "reached"), ("uptake", "attended"), ("attended", "2026-11-01"), ("minutes", "15")];
    let wrong = nadia.send(&page, &action, &early).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&["That is before the referral was sent on, on"]);
    let typed = [("result", "reached"), ("uptake", "attended"), ("attended", "2026-11-21"), ("minutes", "15")];
    let saved = nadia.send(&page, &action, &typed).await;
    assert_eq!(saved.location, format!("{}?done=follow-up", path(id)), "{}", saved.html);
    nadia.page(&saved.location).await.shows(&["Follow-up saved.", "Attended", "15 minutes"]);

    let action = format!("{}/close", path(id));
    let page = nadia.page(&action).await;
    let wrong = nadia.send(&page, &action, &[("outcome", "Goes every Thursday.")]).await;
    assert_eq!(wrong.status, 422);
    wrong.shows(&["Choose why it is closed", "Goes every Thursday."]);
    let typed = [("reason", "goals-met"), ("outcome", "Goes every Thursday.")];
    let check = nadia.send(&wrong, &action, &typed).await;
    check.shows(&["Check and close", "was completed by Team East", "outcome: Goes every Thursday;"]);
    let closed = nadia.send(&check, &action, &[("checked", "yes")]).await;
    assert_eq!(closed.location, format!("{}?done=close", path(id)), "{}", closed.html);
    nadia.page(&closed.location).await.shows(&["Outcome received", "Goes every Thursday."]);
    nadia.page("/desk").await.shows(&["No referrals are waiting for you."]);
    nadia.page(&format!("{}/proof", path(id))).await.shows(&["<td>The referral<", "Delivered"]);
    house.close().await;
}

#[tokio::test]
async fn who_referred_themselves_by_telephone_is_not_confirmed_until_somebody_says_so() {
    let house = DeskHouse::open().await;
    for key in ["one", "other"] {
        house.self_referral(key).await;
    }
    let nadia = Browser::of(&house, "nadia").await;
    let list = nadia.page("/desk").await;
    list.shows(&["The person themself", "Check which person is meant"]);
    let at = list.html.find("/desk/referrals/").unwrap();
    let place = list.html[at..].split(['"', '/']).nth(3).map(|id| format!("/desk/referrals/{id}")).unwrap();
    let page = nadia.page(&place).await;
    page.shows(&[
        "The person themself (not confirmed: ask who it is before anything else)",
        "May be the same person as LR-",
        "In the person’s words",
        "Received by the public form",
    ]);
    assert!(!page.html.contains("Prescriber’s note") && !page.html.contains("record system"), "{}", page.html);
    // Nobody has prescribed it: nobody is asked, and nobody is said to be told.
    let ask = format!("{place}/ask");
    assert!(!page.has(&ask));
    assert_eq!(nadia.get(&ask).await.location, place);
    let close = nadia.page(&format!("{place}/close")).await;
    close.shows(&["there is no prescriber to tell"]);
    assert!(!close.html.contains("is always told") && !close.html.contains("chart"), "{}", close.html);
    let done = nadia.send(&page, &format!("{place}/confirm"), &[]).await;
    assert_eq!((done.status, done.location.clone()), (303, format!("{place}?done=confirm")));
    let page = nadia.page(&done.location).await;
    page.shows(&["Recorded: you have made sure who it is.", "The person themself (checked at the desk)"]);
    assert!(!page.has(&format!("{place}/confirm")));
    house.close().await;
}

#[tokio::test]
async fn of_two_who_answer_at_once_the_second_is_told_and_keeps_the_text() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let (nadia, omar) = (Browser::of(&house, "nadia").await, Browser::of(&house, "omar").await);
    let take = format!("{}/take", path(id));
    let (one, other) = (nadia.page("/desk").await, omar.page("/desk").await);
    assert_eq!(nadia.send(&one, &take, &[]).await.status, 303);
    let late = omar.send(&other, &take, &[]).await;
    assert_eq!(late.status, 409);
    late.shows(&["A colleague has it already", "Nadia Madeup", &path(id)]);

    let close = format!("{}/close", path(id));
    let (one, other) = (nadia.page(&close).await, omar.page(&close).await);
    let typed = [("reason", "moved"), ("outcome", "Lives in Ottawa now.")];
    let check = nadia.send(&one, &close, &typed).await;
    assert_eq!(nadia.send(&check, &close, &[("checked", "yes")]).await.status, 303);
    let typed = [("reason", "declined"), ("outcome", "<b>Does not want it.</b>")];
    let late = omar.send(&other, &close, &typed).await;
    assert_eq!(late.status, 409);
    late.shows(&["Nadia Madeup", "Does not want it."]);
    assert!(!late.has("<b>Does"));
    assert_eq!(house.row(id).await.state, "cancelled");
    house.close().await;
}

#[tokio::test]
async fn nothing_typed_is_lost_when_the_session_ends_meanwhile() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    let action = format!("{}/note", path(id));
    let page = nadia.page(&action).await;
    house.pass(Duration::from_secs(31 * 60));
    let ended = nadia.send(&page, &action, &[("text", "She likes chess & tea.")]).await;
    assert_eq!(ended.status, 303);
    assert!(ended.location.starts_with("/sign-in"), "{}", ended.location);
    assert!(
        house
            .running
            .desk
            .referral(&house.nadia, id)
            .await
            .unwrap()
            .timeline
            .iter()
            .all(|entry| entry.text.is_none())
    );
    let sign_in = nadia.page(&ended.location).await;
    let back =
        nadia.send(&sign_in, "/sign-in", &[("name", "nadia"), ("password", crate::desk::house::PASSWORD)]).await;
    assert_eq!(back.location, action);
    let page = nadia.page(&back.location).await;
    page.shows(&["She likes chess &#38; tea."]);
    let saved = nadia.send(&page, &action, &[("text", "She likes chess & tea.")]).await;
    assert_eq!(saved.location, format!("{}?done=note", path(id)));
    house.close().await;
}

#[tokio::test]
async fn a_person_is_found_and_no_address_says_whom_somebody_looked_for() {
    let house = DeskHouse::open().await;
    let (first, _second) = (house.referral(1).await, house.referral(2).await);
    let nadia = Browser::of(&house, "nadia").await;
    let list = nadia.page("/desk").await;
    let empty = nadia.send(&list, "/desk/find", &[("sought", " ")]).await;
    assert_eq!(empty.status, 422);
    empty.shows(&["Enter a name, a health card number or a reference"]);
    let found = nadia.send(&list, "/desk/find", &[("sought", "98765 00001")]).await;
    assert_eq!(found.status, 303);
    assert!(found.location.starts_with("/desk/found/") && !found.location.contains("98765"), "{}", found.location);
    let page = nadia.page(&found.location).await;
    page.shows(&["1 referral found", &path(first)]);
    assert_eq!(title(&page), "What was found - Lariat");
    // Somebody else's search is nobody's.
    let omar = Browser::of(&house, "omar").await;
    assert_eq!(omar.get(&found.location).await.status, 404);
    let nobody = nadia.send(&list, "/desk/find", &[("sought", "<script>")]).await;
    nadia.page(&nobody.location).await.shows(&["Nobody was found."]);
    house.close().await;
}

#[tokio::test]
async fn the_prescriber_reads_and_strangers_see_nothing() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let amal = Browser::of(&house, "haddad").await;
    let page = amal.page(&path(id)).await;
    page.shows(&["You can read this referral."]);
    assert!(!page.has("btn-primary") && !page.has("/card\""));
    for place in ["/note", "/close", "/service", "/consent", "/send?choice=partner.oak-street"] {
        assert_eq!(amal.get(&format!("{}{place}", path(id))).await.status, 404, "{place}");
    }
    let stranger = Browser::open(&house);
    for place in ["", "/note", "/proof"] {
        let answer = stranger.get(&format!("{}{place}", path(id))).await;
        assert_eq!(answer.status, 303);
        assert!(answer.location.starts_with("/sign-in"));
    }
    let nadia = Browser::of(&house, "nadia").await;
    let missing = nadia.get("/desk/referrals/0198f000-0000-7000-8000-000000000000").await;
    let foreign = nadia.get("/desk/referrals/nonsense").await;
    assert_eq!((missing.status, foreign.status), (404, 404));
    missing.shows(&["We cannot show this page"]);
    house.close().await;
}

#[tokio::test]
async fn every_page_speaks_french_and_hostile_text_stays_text() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    let page = nadia.page("/desk").await;
    let french = page.form("/lang");
    let mut fields = french.clone();
    fields.push(("_lang".to_owned(), "fr".to_owned()));
    let answer = nadia.post("/lang", &fields).await;
    assert_eq!(answer.status, 303);
    nadia.page("/desk").await.shows(&["Liste de travail", "Établir le premier contact", "Nouveaux (1)"]);
    let hostile = "</textarea><script>alert(1)</script> \u{202e}abc ' onmouseover=x \"";
    for (place, field) in [("note", "text"), ("ask", "text")] {
        let action = format!("{}/{place}", path(id));
        let page = nadia.page(&action).await;
        let long = "x".repeat(2_500);
        let refused = nadia.send(&page, &action, &[(field, &format!("{hostile}{long}"))]).await;
        assert_eq!(refused.status, 422);
        refused.shows(&["Erreur", "&#60;/textarea&#62;"]);
        let saved = nadia.send(&refused, &action, &[(field, hostile)]).await;
        assert_eq!(saved.status, 303, "{}", saved.html);
    }
    let page = nadia.page(&path(id)).await;
    page.shows(&[
        "Chronologie",
        "&#60;script&#62;alert(1)",
        "Je me sens seul",
        "Cercle de conversation",
        "français",
    ]);
    assert!(!page.has("<script>alert") && !page.has("⟦"), "{}", page.html);
    for place in ["/service", "/follow-up", "/close", "/consent", "/proof", "/reassign"] {
        let page = nadia.page(&format!("{}{place}", path(id))).await;
        assert!(page.has("lang=\"fr-CA\"") && !page.has("⟦"), "{place}");
    }
    house.close().await;
}

#[tokio::test]
async fn twenty_of_one_form_at_once_have_one_effect_and_one_answer() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    consent(&nadia, id, OAK).await;
    let action = format!("{}/send", path(id));
    let page = nadia.page(&format!("{action}?choice=partner.{OAK}")).await;
    let typed = [("why", "My lead knows them")];
    let sent = all_at_once((0..20).map(|_| nadia.send(&page, &action, &typed))).await;
    for answer in sent {
        assert_eq!((answer.status, answer.location), (303, format!("{}/sent", path(id))), "{}", answer.html);
    }
    house.deliver().await;
    assert_eq!(house.oak.kinds(), ["referral.requested"]);
    let take = format!("{}/note", path(id));
    let page = nadia.page(&take).await;
    for answer in all_at_once((0..20).map(|_| nadia.send(&page, &take, &[("text", "Once.")]))).await {
        assert_eq!(answer.status, 303);
    }
    let timeline = house.running.desk.referral(&house.nadia, id).await.unwrap().timeline;
    assert_eq!(timeline.iter().filter(|entry| entry.text.as_deref() == Some("Once.")).count(), 1);
    house.close().await;
}

/// All of them at once, in one task.
async fn all_at_once<F: Future<Output = Answered>>(all: impl Iterator<Item = F>) -> Vec<Answered> {
    let mut waiting: Vec<_> = all.map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|context| {
        for (one, answer) in waiting.iter_mut().filter(|(_, answer)| answer.is_none()) {
            if let std::task::Poll::Ready(ready) = one.as_mut().poll(context) {
                *answer = Some(ready);
            }
        }
        match waiting.iter().all(|(_, answer)| answer.is_some()) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    waiting.into_iter().filter_map(|(_, answer)| answer).collect()
}
