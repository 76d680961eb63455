//! The sentence for the chart, in both languages.

use lariat::domain::routing::Language::{English, French};
use lariat::domain::summary::{News, Next, Story};
use lariat::domain::task::Status;
use lariat::domain::uptake::Uptake;

const BARE: Story<'static> = Story {
    news: News::Moved(Status::Accepted),
    asked: None,
    who: None,
    uptake: None,
    outcome: None,
    reason: None,
    next: Next::Nothing,
};

#[test]
fn a_sentence_says_who_did_what_what_came_of_it_and_what_is_next() {
    let oak = Story { who: Some("Oak Street"), asked: Some("Food hamper"), ..BARE };
    let table = [
        (BARE, "The partner has accepted the referral; nothing more is expected."),
        (
            Story { next: Next::Outcome(Some("2026-12-25")), ..oak },
            "Oak Street has accepted the referral “Food hamper”; an outcome is expected by 25 December 2026.",
        ),
        (
            Story {
                news: News::Moved(Status::Rejected),
                reason: Some("full\nuntil  spring"),
                next: Next::Desk,
                ..oak
            },
            "Oak Street has declined the referral “Food hamper”: full until spring; next, the link worker looks for another way.",
        ),
        (
            Story {
                news: News::Moved(Status::Completed),
                uptake: Some(Uptake::Attended),
                outcome: Some("Comes every week"),
                ..oak
            },
            "Oak Street has completed the referral “Food hamper”; the client attended; outcome: Comes every week; nothing more is expected.",
        ),
        (
            Story { news: News::StillOpen, next: Next::Answer(None), ..oak },
            "Still open: the referral “Food hamper”, with Oak Street; an answer is expected.",
        ),
        (
            Story { news: News::Question, reason: Some("Any allergies?"), next: Next::Desk, ..BARE },
            "The partner asks about the referral: Any allergies?",
        ),
        (
            Story { news: News::Message, reason: Some("Was it tried?"), ..BARE },
            "A message about the referral: Was it tried?",
        ),
        (Story { news: News::Recorded, ..oak }, "Information given: Food hamper."),
    ];
    for (story, expected) in table {
        assert_eq!(story.sentence(English), expected);
    }
    let french = Story { uptake: Some(Uptake::NotAttended), next: Next::Source, ..oak }.sentence(French);
    assert_eq!(
        french,
        "Oak Street a accepté l’aiguillage «\u{a0}Food hamper\u{a0}»; la personne ne s’est pas présentée; ensuite, choisir un autre service ou fermer l’aiguillage."
    );
}

#[test]
fn every_status_has_words_in_both_languages_and_what_others_wrote_stays_short_and_on_one_line() {
    for status in Status::ALL {
        let story = Story { news: News::Moved(status), ..BARE };
        let (english, french) = (story.sentence(English), story.sentence(French));
        assert!(english != french && english.ends_with('.') && french.ends_with('.'), "{status:?}");
    }
    let long = "é".repeat(5_000);
    let hostile = format!("a\u{0}\r\n<b>{long}");
    let told = Story { outcome: Some(&hostile), asked: Some(&long), who: Some(&long), ..BARE }.sentence(English);
    assert!(told.chars().count() < 800 && !told.chars().any(char::is_control), "{told}");
}

#[test]
fn a_day_is_said_as_people_say_it() {
    use lariat::domain::spoken::day;
    assert_eq!(day("2026-11-27", English), "27 November 2026");
    assert_eq!(day("2027-08-01", French), "1er août 2027");
    for odd in ["2026-11", "2026-13-01", "soon", ""] {
        assert_eq!(day(odd, English), odd);
    }
}
