//! Teams at clinics' desks, and which of them sees a source's referrals first.

use crate::config::ConfigError;
use crate::config::parties::{filled, one_of, slug};
use crate::config::reader::{Table, Value};
use crate::domain::routing::{Language, Routing};

/// The link workers of a clinic, or a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Its slug.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The custodian's slug: a known one.
    pub custodian: String,
    /// Link workers or a pod, never direct.
    pub kind: Routing,
    /// Where it answers the telephone.
    pub phone: Option<String>,
    /// When.
    pub hours: Option<String>,
}

/// The teams, in the order of the settings.
pub(super) fn teams(root: &Table<'_>, custodians: &[&str]) -> Result<Vec<Team>, ConfigError> {
    let mut teams: Vec<Team> = Vec::new();
    for table in root.tables("team")? {
        table.only(&["name", "title", "custodian", "kind", "phone", "hours"])?;
        let value = table.value("name")?;
        let name = slug(&value)?;
        if teams.iter().any(|known| known.name == name) {
            return Err(value.fault("is given to two teams", "give each its own name"));
        }
        let kind = table.value("kind")?;
        teams.push(Team {
            name,
            title: filled(&table.value("title")?)?,
            custodian: one_of(&table.value("custodian")?, custodians, "custodian")?,
            kind: match kind.text()? {
                "link-worker" => Routing::LinkWorker,
                "pod" => Routing::Pod,
                _ => return Err(kind.fault("is not a kind of teams", "write `link-worker` or `pod`")),
            },
            phone: table.find("phone").map(|value| filled(&value)).transpose()?,
            hours: table.find("hours").map(|value| filled(&value)).transpose()?,
        });
    }
    Ok(teams)
}

/// The team to which a client's referrals go first; `None` when they go straight to the partner.
pub(super) fn routed(table: &Table<'_>, custodian: &str, teams: &[Team]) -> Result<Option<String>, ConfigError> {
    let routing = table.find("routing");
    let kind = routing.as_ref().map(kind_of).transpose()?.unwrap_or(Routing::Direct);
    let team = table.find("team");
    match (routing, team) {
        (_, Some(team)) if kind == Routing::Direct => {
            Err(team
                .fault("is named, and nothing goes to it", "add `routing = \"link-worker\"`, or take `team` away"))
        }
        (_, None) if kind == Routing::Direct => Ok(None),
        (Some(routing), None) => Err(routing.fault("needs a team", "add `team`, the name of a `[[team]]`")),
        (_, Some(team)) => {
            let names: Vec<&str> = teams.iter().map(|known| known.name.as_str()).collect();
            let name = one_of(&team, &names, "team")?;
            match teams.iter().find(|known| known.name == name) {
                Some(known) if known.custodian != custodian => {
                    Err(team.fault("is a team of another custodian", "name a team of this client's custodian"))
                }
                Some(known) if known.kind != kind => Err(team.fault(
                    "is a team of another kind than `routing` says",
                    format!("write `routing = \"{}\"`", known.kind.code()),
                )),
                _ => Ok(Some(name)),
            }
        }
        (None, None) => Ok(None),
    }
}

fn kind_of(value: &Value<'_>) -> Result<Routing, ConfigError> {
    Routing::from_code(value.text()?)
        .map_err(|_| value.fault("is not a way to route", "write `direct`, `link-worker` or `pod`"))
}

/// In which language a client or partner is written to.
pub(super) fn language(table: &Table<'_>) -> Result<Language, ConfigError> {
    let Some(value) = table.find("language") else { return Ok(Language::English) };
    Language::from_code(value.text()?)
        .map_err(|_| value.fault("is not a language that Lariat writes", "write `en` or `fr`"))
}
