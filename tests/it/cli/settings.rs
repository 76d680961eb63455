//! The settings: what is read, and how each fault is told.

use std::fs;
use std::path::PathBuf;

use lariat::config::{Config, ConfigError};
use tempfile::TempDir;

use crate::cli::{folder, secret};

fn load(settings: &str) -> Result<Config, ConfigError> {
    let (_folder, path) = folder(settings);
    Config::load(Some(&path))
}
const KEY: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const SIGNING: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n";

const CLINIC: &str = r#"
[files]
partners = "partners"
mappings = "mappings"
[delivery]
allow_loopback = true
[[custodian]]
name = "riverbend"
[[client]]
name = "emr-riverbend"
custodian = "riverbend"
scopes = ["system/*.cruds"]
key_sha256 = ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
mapping = "riverbend"
[client.endpoint]
url = "http://127.0.0.1:9/lariat"
secret_files = ["emr.whsec"]
"#;

const PARTNER: &str = r#"
name = "oak-street"
title = "Oak Street Food Bank"
class = "non-custodian"
identifier = { system = "https://directory.example/organizations", value = "oak-street" }
"#;

/// A folder with a clinic, a partner and a mapping; `partner` is added to the partner's file.
pub(super) fn clinic(partner: &str) -> (TempDir, PathBuf) {
    let (folder, path) = folder(CLINIC);
    secret(&folder.path().join("emr.whsec"), SIGNING);
    for name in ["partners", "mappings"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("partners/oak-street.toml"), format!("{PARTNER}{partner}")).unwrap();
    fs::copy("config/mappings/riverbend.toml", folder.path().join("mappings/riverbend.toml")).unwrap();
    (folder, path)
}

#[test]
fn the_embedded_default_is_a_whole_configuration() {
    let config = Config::load(None).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.base_url, "http://127.0.0.1:8080");
    assert_eq!(config.server.body_limit_bytes, 2_097_152);
    assert_eq!(config.server.zone.iana_name(), Some("America/Toronto"));
    assert_eq!(config.delivery.deadline.as_secs(), 20);
    assert_eq!((config.store.queue, config.store.group, config.store.readers), (1024, 64, 4));
    assert!(config.clients.is_empty() && config.partners.is_empty() && config.custodians.is_empty());
}

#[test]
fn an_own_file_overlays_the_default_key_by_key() {
    let config = load("[store]\nqueue = 7\n[delivery]\nextra_ports = [8443]\n").unwrap();
    assert_eq!((config.store.queue, config.store.group), (7, 64));
    assert_eq!(config.delivery.policy.extra_ports, [8443]);
}

#[test]
fn a_clinic_its_client_and_its_partner_are_read() {
    let (_folder, path) = clinic("");
    let config = Config::load(Some(&path)).unwrap();
    assert_eq!(config.clients[0].custodian, "riverbend");
    assert_eq!(config.clients[0].mapping.as_deref(), Some("riverbend"));
    assert_eq!(config.clients[0].keys[0].to_string(), KEY);
    assert_eq!(config.clients[0].endpoint.as_ref().unwrap().secrets.len(), 1);
    assert_eq!(config.partners[0].title, "Oak Street Food Bank");
    assert!(!format!("{config:?}").contains("MfKQ9r8G"), "a secret shows in Debug");
}

