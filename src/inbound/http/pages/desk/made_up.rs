//! Made-up people and referrals for the catalogue, in each state that the desk's pages tell apart.

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::id::{ResourceId, Version};
use crate::domain::next_step::NextStep;
use crate::domain::party::CustodianId;
use crate::domain::referral::{LoopState, Stage};
use crate::domain::service::{Ages, Cost, Day, Trait};
use crate::domain::support_level::SupportLevel;
use crate::domain::task::Status;
use crate::domain::urgency::Urgency;
use crate::exchange::Choice;
use crate::exchange::RoomSaid;
use crate::exchange::desk::{
    AlreadyOpen, Answer, Answered, Apart, Asked, ConsentLine, Delivery, Entry as Happened, HandAnswered, HandedOn,
    Person, Preview, ReferralPage, Room, SeenField, ServiceCard, SixMonths, Spoken, Stands, Told, Tried, Unsuited,
    Way, Who,
};
use crate::exchange::partner::{self, Contact, Question, Report};

/// 2026-11-21T14:00:00Z.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_795_269_600_000);
/// Milliseconds.
const HOUR: i64 = 60 * 60 * 1_000;

/// A referral in one of its states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sample {
    New,
    Question,
    Declined,
    Consent,
    NotDelivered,
    OnHold,
    Message,
    PartnerNote,
    NoShow,
    OneDeclined,
    Waiting,
    ReadOnly,
    Closed,
    NoContact,
    SixMonths,
}

impl Sample {
    /// Where it stands, what asks for somebody, and what is done next.
    pub(super) const fn stands(self) -> (LoopState, Option<Attention>, NextStep) {
        match self {
            Self::New => (LoopState::Requested, None, NextStep::FirstContact),
            Self::Question => (LoopState::InProgress, Some(Attention::Question), NextStep::AnswerPartner),
            Self::Declined => (LoopState::NeedsRouting, Some(Attention::Declined), NextStep::ChooseAnother),
            Self::Consent => (LoopState::InProgress, Some(Attention::ConsentWithdrawn), NextStep::WithoutConsent),
            Self::NotDelivered => (LoopState::InProgress, Some(Attention::DeadLetter), NextStep::SendAnotherWay),
            Self::OnHold => (LoopState::OnHold, None, NextStep::Resume),
            Self::Message => (LoopState::Accepted, Some(Attention::Message), NextStep::ReadMessage),
            Self::PartnerNote => (LoopState::InProgress, Some(Attention::PartnerNote), NextStep::ReadNote),
            Self::NoShow => (LoopState::InProgress, Some(Attention::NotAttended), NextStep::AfterNoShow),
            Self::OneDeclined => (LoopState::InProgress, Some(Attention::DeclinedByOne), NextStep::OneDeclined),
            Self::Waiting => (LoopState::InProgress, None, NextStep::Wait),
            Self::ReadOnly => (LoopState::Accepted, None, NextStep::ChooseService),
            Self::Closed => (LoopState::Completed, None, NextStep::Nothing),
            Self::NoContact => (LoopState::Requested, None, NextStep::WithoutContact),
            Self::SixMonths => (LoopState::Completed, Some(Attention::FollowUp), NextStep::FollowUp),
        }
    }
}

pub(super) fn id(number: u8) -> ResourceId {
    let mut bytes = [0; 16];
    bytes[15] = number;
    ResourceId::from_bytes(bytes)
}

pub(super) fn before(hours: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() - hours * HOUR)
}

pub(super) fn text(text: &str) -> String {
    text.to_owned()
}

pub(super) fn cards() -> Vec<ServiceCard> {
    vec![card(Some(Room::Has), true), card(Some(Room::Waitlist), false), card(None, false)]
}

