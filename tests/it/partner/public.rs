//! The public form by which a person refers themselves.

use lariat::domain::visibility::Visibility;
use lariat::sandbox::mailbox::Said;
use lariat::store::{LoopFilter, LoopRecord};
use reqwest::Method;

use crate::pages::browser::{Browser, Form, Page, text};
use crate::partner::house::{DAY, House, MINUTE};

/// The team that has the clinic's telephone.
const TEAM: &str = "[[team]]\nname = \"east\"\ntitle = \"Team East\"\ncustodian = \"riverbend\"\nkind = \"pod\"\n\
    phone = \"519-555-0140\"\n";

const FORM: &str = "/refer/riverbend";
const CODE: &str = "/refer/riverbend/code";

async fn filled(browser: &mut Browser, fields: &[(&str, &str)]) -> Form {
    let mut form = browser.get(FORM).await.form(FORM);
    let whole = [
        ("given", "Ada"),
        ("family", "Madeup"),
        ("birth_date", "9"),
        ("birth_date-month", "3"),
        ("birth_date-year", "1951"),
        ("phone", "(519) 555-0177"),
        ("reason", "lonely"),
        ("words", "A walk with somebody"),
        ("may_be_contacted", "yes"),
    ];
    for (name, value) in whole.iter().chain(fields) {
        form = form.with(name, &[value]);
    }
    form
}

/// Where a page stands, whichever form it is about.
fn place(page: &Page) -> &str {
    page.at.split('?').next().unwrap()
}

async fn loops(house: &House) -> Vec<LoopRecord> {
    house.running.store.loops(Visibility::Lariat, LoopFilter::All, 10).await.unwrap()
}

async fn send(house: &House, fields: &[(&str, &str)]) -> (Browser, Page) {
    let mut browser = house.browser();
    let form = filled(&mut browser, fields).await;
    let page = browser.send(&form).await;
    (browser, page)
}

#[tokio::test]
async fn a_form_without_an_address_waits_at_the_desk_unconfirmed() {
    let house = House::open().await;
    let mut browser = house.browser();
    let form = filled(&mut browser, &[]).await;
    let page = browser.send(&form).await;
    assert_eq!((page.status, page.at.as_str()), (200, "/refer/riverbend/sent"), "{}", page.html);
    assert!(!page.html.contains("Ada") && !page.html.contains("lonely"));
    // Back and Send again: the same referral.
    assert_eq!(browser.send(&form).await.status, 200);
    let known = loops(&house).await;
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].attention.as_deref(), Some("patient-in-doubt"));
    let task = house.task().await;
    assert!(task["note"][0]["text"].as_str().unwrap().contains("Not confirmed"), "{task}");
    let found = house.fhir(Method::GET, "/Patient", None).await;
    let patient = &found["entry"][0]["resource"];
    assert_eq!(patient["telecom"][0]["value"], "519-555-0177");
    assert_eq!(patient["birthDate"], "1951-03-09");
    assert!(house.mailbox.mails().is_empty());
    house.close().await;
}

#[tokio::test]
async fn an_address_is_confirmed_by_a_code_before_anything_is_stored() {
    let house = House::open().await;
    let (mut browser, page) = send(&house, &[("email", "ada@mail.example"), ("phone", "")]).await;
    assert_eq!((page.status, place(&page)), (200, CODE), "{}", page.html);
    assert!(page.html.contains("a•••@mail.example") && !page.html.contains("Ada"), "{}", page.html);
    assert_eq!(loops(&house).await, []);
    let mail = house.mailbox.mails().pop().unwrap();
    assert_eq!(mail.to, ["ada@mail.example"]);
    for word in ["Ada", "Madeup", "1951", "lonely", "walk"] {
        assert!(!mail.text.contains(word), "{word}");
    }
    let wrong = browser.send(&page.form(CODE).with("code", &["12 34 5"])).await;
    assert_eq!((wrong.status, wrong.errors().len()), (422, 1));
    // Back and Send: no second code; and what was written comes back for changing it.
    let mails = house.mailbox.mails().len();
    let key = page.at.split_once("form=").unwrap().1;
    let again = browser.get(&format!("/refer/riverbend?change={key}")).await;
    assert_eq!(again.form(FORM).value("given"), "Ada");
    assert_eq!(house.mailbox.mails().len(), mails);
    // Another browser has nothing to confirm, and is told so.
    let stranger = house.browser().get(&page.at).await;
    assert_eq!(place(&stranger), FORM);
    assert!(text(&stranger.html).contains("We no longer have your form"), "{}", stranger.html);
    let form = page.form(CODE).with("code", &[&house.last_code()]);
    assert_eq!(browser.send(&form).await.at, "/refer/riverbend/sent");
    assert_eq!(browser.send(&form).await.at, "/refer/riverbend/sent");
    assert_eq!(loops(&house).await.len(), 1);
    let task = house.task().await;
    assert!(task["note"][0]["text"].as_str().unwrap().contains("confirmed by a code"), "{task}");
    house.close().await;
}

