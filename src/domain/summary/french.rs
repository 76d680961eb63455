//! The sentence in French.

use crate::domain::reason::{ClosingReason, DeclineReason};
use crate::domain::summary::{Missing, News, Next, Party, Words, named};
use crate::domain::task::Status;
use crate::domain::uptake::Uptake;

pub(super) const WORDS: Words = Words {
    referral: "l’aiguillage",
    quotes: ("«\u{a0}", "\u{a0}»"),
    told,
    colon: "\u{a0}: ",
    uptake: |uptake| match uptake {
        Uptake::Attended => "la personne a participé",
        Uptake::Partial => "la personne a participé en partie",
        Uptake::NotAttended => "la personne ne s’est pas présentée",
        Uptake::Unknown => "on ne sait pas si la personne a participé",
    },
    on: " le ",
    outcome: "résultat\u{a0}: ",
    note: "note\u{a0}: ",
    next,
    planned: "un suivi auprès de la personne est prévu le ",
    due: "un suivi auprès de la personne est à faire depuis le ",
    done: "le suivi auprès de la personne a été fait",
};

fn name(party: Party<'_>) -> String {
    named(party, "le partenaire", "l’intervenant-pivot")
}

/// `à Oak Street`, `au partenaire`.
fn to(party: Party<'_>) -> String {
    match party {
        Party::Partner(None) => "au partenaire".to_owned(),
        other => format!("à {}", name(other)),
    }
}

/// `d’Oak Street`, `de Birch Lane`, `du partenaire`.
fn of(party: Party<'_>) -> String {
    match party {
        Party::Partner(None) => "du partenaire".to_owned(),
        other => of_name(&name(other)),
    }
}

fn of_name(name: &str) -> String {
    match name.chars().next().is_some_and(|first| "aàâeéèêiîoôuyAÀÂEÉÈÊIÎOÔUY".contains(first)) {
        true => format!("d’{name}"),
        false => format!("de {name}"),
    }
}

fn told(news: News, referral: &str, who: Party<'_>, by: Party<'_>) -> String {
    let (holder, doer) = (name(who), name(by));
    match news {
        News::PartMoved(Status::Cancelled) if matches!(by, Party::Desk(_)) => {
            format!("{referral} a été retiré {} par {doer}", to(who))
        }
        News::Moved(status) | News::PartMoved(status) => moved(status, referral, who, by),
        News::Question => format!("question {} au sujet de {referral}", of(who)),
        News::Answered => {
            format!("réponse {} à la question {} au sujet de {referral}", of(by), of(who))
        }
        News::Said => format!("nouvelles {} au sujet de {referral}", of(by)),
        News::StillOpen(Missing::FirstContact) => {
            format!("toujours ouvert\u{a0}: {referral}, transmis {}, attend un premier contact", to(who))
        }
        News::StillOpen(Missing::Answer) => {
            format!("toujours ouvert\u{a0}: {referral}, transmis {}, est encore sans réponse", to(who))
        }
        News::StillOpen(Missing::Outcome) => {
            format!("toujours ouvert\u{a0}: {referral}, accepté par {holder}, est encore sans résultat")
        }
        News::StillOpen(missing) => format!("toujours ouvert\u{a0}: {}", at_desk(missing, referral, &holder)),
        News::Message => format!("message {} au sujet de {referral}", of(by)),
        News::Recorded => "information remise".to_owned(),
        News::ConsentWithdrawn => {
            let to = to(who);
            format!(
                "le consentement à communiquer l’aiguillage {to} a été retiré\u{a0}: rien d’autre n’y est transmis"
            )
        }
        News::Closed => format!("{referral} a été fermé par {doer}"),
        News::FollowedUp => format!("six mois après {referral}"),
        News::NotFollowedUp => format!("pas de suivi six mois après {referral}"),
    }
}

/// Why it is still open, when the desk has not gone on.
fn at_desk(missing: Missing, referral: &str, holder: &str) -> String {
    match missing {
        Missing::Service => {
            format!("{referral}, pris en charge par {holder}, n’a encore été transmis à aucun service")
        }
        Missing::AnotherWay => format!("aucun autre service n’a encore été trouvé pour {referral}"),
        Missing::Resumption => format!("{referral}, mis en suspens par {holder}, n’a pas encore été repris"),
        Missing::Consent => format!("sans le consentement de la personne, {referral} ne peut être communiqué"),
        Missing::ConsentAgain => {
            format!("le consentement à communiquer {referral} a été retiré, et rien n’a été fait depuis")
        }
        Missing::Recipient => format!("{referral} ne nomme personne à qui le demander"),
        Missing::Delivery => format!("{referral} n’est pas encore parvenu au service"),
        Missing::Reply => format!("une question d’un partenaire au sujet de {referral} est encore sans réponse"),
        Missing::Clearness => format!("la réponse du partenaire au sujet de {referral} n’est pas encore claire"),
        Missing::FirstContact | Missing::Answer | Missing::Outcome | Missing::Desk => {
            format!("{referral}, chez {holder}")
        }
    }
}

