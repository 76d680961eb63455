//! How a referral looks wherever it is shown: its state as a tag, its next step as a sentence, who did something.

use crate::domain::attention::Attention;
use crate::domain::clock::Timestamp;
use crate::domain::id::ResourceId;
use crate::domain::next_step::NextStep;
use crate::domain::referral::{LoopState, Stage};
use crate::exchange::desk::Row;
use crate::exchange::{By, Staff};
use crate::inbound::http::Doors;
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Link;
use crate::inbound::http::pages::when::When;
use crate::inbound::http::pages::words::{Said, Words};

/// A state: a hue of the tags, and a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) hue: &'static str,
    pub(super) text: String,
}

/// The one tag of a referral: what asks for somebody, where that has a word of its own, else where it stands.
pub(super) fn tag(t: Words, stage: Stage, attention: Option<Attention>, next: NextStep) -> Tag {
    let word = || match (stage, next) {
        (Stage::Informed, _) => ("grey", "desk-tag-closed"),
        (Stage::At(LoopState::Cancelled | LoopState::Failed), NextStep::ChooseAnother) => {
            stands(LoopState::NeedsRouting)
        }
        (Stage::At(state), _) => stands(state),
    };
    let (hue, key) = attention.and_then(alarm).unwrap_or_else(word);
    Tag { hue, text: t.say(key).to_string() }
}

/// The tag of a Task at a partner, by its status.
pub(super) fn status_tag(t: Words, status: &str, question: bool) -> Tag {
    let (hue, key) = match status {
        _ if question => ("purple", "desk-tag-question"),
        "draft" => stands(LoopState::Draft),
        "accepted" => stands(LoopState::Accepted),
        "in-progress" => stands(LoopState::InProgress),
        "on-hold" => stands(LoopState::OnHold),
        "completed" => stands(LoopState::Completed),
        "rejected" => stands(LoopState::Rejected),
        "cancelled" => stands(LoopState::Cancelled),
        "failed" => stands(LoopState::Failed),
        _ => stands(LoopState::Requested),
    };
    Tag { hue, text: t.say(key).to_string() }
}

const fn stands(state: LoopState) -> (&'static str, &'static str) {
    match state {
        LoopState::Draft => ("grey", "desk-tag-draft"),
        LoopState::Requested => ("blue", "desk-tag-requested"),
        LoopState::Accepted => ("teal", "desk-tag-accepted"),
        LoopState::InProgress => ("teal", "desk-tag-in-progress"),
        LoopState::OnHold => ("yellow", "desk-tag-on-hold"),
        LoopState::NeedsRouting => ("orange", "desk-tag-needs-routing"),
        LoopState::Rejected => ("orange", "desk-tag-rejected"),
        LoopState::Completed => ("green", "desk-tag-completed"),
        LoopState::Failed => ("grey", "desk-tag-failed"),
        LoopState::Cancelled | LoopState::Retracted => ("grey", "desk-tag-cancelled"),
    }
}

const fn alarm(attention: Attention) -> Option<(&'static str, &'static str)> {
    match attention {
        Attention::Question => Some(("purple", "desk-tag-question")),
        Attention::ConsentMissing => Some(("red", "desk-tag-consent")),
        Attention::ConsentWithdrawn => Some(("orange", "desk-tag-consent-withdrawn")),
        Attention::ConsentDenied => Some(("orange", "desk-tag-consent-denied")),
        Attention::EndpointMissing | Attention::EndpointPaused | Attention::DeadLetter => {
            Some(("red", "desk-tag-not-delivered"))
        }
        Attention::NoRecipient
        | Attention::Declined
        | Attention::Unanswered
        | Attention::PatientInDoubt
        | Attention::CodeUnmapped
        | Attention::AnswerRefused
        | Attention::Message
        | Attention::PartnerNote
        | Attention::NotAttended
        | Attention::DeclinedByOne
        | Attention::OutcomeMissing
        | Attention::FirstContact
        | Attention::Stalled
        | Attention::FollowUp
        | Attention::ContactRefused => None,
    }
}

/// What to do, as a sentence.
pub(super) fn step(t: Words, next: NextStep, partner: Option<&str>) -> Said {
    let somebody = t.say("desk-the-partner").to_string();
    t.say(format!("desk-step-{}", next.code())).with("partner", partner.unwrap_or(&somebody))
}