pub(super) fn card(room: Option<Room>, is_vetted: bool) -> ServiceCard {
    ServiceCard {
        choice: Choice::Partner(text("oak-street")),
        name: text("Weekly hamper"),
        organisation: text("Oak Street Food Bank, made up"),
        partner: text("oak-street"),
        room,
        room_note: (room == Some(Room::Has)).then(|| text("From Monday")),
        room_said: (room == Some(Room::Waitlist)).then(|| RoomSaid {
            room: Room::Waitlist,
            weeks: Some(3),
            until: None,
            on: jiff::civil::date(2026, 11, 20),
        }),
        // A waiting list that nobody has looked at for long.
        confirmed_at: room.map(|room| before(if room == Room::Waitlist { 200 * 24 } else { 20 })),
        needs: vec![text("financial-insecurity")],
        places: vec![text("Dutton")],
        phones: vec![text("519 555 0122")],
        days: vec![Day::Monday, Day::Thursday],
        languages: [("en", "English"), ("pt", "português")]
            .map(|(tag, said)| Spoken { tag: Some(text(tag)), said: text(said) })
            .to_vec(),
        cost: Some(if is_vetted { Cost::Free } else { Cost::Fee }),
        traits: if is_vetted { Trait::ALL.to_vec() } else { Vec::new() },
        eligibility: vec![text("Elgin")],
        ages: Ages { least: Some(18), most: is_vetted.then_some(90) },
        about: Some(text("Fresh food, once a week.")),
        way: if is_vetted { Way::Letter } else { Way::Delivered },
        fits_need: true,
        speaks_language: true,
        was_tried: room.is_none(),
        is_wished: room == Some(Room::Has),
    }
}

pub(super) fn preview(room: Option<Room>, is_vetted: bool, withheld: Option<Attention>) -> Preview {
    let field = |resource: &str, element: &str, values: &[&str]| SeenField {
        resource: text(resource),
        element: text(element),
        values: values.iter().map(|value| text(value)).collect(),
    };
    let stays = [
        ("Communication", "payload"),
        ("Patient", "birthDate"),
        ("Patient", "identifier"),
        ("ServiceRequest", "note"),
    ];
    Preview {
        version: 1,
        reference: text("LR-4F7K-2M"),
        service: card(room, is_vetted),
        data: serde_json::Value::Null,
        fields: vec![
            field("Patient", "name", &["Tremblay", "Aline"]),
            field("Patient", "telecom", &["phone", "+1 519 555 0142"]),
            field("Patient", "communication", &["fr-CA"]),
            field("ServiceRequest", "code", &["Referral to social services"]),
            field("ServiceRequest", "orderDetail", &["Material support", "Food", "medium"]),
            field("ServiceRequest", "priority", &["routine"]),
            field("Task", "status", &["requested"]),
            field("Task", "intent", &["order"]),
        ],
        stays: stays.into_iter().map(|(resource, element)| (text(resource), text(element))).collect(),
        first_look: is_vetted.then(first_look),
        withheld,
        level: Some(SupportLevel::Medium),
        answer_by: before(-7 * 24),
        already_open: (room == Some(Room::Full)).then(|| AlreadyOpen { id: id(5), reference: text("LR-9Q2C-7B") }),
        asked_already: room == Some(Room::Full),
        can_send: true,
    }
}

