//! The command line through its own door: the built program, its words, its exit codes; and the settings it reads.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use lariat::cli::Exit;
use lariat::config::{Config, ConfigError};
use serde_json::Value;
use tempfile::TempDir;

fn lariat(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lariat"));
    command.args(arguments).env_remove("LARIAT_CONFIG").env("NO_COLOR", "1").stdin(Stdio::null());
    command.output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn result(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A folder with `lariat.toml` in it.
fn folder(settings: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("lariat.toml");
    fs::write(&path, settings).unwrap();
    (folder, path)
}

fn load(settings: &str) -> Result<Config, ConfigError> {
    let (_folder, path) = folder(settings);
    Config::load(Some(&path))
}

/// A secret file that only its owner reads.
fn secret(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
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
fn clinic(partner: &str) -> (TempDir, PathBuf) {
    let (folder, path) = folder(CLINIC);
    secret(&folder.path().join("emr.whsec"), SIGNING);
    for name in ["partners", "mappings"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("partners/oak-street.toml"), format!("{PARTNER}{partner}")).unwrap();
    fs::write(folder.path().join("mappings/riverbend.toml"), "source = \"riverbend\"\n").unwrap();
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

#[test]
fn every_exit_code_is_the_documented_one() {
    let codes = Exit::TABLE.map(|(exit, code, _)| (exit, code, exit.code()));
    let expected = [
        (Exit::Done, 0),
        (Exit::Failed, 1),
        (Exit::Usage, 2),
        (Exit::Input, 3),
        (Exit::Denied, 4),
        (Exit::NotFound, 5),
        (Exit::Refused, 6),
        (Exit::Remote, 7),
    ];
    assert_eq!(codes, expected.map(|(exit, code)| (exit, code, code)));
    let help = result(&lariat(&["--help"]));
    for (_, code, meaning) in Exit::TABLE {
        assert!(help.contains(&format!("  {code}  {meaning}")), "{help}");
    }
}

#[test]
fn a_wrong_word_is_wrong_usage_and_gets_a_suggestion() {
    let output = lariat(&["serv"]);
    assert_eq!(code(&output), 2);
    assert!(said(&output).contains("'serve'"), "{}", said(&output));
    assert_eq!(result(&output), "");
}

#[test]
fn an_error_says_what_where_what_to_do_and_the_exit_code() {
    let (_folder, path) = folder("[store]\nqueu = 1\n");
    let path = path.to_str().unwrap();
    let output = lariat(&["serve", "--check", "--config", path]);
    let expected =
        format!("error: there is no key `store.queu`\n  --> {path}:2\nfix: did you mean `queue`?\nexit 2\n");
    assert_eq!((code(&output), said(&output)), (2, expected));

    let output = lariat(&["serve", "--check", "--json", "--config", path]);
    let object: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(object["schema"], "lariat/error/1");
    assert_eq!(object["exit"], 2);
    assert_eq!(object["fix"], "did you mean `queue`?");
}

#[test]
fn checked_settings_are_counted_and_nothing_is_started() {
    let (_folder, path) = clinic("");
    let output = lariat(&["--config", path.to_str().unwrap(), "serve", "--check"]);
    assert_eq!(said(&output), "");
    assert_eq!(result(&output), "ok  settings: 1 custodians, 1 clients, 1 partners, 1 mappings\n");
}

#[test]
fn a_new_store_is_migrated_once_and_then_up_to_date() {
    let (folder, path) = folder("");
    let store = folder.path().join("record.db");
    fs::write(&path, format!("[store]\nlocation = \"sqlite:{}\"\n", store.display())).unwrap();
    let path = path.to_str().unwrap();
    let migrate = |arguments: &[&str]| {
        let output = lariat(&[&["--config", path, "--json", "migrate"], arguments].concat());
        assert_eq!(code(&output), 0, "{}", said(&output));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let before = migrate(&["status"]);
    assert_eq!(before["applied"], 0);
    let pending = migrate(&["up", "--dry-run"]);
    assert_eq!(pending["pending"][0]["migration"], 1);
    assert_eq!(migrate(&["status"]), before);
    let after = migrate(&["up"]);
    assert_eq!(after["applied"], after["known"]);
    assert_eq!(migrate(&["up", "--dry-run"])["pending"], Value::Array(Vec::new()));
}

/// Answers one request with `status` and `body`, and gives the request's head back.
fn answering(status: &'static str, body: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        answer(stream, status, body)
    });
    (url, server)
}

fn answer(stream: TcpStream, status: &str, body: &str) -> String {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    std::io::Read::read_exact(&mut reader, &mut vec![0; length]).unwrap();
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    reader.into_inner().write_all(answer.as_bytes()).unwrap();
    head
}

const KEY_REUSED: &str =
    r#"{"status":422,"errors":[{"rule":"R-KEY-REUSED","at":"","message":"the key was used","fix":"use another"}]}"#;

#[test]
fn send_ends_with_the_code_of_the_answer() {
    let (folder, _) = folder("");
    let file = folder.path().join("referral.json");
    fs::write(&file, "{}").unwrap();
    let cases = [
        ("201 Created", "{\"receipt\":\"r\"}", 0),
        ("422 Unprocessable Content", "{}", 3),
        ("400 Bad Request", "{}", 3),
        ("401 Unauthorized", "{}", 4),
        ("404 Not Found", "{}", 5),
        ("422 Unprocessable Content", KEY_REUSED, 6),
        ("503 Service Unavailable", "{}", 7),
    ];
    for (status, body, expected) in cases {
        let (url, server) = answering(status, body);
        let output = lariat(&["send", file.to_str().unwrap(), "--to", &url]);
        let head = server.join().unwrap();
        assert_eq!(code(&output), expected, "{status}: {}", said(&output));
        assert!(head.starts_with("POST /json/referrals HTTP/1.1\r\n"), "{head}");
        // The hash of `{}`, so that sending the same file again is the same submission.
        let key = "sha256-44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert!(head.to_ascii_lowercase().contains(&format!("idempotency-key: {key}\r\n")), "{head}");
        assert!(said(&output).contains(key));
    }
}

#[test]
fn send_knows_fhir_from_native_json() {
    let (folder, _) = folder("");
    let file = folder.path().join("referral.json");
    let cases = [
        (r#"{"resourceType":"Bundle"}"#, "POST /fhir HTTP/1.1"),
        (r#"{"resourceType":"Patient"}"#, "POST /fhir/Patient HTTP/1.1"),
        (r#"{"reason":"lonely"}"#, "POST /json/referrals HTTP/1.1"),
    ];
    for (text, request) in cases {
        fs::write(&file, text).unwrap();
        let (url, server) = answering("200 OK", "{}");
        assert_eq!(code(&lariat(&["send", file.to_str().unwrap(), "--to", &format!("{url}/")])), 0);
        assert!(server.join().unwrap().starts_with(request));
    }
}

#[test]
fn send_to_nobody_is_unreachable_and_says_that_repeating_is_safe() {
    let (folder, _) = folder("");
    let file = folder.path().join("referral.json");
    fs::write(&file, "{}").unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = lariat(&["send", file.to_str().unwrap(), "--to", &format!("http://{free}"), "--quiet"]);
    assert_eq!(code(&output), 7);
    let expected =
        "error: the server cannot be reached\nfix: send it again with the same key: it is stored once\nexit 7\n";
    assert_eq!(said(&output), expected);
}

#[test]
fn map_writes_the_bundle_of_the_fixture_and_explains_it() {
    let arguments = ["map", "fixtures/json-referral/0-received.json", "--source", "riverbend"];
    let output = lariat(&arguments);
    assert_eq!(code(&output), 0, "{}", said(&output));
    let mapped: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected: Value =
        serde_json::from_str(&fs::read_to_string("fixtures/json-referral/1-mapped.json").unwrap()).unwrap();
    assert_eq!(mapped, expected);
    let output = lariat(&[&arguments[..], &["--explain"]].concat());
    assert!(result(&output).contains("Bundle.entry[0].resource"), "{}", result(&output));
}

#[test]
fn map_refuses_bad_records_with_paths_and_without_their_values() {
    let (folder, _) = folder("");
    let file = folder.path().join("record.json");
    fs::write(&file, r#"{"nobody": "Marker-Word"}"#).unwrap();
    let output = lariat(&["map", file.to_str().unwrap(), "--mapping", "config/mappings/riverbend.toml"]);
    assert_eq!((code(&output), result(&output)), (3, String::new()));
    assert!(
        said(&output).contains("it would be refused") && said(&output).ends_with("exit 3\n"),
        "{}",
        said(&output)
    );
    assert!(!said(&output).contains("Marker-Word"));
}
