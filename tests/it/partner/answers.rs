//! What a partner answers, as the clinic's record has it afterwards.

use reqwest::Method;
use serde_json::Value;

use crate::pages::browser::{Browser, Page, text};
use crate::partner::house::House;

/// Posts the form of one of a referral's pages, filled, and follows it.
async fn answer(browser: &mut Browser, referral: &str, page: &str, fields: &[(&str, &str)]) -> Page {
    let path = format!("{referral}/{page}");
    let mut form = browser.get(&path).await.form(&path);
    for (name, value) in fields {
        form = form.with(name, &[value]);
    }
    browser.send(&form).await
}

async fn accept(browser: &mut Browser, page: &Page) -> Page {
    let form = page.form(&format!("{}/accept", page.at));
    browser.send(&form).await
}

fn output<'a>(task: &'a Value, code: &str) -> Option<&'a Value> {
    task["output"].as_array()?.iter().find(|output| output["type"]["coding"][0]["code"] == code)
}

#[tokio::test]
async fn who_opens_an_address_that_only_takes_answers_finds_the_referral() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    for method in [Method::GET, Method::HEAD] {
        let answer = browser.ask(method, &format!("{}/accept", page.at), &[], None).await;
        assert_eq!((answer.status, answer.header("location")), (303, page.at.as_str()));
    }
    assert_eq!(house.task().await["status"], "requested");
    house.close().await;
}

#[tokio::test]
async fn a_partner_accepts_reports_uptake_and_closes_the_loop() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let shown = text(&page.html);
    assert!(shown.contains("Can you take this person?"), "{shown}");
    assert!(
        shown.contains(
            "NeedProvision of food, Food Insecurity PersonW. T. M., 75 to 84, lives in Nowhere, speaks English"
        ),
        "{shown}"
    );
    assert!(!shown.contains("Wilhelmina") && !shown.contains("0199"), "{shown}");

    let sent = accept(&mut browser, &page).await;
    assert_eq!((sent.status, sent.at.clone()), (200, format!("{}/sent/accept", page.at)));
    assert!(text(&sent.html).contains("You accepted this referral."), "{}", sent.html);
    assert_eq!(house.task().await["status"], "accepted");

    // How to reach the person is shown now.
    let taken = text(&browser.get(&page.at).await.html);
    assert!(
        taken.contains("Wilhelmina Testina Madeup-Ficton, 75 to 84, lives in Nowhere, ")
            && taken.contains("+1 519 555 0199"),
        "{taken}"
    );

    let fields = [("came", "yes"), ("on", "2026-11-01"), ("words", "Came with a friend.")];
    let wrong = answer(&mut browser, &page.at, "uptake", &fields).await;
    let said = "That is before the referral was sent, on 20 Nov 2026. Enter that day or a later one";
    assert!(wrong.status == 422 && text(&wrong.html).contains(said), "{}", wrong.html);
    assert!(wrong.html.contains("Came with a friend."));
    let sent = answer(&mut browser, &page.at, "uptake", &[("came", "yes"), ("on", "2026-11-20")]).await;
    assert_eq!(sent.status, 200, "{}", sent.html);
    let task = house.task().await;
    assert_eq!(task["status"], "in-progress");
    let uptake = output(&task, "uptake").unwrap();
    assert_eq!(uptake["valueCodeableConcept"]["coding"][0]["code"], "attended");
    assert_eq!(output(&task, "attended-on").unwrap()["valueDate"], "2026-11-20");

    let fields = [("what", "completed"), ("line", "Comes every week\u{202e}.")];
    let sent = answer(&mut browser, &page.at, "outcome", &fields).await;
    assert!(text(&sent.html).contains("The referral is complete."), "{}", sent.html);
    // Nobody is told to ask where nothing can be asked any more.
    let over = text(&browser.get(&page.at).await.html);
    assert!(taken.contains("Ask if you need to know more.") && !over.contains("Ask if you need"), "{over}");
    let task = house.task().await;
    assert_eq!(task["status"], "completed");
    assert_eq!(output(&task, "outcome").unwrap()["valueString"], "Comes every week.");
    assert!(output(&task, "resulting-activity").unwrap()["valueCodeableConcept"]["coding"].is_array());
    house.close().await;
}

