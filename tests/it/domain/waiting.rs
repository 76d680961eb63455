//! For whom a referral waits: the table of the module, and what an attention changes in it.

use lariat::domain::attention::Attention;
use lariat::domain::chase::Silence;
use lariat::domain::referral::{LoopState, derive_for};
use lariat::domain::support_level::SupportLevel::{self, Holistic, Light, Medium};
use lariat::domain::task::Status;
use lariat::domain::waiting::{Facts, Pause};
use lariat::domain::worklist::WaitsOn;

fn facts(state: LoopState, by_team: bool, root: Status, asked: &[Status], level: Option<SupportLevel>) -> Facts {
    Facts { state, attention: None, by_team, root, asked: asked.to_vec(), level, urgent: false, pause: None }
}

#[test]
fn each_row_of_the_table_waits_for_its_side() {
    use LoopState as L;
    use Status as S;
    let answer = Some(Silence::Answer { urgent: false });
    let outcome = |holistic| Some(Silence::Outcome { holistic });
    let first = Some(Silence::FirstContact { urgent: false });
    let desk = |level| Some(Silence::Desk { urgent: false, level });
    let table: [(Facts, WaitsOn, Option<Silence>, bool); 12] = [
        (facts(L::Completed, true, S::Completed, &[], None), WaitsOn::Nobody, None, false),
        (facts(L::Retracted, false, S::EnteredInError, &[], None), WaitsOn::Nobody, None, false),
        (facts(L::Draft, false, S::Draft, &[], None), WaitsOn::Source, None, false),
        (facts(L::Requested, true, S::Requested, &[], None), WaitsOn::Desk, first, true),
        (facts(L::Accepted, true, S::Accepted, &[], Some(Medium)), WaitsOn::Desk, desk(Some(Medium)), true),
        (facts(L::Requested, false, S::Requested, &[S::Requested], None), WaitsOn::Partner, answer, true),
        (
            facts(L::InProgress, true, S::InProgress, &[S::Accepted, S::Requested], None),
            WaitsOn::Partner,
            answer,
            true,
        ),
        (facts(L::Accepted, false, S::Accepted, &[S::Accepted], None), WaitsOn::Partner, outcome(false), true),
        (facts(L::OnHold, false, S::OnHold, &[S::OnHold], Some(Medium)), WaitsOn::Partner, outcome(false), true),
        (
            facts(L::InProgress, true, S::InProgress, &[S::InProgress], Some(Holistic)),
            WaitsOn::Partner,
            outcome(true),
            true,
        ),
        (facts(L::NeedsRouting, true, S::InProgress, &[], None), WaitsOn::Desk, desk(None), true),
        (facts(L::Requested, false, S::Requested, &[], None), WaitsOn::Desk, desk(None), true),
    ];
    for (facts, on, silence, listed) in table {
        let waiting = facts.waiting();
        assert_eq!((waiting.on, waiting.silence, waiting.listed), (on, silence, listed), "{facts:?}");
        assert_eq!(waiting.desk.is_some(), listed && on == WaitsOn::Desk && silence.is_none(), "{facts:?}");
    }
}

#[test]
fn an_attention_is_for_the_desk_and_some_of_them_stop_the_chase() {
    for attention in Attention::ALL {
        let mut asked = facts(LoopState::Requested, false, Status::Requested, &[Status::Requested], None);
        asked.attention = Some(*attention);
        let waiting = asked.waiting();
        assert!(waiting.listed && waiting.on == WaitsOn::Desk, "{attention:?}");
        let stops = [
            Attention::ConsentMissing,
            Attention::ConsentWithdrawn,
            Attention::ConsentDenied,
            Attention::NoRecipient,
            Attention::EndpointMissing,
            Attention::Declined,
            Attention::Question,
            Attention::AnswerRefused,
        ];
        let silence = match stops.contains(attention) {
            true => Silence::Unsettled { urgent: false },
            false => Silence::Answer { urgent: false },
        };
        assert_eq!(waiting.silence, Some(silence), "{attention:?}");
        let mut closed = facts(LoopState::Completed, false, Status::Completed, &[], None);
        closed.attention = Some(*attention);
        assert!(closed.waiting().listed && closed.waiting().silence.is_none(), "{attention:?}");
    }
}

#[test]
fn holistic_support_is_ended_by_the_link_worker_alone() {
    let done = [Status::Completed, Status::Rejected];
    for (level, expected) in [
        (Some(Holistic), LoopState::InProgress),
        (Some(Medium), LoopState::Completed),
        (Some(Light), LoopState::Completed),
        (None, LoopState::Completed),
    ] {
        assert_eq!(derive_for(level, true, Status::InProgress, &done, None), expected, "{level:?}");
        assert_eq!(derive_for(level, true, Status::Completed, &done, None), LoopState::Completed, "{level:?}");
    }
    assert_eq!(derive_for(Some(Holistic), true, Status::OnHold, &done, None), LoopState::OnHold);
}

#[test]
fn light_support_is_closed_by_a_partners_yes_and_opened_again_when_it_gives_up() {
    use LoopState as L;
    use Status as S;
    // By a team, root, children, loop.
    let table: [(bool, Status, &[Status], LoopState); 15] = [
        (false, S::Requested, &[], L::Requested),
        (false, S::Accepted, &[], L::Completed),
        (false, S::InProgress, &[], L::Completed),
        (false, S::Cancelled, &[], L::Cancelled),
        (false, S::Rejected, &[S::Accepted], L::Completed),
        (false, S::Cancelled, &[S::Requested], L::InProgress),
        (false, S::Failed, &[S::Accepted], L::Completed),
        (false, S::Failed, &[S::Rejected], L::Failed),
        (true, S::Cancelled, &[S::Completed], L::Cancelled),
        (true, S::Failed, &[S::Requested], L::Failed),
        (true, S::Accepted, &[], L::Accepted),
        (true, S::InProgress, &[S::Accepted], L::Completed),
        (true, S::InProgress, &[S::Rejected, S::Accepted], L::Completed),
        (true, S::InProgress, &[S::Accepted, S::Requested], L::InProgress),
        (true, S::InProgress, &[S::Cancelled], L::NeedsRouting),
    ];
    for (by_team, root, children, expected) in table {
        assert_eq!(derive_for(Some(Light), by_team, root, children, None), expected, "{root:?} {children:?}");
    }
}

#[test]
fn a_pause_of_the_desk_waits_for_its_day_and_then_for_the_desk() {
    let desk = Some(Silence::Desk { urgent: false, level: None });
    for (pause, on, silence) in [(Pause::Lasts, WaitsOn::Day, None), (Pause::IsOver, WaitsOn::Desk, desk)] {
        let mut paused = facts(LoopState::OnHold, true, Status::OnHold, &[Status::Requested], None);
        paused.pause = Some(pause);
        let waiting = paused.waiting();
        assert_eq!((waiting.on, waiting.silence, waiting.listed), (on, silence, true), "{pause:?}");
    }
}
