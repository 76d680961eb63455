//! What a partner that has nothing but mail is written.

use lariat::config::{Smtp, SmtpSecurity};
use lariat::domain::clock::Timestamp;
use lariat::domain::routing::Language;
use lariat::outbound::letter::{Letter, LetterKind};
use lariat::outbound::mailer::Mailer;
use lariat::outbound::retry::Outcome;
use lariat::sandbox::mailbox::{Mail, Mailbox, Said};

use crate::push::house::{PostHouse, ROSE, nowhere, outcome_of};
use std::time::Duration;

/// 2026-11-21T12:00:00Z.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_795_262_400_000);

pub(super) fn smtp(port: u16) -> Smtp {
    Smtp {
        host: "127.0.0.1".to_owned(),
        port,
        security: SmtpSecurity::None,
        login: None,
        from: "referrals@lariat.example".parse().unwrap(),
        from_name: "Lariat".to_owned(),
    }
}

pub(super) fn letter(kind: LetterKind, language: Language) -> Letter {
    Letter {
        kind,
        clinic: "Riverbend CHC".to_owned(),
        reference: Some("LR-4F7K-2M".to_owned()),
        reply_by: Some(jiff::civil::date(2027, 3, 9)),
        link: Some("https://lariat.example/p/Zs3cr3t-_".to_owned()),
        phone: Some("519 555 0100".to_owned()),
        language,
        message_id: "01a1f968-3ac0-7347-bf85-f8f6cbb47541".to_owned(),
    }
}

async fn sent(letter: &Letter) -> Mail {
    let mailbox = Mailbox::open().await.unwrap();
    let mailer = Mailer::new(&smtp(mailbox.address().port()), Duration::from_secs(5)).unwrap();
    let to = "desk@rose.example".parse().unwrap();
    assert_eq!(mailer.send(&to, letter, NOW).await, Outcome::Delivered);
    mailbox.mails().pop().unwrap()
}

#[tokio::test]
async fn a_letter_says_what_is_asked_in_both_languages_and_where_it_comes_from() {
    let mail = sent(&letter(LetterKind::Referral, Language::English)).await;
    assert_eq!(mail.to, ["desk@rose.example"]);
    assert_eq!(mail.header("from"), Some("\"Lariat for Riverbend CHC\" <referrals@lariat.example>"));
    assert_eq!(mail.header("to"), Some("desk@rose.example"));
    assert_eq!(mail.header("subject"), Some("A referral is waiting for your answer (LR-4F7K-2M)"));
    assert_eq!(mail.header("message-id"), Some("<01a1f968-3ac0-7347-bf85-f8f6cbb47541@lariat.example>"));
    assert_eq!(mail.header("date"), Some("Sat, 21 Nov 2026 12:00:00 +0000"));
    assert_eq!(mail.header("auto-submitted"), Some("auto-generated"));
    assert_eq!(mail.header("x-auto-response-suppress"), Some("All"));
    let expected = "Riverbend CHC has sent you a referral and asks for your answer.\n\n\
        Please reply by 9 March 2027.\n\nTo read and answer it, open this link:\n\n\
        https://lariat.example/p/Zs3cr3t-_\n\nQuestions? Call 519 555 0100.\n\n\
        This message holds no personal information. If you were not expecting it, call us.\n\n--------\n\n\
        Riverbend CHC vous a envoyé un aiguillage et attend votre réponse.\n\n\
        Veuillez répondre au plus tard le 9 mars 2027.\n\nPour lire et répondre, ouvrez ce lien :\n\n\
        https://lariat.example/p/Zs3cr3t-_\n\nDes questions? Appelez le 519 555 0100.\n\n\
        Ce message ne contient aucun renseignement personnel. Si vous ne l'attendiez pas, appelez-nous.\n";
    assert_eq!(mail.text, expected);
    assert_eq!(mail.links(), ["https://lariat.example/p/Zs3cr3t-_"; 2]);
    assert!(mail.html.starts_with("<!doctype html>\n<html lang=\"en-CA\">"), "{}", mail.html);
    assert!(mail.html.contains("<div lang=\"fr-CA\">"), "{}", mail.html);
    assert!(mail.html.contains("<a href=\"https://lariat.example/p/Zs3cr3t-_\">"), "{}", mail.html);
    for banned in ["<img", "src=", "http-equiv", "<script", "style"] {
        assert!(!mail.html.contains(banned), "{banned}");
    }
}

#[tokio::test]
async fn every_kind_of_letter_has_its_subject_in_the_partners_language() {
    let code = || LetterKind::Code("271828".to_owned());
    let cases = [
        (
            LetterKind::Reminder,
            "Reminder: a referral is waiting for your answer",
            "Rappel : un aiguillage attend votre réponse",
        ),
        (LetterKind::Answered, "Your question was answered", "Une réponse à votre question"),
        (LetterKind::Changed, "A referral has changed", "Un aiguillage a changé"),
        (LetterKind::Withdrawn, "A referral was withdrawn", "Un aiguillage a été retiré"),
        (LetterKind::DidTheyCome, "Did they come?", "La personne est-elle venue?"),
        (code(), "Your code is in this message", "Votre code est dans ce message"),
    ];
    for (kind, english, french) in cases {
        for (language, subject) in [(Language::English, english), (Language::French, french)] {
            let mut written = letter(kind.clone(), language);
            if kind == code() {
                written.reference = None;
                written.link = None;
            }
            let mail = sent(&written).await;
            let whole = mail.header("subject").unwrap().replace(" (LR-4F7K-2M)", "");
            assert_eq!(whole, subject);
            assert_eq!(mail.text.contains("271828"), kind == code());
            assert!(!mail.header("subject").unwrap().contains("271828"));
            assert!(!format!("{written:?}").contains("271828") && !format!("{written:?}").contains("Zs3cr3t"));
        }
    }
}

