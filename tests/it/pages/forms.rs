//! What is typed is never lost: wrong, then right; another language; a draft; the same form twice.

use crate::pages::browser::Form;
use crate::pages::house::House;

const COMPONENTS: &str = "/sandbox/components";

/// Text as people and attackers type it, with what comes back of it.
const HOSTILE: [(&str, &str); 6] = [
    ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ("\"></textarea></svg><b onclick=x>", "\"></textarea></svg><b onclick=x>"),
    ("a\u{0}b", "ab"),
    ("\u{202e}abc 👩🏽‍🌾 é", "\u{202e}abc 👩🏽‍🌾 é"),
    ("\n first\r\nsecond ", "\n first\nsecond "),
    ("&amp; &#34; %3C 100 %", "&amp; &#34; %3C 100 %"),
];

#[tokio::test]
async fn a_wrong_form_comes_back_with_everything_as_typed() {
    let house = House::open().await;
    let mut browser = house.signed_in("sam").await;
    let form = browser.get(COMPONENTS).await.form(COMPONENTS);
    assert_eq!((form.all("tell"), form.all("agree")), (vec!["phone"], vec!["yes"]), "what it begins with");
    let form = form
        .with("tell", &["mail", "visit"])
        .with("agree", &[])
        .with("on", &["31"])
        .with("on-month", &["2"])
        .with("on-year", &["2027"])
        .with("code", &["12 34"])
        .with("phone", &["call me"])
        .with("postal", &["90210"])
        .with("pick", &["visit"]);
    let page = browser.post(&form).await;
    assert_eq!(page.status, 422);
    assert_eq!(page.title(), "Error: Components - Lariat");
    assert_eq!(
        page.errors(),
        [
            "Enter a line",
            "Enter a date with day, month and year, like 15 4 2027",
            "Enter the six digits of the code",
            "Enter a telephone number, like 519 555 0100",
            "Enter a postal code, like N0L 1J0",
            "Choose one of several",
        ]
    );
    for field in ["line", "on", "code", "phone", "postal", "way"] {
        assert!(page.html.contains(&format!("<a class=\"link\" href=\"#{field}\">")), "{field}");
        assert!(page.html.contains(&format!(" id=\"{field}\"")), "{field}");
        assert!(page.html.contains(&format!("id=\"{field}-error\"")), "{field}");
    }
    assert!(page.html.contains("class=\"errors\" role=\"alert\" tabindex=\"-1\" autofocus"));
    let again = page.form(COMPONENTS);
    for name in ["tell", "agree", "on", "on-month", "on-year", "code", "phone", "postal", "pick", "_key"] {
        assert_eq!(again.all(name), form.all(name), "{name}");
    }
    let right = again
        .with("line", &["one"])
        .with("on", &["2027 04 15"])
        .with("on-month", &[])
        .with("on-year", &[])
        .with("code", &["«\u{a0}123-456\u{a0}»"])
        .with("phone", &["(519) 555.0100 ext 12"])
        .with("postal", &["n0l-1j0"])
        .with("way", &["phone"]);
    let done = browser.send(&right).await;
    assert_eq!((done.status, done.errors().len()), (200, 0), "{:?}", done.errors());
    assert!(done.html.contains("It was sent"));
    house.close().await;
}

#[tokio::test]
async fn hostile_text_comes_back_as_text() {
    let house = House::open().await;
    let mut browser = house.signed_in("sam").await;
    let form = browser.get(COMPONENTS).await.form(COMPONENTS);
    for (typed, kept) in HOSTILE {
        let page = browser.post(&form.clone().with("note", &[typed]).with("phone", &[typed])).await;
        assert_eq!(page.status, 422);
        let again = page.form(COMPONENTS);
        assert_eq!(again.value("note"), kept);
        assert_eq!(again.value("phone"), kept);
        assert!(!page.html.contains("<script>alert") && !page.html.contains("<b onclick"), "{typed}");
    }
    let long = "é".repeat(10_000);
    let page = browser.post(&form.with("note", &[&long])).await;
    assert!(page.errors().contains(&"Write at most 500 letters".to_owned()), "{:?}", page.errors());
    assert_eq!(page.form(COMPONENTS).value("note"), long);
    house.close().await;
}