pub(super) fn page(sample: Sample) -> ReferralPage {
    let (state, attention, next) = sample.stands();
    let may_write = sample != Sample::ReadOnly;
    let is_new = matches!(sample, Sample::New | Sample::NoContact);
    ReferralPage {
        id: id(1),
        version: 3,
        reference: text("LR-4F7K-2M"),
        state,
        stage: Stage::At(state),
        attention,
        due_at: (sample != Sample::Closed).then(|| before(if sample == Sample::Declined { 30 } else { -40 })),
        is_overdue: sample == Sample::Declined,
        assignee: (!is_new).then(|| text("nadia")),
        team: Some(text("east")),
        is_seen: !is_new,
        person: person(),
        asked: asked(),
        consents: if is_new { Vec::new() } else { consents(sample) },
        tried: if is_new { Vec::new() } else { vec![tried(sample)] },
        timeline: if is_new { vec![received()] } else { timeline() },
        next,
        also: (sample == Sample::Question).then_some(NextStep::FollowUp),
        partner: Some(text("Oak Street Food Bank, made up")),
        question: (sample == Sample::Question).then(|| text("Can she carry a 10 kg box?")),
        declined_because: matches!(sample, Sample::Declined | Sample::OneDeclined).then(|| text("Full until May")),
        message: matches!(sample, Sample::Message | Sample::PartnerNote | Sample::NoShow)
            .then(|| text("She may walk as far as she likes.")),
        read_until: (sample == Sample::Message).then(|| before(2)),
        tries: 1,
        may_write,
        can_take: is_new,
        can_confirm: is_new,
        same_person: if is_new { vec![text("LR-9Q2C-7B")] } else { Vec::new() },
        can_hold: may_write && !is_new && state != LoopState::OnHold,
        can_resume: sample == Sample::OnHold,
        can_close: may_write && !state.is_closed(),
        look_again_on: (sample == Sample::OnHold).then(|| text("2026-12-11")),
        six_months: (state == LoopState::Completed).then(|| SixMonths {
            on: text(if sample == Sample::SixMonths { "2026-11-20" } else { "2027-05-20" }),
            has_come: sample == Sample::SixMonths,
        }),
        can_send: may_write && !state.is_closed(),
        can_reassign: may_write,
        can_report: !is_new,
        is_with_partner: !is_new,
        handed_on: (sample == Sample::Waiting).then(handed_on),
        can_inform: is_new,
        has_prescriber: true,
    }
}

pub(super) fn handed_on() -> HandedOn {
    HandedOn {
        task: id(6),
        whom: text("Lunch club, made up"),
        answers: &[HandAnswered::Accepted, HandAnswered::Rejected],
    }
}

/// A service that was set apart.
pub(super) fn apart() -> Apart {
    Apart { card: card(None, false), reason: Unsuited::Transport, words: Some(text("No bus on Thursdays.")) }
}

pub(super) fn person() -> Person {
    Person {
        family: text("Tremblay"),
        given: text("Aline"),
        preferred: Some(text("Lili")),
        pronouns: Some(text("she/elle")),
        birth_date: Some(text("1948-01-02")),
        language: Some(text("fr-CA")),
        interpreter: Some(false),
        card_ends: Some(text("289")),
        contacts: vec![(text("phone"), text("519 555 0142")), (text("email"), text("aline@mail.example"))],
        address: vec![text("1 Made-up Street"), text("Dutton ON N0L 1J0")],
        town: Some(text("Dutton")),
    }
}

pub(super) fn asked() -> Asked {
    let answer = |question: &str, answered| Answer { question: text(question), answered };
    Asked {
        reasons: vec![text("Difficulty making ends meet")],
        need: Some(text("financial-insecurity")),
        service: Some(text("Weekly hamper")),
        wished: Some(text("Oak Street Food Bank, made up")),
        level: Some(SupportLevel::Medium),
        from: vec![text("Amal Madeup"), text("Nurse practitioner"), text("Riverbend CHC, made up")],
        by_themself: false,
        confirmed: None,
        on: Some(before(20)),
        urgency: Some(text("routine")),
        notes: vec![text("Walks with a cane.")],
        no_contact: true,
        answers: vec![
            answer("How often do you feel lonely?", Answered::Said(text("Often"))),
            answer("Do you have enough to eat?", Answered::Declined),
            answer("Do you look for work?", Answered::NotAsked),
        ],
    }
}

pub(super) fn consents(sample: Sample) -> Vec<ConsentLine> {
    vec![ConsentLine {
        id: id(2),
        to: text("Oak Street Food Bank, made up"),
        agrees: true,
        stands: match sample {
            Sample::Consent => Stands::Ended,
            Sample::Declined => Stands::Replaced,
            _ => Stands::InForce,
        },
        since: Some(text("2026-11-20")),
        until: Some(text("2027-11-20")),
        how: Some(text("Recorded at the desk by Nadia Madeup, spoken")),
    }]
}

