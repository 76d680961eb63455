//! Two who answer at once, consent that is taken back meanwhile, and a session that ends while somebody types.

use crate::pages::browser::text;
use crate::partner::house::{DAY, House, MINUTE};

#[tokio::test]
async fn the_first_answer_wins_and_the_other_gets_their_text_back() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut first, page) = house.at_referral(&link).await;
    let (mut second, other) = house.at_referral(&link).await;
    let path = format!("{}/decline", other.at);
    let form = second.get(&path).await.form(&path).with("because", &["full"]).with("words", &["Until May"]);
    first.send(&page.form(&format!("{}/accept", page.at))).await;
    house.pass(MINUTE);
    let clash = second.send(&form).await;
    assert_eq!(clash.status, 409);
    let shown = text(&clash.html);
    assert!(shown.contains("Oak Street Food Bank accepted this referral."), "{shown}");
    assert!(shown.contains("Your answer was not sent."), "{shown}");
    assert!(shown.contains("Decline: We are full. Until May"), "{shown}");
    assert_eq!(house.task().await["status"], "accepted");

    // What was typed can go along as a note.
    let go_on = clash.form(&format!("{}/clash", other.at));
    let sent = second.send(&go_on.clone().with("choice", &["note"])).await;
    assert_eq!(sent.status, 200, "{}", sent.html);
    let task = house.task().await;
    assert_eq!(
        (&task["status"], &task["note"][0]["text"]),
        (&"accepted".into(), &"Decline: We are full. Until May".into())
    );
    let left = second.send(&go_on.clone().with("choice", &["leave"])).await;
    assert_eq!(left.at, other.at);
    let change = second.send(&go_on.with("choice", &["change"])).await;
    assert_eq!(change.at, format!("{}/stop", other.at));
    house.close().await;
}

#[tokio::test]
async fn two_who_say_the_same_are_no_conflict() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut first, page) = house.at_referral(&link).await;
    let (mut second, other) = house.at_referral(&link).await;
    first.send(&page.form(&format!("{}/accept", page.at))).await;
    let sent = second.send(&other.form(&format!("{}/accept", other.at))).await;
    assert_eq!((sent.status, sent.at), (200, format!("{}/sent/accept", other.at)));
    assert_eq!(house.versions().await, 2);
    house.close().await;
}

#[tokio::test]
async fn many_who_answer_differently_at_once_leave_one_answer() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let path = format!("{}/decline", page.at);
    let decline = browser.get(&path).await.form(&path).with("because", &["out-of-area"]);
    let accept = page.form(&format!("{}/accept", page.at));
    let mut senders = Vec::new();
    for turn in 0..10 {
        let mut twin = house.browser();
        twin.cookies.clone_from(&browser.cookies);
        let form = if turn % 2 == 0 { accept.clone() } else { decline.clone() };
        senders.push(tokio::spawn(async move { twin.post(&form).await.status }));
    }
    let mut answers = Vec::new();
    for sender in senders {
        answers.push(sender.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 5, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 409).count(), 5, "{answers:?}");
    assert_eq!(house.versions().await, 2);
    house.close().await;
}

#[tokio::test]
async fn what_was_withdrawn_asks_nothing_and_tells_nothing() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    house.withdraw_consent().await;
    let shown = browser.get(&page.at).await;
    assert_eq!(shown.status, 200);
    assert!(text(&shown.html).contains("This referral was withdrawn Nothing is asked of you."), "{}", shown.html);
    assert!(!shown.html.contains("W. T."), "{}", shown.html);
    let accepted = browser.send(&page.form(&format!("{}/accept", page.at))).await;
    assert_eq!(accepted.status, 409, "{}", accepted.html);
    assert!(text(&accepted.html).contains("This referral was withdrawn"), "{}", accepted.html);
    assert_eq!(house.task().await["status"], "requested");
    let inbox = browser.get(&page.at.replace(&page.at[page.at.find("/referrals").unwrap()..], "/inbox")).await;
    assert!(text(&inbox.html).contains("No referrals are waiting for you."), "{}", inbox.html);
    house.close().await;
}