/// Where the next step is done.
pub(super) fn step_path(id: ResourceId, next: NextStep) -> Option<String> {
    let place = match next {
        NextStep::AnswerPartner => "/answer",
        NextStep::ReadMessage => "/ask",
        NextStep::RecordConsent => "/consent",
        NextStep::ChooseAnother
        | NextStep::OneDeclined
        | NextStep::ChooseService
        | NextStep::SendAnotherWay
        | NextStep::WithoutConsent
        | NextStep::WithoutContact => "/service",
        NextStep::FirstContact
        | NextStep::FollowUp
        | NextStep::CallPartner
        | NextStep::ClearAnswer
        | NextStep::AskOutcome
        | NextStep::AfterNoShow => "/follow-up",
        NextStep::Close => "/close",
        NextStep::CheckPerson | NextStep::MapCode => "/note",
        NextStep::ReadNote | NextStep::Resume | NextStep::Look | NextStep::Wait | NextStep::Nothing => return None,
    };
    Some(format!("{}{place}", path(id)))
}

/// The page of a referral.
pub(super) fn path(id: ResourceId) -> String {
    format!("/desk/referrals/{id}")
}

/// Who was first, in words: to the desk by name.
pub(super) fn by(t: Words, by: &By) -> String {
    match by {
        By::Staff(name) | By::Partner(name) => name.clone(),
        By::Source => t.say("desk-who-source").to_string(),
        By::Lariat => t.say("desk-who-lariat").to_string(),
    }
}

/// The name of a colleague, by slug.
pub(super) fn colleague(doors: &Doors, slug: &str) -> String {
    doors.0.pages.staff(slug).map_or_else(|| slug.to_owned(), |staff| staff.title.clone())
}

/// Those at the same clinic who may work a referral, by name.
pub(super) fn colleagues(doors: &Doors, of: &Staff) -> Vec<(String, String)> {
    let known = doors.0.pages.staff.values().map(|(staff, _)| staff);
    let here = known.filter(|staff| staff.custodian == of.custodian && staff.may_write());
    let mut names: Vec<_> = here.map(|staff| (staff.name.clone(), staff.title.clone())).collect();
    names.sort_by(|one, other| one.1.cmp(&other.1));
    names
}

/// A referral in a list, as it is drawn.
#[derive(Clone, Debug)]
pub(super) struct RowView {
    pub(super) href: String,
    pub(super) what: String,
    /// What else is to be done, and where.
    pub(super) also: Option<Link>,
    pub(super) reference: String,
    pub(super) person: String,
    pub(super) born_in: Option<String>,
    pub(super) reasons: String,
    pub(super) tag: Tag,
    pub(super) is_overdue: bool,
    pub(super) due: Option<When>,
    pub(super) from: Option<String>,
    pub(super) with: Option<String>,
    /// Whose it is, when it is another team's.
    pub(super) other_team: Option<String>,
    pub(super) take: Option<Form>,
}

/// A row with what the page adds: its words, its times, and a button to take it.
pub(super) fn row(
    t: Words,
    row: Row,
    with: Option<String>,
    when: impl Fn(Timestamp) -> When,
    take: impl FnOnce(String) -> Form,
) -> RowView {
    let href = path(row.id);
    let (family, given) = row.name;
    let name = match (row.preferred, given.is_empty()) {
        (Some(preferred), _) => format!("{family}, {preferred}"),
        (None, false) => format!("{family}, {given}"),
        (None, true) => family,
    };
    RowView {
        what: step(t, row.next, row.partner.as_deref()).to_string(),
        also: row.also.map(|also| Link {
            href: step_path(row.id, also).unwrap_or_else(|| href.clone()),
            text: step(t, also, row.partner.as_deref()).to_string(),
        }),
        person: if name.is_empty() { t.say("desk-no-name").to_string() } else { name },
        born_in: row.born_in,
        reasons: row.reasons.iter().map(|words| t.term(words)).collect::<Vec<_>>().join(", "),
        tag: tag(t, row.stage, row.attention, row.next),
        is_overdue: row.is_overdue,
        due: row.due_at.map(when),
        from: if row.by_themself {
            Some(t.say("desk-from-themself").to_string())
        } else {
            row.from.map(|role| t.term(&role))
        },
        with,
        other_team: row.other_team.map(|team| t.say("desk-row-other-team").with("team", team).to_string()),
        take: row.can_take.then(|| {
            let mut form = take(format!("{href}/take"));
            form.version = row.version.to_string();
            form
        }),
        reference: row.reference,
        href,
    }
}
