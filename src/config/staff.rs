//! Staff at the custodians' desks, who sign in with a name and a password.

use crate::config::ConfigError;
use crate::config::parties::{filled, one_of, slug};
use crate::config::reader::Table;
use crate::config::routing::Team;
use crate::domain::routing::Language;
use crate::security::password::PasswordHash;

/// A member of staff.
#[derive(Clone, Debug)]
pub struct StaffEntry {
    /// Their slug: what they type to sign in.
    pub name: String,
    /// What people call them.
    pub title: String,
    /// The custodian's slug: a known one.
    pub custodian: String,
    /// `link-worker`, `lead` or `prescriber`.
    pub role: String,
    /// The teams for which they work, by slug: known ones of their custodian; none: for all.
    pub teams: Vec<String>,
    /// The language they work in.
    pub language: Language,
    /// Their password's hash.
    pub password_hash: PasswordHash,
}

/// What staff may be.
const ROLES: [&str; 3] = ["link-worker", "lead", "prescriber"];

/// The staff, in the order of the settings.
pub(super) fn staff(root: &Table<'_>, custodians: &[&str], teams: &[Team]) -> Result<Vec<StaffEntry>, ConfigError> {
    let mut staff: Vec<StaffEntry> = Vec::new();
    for table in root.tables("staff")? {
        table.only(&["name", "title", "custodian", "role", "teams", "language", "password_hash"])?;
        let value = table.value("name")?;
        let name = slug(&value)?;
        if staff.iter().any(|known| known.name == name) {
            return Err(value.fault("is given to two members of staff", "give each their own"));
        }
        let custodian = one_of(&table.value("custodian")?, custodians, "custodian")?;
        let own: Vec<&str> =
            teams.iter().filter(|team| team.custodian == custodian).map(|team| team.name.as_str()).collect();
        let named = table.find("teams").map(|value| value.items()).transpose()?.unwrap_or_default();
        let role = table.value("role")?;
        if !ROLES.contains(&role.text()?) {
            return Err(role.fault("is not a role of staff", format!("write one of: {}", ROLES.join(", "))));
        }
        let hash = table.value("password_hash")?;
        staff.push(StaffEntry {
            name,
            title: filled(&table.value("title")?)?,
            teams: named.iter().map(|item| one_of(item, &own, "team")).collect::<Result<_, _>>()?,
            custodian,
            role: role.text()?.to_owned(),
            language: match table.find("language") {
                None => Language::English,
                Some(value) => Language::from_code(value.text()?)
                    .map_err(|_| value.fault("is not a language of pages", "write `en` or `fr`"))?,
            },
            password_hash: hash.text()?.parse().map_err(|_| {
                hash.fault("is not a password's hash", "write what `lariat staff hash-password` prints")
            })?,
        });
    }
    Ok(staff)
}
