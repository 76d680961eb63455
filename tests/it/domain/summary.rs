//! The sentence for the chart: every form of it, in both languages, as `summary.txt` beside this file has them.
//!
//! After a change that is meant: run with `LARIAT_BLESS=1`, then read the difference as a nurse would.

use std::fmt::Write as _;

use lariat::domain::attention::Attention;
use lariat::domain::phrase;
use lariat::domain::reason::{ClosingReason, DeclineReason};
use lariat::domain::referral::LoopState;
use lariat::domain::routing::Language::{self, English, French};
use lariat::domain::summary::{FollowUp, Missing, News, Next, Party, Standing, Story, closed_because, reason};
use lariat::domain::support_level::SupportLevel;
use lariat::domain::task::Status;
use lariat::domain::uptake::Uptake;
use lariat::domain::waiting::{Facts, Pause};

const GOLDEN: &str = "tests/it/domain/summary.txt";

const TEAM: Party<'static> = Party::Desk(Some("Riverbend CHC, link workers"));
const OAK: Party<'static> = Party::Partner(Some("Oak Street Food Bank"));
const DAY: &str = "2026-12-25";

/// A story of a kind of referral, and how the referral stands then.
struct Case {
    name: &'static str,
    story: Story<'static>,
    facts: Facts,
    /// Who else is waited for.
    of: Option<&'static str>,
    /// Levels at which there is such a case.
    levels: &'static [SupportLevel],
}

const LEVELS: &[SupportLevel] = &[SupportLevel::Light, SupportLevel::Medium, SupportLevel::Holistic];

impl Case {
    fn only(self, levels: &'static [SupportLevel]) -> Self {
        Self { levels, ..self }
    }
}

fn story(news: News, who: Party<'static>, by: Party<'static>) -> Story<'static> {
    Story {
        news,
        asked: Some("Food hamper"),
        who,
        by,
        uptake: None,
        attended_on: None,
        outcome: None,
        reason: None,
        next: Next::Unsaid,
        follow_up: None,
    }
}

fn case(
    name: &'static str,
    story: Story<'static>,
    by_team: bool,
    state: LoopState,
    root: Status,
    asked: &[Status],
) -> Case {
    let facts = Facts {
        state,
        attention: None,
        by_team,
        root,
        asked: asked.to_vec(),
        level: None,
        urgent: false,
        pause: None,
    };
    Case { name, story, facts, of: None, levels: LEVELS }
}

/// What a clinic hears whose referrals go straight to a partner.
fn direct() -> Vec<Case> {
    let case = |name, story, state, status: Status| {
        let open = matches!(status, Status::Requested | Status::Accepted | Status::InProgress | Status::OnHold);
        let asked = if open { vec![status] } else { Vec::new() };
        case(name, story, false, state, status, &asked)
    };
    let moved = |status| story(News::Moved(status), OAK, OAK);
    let because = |status, reason| Story { reason: Some(reason), ..moved(status) };
    let planned = Some(FollowUp::Planned("2027-05-20"));
    let came =
        Story { uptake: Some(Uptake::Attended), attended_on: Some("2026-12-01"), ..moved(Status::Completed) };
    let did = Story { outcome: Some("Comes every week"), follow_up: planned, ..came };
    let tried = Story { uptake: Some(Uptake::NotAttended), ..because(Status::InProgress, "No bus on Sundays") };
    let stayed_away = Story { uptake: Some(Uptake::NotAttended), ..story(News::Said, OAK, OAK) };
    vec![
        case(
            "accepted",
            Story { follow_up: planned, ..moved(Status::Accepted) },
            LoopState::Accepted,
            Status::Accepted,
        ),
        case("begun", moved(Status::InProgress), LoopState::InProgress, Status::InProgress),
        case("begun, did not come", tried, LoopState::InProgress, Status::InProgress),
        case("paused", because(Status::OnHold, "Closed for the holidays"), LoopState::OnHold, Status::OnHold),
        case("declined", because(Status::Rejected, "Full until spring"), LoopState::Rejected, Status::Rejected),
        case(
            "cannot go on",
            because(Status::Cancelled, "The van broke down"),
            LoopState::Cancelled,
            Status::Cancelled,
        ),
        case("tried in vain", because(Status::Failed, "Never reached"), LoopState::Failed, Status::Failed),
        case("done", did, LoopState::Completed, Status::Completed),
        case(
            "done late",
            Story { follow_up: Some(FollowUp::Due("2026-11-01")), ..came },
            LoopState::Completed,
            Status::Completed,
        ),
        case("retracted", moved(Status::EnteredInError), LoopState::Retracted, Status::EnteredInError),
        case(
            "did not come",
            Story { reason: Some("Transport"), ..stayed_away },
            LoopState::InProgress,
            Status::InProgress,
        ),
        case(
            "no answer",
            story(News::StillOpen(Missing::Answer), OAK, OAK),
            LoopState::Requested,
            Status::Requested,
        ),
        case(
            "closed at the desk",
            Story { by: Party::Desk(None), ..because(Status::Cancelled, "The client has moved away") },
            LoopState::Cancelled,
            Status::Cancelled,
        ),
    ]
    .into_iter()
    .chain(still_open(false))
    .collect()
}

