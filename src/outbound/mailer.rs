//! The mailer: one letter to one address through the configured relay, within one deadline.
//!
//! Keeps no connection, tries nothing again by itself: the outbox does. Text that a relay writes is not kept.

use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, MultiPartKind, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::config::{Smtp, SmtpSecurity};
use crate::domain::clock::Timestamp;
use crate::outbound::letter::{Letter, one_line};
use crate::outbound::retry::Outcome;

/// Sends letters.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
    from_name: String,
    deadline: Duration,
}

/// The mailer could not be made: the machine has no usable TLS.
#[derive(Debug, thiserror::Error)]
#[error("mail could not be set up: {0}")]
pub struct MailerUnavailable(String);

impl Mailer {
    /// A mailer over the relay that the settings name; `deadline` is over connection, TLS, login and the whole letter.
    ///
    /// # Errors
    /// [`MailerUnavailable`] when TLS cannot be set up.
    pub fn new(smtp: &Smtp, deadline: Duration) -> Result<Self, MailerUnavailable> {
        // The name in the certificate must be the host's: lettre's default, and nothing here turns it off.
        let parameters =
            || TlsParameters::new(smtp.host.clone()).map_err(|error| MailerUnavailable(error.to_string()));
        let tls = match smtp.security {
            SmtpSecurity::Tls => Tls::Wrapper(parameters()?),
            SmtpSecurity::StartTls => Tls::Required(parameters()?),
            SmtpSecurity::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
            .port(smtp.port)
            .tls(tls)
            .hello_name(ClientId::Domain(smtp.from.domain().to_owned()))
            .timeout(Some(deadline));
        if let Some((user, password)) = &smtp.login {
            let password = String::from_utf8_lossy(password.expose()).into_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            transport: builder.build(),
            from: smtp.from.clone(),
            from_name: smtp.from_name.clone(),
            deadline,
        })
    }

    /// Sends one letter once.
    pub async fn send(&self, to: &Address, letter: &Letter, now: Timestamp) -> Outcome {
        let Ok(message) = self.message(to, letter, now) else { return Outcome::Fault };
        match tokio::time::timeout(self.deadline, self.transport.send(message)).await {
            Ok(Ok(_)) => Outcome::Delivered,
            Ok(Err(error)) => outcome(&error),
            Err(_) => Outcome::Timeout,
        }
    }

    fn message(&self, to: &Address, letter: &Letter, now: Timestamp) -> Result<Message, lettre::error::Error> {
        let name = one_line(&format!("{} for {}", self.from_name, letter.clinic));
        let id = format!("{}@{}", letter.message_id, self.from.domain());
        let since = Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or(0));
        // The same letter has the same bytes each time: a boundary of its own id, not a random one.
        let bodies = MultiPart::builder()
            .kind(MultiPartKind::Alternative)
            .boundary(format!("lariat-{}", letter.message_id))
            .singlepart(part(ContentType::TEXT_PLAIN, letter.text()))
            .singlepart(part(ContentType::TEXT_HTML, letter.html()));
        Message::builder()
            .from(Mailbox::new(Some(name), self.from.clone()))
            .to(Mailbox::new(None, to.clone()))
            .subject(letter.subject())
            .date(SystemTime::UNIX_EPOCH + since)
            .message_id(Some(format!("<{id}>")))
            .header(AutoSubmitted)
            .header(SuppressResponse)
            .multipart(bodies)
    }
}

fn part(ty: ContentType, text: String) -> SinglePart {
    SinglePart::builder()
        .header(ty)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(text.replace('\n', "\r\n"))
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer").field("from", &self.from.domain()).finish_non_exhaustive()
    }
}

fn outcome(error: &lettre::transport::smtp::Error) -> Outcome {
    match error.status() {
        Some(code) => Outcome::Mail { code: u16::from(code) },
        None if error.is_timeout() => Outcome::Timeout,
        None => Outcome::Connection,
    }
}

/// RFC 3834: no person wrote it.
#[derive(Clone)]
struct AutoSubmitted;

/// MS-OXCMAIL: no automatic answer, receipt or out-of-office note comes back.
#[derive(Clone)]
struct SuppressResponse;

macro_rules! fixed_header {
    ($header:ident, $name:literal, $value:literal) => {
        impl Header for $header {
            fn name() -> HeaderName {
                HeaderName::new_from_ascii_str($name)
            }

            fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
                Ok(Self)
            }

            fn display(&self) -> HeaderValue {
                HeaderValue::new(Self::name(), $value.to_owned())
            }
        }
    };
}
fixed_header!(AutoSubmitted, "Auto-Submitted", "auto-generated");
fixed_header!(SuppressResponse, "X-Auto-Response-Suppress", "All");
