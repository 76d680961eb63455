//! Nothing personal before the code, in a title, an address or a mail; who has looked is known.

use reqwest::Method;

use crate::partner::house::{House, NEED, OAK, PERSONAL};

#[tokio::test]
async fn nothing_personal_stands_before_the_code_or_in_mails_titles_and_addresses() {
    let house = House::open().await;
    let link = house.refer().await;
    let mut browser = house.browser();
    let arrival = browser.get(&link).await;
    let code = browser.send(&arrival.form(&format!("{}/code", arrival.at))).await;
    for page in [&arrival, &code] {
        for word in PERSONAL.iter().chain(&NEED) {
            assert!(!page.html.contains(word), "{}: {word}", page.at);
        }
        assert!(
            page.html.contains("r•••@oak-street.example") && !page.html.contains("referrals@oak"),
            "{}",
            page.html
        );
    }
    let (mut browser, inbox) = house.at_inbox(&link).await;
    let referral = browser.get(&crate::partner::house::referrals(&inbox)[0]).await;
    let accepted = browser.send(&referral.form(&format!("{}/accept", referral.at))).await;
    for page in [&arrival, &code, &inbox, &referral, &accepted] {
        for word in PERSONAL.iter().chain(&NEED) {
            assert!(
                !page.title().contains(word) && !page.at.contains(word),
                "{} {}: {word}",
                page.at,
                page.title()
            );
        }
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("x-robots-tag"), "noindex");
    }
    for word in ["1948", "Imaginary", "C-00001", "Condition"] {
        assert!(!referral.html.contains(word) && !accepted.html.contains(word), "{word}");
    }
    for mail in house.mailbox.mails() {
        let all = format!("{:?} {}", mail.headers, mail.text);
        for word in PERSONAL.iter().chain(&NEED).chain(&["Oak Street Food"]) {
            assert!(!all.contains(word), "{word}: {all}");
        }
    }
    house.close().await;
}

#[tokio::test]
async fn that_a_partner_has_looked_is_known_and_audited() {
    let house = House::open().await;
    let link = house.refer().await;
    let task = house.task().await;
    let loop_id = task["id"].as_str().unwrap().parse().unwrap();
    let desk = &house.running.desk;
    house.at_inbox(&link).await;
    assert_eq!(desk.opened_by(loop_id).await.unwrap(), []);
    house.at_referral(&link).await;
    let first = house.clock.now();
    house.pass(crate::partner::house::DAY);
    house.at_referral(&link).await;
    assert_eq!(desk.opened_by(loop_id).await.unwrap(), [("oak-street".to_owned(), first)]);
    assert_eq!(house.versions().await, 1);
    house.close().await;
}

#[tokio::test]
async fn every_page_of_a_partner_weighs_little() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    for path in [page.at.clone(), format!("{}/decline", page.at), format!("{}/uptake", page.at)] {
        let html = browser.get(&path).await.html;
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut packer, html.as_bytes()).unwrap();
        let packed = packer.finish().unwrap().len();
        assert!(packed <= 8 * 1024, "{path}: {packed} bytes (PAGES 7)");
    }
    house.close().await;
}

/// A key opens no more than the page does: who it is, and under which number, comes with the acceptance.
#[tokio::test]
async fn a_key_of_a_partner_with_pages_shows_before_its_answer_what_the_page_shows() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let asked = ["/Task?_include=Task:subject", "/Patient", "/Patient/_history", "/ServiceRequest"];
    for path in asked {
        let found = house.fhir_as(OAK, Method::GET, path, None).await.to_string();
        for word in PERSONAL {
            assert!(!found.contains(word), "{path}: {word}: {found}");
        }
    }
    let person = &house.fhir_as(OAK, Method::GET, "/Patient", None).await["entry"][0]["resource"];
    assert_eq!(person["name"], serde_json::json!([{ "text": "W. T. M." }]));
    assert_eq!(person["telecom"][0], serde_json::json!({ "system": "phone" }));
    let rough = (&serde_json::json!("1948"), &serde_json::json!([{ "city": "Nowhere" }]));
    assert_eq!((&person["birthDate"], &person["address"]), rough);
    browser.send(&page.form(&format!("{}/accept", page.at))).await;
    let person = house.fhir_as(OAK, Method::GET, "/Patient", None).await.to_string();
    assert!(person.contains("Wilhelmina") && person.contains("+1 519 555 0199"), "{person}");
    assert!(!person.contains("1948-") && !person.contains("Imaginary"), "{person}");
    house.close().await;
}