/// What was sent counts; a change that came later is not said to have gone.
#[tokio::test]
async fn a_form_that_is_changed_after_it_was_sent_says_that_the_first_counts() {
    let house = House::open_with(TEAM).await;
    let mut browser = house.browser();
    let form = filled(&mut browser, &[]).await;
    let sent = browser.send(&form).await;
    assert!(sent.html.contains("To change something, call 519-555-0140."), "{}", sent.html);
    let changed = browser.send(&form.clone().with("words", &["Help with rent"])).await;
    assert_eq!(changed.status, 409);
    let shown = text(&changed.html);
    assert!(shown.contains("Your form was sent before") && shown.contains("call 519-555-0140"), "{shown}");
    assert!(!shown.contains("rent"));
    assert_eq!(browser.send(&form).await.at, "/refer/riverbend/sent");
    assert_eq!(loops(&house).await.len(), 1);
    let request = house.fhir(Method::GET, "/ServiceRequest", None).await.to_string();
    assert!(request.contains("A walk with somebody") && !request.contains("rent"), "{request}");
    house.close().await;
}

#[tokio::test]
async fn a_form_with_an_address_is_changed_until_its_code_was_typed_and_not_after() {
    let house = House::open().await;
    let mut browser = house.browser();
    let form = filled(&mut browser, &[("email", "ada@mail.example")]).await;
    assert_eq!(place(&browser.send(&form).await), CODE);
    let form = form.with("words", &["Help with rent"]);
    let page = browser.send(&form).await;
    assert_eq!(place(&page), CODE);
    let sent = browser.send(&page.form(CODE).with("code", &[&house.last_code()])).await;
    assert_eq!(sent.at, "/refer/riverbend/sent");
    let request = house.fhir(Method::GET, "/ServiceRequest", None).await.to_string();
    assert!(request.contains("Help with rent") && !request.contains("A walk"), "{request}");
    // Back and Send again: it has gone, and no code is asked for that nobody mails.
    let mails = house.mailbox.mails().len();
    assert_eq!(browser.send(&form).await.at, "/refer/riverbend/sent");
    assert_eq!(house.mailbox.mails().len(), mails);
    // Other words: the first count.
    let page = browser.send(&form.with("words", &["A ride"])).await;
    let late = browser.send(&page.form(CODE).with("code", &[&house.last_code()])).await;
    assert!(late.status == 409 && text(&late.html).contains("Your form was sent before"), "{}", late.html);
    assert_eq!(loops(&house).await.len(), 1);
    house.close().await;
}

/// Two people at one computer, or one with two tabs.
#[tokio::test]
async fn two_forms_of_one_browser_wait_each_for_their_own_code() {
    let house = House::open().await;
    let mut browser = house.browser();
    let one = filled(&mut browser, &[("email", "ada@mail.example")]).await;
    let other = filled(&mut browser, &[("email", "bea@mail.example"), ("given", "Bea")]).await;
    let (one, first) = (browser.send(&one).await, house.last_code());
    let (other, second) = (browser.send(&other).await, house.last_code());
    for (page, code) in [(&other, second), (&one, first)] {
        let sent = browser.send(&page.form(CODE).with("code", &[&code])).await;
        assert_eq!(sent.at, "/refer/riverbend/sent", "{}", sent.html);
    }
    assert_eq!(loops(&house).await.len(), 2);
    house.close().await;
}

#[tokio::test]
async fn a_code_that_could_not_be_mailed_is_mailed_when_the_form_is_sent_again() {
    let house = House::open().await;
    let mut browser = house.browser();
    let form = filled(&mut browser, &[("email", "ada@mail.example")]).await;
    house.mailbox.behave(|_| Said::HangUp);
    let failed = browser.send(&form).await;
    assert!(failed.status == 422 && failed.errors()[0].starts_with("We could not send"), "{:?}", failed.errors());
    house.mailbox.behave(|_| Said::Usual);
    assert_eq!(place(&browser.send(&form).await), CODE);
    assert_eq!(house.mailbox.mails().len(), 1);
    house.close().await;
}

