//! Who takes part: custodians, clients and partners, with their keys, scopes and endpoints.

use std::path::Path;

use crate::config::channels::{self, Email, Push};
use crate::config::file::{self, Found};
use crate::config::reader::{Source, Table, Value, suggestion};
use crate::config::routing::{self, Team};
use crate::config::services;
use crate::config::{ConfigError, MappingText};
use crate::domain::level::Level;
use crate::domain::party::RecipientClass;
use crate::domain::routing::Language;
use crate::domain::service::Service;
use crate::security::api_key::KeyHash;
use crate::security::scope::Scopes;
use crate::security::signature::SigningSecret;
use crate::security::url_guard::{GuardedUrl, UrlPolicy};

/// An organisation whose record is kept here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custodian {
    /// Its slug: it names the partition.
    pub name: String,
    /// What people call it; the slug when nothing else is said.
    pub title: String,
    /// Whether people may refer themselves to it by a public form.
    pub has_public_form: bool,
}

/// A system that calls in a custodian's name.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its slug.
    pub name: String,
    /// The custodian's slug: a known one.
    pub custodian: String,
    /// What it may do.
    pub scopes: Scopes,
    /// Its keys' hashes.
    pub keys: Vec<KeyHash>,
    /// The mapping that reads its native records: a known one.
    pub mapping: Option<String>,
    /// Where its answers go, signed.
    pub endpoint: Option<Endpoint>,
    /// The team that sees its referrals before any partner does, by slug: a known one.
    pub team: Option<String>,
    /// In which language it is told what became of them.
    pub language: Language,
    /// How much is asked of what it sends.
    pub level: Level,
    /// Its own FHIR server, where its Tasks are brought up to date.
    pub push: Option<Push>,
}

/// A community partner.
#[derive(Clone, Debug)]
pub struct Partner {
    /// Its slug.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// A health information custodian, or not.
    pub class: RecipientClass,
    /// `Organization.identifier`: system and value.
    pub identifier: (String, String),
    /// What it may do.
    pub scopes: Scopes,
    /// How much is asked of what it sends.
    pub level: Level,
    /// Its keys' hashes.
    pub keys: Vec<KeyHash>,
    /// Where referrals go, signed.
    pub endpoint: Option<Endpoint>,
    /// Where mail with a link goes.
    pub email: Option<Email>,
    /// Its own FHIR server, which is made to hold its referrals.
    pub push: Option<Push>,
    /// What it offers.
    pub services: Vec<Service>,
}

impl Client {
    /// Whether it is told anything by Lariat.
    pub fn is_told(&self) -> bool {
        self.endpoint.is_some() || self.push.is_some()
    }
}

impl Partner {
    /// Whether it is told anything by Lariat.
    pub fn is_told(&self) -> bool {
        self.endpoint.is_some() || self.email.is_some() || self.push.is_some()
    }
}

/// A signed webhook.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Where it listens.
    pub url: GuardedUrl,
    /// Its keys: one, or two while one replaces the other.
    pub secrets: Vec<SigningSecret>,
}

/// What is read so far, and what new names and keys are checked against.
pub(super) struct Parties<'a> {
    policy: &'a UrlPolicy,
    mappings: &'a [MappingText],
    has_relay: bool,
    custodians: Vec<Custodian>,
    teams: Vec<Team>,
    clients: Vec<Client>,
    partners: Vec<Partner>,
}

/// Everyone who takes part.
pub(super) struct Everyone {
    pub(super) custodians: Vec<Custodian>,
    pub(super) teams: Vec<Team>,
    pub(super) clients: Vec<Client>,
    pub(super) partners: Vec<Partner>,
}

impl<'a> Parties<'a> {
    pub(super) fn new(policy: &'a UrlPolicy, mappings: &'a [MappingText], has_relay: bool) -> Self {
        Self {
            policy,
            mappings,
            has_relay,
            custodians: Vec::new(),
            teams: Vec::new(),
            clients: Vec::new(),
            partners: Vec::new(),
        }
    }

    pub(super) fn done(self) -> Everyone {
        Everyone { custodians: self.custodians, teams: self.teams, clients: self.clients, partners: self.partners }
    }

