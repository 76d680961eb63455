//! The project's own codes: stored, so they never change.

use lariat::domain::attention::Attention;
use lariat::domain::code::UnknownCode;
use lariat::domain::consent::Why;
use lariat::domain::reason::{ClosingReason, DeclineReason};
use lariat::domain::referral::LoopState;
use lariat::domain::routing::{Language, Routing};
use lariat::domain::support_level::SupportLevel;
use lariat::domain::uptake::Uptake;
use lariat::domain::worklist::{Group, WaitsOn};

macro_rules! check {
    ($kind:ident, $expected:expr) => {
        let expected: &[&str] = &$expected;
        let actual: Vec<_> = $kind::ALL.iter().map(|value| value.code()).collect();
        assert_eq!(actual, expected);
        for value in $kind::ALL {
            assert_eq!($kind::from_code(value.code()), Ok(*value));
            assert_eq!($kind::from_code(&value.code().to_uppercase()), Err(UnknownCode));
        }
        assert_eq!($kind::from_code(""), Err(UnknownCode));
    };
}

#[test]
fn codes_are_these_and_go_round() {
    check!(Uptake, ["attended", "partial", "not-attended", "unknown"]);
    check!(SupportLevel, ["signposting", "light", "medium", "holistic"]);
    check!(WaitsOn, ["desk", "partner", "day", "source", "nobody"]);
    check!(Group, ["now", "overdue", "new", "this-week", "others"]);
    check!(Routing, ["direct", "link-worker", "pod"]);
    check!(Language, ["en", "fr"]);
    check!(
        DeclineReason,
        [
            "at-capacity",
            "waitlist",
            "not-eligible",
            "out-of-area",
            "service-ended",
            "unable-to-contact",
            "duplicate",
            "other",
            "unspecified",
        ]
    );
    check!(
        ClosingReason,
        [
            "goals-met",
            "goals-partly-met",
            "beyond-scope",
            "declined",
            "unable-to-contact",
            "moved",
            "died",
            "no-longer-needed",
            "sent-in-error",
            "other",
            "information-given",
        ]
    );
    check!(
        LoopState,
        [
            "draft",
            "requested",
            "accepted",
            "in-progress",
            "on-hold",
            "needs-routing",
            "completed",
            "rejected",
            "cancelled",
            "failed",
            "retracted",
        ]
    );
    check!(
        Attention,
        [
            "consent-missing",
            "consent-withdrawn",
            "consent-denied",
            "no-recipient",
            "endpoint-missing",
            "endpoint-paused",
            "dead-letter",
            "declined",
            "unanswered",
            "patient-in-doubt",
            "code-unmapped",
            "answer-refused",
            "question",
            "message",
            "partner-note",
            "not-attended",
            "declined-by-one",
            "outcome-missing",
            "first-contact",
            "stalled",
            "follow-up",
            "contact-refused",
        ]
    );
    check!(Why, ["no-consent", "other-recipient", "not-active", "not-yet", "expired", "withdrawn", "denied"]);
}