/// What is told once when the desk does nothing, with the cause: all of it, at the desk of a team or of the source.
fn still_open(by_team: bool) -> Vec<Case> {
    use Attention as A;
    use LoopState::{Accepted, InProgress, NeedsRouting, OnHold, Requested};
    let case = |name, attention, state, root, asked: &[Status]| {
        let mut case = case(name, story(News::Question, TEAM, TEAM), by_team, state, root, asked);
        if !by_team {
            (case.story.who, case.story.by) = (OAK, OAK);
        }
        case.facts.attention = attention;
        if state == OnHold {
            case.facts.pause = Some(Pause::IsOver);
        }
        case.story.news = News::StillOpen(Missing::of(&case.facts).unwrap());
        case
    };
    let (stalled, sent) = (Some(A::Stalled), &[Status::Requested][..]);
    let mut cases = vec![
        case("no consent", Some(A::ConsentMissing), Requested, Status::Requested, sent),
        case("consent taken back", Some(A::ConsentWithdrawn), InProgress, Status::InProgress, sent),
        case("nobody named", Some(A::NoRecipient), Requested, Status::Requested, &[]),
        case("no way to send", Some(A::EndpointMissing), Requested, Status::Requested, sent),
        case("a question", Some(A::Question), Requested, Status::Requested, sent),
        case("an answer that cannot be", Some(A::AnswerRefused), Requested, Status::Requested, sent),
        case("at the desk", stalled, InProgress, Status::InProgress, &[]),
    ];
    if by_team {
        cases.extend([
            case("not passed on", stalled, Accepted, Status::Accepted, &[]),
            case("everyone said no", Some(A::Declined), NeedsRouting, Status::InProgress, &[]),
            case("a pause that is over", stalled, OnHold, Status::OnHold, &[]),
        ]);
    }
    cases
}