/// The last form of a referral does not take back what the one before it said.
#[tokio::test]
async fn who_never_came_is_not_told_to_have_come_in_part_and_whose_day_is_known_keeps_it() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    accept(&mut browser, &page).await;
    answer(&mut browser, &page.at, "uptake", &[("came", "no"), ("why", "cost")]).await;
    answer(&mut browser, &page.at, "outcome", &[("what", "stopped-early"), ("line", "")]).await;
    let task = house.task().await;
    assert_eq!(task["status"], "completed");
    let uptake = &output(&task, "uptake").unwrap()["valueCodeableConcept"];
    assert_eq!((&uptake["coding"][0]["code"], &uptake["text"]), (&"not-attended".into(), &"Cost".into()));
    assert_eq!(task["note"][1]["text"], "Stopped early");
    house.close().await;

    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    accept(&mut browser, &page).await;
    answer(&mut browser, &page.at, "uptake", &[("came", "yes"), ("on", "2026-11-20")]).await;
    answer(&mut browser, &page.at, "outcome", &[("what", "stopped-early"), ("line", "")]).await;
    let task = house.task().await;
    assert_eq!(output(&task, "uptake").unwrap()["valueCodeableConcept"]["coding"][0]["code"], "partial");
    assert_eq!(output(&task, "attended-on").unwrap()["valueDate"], "2026-11-20");
    house.close().await;
}

#[tokio::test]
async fn a_no_show_keeps_the_referral_open_for_a_second_attempt() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    accept(&mut browser, &page).await;
    let fields = [("came", "no"), ("why", "transport"), ("words", "No bus on Sundays")];
    answer(&mut browser, &page.at, "uptake", &fields).await;
    let task = house.task().await;
    assert_eq!(task["status"], "in-progress");
    let uptake = &output(&task, "uptake").unwrap()["valueCodeableConcept"];
    assert_eq!(uptake["coding"][0]["code"], "not-attended");
    assert_eq!(uptake["text"], "Transport: No bus on Sundays");
    assert_eq!(task["note"][0]["text"], "Transport: No bus on Sundays");
    answer(&mut browser, &page.at, "uptake", &[("came", "partly")]).await;
    let task = house.task().await;
    assert_eq!(output(&task, "uptake").unwrap()["valueCodeableConcept"]["coding"][0]["code"], "partial");
    answer(&mut browser, &page.at, "outcome", &[("what", "could-not-help"), ("line", "")]).await;
    let task = house.task().await;
    assert_eq!(task["status"], "failed");
    assert_eq!(task["statusReason"]["coding"][0]["code"], "beyond-scope");
    house.close().await;
}

#[tokio::test]
async fn a_partner_declines_with_a_reason_that_the_desk_can_route_by() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let fields =
        [("because", "full"), ("until", "15"), ("until-month", "4"), ("until-year", "2027"), ("listing", "yes")];
    let sent = answer(&mut browser, &page.at, "decline", &fields).await;
    assert!(text(&sent.html).contains("You declined this referral."), "{}", sent.html);
    let task = house.task().await;
    assert_eq!(task["status"], "rejected");
    let coding = &task["statusReason"]["coding"][0];
    assert_eq!(coding["system"], "https://lariat.example/fhir/CodeSystem/decline-reason");
    assert_eq!(coding["code"], "at-capacity");
    assert_eq!(task["statusReason"]["text"], "No place is free, until 2027-04-15");
    assert_eq!(task["note"][0]["text"], "Our listing may be brought up to date with this answer.");
    assert_eq!(task["note"][0]["authorString"], "Oak Street Food Bank");
    house.close().await;
}

#[tokio::test]
async fn a_question_leaves_the_referral_waiting_and_is_answered_by_mail() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    answer(&mut browser, &page.at, "ask", &[("text", "Is a walker needed?")]).await;
    let mut task = house.task().await;
    assert_eq!(task["status"], "requested");
    assert_eq!(task["businessStatus"]["coding"][0]["code"], "question");
    assert_eq!(task["note"][0]["text"], "Is a walker needed?");
    // The clinic answers.
    task["businessStatus"]["coding"][0]["code"] = "answered".into();
    task["note"].as_array_mut().unwrap().push(serde_json::json!({ "text": "Yes, she has one." }));
    let path = format!("/Task/{}", task["id"].as_str().unwrap());
    house.fhir(reqwest::Method::PUT, &path, Some(&task)).await;
    house.deliver().await;
    let mail = house.mailbox.mails().pop().unwrap();
    assert!(mail.header("subject").unwrap().contains("Your question was answered"), "{}", mail.text);
    let (mut browser, page) = house.at_referral(&house.last_link()).await;
    let shown = text(&page.html);
    assert!(shown.contains("Yes, she has one.") && shown.contains("Your question was answered"), "{shown}");
    accept(&mut browser, &page).await;
    let task = house.task().await;
    assert_eq!((&task["status"], task.get("businessStatus")), (&"accepted".into(), None));
    house.close().await;
}