    pub(super) fn teams(&mut self, root: &Table<'_>) -> Result<(), ConfigError> {
        let custodians: Vec<&str> = self.custodians.iter().map(|known| known.name.as_str()).collect();
        self.teams = routing::teams(root, &custodians)?;
        Ok(())
    }

    pub(super) fn custodians(&mut self, root: &Table<'_>) -> Result<(), ConfigError> {
        for table in root.tables("custodian")? {
            table.only(&["name", "title", "public_form"])?;
            let value = table.value("name")?;
            let name = slug(&value)?;
            if self.custodians.iter().any(|known| known.name == name) {
                return Err(value.fault("is given to two custodians", "give each its own name"));
            }
            let title = table.find("title").map_or_else(|| Ok(name.clone()), |value| filled(&value))?;
            let has_public_form = table.find("public_form").map_or(Ok(false), |value| value.flag())?;
            self.custodians.push(Custodian { name, title, has_public_form });
        }
        Ok(())
    }

    pub(super) fn clients(&mut self, root: &Table<'_>, folder: &Path) -> Result<(), ConfigError> {
        for table in root.tables("client")? {
            table.only(&[
                "name",
                "custodian",
                "scopes",
                "key_sha256",
                "mapping",
                "endpoint",
                "push",
                "routing",
                "team",
                "language",
                "validation",
            ])?;
            channels::one_way(&table, &["endpoint", "push"])?;
            let custodian = table.value("custodian")?;
            let custodians: Vec<&str> = self.custodians.iter().map(|known| known.name.as_str()).collect();
            let mappings: Vec<&str> = self.mappings.iter().map(|known| known.name.as_str()).collect();
            let mapping = table.find("mapping").map(|value| one_of(&value, &mappings, "mapping")).transpose()?;
            let custodian = one_of(&custodian, &custodians, "custodian")?;
            self.clients.push(Client {
                name: self.fresh_name(&table)?,
                team: routing::routed(&table, &custodian, &self.teams)?,
                language: routing::language(&table)?,
                level: level(&table)?,
                custodian,
                scopes: scopes(&table.value("scopes")?)?,
                keys: self.keys(&table)?,
                mapping,
                endpoint: self.endpoint(&table, folder)?,
                push: channels::push(&table, folder, self.policy)?,
            });
        }
        Ok(())
    }

    pub(super) fn partner(&mut self, found: &Found) -> Result<(), ConfigError> {
        let source = Source { name: &found.name, text: &found.text };
        let root = source.parse()?;
        let table = Table::root([(source, &root)]);
        table.only(&[
            "name",
            "title",
            "class",
            "identifier",
            "scopes",
            "key_sha256",
            "endpoint",
            "email",
            "push",
            "service",
            "validation",
        ])?;
        channels::one_way(&table, &["endpoint", "email", "push"])?;
        let class = table.value("class")?;
        let identifier = table.section("identifier")?;
        identifier.only(&["system", "value"])?;
        let value = identifier.value("value")?;
        let identifier = (filled(&identifier.value("system")?)?, filled(&value)?);
        if self.partners.iter().any(|known| known.identifier == identifier) {
            return Err(value.fault("is the identifier of another partner too", "give each its own"));
        }
        let partner = Partner {
            name: self.fresh_name(&table)?,
            title: filled(&table.value("title")?)?,
            class: match class.text()? {
                "custodian" => RecipientClass::Custodian,
                "non-custodian" => RecipientClass::NonCustodian,
                _ => return Err(class.fault("is not a class of partners", "write `custodian` or `non-custodian`")),
            },
            identifier,
            scopes: table.find("scopes").map(|value| scopes(&value)).transpose()?.unwrap_or_default(),
            level: level(&table)?,
            keys: self.keys(&table)?,
            endpoint: self.endpoint(&table, &found.folder)?,
            email: channels::email(&table, self.has_relay)?,
            push: channels::push(&table, &found.folder, self.policy)?,
            services: services::services(&table)?,
        };
        self.partners.push(partner);
        Ok(())
    }

    /// A slug that no client and no partner has: endpoints, receipts and audit lines carry it.
    fn fresh_name(&self, table: &Table<'_>) -> Result<String, ConfigError> {
        let value = table.value("name")?;
        let name = slug(&value)?;
        let mut taken = self.clients.iter().map(|one| &one.name).chain(self.partners.iter().map(|one| &one.name));
        if taken.any(|known| *known == name) {
            return Err(value.fault("is given to two clients or partners", "give each its own name"));
        }
        Ok(name)
    }