pub(super) fn tried(sample: Sample) -> Tried {
    let status = match sample {
        Sample::Declined => "rejected",
        Sample::Closed => "completed",
        Sample::Question => "requested",
        _ => "accepted",
    };
    Tried {
        task: id(3),
        service: text("Weekly hamper"),
        sent_at: before(18),
        is_here: false,
        status: text(status),
        business_status: (sample == Sample::Question).then(|| text("question")),
        uptake: (sample == Sample::Closed).then(|| text("attended")),
        outcome: (sample == Sample::Closed).then(|| text("Goes every Thursday.")),
        reason: (sample == Sample::Declined).then(|| text("Full until May")),
    }
}

pub(super) fn happened(hours: i64, who: Who, told: Told) -> Happened {
    Happened {
        at: before(hours),
        who,
        told,
        to: Some(text("Oak Street Food Bank, made up")),
        code: None,
        how: None,
        minutes: None,
        text: None,
        delivery: None,
    }
}

pub(super) fn received() -> Happened {
    happened(20, Who::Source, Told::Received)
}

pub(super) fn timeline() -> Vec<Happened> {
    let nadia = || Who::Staff(text("Nadia Madeup"));
    let oak = || Who::Partner(text("Oak Street Food Bank, made up"));
    let delivery = |event: &str, state: &str| {
        Some(Delivery {
            event: text(event),
            state: text(state),
            attempts: vec![(before(17), text("http-503")), (before(16), text("delivered"))],
            message_id: id(4),
        })
    };
    let coded = |entry: Happened, code: &str| Happened { code: Some(text(code)), ..entry };
    let said = |entry: Happened, words: &str| Happened { text: Some(text(words)), ..entry };
    let contact = coded(happened(19, nadia(), Told::Contact), "message-left");
    vec![
        Happened {
            delivery: delivery("referral.accepted", "waiting"),
            ..happened(1, Who::Lariat, Told::ToldSource)
        },
        said(happened(2, nadia(), Told::Note), "She likes chess."),
        coded(happened(3, oak(), Told::Uptake), "attended"),
        coded(happened(3, nadia(), Told::SetApart), "transport"),
        Happened { how: Some(text("phone")), ..happened(3, nadia(), Told::ByHand) },
        said(happened(4, nadia(), Told::Answer), "A small one."),
        said(happened(5, oak(), Told::Question), "Can she carry a 10 kg box?"),
        coded(happened(6, oak(), Told::Moved), "accepted"),
        happened(7, oak(), Told::Opened),
        happened(8, Who::Lariat, Told::Reminder),
        Happened {
            delivery: delivery("referral.requested", "delivered"),
            ..happened(16, Who::Lariat, Told::Delivery)
        },
        happened(18, nadia(), Told::Sent),
        coded(happened(18, nadia(), Told::Consent), "permit"),
        Happened { how: Some(text("phone")), minutes: Some(5), ..contact },
        happened(19, nadia(), Told::Taken),
        received(),
    ]
}

fn first_look() -> Box<partner::Referral> {
    Box::new(partner::Referral {
        task: id(3),
        version: Version::FIRST,
        reference: text("LR-4F7K-2M"),
        custodian: CustodianId(1),
        status: Status::Requested,
        changed_at: NOW,
        sent_on: None,
        reply_by: None,
        urgency: Urgency::Routine,
        question: Question::None,
        need: vec![text("Food"), text("Difficulty making ends meet")],
        person: partner::Person {
            name: Some(text("A. T.")),
            age: Some((75, Some(84))),
            town: Some(text("Dutton")),
            language: Some(text("fr-CA")),
            contact: Contact::Later(vec![text("phone")]),
        },
        message: None,
        notes: Vec::new(),
        report: Report::default(),
        reason: None,
        closed: None,
        wants_outcome: true,
        next_ask_at: None,
    })
}