/// Whoever has the client's number must not go on calling: a letter without content says so, once.
#[tokio::test]
async fn who_has_taken_a_client_on_is_written_to_when_consent_is_taken_back() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    assert_eq!(browser.send(&page.form(&format!("{}/accept", page.at))).await.status, 200);
    let before = house.mailbox.mails().len();
    house.withdraw_consent().await;
    house.deliver().await;
    house.deliver().await;
    let mails = house.mailbox.mails();
    let [letter] = &mails[before..] else { panic!("{} letters came", mails.len() - before) };
    assert!(letter.header("Subject").unwrap().contains("LR-"), "{letter:?}");
    assert!(letter.links().is_empty(), "there is nothing to open: {}", letter.text);
    assert!(!letter.raw.contains("Testina") && !letter.raw.contains("W. T."), "{}", letter.raw);
    house.close().await;
}

#[tokio::test]
async fn a_clinic_that_calls_it_off_first_is_named() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let mut task = house.task().await;
    task["status"] = "cancelled".into();
    task["statusReason"] = serde_json::json!({ "text": "Not needed any more" });
    let path = format!("/Task/{}", task["id"].as_str().unwrap());
    house.fhir(reqwest::Method::PUT, &path, Some(&task)).await;
    let clash = browser.send(&page.form(&format!("{}/accept", page.at))).await;
    assert_eq!(clash.status, 409);
    assert!(text(&clash.html).contains("Riverbend CHC called this referral off."), "{}", clash.html);
    assert!(clash.title().starts_with("The clinic has changed this referral"), "{}", clash.title());
    house.close().await;
}

#[tokio::test]
async fn a_session_that_ends_while_somebody_types_loses_nothing() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let path = format!("{}/ask", page.at);
    let form = browser.get(&path).await.form(&path).with("text", &["Is a walker needed?"]);
    house.pass(31 * MINUTE);
    let again = browser.send(&form).await;
    assert_eq!(again.status, 403);
    assert!(text(&again.html).contains("What you had typed is kept"), "{}", again.html);
    assert!(!again.html.contains("walker"));
    assert_eq!(house.versions().await, 1);
    let base = &page.at[..page.at.find("/referrals").unwrap()];
    let code = browser.send(&again.form(&format!("{base}/code"))).await;
    // The code leads back to the form, not to the inbox.
    let back = browser.send(&code.form(&format!("{base}/enter")).with("code", &[&house.last_code()])).await;
    assert_eq!((back.status, back.at.as_str()), (200, path.as_str()), "{}", back.html);
    let form = back.form(&path);
    assert_eq!(form.value("text"), "Is a walker needed?");
    assert_eq!(browser.send(&form).await.at, format!("{}/sent/ask", page.at));
    house.close().await;
}

/// At a computer that a team shares, what one typed is not for the next, who has a code of their own.
#[tokio::test]
async fn another_session_finds_nothing_of_what_was_typed() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let path = format!("{}/ask", page.at);
    let typed = browser.get(&path).await.form(&path).with("text", &["Is a walker needed?"]);
    browser.post_to("/lang", &typed.clone().with("_lang", &["fr"])).await;
    assert_eq!(browser.get(&path).await.form(&path).value("text"), "Is a walker needed?");
    let code = |browser: &crate::pages::browser::Browser| browser.cookies.clone();
    let before = code(&browser);
    // A colleague opens the link anew, in the same browser.
    browser.cookies.retain(|name, _| name != "lariat-partner");
    let arrival = browser.get(&link).await;
    let asked = browser.send(&arrival.form(&format!("{}/code", arrival.at))).await;
    let enter = asked.form(&format!("{}/enter", arrival.at)).with("code", &[&house.last_code()]);
    let inbox = browser.send(&enter).await;
    assert_eq!(inbox.at, format!("{}/inbox", arrival.at));
    assert_eq!(browser.get(&path).await.form(&path).value("text"), "");
    // Nor when the first one's form came after the end of their session, and the link was opened anew.
    let mut first = house.browser();
    first.cookies = before;
    house.pass(31 * MINUTE);
    assert_eq!(first.send(&typed).await.status, 403);
    let arrival = first.get(&link).await;
    let asked = first.send(&arrival.form(&format!("{}/code", arrival.at))).await;
    let enter = asked.form(&format!("{}/enter", arrival.at)).with("code", &[&house.last_code()]);
    assert_eq!(first.send(&enter).await.at, format!("{}/inbox", arrival.at));
    assert_eq!(first.get(&path).await.form(&path).value("text"), "");
    house.close().await;
}

