//! Consent: who may be told, and when not.

use lariat::domain::attention::Attention;
use lariat::domain::clock::Timestamp;
use lariat::domain::consent::{
    Basis, ConsentFacts, Decision, Disclosure, NamedRecipient, Period, Provision, Recipients, Standing, Why,
    decide, permitted,
};
use lariat::domain::id::ResourceId;
use lariat::domain::party::{RecipientClass, RecipientId};

fn patient() -> ResourceId {
    ResourceId::from_bytes([1; 16])
}

fn someone_else() -> ResourceId {
    ResourceId::from_bytes([2; 16])
}

const FOOD_BANK: RecipientId = RecipientId(1);
const CHOIR: RecipientId = RecipientId(2);
const NOW: i64 = 1_000;

fn named(recipient: RecipientId) -> Recipients {
    Recipients::Named(vec![NamedRecipient::Organization(recipient)])
}

fn any_of(class: RecipientClass) -> Recipients {
    Recipients::Named(vec![NamedRecipient::AnyOf(class)])
}

/// In force since 100, for the food bank.
fn permit() -> ConsentFacts {
    ConsentFacts {
        patient: patient(),
        standing: Standing::Active,
        provision: Provision::Permit,
        recipients: named(FOOD_BANK),
        period: Period::default(),
        given_at: Timestamp::from_millis(100),
        withdrawn_at: None,
    }
}

fn deny() -> ConsentFacts {
    ConsentFacts { provision: Provision::Deny, ..permit() }
}

fn at(millis: i64) -> Option<Timestamp> {
    Some(Timestamp::from_millis(millis))
}

fn from(millis: i64) -> Period {
    Period { start: at(millis), end: None }
}

fn until(millis: i64) -> Period {
    Period { start: None, end: at(millis) }
}

fn ask(class: RecipientClass, consents: &[ConsentFacts]) -> Decision {
    let at = Timestamp::from_millis(NOW);
    decide(&Disclosure { patient: patient(), recipient: FOOD_BANK, class, at }, consents)
}

const IMPLIED: Decision = Decision::Permit(Basis::Implied);

fn by(index: usize) -> Decision {
    Decision::Permit(Basis::Express { index })
}

fn no(why: Why) -> Decision {
    Decision::Refuse(why)
}

fn check(what: &str, consents: &[ConsentFacts], non_custodian: Decision, custodian: Decision) {
    assert_eq!(ask(RecipientClass::NonCustodian, consents), non_custodian, "{what}, to a non-custodian");
    assert_eq!(ask(RecipientClass::Custodian, consents), custodian, "{what}, to a custodian");
}

/// What is disclosed is seen no longer than the decision stands, and no earlier.
#[test]
fn a_permission_holds_until_something_known_ends_it() {
    let period = |start, end| Period { start: at(start), end: at(end) };
    let during = |period| ConsentFacts { period, ..permit() };
    let denied = |period| ConsentFacts { period, given_at: Timestamp::from_millis(200), ..deny() };
    let open = Some(Period::default());
    let table = [
        ("no consent", vec![], None),
        ("one without an end", vec![permit()], open),
        ("one that ends", vec![during(until(5_000))], Some(until(5_000))),
        ("one that ended", vec![during(until(NOW))], None),
        ("one that begins later", vec![during(period(2_000, 5_000))], Some(period(2_000, 5_000))),
        ("another goes on", vec![during(until(5_000)), during(period(4_000, 9_000))], Some(until(9_000))),
        ("another after a break", vec![during(until(5_000)), during(from(6_000))], Some(until(5_000))),
        ("a refusal to come", vec![permit(), denied(from(3_000))], Some(until(3_000))),
        ("a refusal that ends", vec![permit(), denied(until(3_000))], Some(from(3_000))),
        ("somebody else's", vec![ConsentFacts { patient: someone_else(), ..permit() }], None),
    ];
    for (what, consents, expected) in table {
        let at = Timestamp::from_millis(NOW);
        let class = RecipientClass::NonCustodian;
        let asked = Disclosure { patient: patient(), recipient: FOOD_BANK, class, at };
        assert_eq!(permitted(&asked, &consents), expected, "{what}");
    }
}

