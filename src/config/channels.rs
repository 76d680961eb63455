//! The channels besides the signed webhook: mail by SMTP, and the partner's or source's own FHIR server.

use std::path::Path;
use std::time::Duration;

use lettre::Address;
use reqwest::Url;

use crate::config::ConfigError;
use crate::config::reader::{Table, Value};
use crate::config::{file, routing};
use crate::domain::routing::Language;
use crate::security::secret::Secret;
use crate::security::url_guard::{GuardedUrl, UrlPolicy};

/// The least that lies between two looks at a partner's server. SDOH Clinical Care 3.0.0, task-12: a party should not
/// be asked more often than every 15 minutes. Where loopback is allowed (sandbox, tests) any pause is.
const POLL_LEAST: Duration = Duration::from_mins(15);

/// The most: task-11 asks for one look each business day.
const POLL_MOST: Duration = Duration::from_hours(24);

/// The relay that takes the mail.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Its name, which its certificate must carry.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is secured.
    pub security: SmtpSecurity,
    /// User name and password, when it asks for them.
    pub login: Option<(String, Secret)>,
    /// The sender's address.
    pub from: Address,
    /// What people see as the sender; the clinic's name follows it.
    pub from_name: String,
}

/// How the connection to the relay is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// STARTTLS, without which nothing is sent.
    StartTls,
    /// Plain text: only to this machine, where loopback is allowed.
    None,
}

/// A partner that is reached by mail.
#[derive(Clone, Debug)]
pub struct Email {
    /// Its address.
    pub to: Address,
    /// In which language it is written to first.
    pub language: Language,
    /// The telephone number that it may call with questions; it stands in the mail.
    pub phone: Option<String>,
}

/// The FHIR server of a partner or a source.
#[derive(Clone, Debug)]
pub struct Push {
    /// Its base URL, without a trailing slash.
    pub base: GuardedUrl,
    /// The bearer token that goes to this origin only.
    pub token: Option<Secret>,
    /// What lies between two looks at the answers there.
    pub every: Duration,
}

/// `[smtp]`; nothing while `host` is empty.
pub(super) fn smtp(table: &Table<'_>, folder: &Path, policy: &UrlPolicy) -> Result<Option<Smtp>, ConfigError> {
    table.only(&["host", "port", "security", "username", "password_file", "from", "from_name"])?;
    let host = table.value("host")?;
    if host.text()?.is_empty() {
        return Ok(None);
    }
    let security = table.value("security")?;
    let kind = match security.text()? {
        "tls" => SmtpSecurity::Tls,
        "starttls" => SmtpSecurity::StartTls,
        "none" if policy.allow_loopback && is_loopback(host.text()?) => SmtpSecurity::None,
        "none" => {
            return Err(security.fault(
                "would send mail in plain text",
                "write `tls` or `starttls`; `none` is for a relay on this machine with delivery.allow_loopback",
            ));
        }
        _ => return Err(security.fault("is not a way to secure mail", "write `tls` or `starttls`")),
    };
    let username = table.value("username")?;
    let password = table.value("password_file")?;
    let login = match (username.text()?, password.text()?) {
        ("", "") => None,
        ("", _) => return Err(username.fault("is missing", "name the user whose password the file holds")),
        (_, "") => return Err(password.fault("is missing", "put the password into a file and name it")),
        (name, _) => Some((name.to_owned(), Secret::new(file::secret(&password, folder)?.trim()))),
    };
    Ok(Some(Smtp {
        host: plain_host(&host)?,
        port: u16::try_from(table.value("port")?.number(1, u64::from(u16::MAX))?).unwrap_or(u16::MAX),
        security: kind,
        login,
        from: address(&table.value("from")?)?,
        from_name: one_line(&table.value("from_name")?)?,
    }))
}

/// `[email]` of a partner.
pub(super) fn email(table: &Table<'_>, has_relay: bool) -> Result<Option<Email>, ConfigError> {
    let Some(email) = table.table("email")? else { return Ok(None) };
    email.only(&["to", "language", "phone"])?;
    let to = email.value("to")?;
    if !has_relay {
        return Err(to.fault("cannot be written to: no relay is configured", "fill in `[smtp]`"));
    }
    let language = routing::language(&email)?;
    let phone = email.find("phone").map(|value| one_line(&value)).transpose()?;
    Ok(Some(Email { to: address(&to)?, language, phone }))
}

/// `[push]` of a partner or a client.
pub(super) fn push(table: &Table<'_>, folder: &Path, policy: &UrlPolicy) -> Result<Option<Push>, ConfigError> {
    let Some(push) = table.table("push")? else { return Ok(None) };
    push.only(&["base_url", "token_file", "poll_secs"])?;
    let base = push.value("base_url")?;
    let url = GuardedUrl::parse(base.text()?, policy)
        .map_err(|refused| base.fault("is not an address that Lariat delivers to", refused.to_string()))?;
    if url.url().query().is_some() || base.text()?.ends_with('/') {
        return Err(base.fault("is not a base URL", "write it without a query and without a slash at the end"));
    }
    let token = push.find("token_file").map(|value| file::secret(&value, folder)).transpose()?;
    let least = if policy.allow_loopback { Duration::from_secs(1) } else { POLL_LEAST };
    let every = push
        .find("poll_secs")
        .map_or(Ok(POLL_LEAST.as_secs()), |value| value.number(least.as_secs(), POLL_MOST.as_secs()))?;
    Ok(Some(Push {
        base: url,
        token: token.map(|text| Secret::new(text.trim())),
        every: Duration::from_secs(every),
    }))
}

/// A party is told in one way.
pub(super) fn one_way(table: &Table<'_>, names: &[&str]) -> Result<(), ConfigError> {
    let mut named = names.iter().filter_map(|name| table.find(name));
    match (named.next(), named.next()) {
        (Some(_), Some(second)) => {
            Err(second
                .fault("is a second way to reach the same party", format!("keep one of: {}", names.join(", "))))
        }
        _ => Ok(()),
    }
}

/// An address as RFC 5321 has it without SMTPUTF8: the local part in ASCII, the domain in its ASCII form.
fn address(value: &Value<'_>) -> Result<Address, ConfigError> {
    let fix = "write it like `referrals@oak-street.example`";
    let wrong = || value.fault("is not an address that mail can go to", fix);
    let (user, domain) = value.text()?.rsplit_once('@').ok_or_else(wrong)?;
    // The URL parser brings an international name into its ASCII form; what is not a name it refuses or changes.
    let host = Url::parse(&format!("http://{domain}/")).map_err(|_| wrong())?;
    let plain = host.host_str().filter(|_| host.port().is_none() && host.path() == "/" && !domain.contains(':'));
    let domain = plain.ok_or_else(wrong)?;
    if !user.is_ascii() || user.contains(|letter: char| letter.is_ascii_control() || letter == '"') {
        return Err(wrong());
    }
    Address::new(user, domain).map_err(|_| wrong())
}

fn plain_host(value: &Value<'_>) -> Result<String, ConfigError> {
    let text = value.text()?;
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'));
    if plain {
        Ok(text.to_owned())
    } else {
        Err(value.fault("is not a host's name", "write it like `mail.example`"))
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn one_line(value: &Value<'_>) -> Result<String, ConfigError> {
    let text = value.text()?.trim();
    if text.is_empty() || text.chars().any(char::is_control) || text.len() > 200 {
        return Err(value.fault("is not a line of text", "write one short line"));
    }
    Ok(text.to_owned())
}