#[tokio::test]
async fn the_page_of_a_conflict_is_kept_with_its_text_in_the_other_language() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut first, page) = house.at_referral(&link).await;
    let (mut second, other) = house.at_referral(&link).await;
    let (path, clash) = (format!("{}/decline", other.at), format!("{}/clash", other.at));
    let form = second.get(&path).await.form(&path).with("because", &["full"]).with("words", &["Until May"]);
    first.send(&page.form(&format!("{}/accept", page.at))).await;
    let form = second.send(&form).await.form(&clash).with("choice", &["note"]);
    let answer = second.post_to("/lang", &form.with("_lang", &["fr"])).await;
    assert_eq!((answer.status, answer.header("location")), (303, clash.as_str()));
    let french = second.get(&clash).await;
    let shown = text(&french.html);
    assert_eq!(french.status, 409);
    assert!(shown.contains("Quelqu'un a déjà répondu") && shown.contains("Until May"), "{shown}");
    let form = french.form(&clash);
    assert_eq!(form.value("choice"), "note");
    assert_eq!(second.send(&form).await.status, 200);
    // What is quoted, and sent, is in the language of the page; what was typed is as it was typed.
    assert!(shown.contains("Refuser : Nous n'avons plus de place. Until May"), "{shown}");
    assert_eq!(house.task().await["note"][0]["text"], "Refuser\u{a0}: Nous n'avons plus de place. Until May");
    // Where nobody was first there is nothing to show.
    assert_eq!(second.get(&clash).await.at, other.at);
    house.close().await;
}

#[tokio::test]
async fn a_form_that_came_too_late_keeps_its_text_in_the_other_language() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let path = format!("{}/decline", page.at);
    let form = browser.get(&path).await.form(&path).with("because", &["full"]).with("words", &["Until May"]);
    house.withdraw_consent().await;
    let late = browser.send(&form).await;
    assert!(late.status == 409 && text(&late.html).contains("Until May"), "{}", late.html);
    let toggle = late.form("/lang").with("_lang", &["fr"]);
    let answer = browser.post(&toggle).await;
    let french = browser.get(answer.header("location")).await;
    let shown = text(&french.html);
    assert!(shown.contains("Cet aiguillage a été retiré") && shown.contains("Until May"), "{shown}");
    house.close().await;
}

/// Who began in time may finish: the link's end does not end the visit.
#[tokio::test]
async fn a_link_that_ends_meanwhile_leaves_a_session_its_thirty_minutes() {
    let house = House::open().await;
    let link = house.refer().await;
    house.pass(14 * DAY - 10 * MINUTE);
    let (mut browser, page) = house.at_referral(&link).await;
    house.pass(15 * MINUTE);
    assert_eq!(house.browser().get(&link).await.status, 410);
    let path = format!("{}/ask", page.at);
    let form = browser.get(&path).await.form(&path).with("text", &["Is a walker needed?"]);
    let sent = browser.send(&form).await;
    assert_eq!((sent.status, sent.at), (200, format!("{}/sent/ask", page.at)), "{}", sent.html);
    assert!(browser.get(&link).await.at.ends_with("/inbox"));
    house.pass(16 * MINUTE);
    assert_eq!(browser.get(&page.at).await.status, 410);
    house.close().await;
}

#[tokio::test]
async fn changing_the_language_keeps_what_was_typed() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let path = format!("{}/ask", page.at);
    let form = browser.get(&path).await.form(&path).with("text", &["Is a walker needed?"]);
    let form = form.with("_lang", &["fr"]);
    let answer = browser.post_to("/lang", &form).await;
    assert_eq!((answer.status, answer.header("location")), (303, path.as_str()));
    let page = browser.get(&path).await;
    assert!(text(&page.html).contains("Demander un renseignement"), "{}", page.html);
    assert_eq!(page.form(&path).value("text"), "Is a walker needed?");
    house.close().await;
}