#[tokio::test]
async fn an_acceptance_is_never_undone_in_silence() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let sent = accept(&mut browser, &page).await;
    assert!(sent.html.contains(&format!("{}/stop", page.at)));
    let wrong = answer(&mut browser, &page.at, "stop", &[("text", "  ")]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.errors(), ["Enter why you cannot go on"]);
    answer(&mut browser, &page.at, "stop", &[("text", "Our van broke down")]).await;
    let task = house.task().await;
    assert_eq!(task["status"], "cancelled");
    assert_eq!(task["statusReason"]["text"], "Our van broke down");
    house.close().await;
}

#[tokio::test]
async fn wrong_forms_keep_all_that_was_typed_and_say_what_to_do() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let hostile = "<script>alert(1)</script> \u{202e} 😀 </textarea>\"'";
    let long = "x".repeat(501);
    let fields = [("because", "full"), ("until", "1 1 2020"), ("words", &long), ("instead", hostile)];
    let wrong = answer(&mut browser, &page.at, "decline", &fields).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.title().starts_with("Error: Referral LR-"), "{}", wrong.title());
    assert_eq!(wrong.errors().len(), 2, "{:?}", wrong.errors());
    let form = wrong.form(&format!("{}/decline", page.at));
    for (name, value) in fields {
        assert_eq!(form.value(name), value, "{name}");
    }
    assert!(!wrong.html.contains("<script>alert"));
    accept(&mut browser, &page).await;
    for (path, fields) in [("uptake", vec![]), ("outcome", vec![]), ("ask", vec![("text", long.as_str())])] {
        let wrong = answer(&mut browser, &page.at, path, &fields).await;
        assert_eq!((wrong.status, wrong.errors().len()), (422, 1), "{path}: {:?}", wrong.errors());
    }
    assert_eq!(house.versions().await, 2);
    house.close().await;
}

#[tokio::test]
async fn hostile_text_is_stored_as_text_and_shown_as_text() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let hostile = "</p><script>alert('x')</script>\0\u{202e}\u{1b}[31m & <b>é 😀";
    answer(&mut browser, &page.at, "ask", &[("text", hostile)]).await;
    let kept = "</p><script>alert('x')</script>[31m & <b>é 😀";
    assert_eq!(house.task().await["note"][0]["text"], kept);
    let page = browser.get(&page.at).await;
    assert!(!page.html.contains("<script>alert") && text(&page.html).contains(kept), "{}", page.html);
    house.close().await;
}

#[tokio::test]
async fn the_same_form_sent_many_times_counts_once() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let path = format!("{}/ask", page.at);
    let form = browser.get(&path).await.form(&path).with("text", &["Is a walker needed?"]);
    let mut senders = Vec::new();
    for _ in 0..10 {
        let mut twin = house.browser();
        twin.cookies.clone_from(&browser.cookies);
        let form = form.clone();
        senders.push(tokio::spawn(async move { twin.post(&form).await }));
    }
    for sender in senders {
        let sent = sender.await.unwrap();
        assert_eq!((sent.status, sent.header("location")), (303, format!("{}/sent/ask", page.at).as_str()));
    }
    let task = house.task().await;
    assert_eq!(task["note"].as_array().unwrap().len(), 1);
    assert_eq!(house.versions().await, 2);
    // Back and send again.
    assert_eq!(browser.send(&form).await.status, 200);
    assert_eq!(house.versions().await, 2);
    house.close().await;
}

