//! What goes with every page: headers, weights, files, and problem pages that are pages.

use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::Method;

use crate::pages::house::House;

/// PAGES 7, word for word.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

#[tokio::test]
async fn every_page_has_the_headers_that_keep_it_to_itself() {
    let house = House::open().await;
    let mut browser = house.browser();
    for (path, status, referrer) in [
        ("/sign-in", 200, "same-origin"),
        ("/about/privacy", 200, "same-origin"),
        ("/about/nothing", 404, "same-origin"),
        ("/nothing", 404, "same-origin"),
        ("/p/guessed", 410, "no-referrer"),
        ("/lang", 405, "same-origin"),
        ("/sandbox/pages", 200, "same-origin"),
        ("/sandbox/pages/xx/sign-in", 404, "same-origin"),
    ] {
        let page = browser.ask(Method::GET, path, &[], None).await;
        assert_eq!(page.status, status, "{path}");
        assert!(page.html.starts_with("<!doctype html>"), "{path}: {}", page.html);
        for (name, value) in [
            ("content-security-policy", POLICY),
            ("referrer-policy", referrer),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-robots-tag", "noindex"),
            ("cache-control", "no-store"),
            ("vary", "X-Lariat-Fragment, Accept-Encoding, Sec-Fetch-Site"),
            ("content-type", "text/html; charset=utf-8"),
        ] {
            assert_eq!(page.header(name), value, "{path} {name}");
        }
        assert!(page.header("permissions-policy").contains("camera=(), "), "{path}");
    }
    house.close().await;
}

#[tokio::test]
async fn an_address_that_only_takes_forms_leads_back_to_their_page() {
    let house = House::open().await;
    let mut browser = house.browser();
    let referral = "/desk/referrals/0198f000-0000-7000-8000-000000000000";
    for method in [Method::GET, Method::HEAD] {
        for (path, page) in [
            (format!("{referral}/take"), referral),
            (format!("{referral}/card"), referral),
            ("/desk/find".to_owned(), "/desk"),
            ("/desk/drafts".to_owned(), "/desk"),
        ] {
            let answer = browser.ask(method.clone(), &path, &[], None).await;
            assert_eq!((answer.status, answer.header("location")), (303, page), "{method} {path}");
        }
        for (path, allow) in [("/lang", "POST"), ("/display", "POST"), ("/sign-out", "POST")] {
            let answer = browser.ask(method.clone(), path, &[], None).await;
            assert_eq!((answer.status, answer.header("allow")), (405, allow), "{method} {path}");
            assert!(
                method == Method::HEAD || answer.html.contains("This address shows no page"),
                "{}",
                answer.html
            );
        }
    }
    let answer = browser.ask(Method::DELETE, "/desk", &[], None).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET,HEAD"));
    house.close().await;
}

#[tokio::test]
async fn cookies_are_bound_to_the_host_where_there_is_tls_and_say_nothing() {
    let plain = House::open().await;
    let page = plain.browser().ask(Method::GET, "/sign-in", &[], None).await;
    let cookie = page.header("set-cookie");
    assert!(
        cookie.starts_with("lariat-visit=") && cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/"),
        "{cookie}"
    );
    plain.close().await;
    let house = House::build(false, Some("https://lariat.example")).await;
    let page = house.browser().ask(Method::GET, "/sign-in", &[], None).await;
    let cookie = page.header("set-cookie");
    let attributes = "; HttpOnly; SameSite=Lax; Secure; Path=/";
    assert!(cookie.starts_with("__Host-lariat-visit=") && cookie.ends_with(attributes), "{cookie}");
    let missing = house.browser().ask(Method::GET, "/sandbox/pages", &[], None).await;
    assert_eq!(missing.status, 404, "the catalogue is the sandbox's alone");
    assert!(!page.html.contains("class=\"sandbox\""));
    house.close().await;
}