#[tokio::test]
async fn a_form_that_cannot_be_sent_says_where_the_referral_stands() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    for name in ["uptake", "outcome", "stop"] {
        let shown = browser.get(&format!("{}/{name}", page.at)).await;
        assert_eq!(shown.status, 409, "{name}: nobody has accepted");
        assert!(text(&shown.html).contains("still waits for an answer"), "{name}: {}", shown.html);
    }
    browser.send(&page.form(&format!("{}/accept", page.at))).await;
    assert_eq!(browser.get(&format!("{}/decline", page.at)).await.status, 409);
    // A form that was open meanwhile.
    let (uptake, outcome) = (format!("{}/uptake", page.at), format!("{}/outcome", page.at));
    let late = browser.get(&uptake).await.form(&uptake).with("came", &["no"]).with("words", &["No bus"]);
    let done = browser.get(&outcome).await.form(&outcome).with("what", &["completed"]);
    browser.send(&done).await;
    let clash = browser.send(&late).await;
    assert!(clash.status == 409 && text(&clash.html).contains("No. No bus"), "{}", clash.html);
    let change = clash.form(&format!("{}/clash", page.at)).with("choice", &["change"]);
    let closed = browser.send(&change).await;
    assert!(text(&closed.html).contains("This referral is complete."), "{}", closed.html);
    assert_eq!(house.versions().await, 3);
    house.close().await;
}

#[tokio::test]
async fn a_question_of_a_colleague_is_no_answer() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut first, page) = house.at_referral(&link).await;
    let (mut second, other) = house.at_referral(&link).await;
    let path = format!("{}/ask", page.at);
    let ask = first.get(&path).await.form(&path).with("text", &["Is a walker needed?"]);
    first.send(&ask).await;
    let sent = second.send(&other.form(&format!("{}/accept", other.at))).await;
    assert_eq!((sent.status, sent.at), (200, format!("{}/sent/accept", other.at)));
    let task = house.task().await;
    assert_eq!((&task["status"], task["note"].as_array().unwrap().len()), (&"accepted".into(), 1));
    house.close().await;
}

/// Back, other words, Send: one's own second question, and nobody else's answer.
#[tokio::test]
async fn a_question_that_is_changed_and_sent_again_is_ones_own() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let path = format!("{}/ask", page.at);
    let form = browser.get(&path).await.form(&path);
    for words in ["Is a walker needed?", "Is a walker needed, or a wheelchair?", "Is a walker needed?"] {
        let sent = browser.send(&form.clone().with("text", &[words])).await;
        assert_eq!((sent.status, sent.at), (200, format!("{}/sent/ask", page.at)), "{words}: {}", sent.html);
    }
    let task = house.task().await;
    let written: Vec<_> = task["note"].as_array().unwrap().iter().map(|note| note["text"].clone()).collect();
    assert_eq!(written, ["Is a walker needed?", "Is a walker needed, or a wheelchair?"]);
    house.close().await;
}

#[tokio::test]
async fn who_wanted_to_accept_what_was_declined_is_told_why_not() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut first, page) = house.at_referral(&link).await;
    let (mut second, other) = house.at_referral(&link).await;
    let path = format!("{}/decline", page.at);
    let decline = first.get(&path).await.form(&path);
    let same = decline.clone().with("because", &["full"]).with("words", &["Other words"]);
    first.send(&decline.with("because", &["full"])).await;
    let clash = second.send(&other.form(&format!("{}/accept", other.at))).await;
    assert_eq!(clash.status, 409);
    // Of what has ended there is no way back, and none is offered.
    assert!(clash.html.contains("value=\"note\"") && !clash.html.contains("value=\"change\""), "{}", clash.html);
    assert!(text(&clash.html).contains("Call 519-555-0100"), "{}", clash.html);
    let change = clash.form(&format!("{}/clash", other.at)).with("choice", &["change"]);
    let told = second.send(&change).await;
    assert_eq!(told.status, 409);
    assert!(text(&told.html).contains("You declined this referral."), "{}", told.html);
    assert_eq!(house.task().await["status"], "rejected");
    // The same code in other words is not dropped in silence.
    let clash = first.send(&same).await;
    assert!(clash.status == 409 && text(&clash.html).contains("Other words"), "{}", clash.html);
    house.close().await;
}