/// P10 says what was just sent, as the record has it, and what comes next; opened later it says how things stand.
#[tokio::test]
async fn the_page_after_each_answer_says_what_was_recorded_and_what_comes_next() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let sent = accept(&mut browser, &page).await;
    let shown = text(&sent.html);
    assert!(
        shown.contains("You accepted this referral.") && shown.contains("On 5 Dec 2026 we ask by e-mail"),
        "{shown}"
    );
    let accepted = sent.at;

    let sent = answer(&mut browser, &page.at, "ask", &[("text", "Is a walker needed?")]).await;
    let shown = text(&sent.html);
    assert!(shown.contains("Your question was sent.") && !shown.contains("You accepted"), "{shown}");
    assert!(
        shown.contains("What you wrote Is a walker needed?") || shown.contains("What you wroteIs a walker needed?"),
        "{shown}"
    );
    assert!(shown.contains("The clinic answers."), "{shown}");

    let shown = text(&answer(&mut browser, &page.at, "uptake", &[("came", "partly")]).await.html);
    assert!(!shown.contains("Is a walker needed?"), "a question is not what was written with it: {shown}");
    let fields = [("came", "no"), ("why", "transport"), ("words", "No bus on Sundays")];
    let shown = text(&answer(&mut browser, &page.at, "uptake", &fields).await.html);
    assert!(shown.contains("Your report was saved.") && shown.contains("They did not come"), "{shown}");
    assert!(shown.contains("Transport: No bus on Sundays") && shown.contains("Under way"), "{shown}");
    assert!(!shown.contains("Nothing more is asked of you"), "it is not over: {shown}");

    let fields = [("what", "could-not-help"), ("line", "No bus at all")];
    let sent = answer(&mut browser, &page.at, "outcome", &fields).await;
    let shown = text(&sent.html);
    assert!(shown.contains("You said that you could not help.") && shown.contains("No bus at all"), "{shown}");
    assert_eq!(shown.matches("No bus at all").count(), 1, "{shown}");
    assert!(shown.contains("Nothing more is asked of you.") && shown.contains("Call 519-555-0100"), "{shown}");
    // The first page, opened again, does not say that it is accepted now.
    let shown = text(&browser.get(&accepted).await.html);
    assert!(!shown.contains("You accepted this referral."), "{shown}");
    assert_eq!(browser.get(&format!("{}/sent/nothing", page.at)).await.status, 404);
    house.close().await;
}

#[tokio::test]
async fn what_the_clinic_called_off_is_not_said_to_be_the_partners_word() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let accepted = accept(&mut browser, &page).await.at;
    let mut task = house.task().await;
    task["status"] = "cancelled".into();
    task["statusReason"] = serde_json::json!({ "text": "Not needed any more" });
    let path = format!("/Task/{}", task["id"].as_str().unwrap());
    house.fhir(reqwest::Method::PUT, &path, Some(&task)).await;
    let shown = text(&browser.get(&accepted).await.html);
    assert!(shown.contains("This referral has ended.") && !shown.contains("you cannot go on"), "{shown}");
    house.close().await;
}

/// With a light touch nobody waits for more, but what the person did not come to is not over by that.
#[tokio::test]
async fn a_light_referral_that_is_under_way_is_not_said_to_be_over() {
    let house = House::open().await;
    let link = house
        .refer_with(|bundle| {
            let level = "https://lariat.example/fhir/CodeSystem/support-level";
            let entries = bundle["entry"].as_array_mut().unwrap().iter_mut();
            for entry in entries.filter(|entry| entry["resource"]["resourceType"] == "ServiceRequest") {
                entry["resource"]["orderDetail"] =
                    serde_json::json!([{ "coding": [{ "system": level, "code": "light" }] }]);
            }
        })
        .await;
    let (mut browser, page) = house.at_referral(&link).await;
    assert!(text(&accept(&mut browser, &page).await.html).contains("Nothing more is asked of you."));
    let shown = text(&answer(&mut browser, &page.at, "uptake", &[("came", "no")]).await.html);
    assert!(shown.contains("Nothing more is asked of you; if you wish, tell how it went."), "{shown}");
    house.close().await;
}