#[tokio::test]
async fn files_are_packed_small_and_kept_for_ever_under_their_hash() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get("/sign-in").await;
    let addresses: Vec<&str> = page.html.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert_eq!(addresses.len(), 3, "one style sheet, one icon, one script");
    let http = plain_client();
    let mut both = 0;
    for address in addresses {
        let plain = http.get(format!("{}{address}", house.base)).send().await.unwrap();
        assert_eq!(plain.status(), 200);
        assert_eq!(plain.headers()["cache-control"], "public, max-age=31536000, immutable");
        let plain = plain.bytes().await.unwrap();
        let packed = http.get(format!("{}{address}", house.base)).header("accept-encoding", "br, gzip");
        let packed = packed.send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        let packed = packed.bytes().await.unwrap();
        let mut unpacked = Vec::new();
        GzDecoder::new(packed.as_ref()).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain);
        let (raw, gz) = match address.rsplit('/').next().unwrap() {
            "lariat.css" => (40 * 1024, 9 * 1024),
            "lariat.js" => (12 * 1024, 4 * 1024),
            _ => (1024, 1024),
        };
        assert!(plain.len() <= raw && packed.len() <= gz, "{address}: {} and {}", plain.len(), packed.len());
        both += packed.len();
    }
    assert!(both <= 14 * 1024, "{both}");
    house.close().await;
}

#[tokio::test]
async fn a_page_is_packed_only_when_no_other_site_can_have_asked_for_it() {
    let house = House::open().await;
    let http = plain_client();
    let ask = async |made_by: Option<&str>, understood: &str| {
        let request = http.get(format!("{}/sign-in", house.base)).header("accept-encoding", understood);
        let request = made_by.into_iter().fold(request, |request, site| request.header("sec-fetch-site", site));
        request.send().await.unwrap()
    };
    for (made_by, understood) in [
        (None, "gzip"),
        (Some("cross-site"), "gzip, br"),
        (Some("same-site"), "gzip"),
        (Some("anything"), "gzip"),
        (Some("none"), "br, identity"),
        (Some("none"), "gzip;q=0"),
    ] {
        let answer = ask(made_by, understood).await;
        assert!(!answer.headers().contains_key("content-encoding"), "{made_by:?} {understood}");
        assert!(answer.text().await.unwrap().starts_with("<!doctype html>"));
    }
    for (made_by, understood) in [("none", "gzip, deflate, br"), ("same-origin", "br;q=1, GZIP;q=0.5")] {
        let answer = ask(Some(made_by), understood).await;
        assert_eq!(answer.headers()["content-encoding"], "gzip", "{made_by}");
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        let mut html = String::new();
        GzDecoder::new(answer.bytes().await.unwrap().as_ref()).read_to_string(&mut html).unwrap();
        assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"), "{html}");
    }
    house.close().await;
}

#[tokio::test]
async fn without_the_record_there_is_still_a_page() {
    let house = House::open().await;
    let mut browser = house.signed_in("sam").await;
    house.running.store.close().await;
    let page = browser.get("/about/help").await;
    assert_eq!(page.status, 500);
    let code = page.html.split("LRT-").nth(1).unwrap().split(')').next().unwrap();
    assert!(page.html.contains("Something went wrong on our side") && code.len() >= 4, "{}", page.html);
    house.close().await;
}

#[tokio::test]
async fn what_is_not_there_is_a_page_for_people_and_an_outcome_for_systems() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get("/nothing").await;
    assert!(page.html.contains("It may not exist, or you may not have access."));
    let http = plain_client();
    let answer = http.get(format!("{}/nothing", house.base)).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/fhir+json");
    let page = browser.ask(Method::GET, "/fhir/Nothing/1/2/3/4", &[], None).await;
    assert_eq!((page.status, page.header("content-type")), (404, "application/fhir+json"));
    house.close().await;
}

fn plain_client() -> reqwest::Client {
    #[expect(clippy::disallowed_methods, reason = "plays a browser, which is not Lariat's post room")]
    reqwest::Client::builder().no_proxy().build().unwrap()
}