    fn keys(&self, table: &Table<'_>) -> Result<Vec<KeyHash>, ConfigError> {
        let Some(value) = table.find("key_sha256") else { return Ok(Vec::new()) };
        let mut keys = Vec::new();
        for item in value.items()? {
            let fix = "write the SHA-256 of the key as 64 hexadecimal digits in lower case";
            let key: KeyHash = item.text()?.parse().map_err(|_| item.fault("is not a key's hash", fix))?;
            let elsewhere =
                self.clients.iter().map(|one| &one.keys).chain(self.partners.iter().map(|one| &one.keys));
            if elsewhere.flatten().chain(&keys).any(|known| *known == key) {
                return Err(item.fault("stands twice", "give each caller a key of its own"));
            }
            keys.push(key);
        }
        Ok(keys)
    }

    fn endpoint(&self, table: &Table<'_>, folder: &Path) -> Result<Option<Endpoint>, ConfigError> {
        let Some(endpoint) = table.table("endpoint")? else { return Ok(None) };
        endpoint.only(&["url", "secret_files"])?;
        let url = endpoint.value("url")?;
        let files = endpoint.value("secret_files")?;
        let items = files.items()?;
        if !(1..=2).contains(&items.len()) {
            return Err(
                files.fault("names no secret, or more than two", "name one; two while one replaces the other")
            );
        }
        let secrets = items.iter().map(|item| {
            let text = file::secret(item, folder)?;
            let fix = "put `whsec_` and the base64 of 24 to 64 random bytes into the file";
            text.trim().parse().map_err(|_| item.fault("names a file that holds no signing secret", fix))
        });
        Ok(Some(Endpoint {
            url: GuardedUrl::parse(url.text()?, self.policy)
                .map_err(|refused| url.fault("is not an address that Lariat delivers to", refused.to_string()))?,
            secrets: secrets.collect::<Result<_, _>>()?,
        }))
    }
}

/// A name of small letters, digits and `-`, 1 to 63 characters, beginning with a letter.
pub(super) fn slug(value: &Value<'_>) -> Result<String, ConfigError> {
    let text = value.text()?;
    let plain = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.len() <= 63
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if plain {
        Ok(text.to_owned())
    } else {
        Err(value.fault(
            "is not a name that can stand here",
            "write small letters, digits and `-`, beginning with a letter, 63 at most",
        ))
    }
}

pub(super) fn filled(value: &Value<'_>) -> Result<String, ConfigError> {
    match value.text()? {
        text if text.trim().is_empty() => Err(value.fault("is empty", "write a text")),
        text => Ok(text.to_owned()),
    }
}

pub(super) fn one_of(value: &Value<'_>, known: &[&str], what: &str) -> Result<String, ConfigError> {
    let text = value.text()?;
    match known {
        _ if known.contains(&text) => Ok(text.to_owned()),
        [] => Err(value.fault(&format!("names a {what}, and none is configured"), format!("add the {what}"))),
        _ => Err(value.fault(&format!("names a {what} that is not configured"), suggestion(text, known))),
    }
}

fn scopes(value: &Value<'_>) -> Result<Scopes, ConfigError> {
    let items = value.items()?;
    let texts = items.iter().map(|item| {
        let text = item.text()?;
        text.parse::<Scopes>().map_err(|fault| item.fault("is not a scope", fault.to_string()))?;
        Ok(text)
    });
    let texts: Vec<&str> = texts.collect::<Result<_, ConfigError>>()?;
    texts.join(" ").parse().map_err(|_| value.fault("are not scopes", "write them like `system/Task.rs`"))
}

/// How much is asked of what a client or partner sends; R4 alone when nothing is said.
fn level(table: &Table<'_>) -> Result<Level, ConfigError> {
    let Some(value) = table.find("validation") else { return Ok(Level::Base) };
    let fix = "write `base`, or a family of profiles: `lariat`, `sdohcc` or `ca`";
    Level::from_code(value.text()?).map_err(|_| value.fault("is not a level of validation", fix))
}