/// What a clinic hears whose link workers pass its referrals on.
fn by_team() -> Vec<Case> {
    use LoopState::{Accepted, Cancelled, Completed, Failed, InProgress, NeedsRouting, OnHold, Requested};
    let case = |name, story, state, root, asked: &[Status]| case(name, story, true, state, root, asked);
    let by_us = |status| story(News::Moved(status), TEAM, TEAM);
    let part = |status| story(News::PartMoved(status), OAK, OAK);
    let because = |story, reason| Story { reason: Some(reason), ..story };
    let begun = Status::InProgress;
    let came = Story { uptake: Some(Uptake::Partial), ..part(Status::Completed) };
    let mut cases = vec![
        case("taken", by_us(Status::Accepted), Accepted, Status::Accepted, &[]),
        case(
            "not begun",
            story(News::StillOpen(Missing::FirstContact), TEAM, TEAM),
            Requested,
            Status::Requested,
            &[],
        ),
        case(
            "passed on",
            Story { by: TEAM, ..part(Status::Requested) },
            InProgress,
            Status::Accepted,
            &[Status::Requested],
        ),
        case(
            "question",
            because(story(News::Question, OAK, OAK), "Any allergies?"),
            InProgress,
            Status::Accepted,
            &[Status::Requested],
        ),
        case(
            "answered",
            because(story(News::Answered, OAK, TEAM), "None known"),
            InProgress,
            Status::Accepted,
            &[Status::Requested],
        ),
        case(
            "no answer",
            story(News::StillOpen(Missing::Answer), OAK, OAK),
            InProgress,
            Status::Accepted,
            &[Status::Requested],
        ),
        case("accepted", part(Status::Accepted), InProgress, begun, &[Status::Accepted]),
        case(
            "a note",
            because(story(News::Said, OAK, OAK), "First visit booked"),
            InProgress,
            begun,
            &[Status::Accepted],
        ),
        case("begun", part(Status::InProgress), InProgress, begun, &[Status::InProgress]),
        case(
            "no outcome",
            story(News::StillOpen(Missing::Outcome), OAK, OAK),
            InProgress,
            begun,
            &[Status::InProgress],
        )
        .only(&[SupportLevel::Medium, SupportLevel::Holistic]),
        case(
            "declined by the last",
            because(part(Status::Rejected), "Full until spring"),
            NeedsRouting,
            Status::Accepted,
            &[],
        ),
        case("withdrawn", Story { by: TEAM, ..part(Status::Cancelled) }, NeedsRouting, Status::Accepted, &[]),
        case("given up", because(part(Status::Cancelled), "The van broke down"), NeedsRouting, begun, &[]),
        case("done by the partner", came, Completed, Status::Completed, &[])
            .only(&[SupportLevel::Light, SupportLevel::Medium]),
        case("done by the partner, the link worker goes on", came, InProgress, begun, &[])
            .only(&[SupportLevel::Holistic]),
        case("paused", because(by_us(Status::OnHold), "In hospital"), OnHold, Status::OnHold, &[]),
        case(
            "closed, done",
            because(by_us(Status::Completed), "The goals have been reached"),
            Completed,
            Status::Completed,
            &[],
        ),
        case(
            "closed, in vain",
            because(by_us(Status::Failed), "The client could not be reached"),
            Failed,
            Status::Failed,
            &[],
        ),
        case(
            "closed",
            because(by_us(Status::Cancelled), "The client has moved away"),
            Cancelled,
            Status::Cancelled,
            &[],
        ),
        case(
            "followed up",
            because(story(News::FollowedUp, TEAM, TEAM), "Cooks again"),
            Completed,
            Status::Completed,
            &[],
        ),
        case(
            "not followed up",
            because(story(News::NotFollowedUp, TEAM, TEAM), "Moved away"),
            Completed,
            Status::Completed,
            &[],
        ),
        case(
            "message",
            because(story(News::Message, TEAM, TEAM), "Was it tried before?"),
            InProgress,
            begun,
            &[Status::Accepted],
        ),
        case(
            "consent taken back",
            Story { asked: None, ..story(News::ConsentWithdrawn, OAK, OAK) },
            InProgress,
            begun,
            &[Status::Accepted],
        ),
    ];
    let declined = case(
        "declined, another is asked",
        part(Status::Rejected),
        InProgress,
        Status::Accepted,
        &[Status::Requested],
    );
    cases.push(Case { of: Some("Birch Lane and Elm Court"), ..declined });
    let mut asks =
        case("begun, a partner asks", part(Status::InProgress), InProgress, begun, &[Status::InProgress]);
    asks.facts.attention = Some(Attention::Question);
    cases.push(asks);
    cases.extend(still_open(true));
    cases
}

/// The sentence as it is at this level.
fn told(case: &Case, level: SupportLevel, language: Language) -> String {
    let mut facts = Facts { level: Some(level), ..case.facts.clone() };
    let is_asked = facts.asked.contains(&Status::Requested) || facts.asked.is_empty();
    if level == SupportLevel::Light && !is_asked && !facts.state.is_closed() {
        // A partner's yes closes light support.
        facts.state = LoopState::Completed;
    }
    if facts.state == LoopState::OnHold && facts.by_team {
        facts.pause = Some(Pause::Lasts);
    }
    let next = match case.story.news {
        News::StillOpen(missing) => missing.next(facts.by_team),
        _ => Next::of(Standing { facts: &facts, of: case.of, by: Some(DAY) }),
    };
    // Light support is not followed up.
    let follow_up = case.story.follow_up.filter(|_| level.expects_feedback());
    Story { next, follow_up, ..case.story }.sentence(language)
}

