//! The next step, by a table: attention first, then what the state leaves to do.

use lariat::domain::attention::Attention;
use lariat::domain::next_step::{NextStep, Situation, also, next_step};
use lariat::domain::referral::LoopState;
use lariat::domain::support_level::SupportLevel;

/// State, where it lies, taken, seen, level: step.
const STEPS: &str = "
requested     | desk    |       |      |          | first-contact
requested     | partner |       |      |          | look
requested     | partner |       | seen |          | wait
accepted      | desk    | taken | seen |          | choose-service
accepted      | desk    | taken | seen | holistic | choose-service
in-progress   | desk    | taken | seen | medium   | choose-service
in-progress   | desk    | taken | seen | holistic | close
in-progress   | partner | taken | seen | holistic | wait
on-hold       | desk    | taken | seen |          | resume
on-hold       | partner | taken | seen |          | wait
needs-routing | desk    | taken | seen |          | choose-another
completed     |         | taken | seen |          | nothing
rejected      |         |       |      |          | nothing
cancelled     | desk    |       |      |          | nothing
";

#[test]
fn the_next_step_is_what_the_state_leaves_to_do() {
    for row in STEPS.lines().filter(|line| !line.is_empty()) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [state, place, taken, seen, level, step] = cells[..] else { panic!("{row}") };
        let situation = Situation {
            state: LoopState::from_code(state).unwrap(),
            attention: None,
            level: SupportLevel::from_code(level).ok(),
            at_desk: place == "desk",
            taken: taken == "taken",
            begun: true,
            seen: seen == "seen",
            no_contact: false,
        };
        assert_eq!(next_step(situation).code(), step, "{row}");
    }
}

#[test]
fn what_asks_for_a_person_comes_before_everything_else() {
    for attention in Attention::ALL {
        for state in LoopState::ALL {
            let situation = Situation {
                state: *state,
                attention: Some(*attention),
                level: None,
                at_desk: false,
                taken: true,
                begun: false,
                seen: true,
                no_contact: false,
            };
            let step = next_step(situation);
            assert!(![NextStep::Wait, NextStep::Nothing, NextStep::Look].contains(&step), "{attention:?}");
        }
    }
}

#[test]
fn what_stands_still_at_the_desk_asks_for_what_its_state_leaves_to_do() {
    use LoopState as L;
    use SupportLevel::Holistic;
    for (state, level, taken, step) in [
        (L::Accepted, None, true, NextStep::ChooseService),
        (L::Accepted, None, false, NextStep::FirstContact),
        (L::InProgress, Some(Holistic), true, NextStep::Close),
        (L::OnHold, None, true, NextStep::Resume),
        (L::NeedsRouting, None, true, NextStep::ChooseAnother),
    ] {
        let attention = Some(Attention::Stalled);
        let at_desk =
            Situation { state, attention, level, at_desk: true, taken, begun: true, seen: true, no_contact: false };
        assert_eq!(next_step(at_desk), step, "{state:?}");
    }
}

#[test]
fn a_follow_up_that_is_due_stands_beside_what_else_is_to_be_done() {
    use LoopState as L;
    let case = |state, attention, at_desk, due| {
        let level = Some(SupportLevel::Holistic);
        also(
            Situation { state, attention, level, at_desk, taken: true, begun: true, seen: true, no_contact: false },
            due,
        )
    };
    let follow_up = Some(Attention::FollowUp);
    for (state, attention, at_desk, due, expected) in [
        (L::Accepted, follow_up, true, true, Some(NextStep::ChooseService)),
        (L::NeedsRouting, follow_up, true, true, Some(NextStep::ChooseAnother)),
        (L::InProgress, follow_up, true, true, Some(NextStep::Close)),
        (L::InProgress, follow_up, false, true, None),
        (L::Completed, follow_up, false, true, None),
        (L::InProgress, Some(Attention::OutcomeMissing), true, true, Some(NextStep::FollowUp)),
        (L::InProgress, Some(Attention::OutcomeMissing), true, false, None),
        (L::Completed, Some(Attention::Message), true, true, Some(NextStep::FollowUp)),
        (L::InProgress, None, false, false, None),
    ] {
        assert_eq!(case(state, attention, at_desk, due), expected, "{state:?} {attention:?} {at_desk} {due}");
    }
}

#[test]
fn who_wants_no_contact_is_not_to_be_contacted() {
    let waits = Situation {
        state: LoopState::Requested,
        attention: None,
        level: None,
        at_desk: true,
        taken: false,
        begun: false,
        seen: false,
        no_contact: true,
    };
    for attention in [None, Some(Attention::FirstContact), Some(Attention::ContactRefused)] {
        assert_eq!(next_step(Situation { attention, ..waits }), NextStep::WithoutContact, "{attention:?}");
    }
    assert_eq!(next_step(Situation { taken: true, ..waits }), NextStep::ChooseService);
}

#[test]
fn taking_a_referral_is_no_contact() {
    let taken = Situation {
        state: LoopState::Accepted,
        attention: None,
        level: None,
        at_desk: true,
        taken: true,
        begun: false,
        seen: true,
        no_contact: false,
    };
    assert_eq!(next_step(taken), NextStep::FirstContact);
    assert_eq!(next_step(Situation { begun: true, ..taken }), NextStep::ChooseService);
}