fn moved(status: Status, referral: &str, who: Party<'_>, by: Party<'_>) -> String {
    let (holder, doer) = (name(who), name(by));
    match (status, by) {
        (Status::Draft, _) => format!("{referral} est en préparation chez {doer}"),
        (Status::Requested, _) if who == by => format!("{referral} a été transmis {}", to(who)),
        (Status::Requested, _) => format!("{referral} a été transmis {} par {doer}", to(who)),
        (Status::Accepted, Party::Partner(_)) => format!("{referral} a été accepté par {doer}"),
        (Status::Accepted, Party::Desk(_)) => format!("{referral} a été pris en charge par {doer}"),
        (Status::InProgress, _) => format!("{referral} est en cours chez {holder}"),
        (Status::OnHold, _) => format!("{referral} a été mis en suspens par {doer}"),
        (Status::Completed, _) => format!("{referral} a été mené à bien par {doer}"),
        (Status::Rejected, _) => format!("{referral} a été refusé par {doer}"),
        (Status::Cancelled, Party::Partner(_)) => format!("{referral} a été interrompu par {doer}"),
        (Status::Cancelled, Party::Desk(_)) => format!("{referral} a été fermé par {doer}"),
        (Status::Failed, Party::Partner(_)) => format!("{referral} n’a pas pu être mené à bien par {doer}"),
        (Status::Failed, Party::Desk(_)) => format!("{referral} a été fermé par {doer} sans avoir abouti"),
        (Status::EnteredInError, _) => format!("{referral} a été annulé par {doer}"),
    }
}

fn next(next: Next<'_>, day: Option<String>) -> Option<String> {
    let on = day.as_ref().map_or_else(String::new, |day| format!(" le {day}"));
    let by = day.map_or_else(String::new, |day| format!(" d’ici le {day}"));
    let from = |from: Option<&str>| from.map_or_else(String::new, |from| format!(" {}", of_name(from)));
    Some(match next {
        Next::Answer { of, .. } => format!("une réponse{} est attendue{by}", from(of)),
        Next::Outcome { of, .. } => format!("un résultat{} est attendu{by}", from(of)),
        Next::CallPartner => "ensuite, l’intervenant-pivot téléphone au partenaire".to_owned(),
        Next::FirstContact => "ensuite, l’intervenant-pivot téléphone à la personne".to_owned(),
        Next::ChooseService => "ensuite, l’intervenant-pivot choisit un service".to_owned(),
        Next::AnotherWay => "ensuite, l’intervenant-pivot cherche une autre voie".to_owned(),
        Next::AnswerPartner => "ensuite, l’intervenant-pivot répond au partenaire".to_owned(),
        Next::GoOn => "ensuite, l’intervenant-pivot poursuit avec la personne".to_owned(),
        Next::Resume { on: None } => "ensuite, l’intervenant-pivot reprend l’aiguillage".to_owned(),
        Next::Resume { on: Some(_) } => format!("la pause prend fin{on}"),
        Next::Source => "ensuite, choisir un autre service ou fermer l’aiguillage".to_owned(),
        Next::NoReport => "avec un soutien léger, aucun compte rendu n’est attendu".to_owned(),
        Next::Nothing => "rien d’autre n’est attendu".to_owned(),
        Next::Unsaid => return None,
    })
}

/// Lariat's own words for why a partner declined.
pub(super) const fn declined(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::AtCapacity => "Aucune place libre",
        DeclineReason::Waitlist => "Aucune place libre; il y a une liste d’attente",
        DeclineReason::NotEligible => "La personne ne répond pas aux conditions du service",
        DeclineReason::OutOfArea => "La personne habite hors du territoire du service",
        DeclineReason::ServiceEnded => "Le service n’est plus offert",
        DeclineReason::UnableToContact => "La personne n’a pas pu être jointe",
        DeclineReason::Duplicate => "Le service a déjà cet aiguillage",
        DeclineReason::Other => "Autre raison",
        DeclineReason::Unspecified => "Aucune raison donnée",
    }
}

/// Lariat's own words for why a referral was closed.
pub(super) const fn closed(reason: ClosingReason) -> &'static str {
    match reason {
        ClosingReason::GoalsMet => "Les objectifs sont atteints",
        ClosingReason::GoalsPartlyMet => "Les objectifs sont atteints en partie",
        ClosingReason::BeyondScope => "Ce qu’il faut dépasse notre rôle ou notre capacité",
        ClosingReason::Declined => "La personne ne souhaite pas le service",
        ClosingReason::UnableToContact => "La personne n’a pas pu être jointe",
        ClosingReason::Moved => "La personne a déménagé",
        ClosingReason::Died => "La personne est décédée",
        ClosingReason::NoLongerNeeded => "Le service n’est plus nécessaire",
        ClosingReason::SentInError => "L’aiguillage a été envoyé par erreur",
        ClosingReason::Other => "Autre raison",
        ClosingReason::InformationGiven => "De l’information a été remise",
    }
}
