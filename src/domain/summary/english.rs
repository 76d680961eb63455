//! The sentence in English.

use crate::domain::summary::{Missing, News, Next, Party, Words, named};
use crate::domain::task::Status;
use crate::domain::uptake::Uptake;

pub(super) const WORDS: Words = Words {
    referral: "the referral",
    quotes: ("“", "”"),
    told,
    colon: ": ",
    uptake: |uptake| match uptake {
        Uptake::Attended => "the client attended",
        Uptake::Partial => "the client attended in part",
        Uptake::NotAttended => "the client did not attend",
        Uptake::Unknown => "whether the client attended is not known",
    },
    on: " on ",
    outcome: "outcome: ",
    note: "note: ",
    next,
    planned: "a follow-up with the client is planned for ",
    due: "a follow-up with the client has been due since ",
    done: "the follow-up with the client was done",
};

fn name(party: Party<'_>) -> String {
    named(party, "the partner", "the link worker")
}

fn told(news: News, referral: &str, who: Party<'_>, by: Party<'_>) -> String {
    let (holder, doer) = (name(who), name(by));
    match news {
        News::PartMoved(Status::Cancelled) if matches!(by, Party::Desk(_)) => {
            format!("{referral} was withdrawn from {holder} by {doer}")
        }
        News::Moved(status) | News::PartMoved(status) => moved(status, referral, who, by),
        News::Question => format!("a question from {holder} about {referral}"),
        News::Answered => format!("the question from {holder} about {referral} was answered by {doer}"),
        News::Said => format!("news from {doer} about {referral}"),
        News::StillOpen(Missing::FirstContact) => {
            format!("still open: {referral}, sent to {holder}, has had no first contact yet")
        }
        News::StillOpen(Missing::Answer) => format!("still open: {referral}, sent to {holder}, has no answer yet"),
        News::StillOpen(Missing::Outcome) => {
            format!("still open: {referral}, accepted by {holder}, has no outcome yet")
        }
        News::StillOpen(missing) => format!("still open: {}", at_desk(missing, referral, &holder)),
        News::Message => format!("a message from {doer} about {referral}"),
        News::Recorded => "information given".to_owned(),
        News::ConsentWithdrawn => {
            format!("consent to share the referral with {holder} was taken back: nothing more is sent there")
        }
        News::Closed => format!("{referral} was closed by {doer}"),
        News::FollowedUp => format!("six months after {referral}"),
        News::NotFollowedUp => format!("no follow-up six months after {referral}"),
    }
}

/// Why it is still open, when the desk has not gone on.
fn at_desk(missing: Missing, referral: &str, holder: &str) -> String {
    match missing {
        Missing::Service => format!("{referral}, taken on by {holder}, has not been passed on to a service yet"),
        Missing::AnotherWay => format!("no other service has been found for {referral} yet"),
        Missing::Resumption => format!("{referral}, put on hold by {holder}, has not been taken up again yet"),
        Missing::Consent => format!("{referral} cannot be shared without the client’s consent"),
        Missing::ConsentAgain => {
            format!("consent to share {referral} was taken back, and nothing has been done since")
        }
        Missing::Recipient => format!("{referral} names nobody who could be asked"),
        Missing::Delivery => format!("{referral} has not reached the service yet"),
        Missing::Reply => format!("a partner’s question about {referral} has not been answered yet"),
        Missing::Clearness => format!("what the partner answered to {referral} is not clear yet"),
        Missing::FirstContact | Missing::Answer | Missing::Outcome | Missing::Desk => {
            format!("{referral}, with {holder}")
        }
    }
}

fn moved(status: Status, referral: &str, who: Party<'_>, by: Party<'_>) -> String {
    let (holder, doer) = (name(who), name(by));
    match (status, by) {
        (Status::Draft, _) => format!("{referral} is being prepared by {doer}"),
        (Status::Requested, _) if who == by => format!("{referral} was sent to {holder}"),
        (Status::Requested, _) => format!("{referral} was sent to {holder} by {doer}"),
        (Status::Accepted, Party::Partner(_)) => format!("{referral} was accepted by {doer}"),
        (Status::Accepted, Party::Desk(_)) => format!("{referral} was taken on by {doer}"),
        (Status::InProgress, _) => format!("{referral} is under way with {holder}"),
        (Status::OnHold, _) => format!("{referral} was put on hold by {doer}"),
        (Status::Completed, _) => format!("{referral} was completed by {doer}"),
        (Status::Rejected, _) => format!("{referral} was declined by {doer}"),
        (Status::Cancelled, Party::Partner(_)) => format!("{referral} was stopped by {doer}"),
        (Status::Cancelled, Party::Desk(_)) => format!("{referral} was closed by {doer}"),
        (Status::Failed, Party::Partner(_)) => format!("{referral} could not be completed by {doer}"),
        (Status::Failed, Party::Desk(_)) => format!("{referral} was closed by {doer} without success"),
        (Status::EnteredInError, _) => format!("{referral} was retracted by {doer}"),
    }
}

fn next(next: Next<'_>, day: Option<String>) -> Option<String> {
    let on = day.as_ref().map_or_else(String::new, |day| format!(" on {day}"));
    let by = day.map_or_else(String::new, |day| format!(" by {day}"));
    let from = |from: Option<&str>| from.map_or_else(String::new, |from| format!(" from {from}"));
    Some(match next {
        Next::Answer { of, .. } => format!("an answer{} is expected{by}", from(of)),
        Next::Outcome { of, .. } => format!("an outcome{} is expected{by}", from(of)),
        Next::CallPartner => "next, the link worker calls them".to_owned(),
        Next::FirstContact => "next, the link worker calls the client".to_owned(),
        Next::ChooseService => "next, the link worker chooses a service".to_owned(),
        Next::AnotherWay => "next, the link worker looks for another way".to_owned(),
        Next::AnswerPartner => "next, the link worker answers the partner".to_owned(),
        Next::GoOn => "next, the link worker goes on with the client".to_owned(),
        Next::Resume { on: None } => "next, the link worker takes it up again".to_owned(),
        Next::Resume { on: Some(_) } => format!("the pause ends{on}"),
        Next::Source => "next, choose another service or close the referral".to_owned(),
        Next::NoReport => "with light support, no report is expected".to_owned(),
        Next::Nothing => "nothing more is expected".to_owned(),
        Next::Unsaid => return None,
    })
}
