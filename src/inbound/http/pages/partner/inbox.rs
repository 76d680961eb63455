//! P3: one place for the referrals of all clinics.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::task::Status;
use crate::exchange::partner::{Inbox, Question, Row};
use crate::inbound::http::pages::form::Form;
use crate::inbound::http::pages::frame::Frame;
use crate::inbound::http::pages::partner::holder::{Partner, PartnerPosted};
use crate::inbound::http::pages::partner::referral::urgency;
use crate::inbound::http::pages::partner::room;
use crate::inbound::http::pages::problem::Trouble;
use crate::inbound::http::pages::visit::see;
use crate::inbound::http::pages::when::When;
use crate::inbound::http::pages::words::{Said, Words};

/// One line, told.
pub(super) struct Line {
    pub(super) href: String,
    pub(super) reference: String,
    pub(super) clinic: String,
    pub(super) tag: (&'static str, Said),
    /// Said unless it is routine.
    pub(super) urgency: Option<String>,
    pub(super) reply_by: Option<When>,
    pub(super) changed: When,
}

/// A group of lines: its key among the words, and they.
pub(super) struct Group {
    pub(super) key: &'static str,
    pub(super) lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "partner/inbox.html", config = "src/inbound/http/pages/askama.toml")]
pub(super) struct InboxPage<'a> {
    pub(super) t: Words,
    pub(super) frame: Frame,
    pub(super) groups: Vec<Group>,
    /// Where to say whether there is room.
    pub(super) room: String,
    pub(super) session: Ends<'a>,
}

/// When the session ends, and what may be done about it. Stands below every page behind the code.
pub(super) struct Ends<'a> {
    pub(super) at: When,
    pub(super) extend: Option<&'a Form>,
    pub(super) finish: &'a Form,
}

/// The forms of [`Ends`].
pub(super) struct Ending {
    extend: Option<Form>,
    finish: Form,
    at: When,
}

impl Ending {
    pub(super) fn of(partner: &Partner) -> Self {
        let (visit, base) = (partner.visit(), partner.holder.base());
        Self {
            extend: partner.session.may_extend.then(|| visit.button(&format!("{base}/extend"))),
            finish: visit.button(&format!("{base}/finish")),
            at: visit.when(partner.session.until),
        }
    }

    pub(super) fn shown(&self) -> Ends<'_> {
        Ends { at: self.at.clone(), extend: self.extend.as_ref(), finish: &self.finish }
    }
}

/// The tag of a referral as its partner sees it (PAGES 3.3): hue and word.
pub(super) fn tag(t: Words, status: Status, question: Question) -> (&'static str, Said) {
    let (hue, key) = match (status, question) {
        (Status::Requested, Question::Asked) => ("purple", "partner-tag-asked"),
        (Status::Requested, Question::Answered) => ("purple", "partner-tag-answered"),
        (Status::Requested, Question::None) => ("blue", "partner-tag-waiting"),
        (Status::Accepted, _) => ("teal", "partner-tag-accepted"),
        (Status::InProgress, _) => ("teal", "partner-tag-under-way"),
        (Status::OnHold, _) => ("yellow", "partner-tag-on-hold"),
        (Status::Completed, _) => ("green", "partner-tag-outcome"),
        (Status::Failed, _) => ("grey", "partner-tag-failed"),
        (Status::Rejected, _) => ("orange", "partner-tag-declined"),
        (Status::Cancelled | Status::Draft | Status::EnteredInError, _) => ("grey", "partner-tag-cancelled"),
    };
    (hue, t.say(key))
}

pub(super) async fn inbox(partner: Partner) -> Result<Response, Trouble> {
    let visit = partner.visit();
    let inbox = visit.desk().partner_inbox(&partner.session).await?;
    let title = visit.say("partner-inbox-title").with("count", inbox.waiting.len());
    let frame = visit.frame(title).large();
    let ending = Ending::of(&partner);
    let (t, room) = (visit.t(), room::base(&partner));
    let page = InboxPage { t, frame, groups: groups(&partner, inbox), room, session: ending.shown() };
    Ok(visit.page(StatusCode::OK, &page))
}

fn groups(partner: &Partner, inbox: Inbox) -> Vec<Group> {
    let group =
        |key, rows: Vec<Row>| Group { key, lines: rows.into_iter().map(|row| line(partner, row)).collect() };
    vec![
        group("partner-inbox-waiting", inbox.waiting),
        group("partner-inbox-taken", inbox.taken),
        group("partner-inbox-ended", inbox.ended),
    ]
}

fn line(partner: &Partner, row: Row) -> Line {
    let visit = partner.visit();
    Line {
        href: partner.referral(row.task),
        clinic: partner.holder.clinic(row.custodian),
        tag: tag(visit.t(), row.status, row.question),
        urgency: urgency(visit.t(), row.urgency).filter(|_| row.status == Status::Requested),
        reply_by: row.reply_by.map(|at| visit.when(at)),
        changed: visit.when(row.changed_at),
        reference: row.reference,
    }
}

/// Thirty minutes more, once.
pub(super) async fn extend(PartnerPosted { partner, form }: PartnerPosted) -> Result<Response, Trouble> {
    if form.is_clean() {
        partner.visit().desk().extend_partner_session(&partner.secret).await?;
    }
    Ok(see(&form.page))
}
