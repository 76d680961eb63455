//! Signing in and out, how long a session lasts, and what is kept when it ends.

use std::time::Duration;

use crate::pages::house::{House, PASSWORD, sign_in};

const COMPONENTS: &str = "/sandbox/components";
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_page_for_staff_leads_through_the_sign_in_page_and_back() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.ask(reqwest::Method::GET, COMPONENTS, &[], None).await;
    assert_eq!((page.status, page.header("location")), (303, "/sign-in?to=%2Fsandbox%2Fcomponents"));
    let guest = browser.get(COMPONENTS).await;
    assert!(!guest.html.contains("Sign out"));
    let page = sign_in(&mut browser, COMPONENTS, " Sam ", PASSWORD).await;
    assert_eq!((page.status, page.at.as_str()), (200, COMPONENTS));
    assert!(page.html.contains("Riverbend CHC") && page.html.contains("Sam Made-Up"));
    let secret = browser.cookies["lariat"].clone();
    assert_eq!(secret.len(), 43);
    let left = browser.send(&page.form("/sign-out")).await;
    assert_eq!(left.title(), "Sign in - Lariat");
    assert!(!browser.cookies.contains_key("lariat"));
    browser.cookies.insert("lariat".to_owned(), secret);
    assert!(browser.get(COMPONENTS).await.html.contains("id=\"password\""), "the secret is worth nothing any more");
    house.close().await;
}

#[tokio::test]
async fn staff_read_pages_in_their_own_language_until_they_choose() {
    let house = House::open().await;
    let mut browser = house.signed_in("mireille").await;
    let page = browser.get(COMPONENTS).await;
    assert_eq!(page.title(), "Composants - Lariat");
    let form = browser.get("/about/help").await.form("/lang").with("_lang", &["en"]);
    browser.post_to("/lang", &form).await;
    assert_eq!(browser.get(COMPONENTS).await.title(), "Components - Lariat");
    house.close().await;
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_are_answered_alike_and_counted() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = sign_in(&mut browser, "/sign-in", "", "").await;
    assert_eq!(page.errors(), ["Enter your name, as your lead gave it to you", "Enter your password"]);
    let mut said = Vec::new();
    for (name, password) in [("sam", "not the password"), ("nobody", PASSWORD), ("<b>", PASSWORD)] {
        let page = sign_in(&mut browser, "/sign-in", name, password).await;
        assert_eq!(page.status, 422);
        assert_eq!(page.form("/sign-in").value("name"), name);
        assert_eq!(page.form("/sign-in").value("password"), "", "a password is never shown back");
        assert!(!page.html.contains(PASSWORD));
        said.push(page.errors());
    }
    assert!(said.windows(2).all(|pair| pair[0] == pair[1]), "{said:?}");
    for _ in 0..4 {
        sign_in(&mut browser, "/sign-in", "sam", "not the password").await;
    }
    let page = sign_in(&mut browser, "/sign-in", "sam", PASSWORD).await;
    assert_eq!(page.status, 429, "even the right password waits");
    assert!(page.html.contains("Too many tries"));
    assert_eq!(page.header("retry-after"), "900");
    let page = sign_in(&mut browser, "/sign-in?to=/about/help", "mireille", PASSWORD).await;
    assert_eq!(page.status, 200, "others do not");
    house.clock.advance(15 * MINUTE);
    let mut later = house.browser();
    assert_eq!(sign_in(&mut later, "/sign-in?to=/about/help", "sam", PASSWORD).await.status, 200);
    house.close().await;
}

#[tokio::test]
async fn who_knows_the_password_is_not_locked_out_by_using_it() {
    let house = House::open().await;
    for number in 0..30 {
        let mut browser = house.browser();
        assert_eq!(sign_in(&mut browser, "/sign-in?to=/about/help", "sam", PASSWORD).await.status, 200, "{number}");
    }
    house.close().await;
}