#[test]
fn one_consent_at_a_time() {
    let table = [
        ("names it", permit(), by(0), by(0)),
        ("names another", ConsentFacts { recipients: named(CHOIR), ..permit() }, no(Why::OtherRecipient), IMPLIED),
        (
            "names nobody",
            ConsentFacts { recipients: Recipients::Unnamed, ..permit() },
            no(Why::OtherRecipient),
            by(0),
        ),
        (
            "names an empty list",
            ConsentFacts { recipients: Recipients::Named(vec![]), ..permit() },
            no(Why::OtherRecipient),
            IMPLIED,
        ),
        (
            "names any non-custodian",
            ConsentFacts { recipients: any_of(RecipientClass::NonCustodian), ..permit() },
            no(Why::OtherRecipient),
            IMPLIED,
        ),
        (
            "names any custodian",
            ConsentFacts { recipients: any_of(RecipientClass::Custodian), ..permit() },
            no(Why::OtherRecipient),
            by(0),
        ),
        ("another's", ConsentFacts { patient: someone_else(), ..permit() }, no(Why::NoConsent), IMPLIED),
        ("ended", ConsentFacts { standing: Standing::Inactive, ..permit() }, no(Why::Withdrawn), IMPLIED),
        ("draft", ConsentFacts { standing: Standing::NeverInForce, ..permit() }, no(Why::NotActive), IMPLIED),
        ("starts now", ConsentFacts { period: from(NOW), ..permit() }, by(0), by(0)),
        ("starts in a moment", ConsentFacts { period: from(NOW + 1), ..permit() }, no(Why::NotYet), IMPLIED),
        ("ends in a moment", ConsentFacts { period: until(NOW + 1), ..permit() }, by(0), by(0)),
        ("ends now", ConsentFacts { period: until(NOW), ..permit() }, no(Why::Expired), IMPLIED),
        ("withdrawn in a moment", ConsentFacts { withdrawn_at: at(NOW + 1), ..permit() }, by(0), by(0)),
        (
            "withdrawn now",
            ConsentFacts { withdrawn_at: at(NOW), ..permit() },
            no(Why::Withdrawn),
            no(Why::Withdrawn),
        ),
        (
            "withdrawn and so inactive",
            ConsentFacts { withdrawn_at: at(500), standing: Standing::Inactive, ..permit() },
            no(Why::Withdrawn),
            no(Why::Withdrawn),
        ),
        (
            "withdrawn, for everyone",
            ConsentFacts { withdrawn_at: at(500), recipients: Recipients::Unnamed, ..permit() },
            no(Why::Withdrawn),
            no(Why::Withdrawn),
        ),
        (
            "withdrawn, for another",
            ConsentFacts { withdrawn_at: at(500), recipients: named(CHOIR), ..permit() },
            no(Why::OtherRecipient),
            IMPLIED,
        ),
        (
            "entered in error and withdrawn",
            ConsentFacts { withdrawn_at: at(500), standing: Standing::NeverInForce, ..permit() },
            no(Why::NotActive),
            IMPLIED,
        ),
        ("refuses it", deny(), no(Why::Denied), no(Why::Denied)),
        (
            "refuses everyone",
            ConsentFacts { recipients: Recipients::Unnamed, ..deny() },
            no(Why::Denied),
            no(Why::Denied),
        ),
        (
            "refuses any non-custodian",
            ConsentFacts { recipients: any_of(RecipientClass::NonCustodian), ..deny() },
            no(Why::Denied),
            IMPLIED,
        ),
        ("refuses another", ConsentFacts { recipients: named(CHOIR), ..deny() }, no(Why::NoConsent), IMPLIED),
        ("another's refusal", ConsentFacts { patient: someone_else(), ..deny() }, no(Why::NoConsent), IMPLIED),
        ("a lapsed refusal", ConsentFacts { period: until(NOW), ..deny() }, no(Why::NoConsent), IMPLIED),
        ("a refusal taken back", ConsentFacts { withdrawn_at: at(NOW), ..deny() }, no(Why::NoConsent), IMPLIED),
    ];
    for (what, consent, non_custodian, custodian) in table {
        check(what, &[consent], non_custodian, custodian);
    }
}

#[test]
fn several_consents_together() {
    let expired = ConsentFacts { period: until(NOW), ..permit() };
    let withdrawn = ConsentFacts { withdrawn_at: at(500), ..permit() };
    let other = ConsentFacts { recipients: named(CHOIR), ..permit() };
    let given = |millis| ConsentFacts { given_at: Timestamp::from_millis(millis), ..permit() };
    let refused = no(Why::Denied);

    check("none", &[], no(Why::NoConsent), IMPLIED);
    check("the one in force counts", &[expired.clone(), other.clone(), permit()], by(2), by(2));
    check("a refusal beats a permission", &[permit(), deny()], refused, refused);
    let general = ConsentFacts { recipients: Recipients::Unnamed, ..deny() };
    check("a general refusal beats a particular permission", &[general, permit()], refused, refused);
    check("but not one that was given after it", &[deny(), given(101)], by(1), by(1));
    let for_another = ConsentFacts { recipients: named(CHOIR), ..given(101) };
    check("unless that is for another", &[deny(), for_another], refused, refused);
    let lapsed = ConsentFacts { period: until(NOW), ..given(101) };
    check("or has lapsed", &[deny(), lapsed], refused, refused);
    check("the most specific reason is told", &[other.clone(), expired.clone()], no(Why::Expired), IMPLIED);
    check("in either order", &[expired, other], no(Why::Expired), IMPLIED);
    let gone = no(Why::Withdrawn);
    check("withdrawal ends what was given before", &[withdrawn.clone(), given(499)], gone, gone);
    check("or at the same instant", &[given(500), withdrawn.clone()], gone, gone);
    check("but not what was given after", &[withdrawn, given(501)], by(1), by(1));
}

#[test]
fn each_reason_becomes_the_right_work_item() {
    for why in Why::ALL {
        let expected = match why.code() {
            "withdrawn" => Attention::ConsentWithdrawn,
            "denied" => Attention::ConsentDenied,
            _ => Attention::ConsentMissing,
        };
        assert_eq!(why.attention(), expected);
    }
}