#[tokio::test]
async fn wrong_codes_are_counted_and_an_unconfirmed_form_is_forgotten() {
    let house = House::open().await;
    let (mut browser, page) = send(&house, &[("email", "ada@mail.example")]).await;
    let right = house.last_code();
    let wrong = format!("{:06}", (right.parse::<u32>().unwrap() + 1) % 1_000_000);
    for _ in 0..5 {
        assert_eq!(browser.send(&page.form(CODE).with("code", &[&wrong])).await.status, 422);
    }
    let locked = browser.send(&page.form(CODE).with("code", &[&right])).await;
    assert!(locked.errors()[0].starts_with("There were too many tries."), "{:?}", locked.errors());
    house.pass(31 * MINUTE);
    assert_eq!(place(&browser.get(&page.at).await), FORM);
    // Who types the right code into a page that was left open is told that nothing went.
    let late = browser.send(&page.form(CODE).with("code", &[&right])).await;
    assert_eq!(place(&late), FORM);
    assert!(text(&late.html).contains("Nothing was sent just now."), "{}", late.html);
    assert_eq!(loops(&house).await, []);
    house.close().await;
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost() {
    let house = House::open().await;
    let hostile = "<script>alert(1)</script>\u{202e}😀";
    let long = "x".repeat(10_000);
    for (fields, said) in [
        (vec![("given", "  ")], vec!["Enter your first name"]),
        (vec![("birth_date", "31"), ("birth_date-month", "2")], vec!["Enter your date of birth, like 1951 03 09"]),
        (vec![("birth_date-year", "2199")], vec!["Enter your date of birth, like 1951 03 09"]),
        (vec![("phone", "call me")], vec!["Enter a phone number like 519 555 0100, or an e-mail address"]),
        (vec![("phone", "")], vec!["Enter a phone number like 519 555 0100, or an e-mail address"]),
        (vec![("email", "ada at home")], vec!["Enter an e-mail address like name@example.org"]),
        (vec![("reason", "everything")], vec!["Choose what it is about"]),
        (vec![("reason", "other"), ("words", "")], vec!["Enter in a few words what it is about"]),
        (vec![("words", long.as_str())], vec!["Write at most 2,000 letters"]),
        (vec![("may_be_contacted", "no")], vec!["Tick that we may contact you: without it we cannot help"]),
        (vec![("family", hostile), ("given", "")], vec!["Enter your first name"]),
    ] {
        let (_, page) = send(&house, &fields).await;
        assert_eq!(
            (page.status, page.errors()),
            (422, said.iter().map(ToString::to_string).collect()),
            "{fields:?}"
        );
        assert!(page.title().starts_with("Error: "), "{}", page.title());
        let form = page.form(FORM);
        for (name, value) in fields.iter().filter(|(name, _)| !["reason", "may_be_contacted"].contains(name)) {
            assert_eq!(form.value(name), *value, "{name}");
        }
        assert!(!page.html.contains("<script>alert"));
    }
    assert_eq!(loops(&house).await, []);
    house.close().await;
}

#[tokio::test]
async fn nobody_sends_many_and_no_clinic_has_a_form_that_it_did_not_ask_for() {
    let house = House::open_with(TEAM).await;
    for path in ["/refer/lakeside", "/refer/nobody"] {
        assert_eq!(house.browser().get(path).await.status, 404, "{path}");
    }
    for _ in 0..3 {
        assert_eq!(send(&house, &[]).await.1.status, 200);
    }
    let (_, many) = send(&house, &[]).await;
    assert_eq!((many.status, many.form(FORM).value("given")), (429, "Ada"), "one number");
    assert!(text(&many.html).contains("Try again tomorrow, or call the clinic: 519-555-0140."), "{}", many.html);
    for turn in 0..6 {
        assert_eq!(send(&house, &[("phone", &format!("519 555 020{turn}"))]).await.1.status, 200);
    }
    let (_, many) = send(&house, &[("phone", "519 555 0300")]).await;
    assert_eq!(many.status, 429, "one address of the network");
    assert!(text(&many.html).contains("Try again in an hour, or call the clinic: 519-555-0140."), "{}", many.html);
    house.pass(DAY);
    assert_eq!(send(&house, &[]).await.1.status, 200);
    house.close().await;
}