#[tokio::test]
async fn one_address_does_not_try_many_names() {
    let house = House::open().await;
    let mut browser = house.browser();
    for number in 0..20 {
        let page = sign_in(&mut browser, "/sign-in", &format!("guess-{number}"), "x").await;
        assert_eq!(page.status, 422, "{number}");
    }
    assert_eq!(sign_in(&mut browser, "/sign-in", "guess-20", "x").await.status, 429);
    house.close().await;
}

#[tokio::test]
async fn a_session_lasts_half_an_hour_idle_and_twelve_hours_whole() {
    let house = House::open().await;
    let mut browser = house.signed_in("sam").await;
    for _ in 0..25 {
        house.clock.advance(28 * MINUTE);
        assert_eq!(browser.get(COMPONENTS).await.title(), "Components - Lariat");
    }
    house.clock.advance(25 * MINUTE);
    assert_eq!(browser.get(COMPONENTS).await.title(), "Sign in - Lariat", "twelve hours are over");
    let mut browser = house.signed_in("sam").await;
    house.clock.advance(31 * MINUTE);
    assert_eq!(browser.get(COMPONENTS).await.title(), "Sign in - Lariat", "half an hour is over");
    house.close().await;
}

#[tokio::test]
async fn a_form_typed_while_the_session_ended_comes_back_filled() {
    let house = House::open().await;
    let mut browser = house.signed_in("sam").await;
    let form = browser.get(COMPONENTS).await.form(COMPONENTS).with("note", &["typed for an hour"]);
    house.clock.advance(60 * MINUTE);
    let page = browser.send(&form).await;
    assert!(page.html.contains("What you had typed is kept."), "{}", page.html);
    // Somebody else at the same computer does not see it.
    let other = sign_in(&mut browser, COMPONENTS, "mireille", PASSWORD).await;
    assert_eq!(other.form(COMPONENTS).value("note"), "");
    browser.send(&other.form("/sign-out")).await;
    let page = sign_in(&mut browser, COMPONENTS, "sam", PASSWORD).await;
    let kept = page.form(COMPONENTS);
    assert_eq!((kept.value("note"), kept.value("_key")), ("typed for an hour", form.value("_key")));
    assert_eq!(browser.post(&kept.with("line", &["x"]).with("way", &["mail"])).await.status, 303);
    house.close().await;
}

#[tokio::test]
async fn what_was_typed_after_signing_out_in_another_tab_waits_for_its_author() {
    let house = House::open().await;
    let mut browser = house.signed_in("sam").await;
    let page = browser.get(COMPONENTS).await;
    let form = page.form(COMPONENTS).with("note", &["typed for an hour"]);
    browser.send(&page.form("/sign-out")).await;
    let lost = browser.post(&form).await;
    assert_eq!((lost.status, lost.header("location")), (303, "/sign-in?to=%2Fsandbox%2Fcomponents&kept=yes"));
    let other = sign_in(&mut browser, COMPONENTS, "mireille", PASSWORD).await;
    assert_eq!(other.form(COMPONENTS).value("note"), "", "it is not hers");
    browser.send(&other.form("/sign-out")).await;
    let kept = sign_in(&mut browser, COMPONENTS, "sam", PASSWORD).await.form(COMPONENTS);
    assert_eq!(kept.value("note"), "typed for an hour");
    // Once it is sent, nothing is kept any more.
    assert_eq!(browser.post(&kept.with("line", &["x"]).with("way", &["mail"])).await.status, 303);
    assert_eq!(browser.get(COMPONENTS).await.form(COMPONENTS).value("note"), "");
    // Another browser knows nothing of it.
    let mut elsewhere = house.browser();
    elsewhere.post(&form).await;
    assert_eq!(browser.get(COMPONENTS).await.form(COMPONENTS).value("note"), "");
    house.close().await;
}

