//! Relays that fail, and those that do not protect what is sent.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use lariat::config::SmtpSecurity;
use lariat::domain::routing::Language;
use lariat::outbound::letter::LetterKind;
use lariat::outbound::mailer::Mailer;
use lariat::outbound::retry::Outcome;
use lariat::sandbox::mailbox::{Mailbox, Said};
use lariat::security::secret::Secret;

use super::letters::{NOW, letter, smtp};

async fn send(mailbox: &Mailbox, security: SmtpSecurity, deadline_millis: u64) -> Outcome {
    let mut settings = smtp(mailbox.address().port());
    settings.security = security;
    let mailer = Mailer::new(&settings, Duration::from_millis(deadline_millis)).unwrap();
    let to = "desk@rose.example".parse().unwrap();
    mailer.send(&to, &letter(LetterKind::Referral, Language::English), NOW).await
}

#[tokio::test]
async fn what_a_relay_says_at_each_step_is_kept_as_its_code_and_nothing_else() {
    let cases = [
        ("(connect)", "554 go away", 554),
        ("(connect)", "421 too many", 421),
        ("EHLO", "550 not you", 550),
        ("MAIL", "452 no room", 452),
        ("RCPT", "550 no such person", 550),
        ("RCPT", "451 later", 451),
        ("DATA", "554 no", 554),
        ("(data)", "552 too large", 552),
        ("(data)", "450 later", 450),
    ];
    for (step, line, code) in cases {
        let mailbox = Mailbox::open().await.unwrap();
        mailbox.behave(move |said| if said.starts_with(step) { Said::Line(line) } else { Said::Usual });
        assert_eq!(send(&mailbox, SmtpSecurity::None, 5_000).await, Outcome::Mail { code }, "{step}");
        assert!(mailbox.mails().is_empty());
    }
}

#[tokio::test]
async fn a_relay_that_hangs_up_or_stays_silent_is_tried_again() {
    for step in ["(connect)", "EHLO", "MAIL", "RCPT", "DATA", "(data)"] {
        let mailbox = Mailbox::open().await.unwrap();
        mailbox.behave(move |said| if said.starts_with(step) { Said::HangUp } else { Said::Usual });
        assert_eq!(send(&mailbox, SmtpSecurity::None, 5_000).await, Outcome::Connection, "{step}");
        mailbox.behave(move |said| if said.starts_with(step) { Said::Silence } else { Said::Usual });
        assert_eq!(send(&mailbox, SmtpSecurity::None, 200).await, Outcome::Timeout, "{step}");
    }
    let gone = Mailbox::open().await.unwrap();
    let settings = smtp(1);
    drop(gone);
    let mailer = Mailer::new(&settings, Duration::from_secs(5)).unwrap();
    let to = "desk@rose.example".parse().unwrap();
    let outcome = mailer.send(&to, &letter(LetterKind::Referral, Language::English), NOW).await;
    assert_eq!(outcome, Outcome::Connection);
}

#[tokio::test]
async fn nothing_is_said_in_plain_text_where_tls_is_asked_for() {
    let mailbox = Mailbox::open().await.unwrap();
    // It speaks no TLS, and offers none.
    assert_eq!(send(&mailbox, SmtpSecurity::Tls, 2_000).await, Outcome::Connection);
    assert_eq!(send(&mailbox, SmtpSecurity::StartTls, 2_000).await, Outcome::Connection);
    // It offers STARTTLS, and does not mean it.
    mailbox.behave(|line| match line {
        line if line.starts_with("EHLO") => Said::Line("250-mailbox.invalid\r\n250 STARTTLS"),
        line if line.starts_with("STARTTLS") => Said::Line("220 go on"),
        _ => Said::Usual,
    });
    assert_ne!(send(&mailbox, SmtpSecurity::StartTls, 2_000).await, Outcome::Delivered);
    assert!(mailbox.mails().is_empty());
}

/// A relay with a certificate that nobody trusts, for another name: OpenSSL's. It speaks TLS from the first byte.
struct Stranger {
    process: std::process::Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Stranger {
    /// `None`, said, where there is no OpenSSL.
    fn open() -> Option<Self> {
        let folder = tempfile::TempDir::with_prefix("lariat-tls-").unwrap();
        let (key, certificate) = (folder.path().join("key.pem"), folder.path().join("cert.pem"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
            .args(["-subj", "/CN=other.example", "-keyout"])
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .stderr(Stdio::null())
            .status();
        if !made.is_ok_and(|status| status.success()) {
            eprintln!("not checked: a relay with a certificate that nobody trusts, because there is no openssl");
            return None;
        }
        let mut process = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-naccept", "4", "-key"])
            .arg(&key)
            .arg("-cert")
            .arg(&certificate)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let accept = lines.map(Result::unwrap).find(|line| line.starts_with("ACCEPT")).unwrap();
        let port = accept.rsplit(':').next().unwrap().parse().unwrap();
        Some(Self { process, port, _folder: folder })
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_gets_no_letter() {
    let Some(stranger) = Stranger::open() else { return };
    let mut settings = smtp(stranger.port);
    settings.security = SmtpSecurity::Tls;
    let mailer = Mailer::new(&settings, Duration::from_secs(5)).unwrap();
    let to = "desk@rose.example".parse().unwrap();
    let outcome = mailer.send(&to, &letter(LetterKind::Referral, Language::English), NOW).await;
    // Not a timeout: the handshake itself was refused.
    assert_eq!(outcome, Outcome::Connection);
}

#[tokio::test]
async fn a_login_that_is_refused_is_no_fault_of_the_letter() {
    let mailbox = Mailbox::open().await.unwrap();
    mailbox.behave(|line| match line {
        line if line.starts_with("EHLO") => Said::Line("250-mailbox.invalid\r\n250 AUTH PLAIN LOGIN"),
        line if line.starts_with("AUTH") => Said::Line("535 no"),
        _ => Said::Usual,
    });
    let mut settings = smtp(mailbox.address().port());
    settings.login = Some(("lariat".to_owned(), Secret::new("wrong")));
    let mailer = Mailer::new(&settings, Duration::from_secs(5)).unwrap();
    let to = "desk@rose.example".parse().unwrap();
    let outcome = mailer.send(&to, &letter(LetterKind::Referral, Language::English), NOW).await;
    assert_eq!(outcome, Outcome::Mail { code: 535 });
}
