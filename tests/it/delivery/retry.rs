//! The rules of delivery, row by row.

use std::time::Duration;

use lariat::domain::clock::Timestamp;
use lariat::outbound::retry::{self, Alert, Attempted, Outcome, Verdict};
use lariat::store::{EndpointCondition, EndpointState, Next};

/// 2026-11-21T12:00:00Z.
const NOW: Timestamp = Timestamp::from_millis(1_795_262_400_000);
const HOUR: u64 = 3_600;

fn open() -> EndpointState {
    EndpointState {
        name: "partner:oak-street".to_owned(),
        condition: EndpointCondition::Open,
        failures: 0,
        failing_since: None,
    }
}

fn attempted(outcome: Outcome, attempts_before: u32) -> Attempted {
    Attempted { outcome, attempts_before, now: NOW, random: [0; 4] }
}

fn answered(status: u16) -> Outcome {
    Outcome::Answered { status, retry_after: None }
}

fn wait(next: &Next) -> Duration {
    match next {
        Next::Retry(at) => at.since(NOW),
        other => panic!("no retry but {other:?}"),
    }
}

#[test]
fn waits_follow_the_schedule_a_fifth_shorter_or_longer() {
    // Seconds; shortest, longest.
    let table = [
        (4, 6),
        (240, 360),
        (1_440, 2_160),
        (5_760, 8_640),
        (14_400, 21_600),
        (28_800, 43_200),
        (40_320, 60_480),
        (57_600, 86_400),
        (69_120, 103_680),
    ];
    for (before, (shortest, longest)) in (0..).zip(table) {
        let mut attempted = attempted(Outcome::Timeout, before);
        assert_eq!(wait(&retry::after(&attempted, &open()).next), Duration::from_secs(shortest));
        attempted.random = [255; 4];
        assert_eq!(wait(&retry::after(&attempted, &open()).next), Duration::from_secs(longest));
    }
    assert_eq!(retry::after(&attempted(Outcome::Timeout, 9), &open()).next, Next::DeadLetter("dead-letter"));
    assert_eq!(retry::SCHEDULE.iter().sum::<Duration>(), Duration::from_secs(75 * HOUR + 35 * 60 + 5));
}

#[test]
fn each_answer_has_its_consequence() {
    use EndpointCondition::{Off, Open, Paused};
    let retry = "retry";
    let table = [
        (Outcome::Delivered, "delivered", Open, "delivered"),
        (answered(301), retry, Open, "http-301"),
        (answered(308), retry, Open, "http-308"),
        (answered(400), "dead", Open, "http-400"),
        (answered(401), "now", Paused, "http-401"),
        (answered(403), "now", Paused, "http-403"),
        (answered(404), "dead", Open, "http-404"),
        (answered(408), retry, Open, "http-408"),
        (answered(409), retry, Open, "http-409"),
        (answered(410), "now", Off, "http-410"),
        (answered(412), retry, Open, "http-412"),
        (answered(422), "dead", Open, "http-422"),
        (answered(425), retry, Open, "http-425"),
        (answered(429), retry, Open, "http-429"),
        (answered(500), retry, Open, "http-500"),
        (answered(503), retry, Open, "http-503"),
        (Outcome::Mail { code: 421 }, retry, Open, "smtp-421"),
        (Outcome::Mail { code: 451 }, retry, Open, "smtp-451"),
        (Outcome::Mail { code: 535 }, retry, Open, "smtp-535"),
        (Outcome::Mail { code: 550 }, "dead", Open, "smtp-550"),
        (Outcome::Timeout, retry, Open, "timeout"),
        (Outcome::Dns, retry, Open, "dns"),
        (Outcome::Connection, retry, Open, "connection"),
        (Outcome::AddressRefused, retry, Open, "address-refused"),
        (Outcome::Fault, retry, Open, "fault"),
    ];
    for (outcome, expected, condition, code) in table {
        let verdict = retry::after(&attempted(outcome, 0), &open());
        let next = match verdict.next {
            Next::Delivered => "delivered",
            Next::DeadLetter(_) => "dead",
            Next::Retry(at) if at == NOW => "now",
            Next::Retry(_) => "retry",
            Next::Hold(_) | Next::GiveBack(_) => "other",
        };
        assert_eq!((next, verdict.endpoint.condition), (expected, condition), "{code}");
        assert_eq!(outcome.code(), code);
    }
}

#[test]
fn retry_after_is_read_in_every_form_and_clamped_at_a_day() {
    let table = [
        ("3600", Some(HOUR)),
        (" 120 ", Some(120)),
        ("0", Some(0)),
        ("1000000000000", Some(24 * HOUR)),
        ("99999999999999999999999999999999", Some(24 * HOUR)),
        ("Sat, 21 Nov 2026 12:10:00 GMT", Some(600)),
        ("Saturday, 21-Nov-26 12:10:00 GMT", Some(600)),
        ("Sat Nov 21 12:10:00 2026", Some(600)),
        ("Sat, 21 Nov 2026 11:00:00 GMT", Some(0)),
        ("Tue, 21 Nov 2028 12:00:00 GMT", Some(24 * HOUR)),
        ("-1", None),
        ("abc", None),
        ("", None),
        ("1.5", None),
        ("12 apples", None),
    ];
    for (header, seconds) in table {
        assert_eq!(retry::retry_after(header, NOW), seconds.map(Duration::from_secs), "{header:?}");
    }
}