#[test]
fn every_sentence_reads_as_its_golden_line() {
    let mut lines = String::new();
    for (way, cases) in [("straight to a partner", direct()), ("by the link workers", by_team())] {
        for case in cases {
            let mut said: Vec<(String, [String; 2])> = Vec::new();
            for level in case.levels.iter().copied() {
                let both = [told(&case, level, English), told(&case, level, French)];
                match said.iter_mut().find(|(_, known)| *known == both) {
                    Some((known, _)) => known.extend([", ", level.code()]),
                    None => said.push((level.code().to_owned(), both)),
                }
            }
            for (levels, [english, french]) in said {
                writeln!(lines, "{way}; {}; {levels}\n  {english}\n  {french}", case.name).unwrap();
            }
        }
    }
    let recorded = story(News::Recorded, Party::Desk(None), Party::Desk(None));
    writeln!(lines, "signposting\n  {}\n  {}", recorded.sentence(English), recorded.sentence(French)).unwrap();
    if std::env::var_os("LARIAT_BLESS").is_some() {
        std::fs::write(GOLDEN, &lines).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap();
    for (number, (line, expected)) in (1..).zip(lines.lines().zip(golden.lines())) {
        assert_eq!(line, expected, "line {number}");
    }
    assert_eq!(lines.len(), golden.len());
}

#[test]
fn every_status_has_words_in_both_languages_and_what_others_wrote_stays_short_and_on_one_line() {
    let nobody = Party::Partner(None);
    for status in Status::ALL {
        for news in [News::Moved(status), News::PartMoved(status)] {
            let story = Story { next: Next::Nothing, ..story(news, nobody, nobody) };
            let (english, french) = (story.sentence(English), story.sentence(French));
            assert!(english != french && english.ends_with('.') && french.ends_with('.'), "{status:?}");
            assert!(!french.contains("à le ") && !french.contains("de le "), "{french}");
        }
    }
    let long = "é".repeat(5_000);
    let hostile = format!("a\u{0}\r\n<b>{long}");
    let who = Party::Partner(Some(&long));
    let story = story(News::Moved(Status::Accepted), OAK, OAK);
    let told = Story { outcome: Some(&hostile), asked: Some(&long), who, by: who, ..story }.sentence(English);
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

#[test]
fn lariats_own_words_for_a_reason_are_said_in_the_sources_language_and_peoples_words_stay() {
    let full = Some(DeclineReason::AtCapacity);
    let table = [
        ("No place is free", full, None, French, "Aucune place libre"),
        (
            "No place is free, until 2027-03-01: try Elm",
            full,
            None,
            English,
            "No place is free, until 1 March 2027: try Elm",
        ),
        (
            "No place is free, until 2027-03-01: try Elm",
            full,
            None,
            French,
            "Aucune place libre, jusqu’au 1er mars 2027\u{a0}: try Elm",
        ),
        ("Full until spring", full, None, French, "Full until spring"),
        ("The client has moved away", None, Some(ClosingReason::Moved), French, "La personne a déménagé"),
        ("No place is free, until é", full, None, English, "No place is free, until é"),
        ("Anything", None, None, French, "Anything"),
    ];
    for (text, decline, closing, language, expected) in table {
        assert_eq!(reason(text, decline, closing, language), expected);
    }
}

#[test]
fn what_is_written_about_a_closing_stands_behind_its_reason() {
    let table = [
        ("To Ottawa", ClosingReason::Moved, English, "The client has moved away: To Ottawa"),
        ("À Ottawa", ClosingReason::Moved, French, "La personne a déménagé\u{a0}: À Ottawa"),
        ("The client has moved away", ClosingReason::Moved, French, "La personne a déménagé"),
        ("Found work", ClosingReason::Other, English, "Found work"),
    ];
    for (text, closing, language, expected) in table {
        assert_eq!(closed_because(text, closing, language), expected);
    }
}

#[test]
fn phrases_of_ours_in_a_partners_note_are_said_in_the_readers_language() {
    let table = [
        ("First visit booked for 2026-12-01.", English, "First visit booked for 1 December 2026."),
        (
            "First visit booked for 2026-12-01. Bring a bag",
            French,
            "Première visite prévue le 1er décembre 2026. Bring a bag",
        ),
        (
            "The client has not come yet. Transport: No bus",
            French,
            "La personne n’est pas encore venue. Transport\u{a0}: No bus",
        ),
        ("Cost", French, "Coût"),
        ("Who else might help: Elm Court", French, "Qui d’autre pourrait aider\u{a0}: Elm Court"),
        (
            "Our listing may be brought up to date with this answer.",
            French,
            "Notre fiche peut être mise à jour d’après cette réponse.",
        ),
        ("First visit booked for é", French, "First visit booked for é"),
        ("Costly", French, "Costly"),
        ("Comes every week", French, "Comes every week"),
    ];
    for (text, language, expected) in table {
        assert_eq!(phrase::note(text, language), expected);
    }
    let unsafe_there = "The service cannot meet this need safely: stairs";
    assert_eq!(
        reason(unsafe_there, Some(DeclineReason::Other), None, French),
        "Le service ne peut pas répondre à ce besoin en toute sécurité\u{a0}: stairs"
    );
}

/// Whoever could not help gives one line, which is outcome and reason.
#[test]
fn a_line_that_is_outcome_and_reason_is_told_once() {
    let line = Some("No bus at all.");
    let told = Story { outcome: line, reason: line, ..story(News::Moved(Status::Failed), OAK, OAK) };
    for language in [English, French] {
        let sentence = told.sentence(language);
        assert_eq!(sentence.matches("No bus at all").count(), 1, "{sentence}");
    }
}