/// What is typed is used, or the page says why it cannot be; it is never dropped.
#[tokio::test]
async fn a_date_or_a_reason_that_an_answer_has_no_place_for_is_said() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let fields = [("because", "language"), ("until", "2027-05-01")];
    let wrong = answer(&mut browser, &page.at, "decline", &fields).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.errors(), ["A date goes only with “We are full”: choose that, or take the date out"]);
    assert_eq!(wrong.form(&format!("{}/decline", page.at)).value("until"), "2027-05-01");
    accept(&mut browser, &page).await;
    for came in ["no", "not-yet"] {
        let wrong = answer(&mut browser, &page.at, "uptake", &[("came", came), ("on", "2026-11-20")]).await;
        assert!(wrong.errors()[0].starts_with("A date goes with a visit"), "{came}: {:?}", wrong.errors());
    }
    let wrong = answer(&mut browser, &page.at, "uptake", &[("came", "yes"), ("why", "cost")]).await;
    assert!(wrong.errors()[0].starts_with("A reason goes with a visit that did not"), "{:?}", wrong.errors());
    assert_eq!(house.versions().await, 2);
    house.close().await;
}

/// While the clinic has a question to answer, its own day is not shown as the partner's.
#[tokio::test]
async fn a_question_leaves_the_day_that_was_set_for_the_partner() {
    let house = House::open().await;
    let set = |bundle: &mut Value| {
        let entries = bundle["entry"].as_array_mut().unwrap().iter_mut();
        let task = entries.map(|entry| &mut entry["resource"]).find(|one| one["resourceType"] == "Task").unwrap();
        task["restriction"] = serde_json::json!({ "period": { "end": "2027-01-15" } });
    };
    let link = house.refer_with(set).await;
    let (mut browser, page) = house.at_referral(&link).await;
    answer(&mut browser, &page.at, "ask", &[("text", "Is a walker needed?")]).await;
    let shown = text(&browser.get(&page.at).await.html);
    assert!(shown.contains("Reply by 15 Jan 2027"), "{shown}");
    house.close().await;
}

#[tokio::test]
async fn a_question_that_was_answered_between_two_visits_is_read_and_the_answer_given() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    answer(&mut browser, &page.at, "ask", &[("text", "Is a walker needed?")]).await;
    let mut task = house.task().await;
    let system = "https://lariat.example/fhir/CodeSystem/referral-business-status";
    task["businessStatus"] = serde_json::json!({ "coding": [{ "system": system, "code": "answered" }] });
    task["note"].as_array_mut().unwrap().push(serde_json::json!({ "text": "Yes, to the door." }));
    let path = format!("/Task/{}", task["id"].as_str().unwrap());
    house.fhir(reqwest::Method::PUT, &path, Some(&task)).await;
    house.pass(crate::partner::house::DAY);

    let (mut browser, inbox) = house.at_inbox(&link).await;
    assert!(text(&inbox.html).contains("Your question was answered"), "{}", inbox.html);
    let page = browser.get(&crate::partner::house::referrals(&inbox)[0]).await;
    let shown = text(&page.html);
    assert!(shown.contains("Is a walker needed?") && shown.contains("Yes, to the door."), "{shown}");
    accept(&mut browser, &page).await;
    let task = house.task().await;
    assert_eq!((&task["status"], task.get("businessStatus")), (&"accepted".into(), None));
    house.close().await;
}

#[tokio::test]
async fn two_tabs_of_one_form_lose_nothing_and_count_a_same_answer_once() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let (ask, decline) = (format!("{}/ask", page.at), format!("{}/decline", page.at));
    let one = browser.get(&ask).await.form(&ask).with("text", &["Is a walker needed?"]);
    let other = browser.get(&ask).await.form(&ask).with("text", &["From which day?"]);
    assert_ne!(one.value("_key"), other.value("_key"));
    let mut declines = Vec::new();
    for _ in 0..2 {
        declines.push(browser.get(&decline).await.form(&decline).with("because", &["full"]));
    }
    assert_eq!(browser.send(&one).await.status, 200);
    assert_eq!(browser.send(&other).await.status, 200);
    let task = house.task().await;
    let notes: Vec<_> = task["note"].as_array().unwrap().iter().map(|note| note["text"].clone()).collect();
    assert_eq!(notes, ["Is a walker needed?", "From which day?"]);
    for form in &declines {
        assert_eq!(browser.send(form).await.at, format!("{}/sent/decline", page.at));
    }
    // Back, and sent again.
    assert_eq!(browser.send(&declines[0]).await.at, format!("{}/sent/decline", page.at));
    assert_eq!(house.versions().await, 4);
    house.close().await;
}