#[test]
fn retry_after_postpones_but_never_hastens() {
    let asked = |seconds| Outcome::Answered { status: 503, retry_after: Some(Duration::from_secs(seconds)) };
    assert_eq!(wait(&retry::after(&attempted(asked(3_600), 0), &open()).next), Duration::from_hours(1));
    assert_eq!(wait(&retry::after(&attempted(asked(1), 0), &open()).next), Duration::from_secs(4));
    assert_eq!(wait(&retry::after(&attempted(asked(u64::MAX), 0), &open()).next), Duration::from_hours(24));
    let throttled = retry::after(&attempted(asked(3_600), 0), &open()).endpoint;
    assert_eq!(throttled.condition, EndpointCondition::Probing(NOW.plus(Duration::from_hours(1))));
}

/// Applies outcomes one after the other, an hour apart, and returns all verdicts.
fn series(outcomes: &[Outcome]) -> Vec<Verdict> {
    let mut state = open();
    let mut now = NOW;
    let mut verdicts = Vec::new();
    for outcome in outcomes {
        let verdict =
            retry::after(&Attempted { outcome: *outcome, attempts_before: 0, now, random: [0; 4] }, &state);
        state = verdict.endpoint.clone();
        verdicts.push(verdict);
        now = now.plus(Duration::from_hours(1));
    }
    verdicts
}

#[test]
fn the_fifth_failure_in_a_row_turns_the_endpoint_to_probing_with_one_alert() {
    let verdicts = series(&[Outcome::Connection; 7]);
    assert_eq!(verdicts[3].endpoint.condition, EndpointCondition::Open);
    let fifth = NOW.plus(Duration::from_hours(4)).plus(Duration::from_mins(1));
    assert_eq!(verdicts[4].endpoint.condition, EndpointCondition::Probing(fifth));
    let alerts: Vec<_> = verdicts.iter().map(|verdict| verdict.alert).collect();
    assert_eq!(alerts, [None, None, None, None, Some(Alert::Failing), None, None]);
}

#[test]
fn a_success_between_failures_keeps_the_endpoint_open() {
    let mut outcomes = [Outcome::Connection; 9];
    outcomes[4] = Outcome::Delivered;
    let verdicts = series(&outcomes);
    assert!(verdicts.iter().all(|verdict| verdict.endpoint.condition == EndpointCondition::Open));
    assert!(verdicts.iter().all(|verdict| verdict.alert.is_none()));
}

#[test]
fn a_success_opens_a_probed_endpoint_and_says_so_once() {
    let mut outcomes = vec![Outcome::Timeout; 6];
    outcomes.extend([Outcome::Delivered; 2]);
    let verdicts = series(&outcomes);
    assert_eq!(verdicts[6].endpoint, open());
    assert_eq!((verdicts[6].alert, verdicts[7].alert), (Some(Alert::Recovered), None));
}

#[test]
fn an_endpoint_that_only_fails_for_120_hours_is_switched_off_once() {
    let verdicts = series(&[Outcome::Connection; 123]);
    assert!(matches!(verdicts[119].endpoint.condition, EndpointCondition::Probing(_)));
    assert_eq!(verdicts[120].endpoint.condition, EndpointCondition::Off);
    let offs: Vec<_> = verdicts.iter().filter(|verdict| verdict.alert == Some(Alert::Off)).collect();
    assert_eq!(offs.len(), 1);
}

#[test]
fn one_poisonous_message_and_a_later_hiccup_do_not_switch_an_endpoint_off() {
    let mut state = open();
    for _ in 0..10 {
        state = retry::after(&attempted(answered(500), 0), &state).endpoint;
    }
    let later = NOW.plus(Duration::from_hours(24 * 30));
    let hiccup = Attempted { outcome: Outcome::Timeout, attempts_before: 0, now: later, random: [0; 4] };
    assert!(matches!(retry::after(&hiccup, &state).endpoint.condition, EndpointCondition::Probing(_)));
}

#[test]
fn only_a_person_opens_a_closed_endpoint() {
    for condition in [EndpointCondition::Paused, EndpointCondition::Off] {
        let closed = EndpointState { condition, ..open() };
        for outcome in [Outcome::Delivered, Outcome::Timeout, answered(500), answered(401)] {
            let verdict = retry::after(&attempted(outcome, 0), &closed);
            assert_eq!((verdict.endpoint.condition, verdict.alert), (condition, None), "{outcome:?}");
        }
    }
    let paused = EndpointState { condition: EndpointCondition::Paused, ..open() };
    assert_eq!(retry::after(&attempted(answered(410), 0), &paused).endpoint.condition, EndpointCondition::Off);
}
