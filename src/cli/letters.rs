//! Letters that are no message of the outbox: codes and links that partner and public pages ask for.

use std::collections::HashMap;
use std::sync::Arc;

use lettre::Address;

use crate::cli::channels::Links;
use crate::config::Config;
use crate::domain::clock::Clock;
use crate::domain::party::CustodianId;
use crate::exchange::Desk;
use crate::inbound::http::{Clinic, Content, Mailbox, Outgoing, PartnerMail, SendLetter};
use crate::outbound::letter::{Letter, LetterKind};
use crate::outbound::mailer::Mailer;
use crate::outbound::retry::Outcome;
use crate::store::{Store, StoreError};

/// The links of letters: a secret behind the address of the partner's pages.
pub(super) fn links(desk: &Desk, base_url: &str) -> Links {
    let (desk, base_url) = (desk.clone(), base_url.to_owned());
    Arc::new(move |recipient, loop_id| {
        let (desk, base_url) = (desk.clone(), base_url.clone());
        Box::pin(async move { Ok(format!("{base_url}/p/{}", desk.issue_link(recipient, loop_id).await?)) })
    })
}

/// The clinics as pages without sign-in name them.
pub(super) async fn clinics(config: &Config, store: &Store) -> Result<HashMap<CustodianId, Clinic>, StoreError> {
    let mut clinics = HashMap::new();
    for custodian in &config.custodians {
        let clinic = Clinic {
            name: custodian.name.clone(),
            title: custodian.title.clone(),
            phone: config
                .teams
                .iter()
                .filter(|team| team.custodian == custodian.name)
                .find_map(|team| team.phone.clone()),
            has_public_form: custodian.has_public_form,
        };
        clinics.insert(store.register_custodian(&custodian.name).await?, clinic);
    }
    Ok(clinics)
}

/// What partner and public pages know of mail.
pub(super) fn partner_mail(
    config: &Config,
    clinics: HashMap<CustodianId, Clinic>,
    mailer: Option<&Arc<Mailer>>,
    clock: &Clock,
) -> PartnerMail {
    let mailbox = |email: &crate::config::Email| Mailbox {
        address: email.to.to_string(),
        phone: email.phone.clone(),
        language: email.language,
    };
    let mailboxes = config.partners.iter().filter_map(|partner| {
        let email = partner.email.as_ref()?;
        Some((partner.name.clone(), mailbox(email)))
    });
    let send = mailer.map(|mailer| {
        let (mailer, clock, clinics) = (Arc::clone(mailer), clock.clone(), clinics.clone());
        let send: SendLetter = Arc::new(move |outgoing: Outgoing| {
            let (mailer, now) = (Arc::clone(&mailer), clock.now());
            let clinic = clinics.get(&outgoing.custodian).map(|clinic| clinic.title.clone()).unwrap_or_default();
            Box::pin(async move {
                // An address that somebody typed into a public form may be none.
                let Ok(to) = outgoing.to.parse::<Address>() else { return false };
                matches!(mailer.send(&to, &letter(outgoing, clinic), now).await, Outcome::Delivered)
            })
        });
        send
    });
    PartnerMail { mailboxes: mailboxes.collect(), clinics, send }
}

fn letter(outgoing: Outgoing, clinic: String) -> Letter {
    let Outgoing { language, phone, content, id, .. } = outgoing;
    let (kind, link) = match content {
        Content::Code(code) => (LetterKind::Code(code), None),
        Content::Link { url, is_taken: true } => (LetterKind::DidTheyCome, Some(url)),
        Content::Link { url, is_taken: false } => (LetterKind::Referral, Some(url)),
    };
    Letter { kind, clinic, reference: None, reply_by: None, link, phone, language, message_id: id }
}