#[tokio::test]
async fn another_language_keeps_what_was_typed() {
    let house = House::open().await;
    let mut browser = house.signed_in("sam").await;
    let page = browser.get(COMPONENTS).await;
    assert!(page.html.contains("<html lang=\"en-CA\""));
    let form = page.form(COMPONENTS).with("note", &["half a sentence"]).with("agree", &[]).with("_lang", &["fr"]);
    let answer = browser.post_to("/lang", &form).await;
    assert_eq!((answer.status, answer.header("location")), (303, COMPONENTS));
    let page = browser.get(COMPONENTS).await;
    assert!(page.html.contains("<html lang=\"fr-CA\"") && page.html.contains("Brouillon enregistré à 14"));
    let again = page.form(COMPONENTS);
    assert_eq!((again.value("note"), again.value("_key")), ("half a sentence", form.value("_key")));
    assert!(again.all("agree").is_empty(), "an unticked box stays so");
    // In the other mood too, from a page that shows errors, and back at the form's own page.
    let wrong = browser.post(&again.with("line", &["typed"])).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.title().starts_with("Erreur\u{a0}: "), "{}", wrong.title());
    let form = wrong.form(COMPONENTS).with("_display", &["dark"]);
    assert_eq!(browser.post_to("/display", &form).await.header("location"), COMPONENTS);
    let page = browser.get(COMPONENTS).await;
    assert!(page.html.contains("data-display=\"dark\""));
    assert_eq!(page.form(COMPONENTS).value("line"), "typed");
    house.close().await;
}

#[tokio::test]
async fn a_guest_changes_the_language_of_the_sign_in_page_and_is_led_nowhere_else() {
    let house = House::open().await;
    let mut browser = house.browser();
    browser.language = "fr-CA, en;q=0.8";
    let page = browser.get("/sign-in?to=%2Fabout%2Fhelp").await;
    assert_eq!(page.title(), "Ouvrir une session - Lariat");
    let form = page.form("/sign-in").with("name", &["sam"]).with("_lang", &["en"]);
    let answer = browser.post_to("/lang", &form).await;
    let page = browser.get(answer.header("location")).await;
    assert_eq!(page.title(), "Sign in - Lariat");
    assert_eq!((page.form("/sign-in").value("name"), page.form("/sign-in").value("to")), ("sam", "/about/help"));
    let mut other = house.browser();
    other.get("/sign-in").await;
    assert_eq!(other.get("/sign-in").await.form("/sign-in").value("name"), "", "another browser has its own");
    for page in ["//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere.example", "/a b", ""] {
        let answer = browser.post_to("/lang", &form.clone().with("_page", &[page])).await;
        assert_eq!(answer.header("location"), "/desk", "{page}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_draft_is_kept_for_its_author_until_it_is_sent() {
    let house = House::open().await;
    let mut browser = house.signed_in("sam").await;
    let form = browser.get(COMPONENTS).await.form(COMPONENTS).with("note", &["so far"]);
    let saved = browser.post_to("/desk/drafts", &form).await;
    assert_eq!((saved.status, saved.html.as_str()), (200, "Draft saved 14:05"));
    let mut other = house.signed_in("mireille").await;
    assert_eq!(other.get(COMPONENTS).await.form(COMPONENTS).value("note"), "");
    let mut elsewhere = house.signed_in("sam").await;
    let page = elsewhere.get(COMPONENTS).await;
    assert!(page.html.contains("Draft saved 14:05"));
    let kept = page.form(COMPONENTS);
    assert_eq!(kept.value("note"), "so far");
    assert_eq!(elsewhere.post(&kept.with("line", &["x"]).with("way", &["mail"])).await.status, 303);
    assert_eq!(browser.get(COMPONENTS).await.form(COMPONENTS).value("note"), "", "sent is sent");
    browser.post_to("/desk/drafts", &form).await;
    house.clock.advance(std::time::Duration::from_secs(7 * 24 * 3600 + 1));
    let mut later = house.signed_in("sam").await;
    assert_eq!(later.get(COMPONENTS).await.form(COMPONENTS).value("note"), "");
    house.close().await;
}

#[tokio::test]
async fn the_same_form_sent_twice_leads_to_the_same_place() {
    let house = House::open().await;
    let mut browser = house.signed_in("sam").await;
    let fill = |form: Form| form.with("line", &["x"]).with("way", &["mail"]);
    let form = fill(browser.get(COMPONENTS).await.form(COMPONENTS));
    let (first, second) = (browser.post(&form).await, browser.post(&form).await);
    assert_eq!((first.status, second.status), (303, 303));
    assert_eq!(first.header("location"), second.header("location"));
    let next = fill(browser.get(COMPONENTS).await.form(COMPONENTS));
    assert_ne!(next.value("_key"), form.value("_key"), "another drawing is another form");
    house.close().await;
}
