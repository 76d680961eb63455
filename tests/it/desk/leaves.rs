//! What the page before sending says of what stays and what leaves, for each class of recipient on each channel: against
//! what would be sent, and not against a list.

use lariat::domain::id::ResourceId;
use lariat::domain::visibility::Visibility;
use lariat::exchange::Choice;
use lariat::exchange::desk::{Preview, Sending};
use serde_json::Value;

use crate::desk::browser::Browser;
use crate::desk::house::DeskHouse;
use crate::desk::verbs::agrees;

const SMTP: &str =
    "[smtp]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"none\"\nfrom = \"referrals@lariat.example\"\n";

/// What the EMR's record says that the page speaks of: how the page says that it stays, and its words.
const FACTS: [(&str, &str); 6] = [
    ("Health card and chart numbers", "9876500001"),
    ("Date of birth", "1951-03-09"),
    ("Gender", "female"),
    ("Telephone numbers and e-mail addresses", "genevieve.belanger@mail.example"),
    ("Reason for the referral", "Feeling lonely"),
    ("What the prescriber wrote", "Lost her husband in spring."),
];

/// Partners of each class, told in each way.
fn partners() -> Vec<(&'static str, String)> {
    let file = |name: &str, class: &str, way: &str| {
        format!(
            "name = \"{name}\"\ntitle = \"{name}, made up\"\nclass = \"{class}\"\nscopes = [\"system/*.cruds\"]\n\
             identifier = {{ system = \"https://lariat.example/fhir/NamingSystem/partner\", value = \"{name}\" }}\n{way}"
        )
    };
    let fetched = "key_sha256 = [\"0000000000000000000000000000000000000000000000000000000000000001\"]\n";
    let other = "key_sha256 = [\"0000000000000000000000000000000000000000000000000000000000000002\"]\n";
    let letter = "[email]\nto = \"referrals@letters.example\"\nlanguage = \"en\"\nphone = \"519-555-0100\"\n";
    let clinic_letter = "[email]\nto = \"referrals@clinic.example\"\nlanguage = \"fr\"\nphone = \"519-555-0100\"\n";
    let push = "[push]\nbase_url = \"http://127.0.0.1:9/fhir\"\n";
    vec![
        ("fetches", file("fetches", "non-custodian", fetched)),
        ("letters", file("letters", "non-custodian", letter)),
        ("server", file("server", "non-custodian", push)),
        ("clinic-fetches", file("clinic-fetches", "custodian", other)),
        ("clinic-letters", file("clinic-letters", "custodian", clinic_letter)),
        ("clinic-server", file("clinic-server", "custodian", push)),
    ]
}

fn to(partner: &str, message: Option<&str>) -> Sending {
    Sending {
        choice: Choice::Partner(partner.to_owned()),
        message: message.map(str::to_owned),
        why_unvetted: None,
        again: false,
        although_full: false,
    }
}

async fn preview(house: &DeskHouse, id: ResourceId, sending: &Sending) -> Preview {
    house.running.desk.preview(&house.nadia, id, sending).await.unwrap()
}

#[tokio::test]
async fn what_is_said_to_stay_does_not_leave_for_any_class_on_any_channel() {
    let house = DeskHouse::open_with([""; 2], SMTP, &partners()).await;
    let id = house.referral(1).await;
    let nadia = Browser::of(&house, "nadia").await;
    let mut held = 0;
    for partner in
        ["oak-street", "fetches", "letters", "server", "clinic-fetches", "clinic-letters", "clinic-server"]
    {
        let sending = to(partner, None);
        let leaves = preview(&house, id, &sending).await.data.to_string();
        let page = nadia.page(&format!("/desk/referrals/{id}/send?choice={}", sending.choice)).await;
        let stays = page.html.split("Stays here</h2>").nth(1).unwrap().split("</ul>").next().unwrap().to_owned();
        for (said, words) in FACTS {
            assert_eq!(stays.contains(said), !leaves.contains(words), "{partner}: {said}\n{leaves}");
            held += usize::from(stays.contains(said));
        }
    }
    assert!(held > 10, "somebody keeps something back: {held}");
    house.close().await;
}

#[tokio::test]
async fn what_the_message_repeats_is_not_said_to_stay() {
    let house = DeskHouse::open().await;
    let id = house.referral(1).await;
    let desk = &house.running.desk;
    desk.note(&house.nadia, id, &house.act(id).await, "Likes to sing.").await.unwrap();
    let note = ("ServiceRequest".to_owned(), "note".to_owned());
    let own = ("Communication".to_owned(), "payload".to_owned());
    let said = preview(&house, id, &to("oak-street", Some("Happy to come along."))).await.stays;
    assert!(said.contains(&note) && said.contains(&own), "{said:?}");
    let request = house.row(id).await.request;
    let seen = Visibility::Custodian(house.nadia.custodian);
    let stored = house.running.store.read(seen, &[request]).await.unwrap().pop().unwrap().unwrap();
    let stored: Value = serde_json::from_slice(&stored.body.unwrap()).unwrap();
    let pasted = format!("From the chart: {} And: likes to sing.", stored["note"][0]["text"].as_str().unwrap());
    let said = preview(&house, id, &to("oak-street", Some(&pasted))).await.stays;
    assert!(!said.contains(&note) && !said.contains(&own), "{said:?}");
    desk.record_consent(&house.nadia, id, &house.act(id).await, &agrees("oak-street")).await.unwrap();
    house.close().await;
}