#[tokio::test]
async fn nothing_in_a_letter_can_begin_a_header_or_another_mail() {
    let mut hostile = letter(LetterKind::Referral, Language::French);
    hostile.clinic = "Riverbend\r\nBcc: thief@evil.example\r\n\r\n<script>\u{202e}&\"quoted\" CHC".to_owned();
    hostile.reference = Some("LR\r\n.\r\nMAIL FROM:<x@evil.example>".to_owned());
    hostile.phone = Some("519\n.\n555".to_owned());
    let mail = sent(&hostile).await;
    assert_eq!(mail.to, ["desk@rose.example"]);
    assert_eq!(mail.header("bcc"), None);
    assert!(mail.header("subject").unwrap().ends_with("(LR . MAIL FROM:<x@evil.example>)"));
    assert!(!mail.html.contains("<script>") && mail.html.contains("&lt;script&gt;"), "{}", mail.html);
    assert!(!mail.raw.contains("\r\n.\r\n"));
}

#[tokio::test]
async fn the_same_letter_sent_again_is_the_same_mail() {
    let once = sent(&letter(LetterKind::Referral, Language::English)).await;
    let again = sent(&letter(LetterKind::Referral, Language::English)).await;
    assert_eq!(once.raw, again.raw);
}

#[tokio::test]
async fn a_partner_with_nothing_but_mail_is_written_to_and_never_told_about_the_person() {
    let house = PostHouse::open(nowhere()).await;
    let task = house.refer(1, ROSE).await;
    house.deliver().await;
    let mails = house.mailbox.mails();
    assert_eq!(mails.len(), 1);
    let reference = house.only_loop().await.reference;
    let subject = format!("Un aiguillage attend votre réponse ({reference})");
    assert_eq!(mails[0].header("subject"), Some(subject.as_str()));
    assert_eq!(mails[0].to, ["desk@rose.example"]);
    assert_eq!(mails[0].header("from"), Some("\"Lariat for Riverbend CHC\" <referrals@lariat.example>"));
    assert!(mails[0].text.starts_with("Riverbend CHC vous a envoyé"), "{}", mails[0].text);
    let links = mails[0].links();
    let secret = links[0].strip_prefix(&format!("{}/p/", house.base)).unwrap();
    assert_eq!((links.len(), secret.len(), links[0] == links[1]), (2, 43, true));
    house.put_status(&task, "cancelled", "Moved away, says Zquxneighbour").await;
    house.deliver().await;
    let mails = house.mailbox.mails();
    let subject = format!("Un aiguillage a été retiré ({reference})");
    assert_eq!(mails[1].header("subject"), Some(subject.as_str()));
    assert!(mails[1].links().is_empty(), "nothing is asked any more");
    for mail in &mails {
        let whole = format!("{}{}{}", mail.raw, mail.text, mail.html);
        for marker in ["Zqux", "hidden", "1948", "0199", "C-1", "R-1"] {
            assert!(!whole.contains(marker), "{marker}: {whole}");
        }
    }
    assert!(house.messages(ROSE).await.iter().all(|message| message.state == "delivered"));
    house.close().await;
}

#[tokio::test]
async fn a_relay_that_is_busy_gets_the_same_letter_later_and_one_that_refuses_makes_a_dead_letter() {
    let house = PostHouse::open(nowhere()).await;
    house.mailbox.behave(|line| match line {
        line if line.starts_with("RCPT") => Said::Line("451 later"),
        _ => Said::Usual,
    });
    house.refer(1, ROSE).await;
    house.deliver().await;
    let told = house.messages(ROSE).await;
    assert_eq!((told[0].state.as_str(), outcome_of(&told[0])), ("waiting", Some("smtp-451")));
    // Taken, and the relay's word for it is lost: the letter comes again under the same id.
    house.mailbox.behave(|_| Said::Usual);
    house.deliver_long().await;
    let mails = house.mailbox.mails();
    let id = format!("<{}@lariat.example>", house.messages(ROSE).await[0].message_id);
    assert_eq!(mails[0].header("message-id"), Some(id.as_str()));
    assert_eq!(house.messages(ROSE).await[0].state, "delivered");
    house.close().await;

    let house = PostHouse::open(nowhere()).await;
    house.mailbox.behave(|line| match line {
        line if line.starts_with("RCPT") => Said::Line("550 no such person"),
        _ => Said::Usual,
    });
    house.refer(1, ROSE).await;
    house.deliver().await;
    let told = house.messages(ROSE).await;
    assert_eq!((told[0].state.as_str(), outcome_of(&told[0])), ("dead", Some("smtp-550")));
    assert_eq!(house.only_loop().await.attention.as_deref(), Some("dead-letter"));
    house.close().await;
}