#[test]
fn a_faulty_setting_is_refused_with_its_line_and_what_to_do() {
    let cases = [
        ("[serve]\n", 1, "there is no key `serve`", "did you mean `server`?"),
        ("\n[server]\nlisten_on = 1\n", 3, "there is no key `server.listen_on`", "did you mean `listen`?"),
        (
            "[server]\nlisten = \"localhost\"\n",
            2,
            "`server.listen` is not an address with a port",
            "write it like `127.0.0.1:8080`",
        ),
        (
            "[server]\nbase_url = \"https://lariat.example/\"\n",
            2,
            "`server.base_url` is not a base URL",
            "write scheme, host and port without a slash at the end: `https://lariat.example`",
        ),
        (
            "[server]\ntrusted_proxies = [\"10.0.0.0/40\"]\n",
            2,
            "`server.trusted_proxies` names no address and no network",
            "write an address or a network: `10.0.0.5`, `10.1.0.0/16`, `fd00::/8`",
        ),
        (
            "[server]\nhosts = [\"https://lariat.internal\"]\n",
            2,
            "`server.hosts` is not a host name",
            "write a host name alone, without scheme, port and path: `lariat.internal`",
        ),
        (
            "[server]\nzone = \"Toronto\"\n",
            2,
            "`server.zone` is not a zone of the IANA database",
            "write it like `America/Toronto`",
        ),
        (
            "[store]\nqueue = 0\n",
            2,
            "`store.queue` is not a number that can stand here",
            "write a whole number from 1 to 1048576",
        ),
        (
            "[store]\nqueue = \"many\"\n",
            2,
            "`store.queue` is not a number that can stand here",
            "write a whole number from 1 to 1048576",
        ),
        (
            "[store]\nlocation = \"mysql://x\"\n",
            2,
            "`store.location` names no database that Lariat knows",
            "write `sqlite:<path>` or `postgres://user@host/database`",
        ),
        (
            "[store]\nlocation = \"postgres://lariat:pass@db/lariat\"\n",
            2,
            "`store.location` holds a password",
            "put the whole location into a file: `location_file`",
        ),
        (
            "[store]\nlocation_file = \"absent\"\n",
            2,
            "`store.location_file` names a secret file that is not there",
            "check the path; it counts from the file that names it",
        ),
        (
            "[delivery]\ndeadline_secs = 31\n",
            2,
            "`delivery.deadline_secs` is not a number that can stand here",
            "write a whole number from 1 to 30",
        ),
        (
            "[log]\nformat = \"xml\"\n",
            2,
            "`log.format` is not a format of log lines",
            "write `auto`, `text` or `json`",
        ),
        (
            "[[custodian]]\nname = \"Riverbend CHC\"\n",
            2,
            "`custodian.name` is not a name that can stand here",
            "write small letters, digits and `-`, beginning with a letter, 63 at most",
        ),
        (
            "[[custodian]]\nname = \"a\"\n[[custodian]]\nname = \"a\"\n",
            4,
            "`custodian.name` is given to two custodians",
            "give each its own name",
        ),
        (
            "[[client]]\nname = \"a\"\ncustodian = \"b\"\nscopes = []\n",
            3,
            "`client.custodian` names a custodian, and none is configured",
            "add the custodian",
        ),
        (
            "[[custodian]]\nname = \"bee\"\n[[client]]\nname = \"a\"\ncustodian = \"bees\"\nscopes = []\n",
            5,
            "`client.custodian` names a custodian that is not configured",
            "did you mean `bee`?",
        ),
        (
            "[[custodian]]\nname = \"b\"\n[[client]]\nname = \"a\"\ncustodian = \"b\"\nscopes = [\"user/*.r\"]\n",
            6,
            "`client.scopes` is not a scope",
            "only `system/` scopes are given: there is no user and no patient who signs in",
        ),
        (
            "[[custodian]]\nname = \"b\"\n[[client]]\nname = \"a\"\ncustodian = \"b\"\nscopes = []\nkey_sha256 = [\"12\"]\n",
            7,
            "`client.key_sha256` is not a key's hash",
            "write the SHA-256 of the key as 64 hexadecimal digits in lower case",
        ),
        (
            "[[custodian]]\nname = \"b\"\n[[client]]\nname = \"a\"\n",
            3,
            "the key `client.custodian` is missing",
            "add `custodian = …`; config/default.toml says what it means",
        ),
        ("[server\n", 1, "this is not TOML: unclosed table, expected `]`", "mend it at this line"),
    ];
    for (settings, line, message, fix) in cases {
        let error = load(settings).unwrap_err();
        assert_eq!(
            (error.line, error.message.as_str(), error.fix.as_str()),
            (Some(line), message, fix),
            "{settings}"
        );
    }
}

#[test]
fn one_key_is_never_given_to_two_callers() {
    let (_folder, path) = clinic(&format!("key_sha256 = [\"{KEY}\"]\n"));
    let error = Config::load(Some(&path)).unwrap_err();
    assert_eq!(error.message, "`key_sha256` stands twice");
    assert!(error.place().ends_with("partners/oak-street.toml:6"), "{}", error.place());
}

#[cfg(unix)]
#[test]
fn a_secret_that_everyone_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = clinic("");
    fs::set_permissions(folder.path().join("emr.whsec"), fs::Permissions::from_mode(0o644)).unwrap();
    let error = Config::load(Some(&path)).unwrap_err();
    assert_eq!(
        error.message,
        "`client.endpoint.secret_files` names a secret file that everyone on this machine may read"
    );
    assert_eq!(error.fix, "chmod 600 the file");
}
