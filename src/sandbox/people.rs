//! Made-up people and what they need: the referrals that lie on the desk when a sandbox opens, in the clinic's own JSON.

use serde_json::{Value, json};

use crate::domain::clock::Timestamp;
use crate::sandbox::partner::Partner;

/// How many referrals lie on the desk at the start.
pub(super) const OPEN: usize = 40;

/// Obviously made up: each family name is a thing, each given name is common.
const FAMILY: [&str; 20] = [
    "Lampshade",
    "Teapot",
    "Umbrella",
    "Doorbell",
    "Haystack",
    "Pinwheel",
    "Buttercup",
    "Wheelbarrow",
    "Snowshoe",
    "Marmelade",
    "Parapluie",
    "Chandelle",
    "Tournesol",
    "Bicyclette",
    "Moulin",
    "Lanterne",
    "Kettle",
    "Mitten",
    "Saddlebag",
    "Weathervane",
];
const GIVEN: [(&str, &str); 10] = [
    ("Aline", "female"),
    ("Jean", "male"),
    ("Amina", "female"),
    ("Walter", "male"),
    ("Priya", "female"),
    ("Luc", "male"),
    ("Rose", "female"),
    ("Kofi", "male"),
    ("Odette", "female"),
    ("Sam", "other"),
];

/// Why, what for, and who could help.
const NEEDS: [(&str, &str, Partner); 10] = [
    ("making-ends-meet", "food", Partner::OakStreet),
    ("lonely", "walking-group", Partner::ValleySeniors),
    ("disconnected", "language-circle", Partner::Neighbours),
    ("making-ends-meet", "food", Partner::CountyMeals),
    ("other", "support-group", Partner::NewcomerHub),
    ("bored", "arts", Partner::QuietClub),
    ("no-one-to-rely-on", "friendly-visits", Partner::ValleySeniors),
    ("getting-older", "exercise-class", Partner::ValleySeniors),
    ("sad", "support-group", Partner::QuietClub),
    ("housing-problems", "housing-support", Partner::NewcomerHub),
];

/// How much support, in turns.
const LEVELS: [&str; 4] = ["medium", "holistic", "light", "medium"];

/// What kind of way the referral of this number takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It lies on the desk.
    Desk,
    /// It went straight to its partner, with consent.
    Partner,
    /// It went straight to its partner, and nobody recorded a consent.
    NoConsent,
}

/// The way of referral `number`: most lie on the desk, so that no group of the worklist is empty.
pub(super) const fn way(number: usize) -> Way {
    match number % 8 {
        1 | 3 | 6 => Way::Partner,
        5 => Way::NoConsent,
        _ => Way::Desk,
    }
}

/// The record of referral `number`, written at `at`.
pub(super) fn referral(number: usize, at: Timestamp) -> Value {
    let (given, gender) = GIVEN[number % GIVEN.len()];
    let family = FAMILY[(number * 7) % FAMILY.len()];
    let (need, activity, partner) = NEEDS[number % NEEDS.len()];
    let french = number % 5 == 0;
    let authored = format!("{}Z", &at.to_string()[..19]);
    let mut record = json!({
        "referral_id": format!("S-{number:04}"),
        "source_system": "https://riverbend.example/ids/referral",
        "authored_at": authored,
        "client": {
            "id": format!("C-9{number:04}"),
            "name": { "given": given, "family": family },
            "birth_date": format!("{}-{:02}-{:02}", 1932 + (number * 13) % 70, 1 + number % 12, 1 + number % 28),
            "gender": gender,
            "language": if french { "fr-CA" } else { "en-CA" },
            "contact": [{ "system": "phone", "value": format!("+1 519 555 01{:02}", number % 100), "use": "home" }],
        },
        "referrer": {
            "id": "U-31",
            "name": { "given": "Amal", "family": "Haddad" },
            "role": "Nurse practitioner",
            "cno_number": "00123456",
            "phone": "+1 519 555 0117",
        },
        "need": need,
        "need_note": "Made up: would like to hear from somebody soon.",
        "activity": activity,
        "urgency": if number % 9 == 4 { "urgent" } else { "routine" },
        "support_level": LEVELS[number % LEVELS.len()],
    });
    let day = authored.get(..10).unwrap_or_default();
    if way(number) != Way::Desk {
        record["partner"] = json!({ "slug": partner.name() });
    }
    if way(number) == Way::Partner {
        record["consent"] = json!({
            "given": true, "recorded_by": "Amal Haddad, NP", "recorded_on": day, "form": "spoken",
            "recipient": { "slug": partner.name() },
        });
    }
    record
}