#[tokio::test]
async fn a_form_of_nobody_is_not_kept_for_anybody() {
    let house = House::open().await;
    let mut browser = house.signed_in("sam").await;
    let form = browser.get(COMPONENTS).await.form(COMPONENTS).with("note", &["planted"]);
    house.clock.advance(60 * MINUTE);
    let page = browser.post(&form.clone().with("_token", &["forged.forged"])).await;
    assert_eq!(page.status, 303);
    let page = sign_in(&mut browser, COMPONENTS, "sam", PASSWORD).await;
    assert_eq!(page.form(COMPONENTS).value("note"), "", "its token did not fit");
    let mut guest = house.browser();
    let page = guest.post(&form).await;
    assert_eq!(
        page.header("location"),
        "/sign-in?to=%2Fsandbox%2Fcomponents&kept=yes",
        "it is kept for this browser"
    );
    house.close().await;
}

#[tokio::test]
async fn a_stranger_is_led_back_to_pages_of_ours_alone() {
    let house = House::open().await;
    for to in ["//elsewhere.example", "https%3A%2F%2Felsewhere.example", "%2F%5Celsewhere.example", "javascript:x"]
    {
        let mut browser = house.browser();
        let page = browser.get(&format!("/sign-in?to={to}")).await;
        let form = page.form("/sign-in").with("name", &["sam"]).with("password", &[PASSWORD]);
        assert_eq!(browser.post(&form).await.header("location"), "/desk", "{to}");
        house.clock.advance(15 * MINUTE);
        let form = page.form("/sign-in").with("name", &["sam"]).with("password", &[PASSWORD]);
        let mut other = house.browser();
        other.cookies.clone_from(&browser.cookies);
        other.cookies.remove("lariat");
        let answer = other.post(&form.with("to", &["//elsewhere.example"])).await;
        assert_eq!(answer.header("location"), "/desk", "{to}");
    }
    house.close().await;
}

#[tokio::test]
async fn signing_in_leads_to_the_page_that_was_asked_for_last_and_to_no_other_site() {
    let house = House::open().await;
    let mut browser = house.browser();
    // A form that was kept on another way here, as when the language is changed.
    let page = browser.get("/sign-in?to=%2Fabout%2Fhelp").await;
    let kept = page.form("/sign-in").with("_lang", &["en"]).with("name", &["sam"]);
    browser.post_to("/lang", &kept).await;
    let page = browser.get("/sign-in?to=%2Fsandbox%2Fcomponents").await;
    assert_eq!(page.form("/sign-in").value("to"), COMPONENTS);
    for (to, leads) in [
        ("//evil.example", "/desk"),
        ("https://evil.example", "/desk"),
        ("/\\evil.example", "/desk"),
        ("/a?b=c", "/a?b=c"),
    ] {
        let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish();
        let page = browser.get(&format!("/sign-in?{query}")).await;
        assert_eq!(page.form("/sign-in").value("to"), leads, "{to}");
        // From the sandbox's own door it goes on to the same page.
        let onward: String = form_urlencoded::Serializer::new(String::new()).append_pair("to", leads).finish();
        assert!(page.html.contains(&format!("href=\"/sandbox?{onward}\"")), "{to}");
    }
    house.close().await;
}

/// A newcomer plays both sides in one browser: a partner's page and the public form have nothing of the desk's.
#[tokio::test]
async fn pages_of_others_show_nothing_of_the_desk_to_who_is_signed_in_there() {
    let house = House::open().await;
    let mut browser = house.signed_in("sam").await;
    let desk = browser.get("/about/help").await;
    assert!(desk.html.contains("href=\"/desk\"") && desk.html.contains("/sign-out"), "{}", desk.html);
    for path in ["/p/00000000000000000000000000000000", "/refer/nobody"] {
        let page = browser.get(path).await;
        for word in ["href=\"/desk\"", "/sign-out", "Sam Made-Up"] {
            assert!(!page.html.contains(word), "{path}: {word}: {}", page.html);
        }
    }
    house.close().await;
}