/// Of who refers the clinic and the role are told, at no door the person: neither name, nor number, nor telephone.
#[tokio::test]
async fn the_prescriber_is_a_clinic_and_a_role_at_every_door() {
    let house = House::open().await;
    let link = house
        .refer_with(|bundle| {
            for entry in bundle["entry"].as_array_mut().unwrap() {
                if ["Task", "ServiceRequest"].iter().any(|ty| entry["resource"]["resourceType"] == *ty) {
                    entry["resource"]["requester"]["display"] = "Nora Placeholder".into();
                }
            }
        })
        .await;
    let (mut browser, page) = house.at_referral(&link).await;
    browser.send(&page.form(&format!("{}/accept", page.at))).await;
    let page = browser.get(&page.at).await;
    assert!(page.html.contains("Riverbend CHC"), "{}", page.html);
    let task = house.fhir_as(OAK, Method::GET, "/Task", None).await["entry"][0]["resource"].clone();
    let role = task["requester"]["reference"].as_str().unwrap().to_owned();
    let role = house.fhir_as(OAK, Method::GET, &format!("/{role}"), None).await;
    assert!(role["organization"].is_object(), "{role}");
    let clinic = role["organization"]["reference"].as_str().unwrap();
    let clinic = house.fhir_as(OAK, Method::GET, &format!("/{clinic}"), None).await;
    assert!(clinic["name"].is_string(), "{clinic}");
    let mut all = vec![page.html, role.to_string()];
    for path in ["/Task", "/ServiceRequest", "/Task?_include=Task:requester"] {
        all.push(house.fhir_as(OAK, Method::GET, path, None).await.to_string());
    }
    for shown in all {
        for word in ["Nora", "Placeholder", "00000042", "NP-42", "specialty", "Practitioner/"] {
            assert!(!shown.contains(word), "{word}: {shown}");
        }
    }
    house.close().await;
}

#[tokio::test]
async fn who_is_taken_on_for_one_thing_stays_unnamed_in_the_next_until_it_is_answered() {
    let house = House::open().await;
    let link = house.refer().await;
    let (mut browser, page) = house.at_referral(&link).await;
    let task = page.at.rsplit('/').next().unwrap().to_owned();
    browser.send(&page.form(&format!("{}/accept", page.at))).await;
    let link = house.refer_as("R-2026-00002").await;
    let (mut browser, inbox) = house.at_inbox(&link).await;
    let paths = crate::partner::house::referrals(&inbox);
    let (first, second): (Vec<_>, Vec<_>) = paths.iter().partition(|path| path.ends_with(&task));
    let (first, second) = (first[0], second[0]);
    let page = browser.get(second).await;
    for word in PERSONAL {
        assert!(!page.html.contains(word), "{word}: {}", page.html);
    }
    assert!(browser.get(first).await.html.contains("Wilhelmina"));
    let accepted = browser.send(&page.form(&format!("{}/accept", page.at))).await;
    assert!(accepted.status == 200 && browser.get(second).await.html.contains("0199"));
    house.close().await;
}

#[tokio::test]
async fn how_to_reach_who_wants_no_contact_is_shown_at_no_door() {
    let house = House::open().await;
    let prohibited = serde_json::json!([{ "coding": [{
        "system": "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes",
        "code": "contacting-subject-prohibited",
    }] }]);
    let link = house
        .refer_with(|bundle| {
            let entries = bundle["entry"].as_array_mut().unwrap();
            let request = entries.iter_mut().find(|entry| entry["resource"]["resourceType"] == "ServiceRequest");
            request.unwrap()["resource"]["orderDetail"] = prohibited;
        })
        .await;
    let (mut browser, page) = house.at_referral(&link).await;
    let before = house.fhir_as(OAK, Method::GET, "/Patient", None).await;
    assert_eq!(before["entry"][0]["resource"]["telecom"], serde_json::Value::Null, "{before}");
    browser.send(&page.form(&format!("{}/accept", page.at))).await;
    let page = browser.get(&page.at).await;
    assert!(page.html.contains("Wilhelmina") && !page.html.contains("0199"), "{}", page.html);
    let after = house.fhir_as(OAK, Method::GET, "/Patient", None).await.to_string();
    assert!(after.contains("Wilhelmina") && !after.contains("0199"), "{after}");
    house.close().await;
}
