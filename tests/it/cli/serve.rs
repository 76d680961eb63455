//! `lariat serve` and `lariat migrate`: checking, setting up, stopping.

use std::fs;

use serde_json::Value;

use crate::cli::settings::clinic;
use crate::cli::{code, folder, lariat, result, said};

#[test]
fn checked_settings_are_counted_and_nothing_is_started() {
    let (_folder, path) = clinic("");
    let output = lariat(&["--config", path.to_str().unwrap(), "serve", "--check"]);
    assert_eq!(said(&output), "");
    assert_eq!(result(&output), "ok  settings: 1 custodians, 1 clients, 1 partners, 1 mappings, 0 packages\n");
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

#[test]
fn checking_reads_the_mappings_too() {
    let (folder, path) = clinic("");
    fs::write(folder.path().join("mappings/riverbend.toml"), "source = \"riverbend\"\nsaurce = 1\n").unwrap();
    let output = lariat(&["serve", "--check", "--config", path.to_str().unwrap()]);
    assert_eq!((code(&output), result(&output)), (2, String::new()));
    assert!(said(&output).contains("riverbend.toml"), "{}", said(&output));
}

#[test]
fn the_status_of_a_record_that_is_not_there_says_so_and_makes_none() {
    let (folder, path) = folder("");
    let store = folder.path().join("record.db");
    fs::write(&path, format!("[store]\nlocation = \"sqlite:{}\"\n", store.display())).unwrap();
    let status = || result(&lariat(&["migrate", "status", "--config", path.to_str().unwrap()]));
    assert_eq!(status(), "schema 0 of 4: nothing is there yet: the first `lariat serve` sets it up\n");
    let output = lariat(&["endpoints", "list", "--config", path.to_str().unwrap()]);
    let none =
        "error: there is no record yet, so nothing was ever queued\nfix: the first `lariat serve` sets it up\n";
    assert_eq!((code(&output), said(&output)), (5, format!("{none}exit 5\n")));
    assert!(!store.exists());
    assert_eq!(code(&lariat(&["migrate", "up", "--config", path.to_str().unwrap()])), 0);
    assert_eq!(status(), "schema 4 of 4: up to date\n");
}

#[test]
fn flags_of_serve_are_checked_before_anything_starts() {
    for (arguments, says) in [
        (["--workers", "0"], "0 is not in 1..=4096"),
        (["--drain-timeout", "5"], "write the unit: ms, s or m"),
        (["--listen", "localhost"], "invalid socket address syntax"),
    ] {
        let output = lariat(&[&["serve", "--check"], &arguments[..]].concat());
        assert_eq!(code(&output), 2);
        assert!(said(&output).contains(says), "{}", said(&output));
    }
}

/// A server with a request under way that never ends, asked to stop once.
#[cfg(unix)]
fn stopping(
    drain: &str,
) -> (std::process::Child, impl Iterator<Item = String> + use<>, tempfile::TempDir, std::net::TcpStream) {
    use std::io::{BufRead, BufReader, Write};
    use std::process::Stdio;

    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (folder, path) = folder(&format!(
        "[log]\nformat = \"text\"\n[server]\nlisten = \"{address}\"\nbase_url = \"http://{address}\"\n\
         [[custodian]]\nname = \"riverbend\"\n[[client]]\nname = \"emr\"\ncustodian = \"riverbend\"\n\
         scopes = [\"system/*.cruds\"]\n\
         key_sha256 = [\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"]\n"
    ));
    let path = path.to_str().unwrap();
    let mut command = crate::cli::program(&["serve", "--config", path, "--drain-timeout", drain]);
    let mut process = command.current_dir(folder.path()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("Lariat takes requests")));
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head = "POST /fhir HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer test\r\nexpect: 100-continue\r\n\
                content-type: application/json\r\ncontent-length: 9\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    // The server asks for the body: the request is under way.
    let mut asked = String::new();
    BufReader::new(stream.try_clone().unwrap()).read_line(&mut asked).unwrap();
    assert_eq!(asked, "HTTP/1.1 100 Continue\r\n");
    crate::cli::interrupt(&process);
    assert!(lines.any(|line| line.contains("stopping: what is under way is finished")));
    (process, lines, folder, stream)
}

#[cfg(unix)]
#[test]
fn a_server_that_is_asked_once_waits_for_what_is_under_way_and_ends_well() {
    let (mut process, lines, _folder, _stream) = stopping("300ms");
    let rest: Vec<String> = lines.collect();
    assert!(rest.iter().any(|line| line.contains("the time to finish is over")), "{rest:?}");
    assert_eq!(process.wait().unwrap().code(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_server_that_is_asked_twice_stops_at_once() {
    let (mut process, lines, _folder, _stream) = stopping("60s");
    crate::cli::interrupt(&process);
    let rest: Vec<String> = lines.collect();
    assert!(rest.iter().any(|line| line == "error: interrupted"), "{rest:?}");
    assert_eq!(process.wait().unwrap().code(), Some(130));
}

/// A referral whose message was given up: an operator finds it, sees what was tried, and sends it again.
#[test]
fn what_was_given_up_is_found_and_sent_again() {
    let (folder, path) = folder("");
    let record = folder.path().join("record.db");
    fs::write(&path, format!("[store]\nlocation = \"sqlite:{}\"\n", record.display())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(crate::store::with_a_dead_letter(&record, "LR-4F7K-2M"));
    let config = path.to_str().unwrap();
    let reindexed = lariat(&["migrate", "reindex", "--config", config]);
    assert_eq!(result(&reindexed), "1 resources indexed anew\n", "{}", said(&reindexed));
    let waiting = lariat(&["loops", "waiting", "--config", config]);
    assert!(result(&waiting).starts_with("LR-4F7K-2M  dead-letter "), "{}", result(&waiting));
    let messages = || result(&lariat(&["loops", "messages", "lr-4f7k-2m", "--config", config, "--json"]));
    let told = |text: String| serde_json::from_str::<Value>(&text).unwrap()["messages"][0].clone();
    let before = told(messages());
    assert_eq!((&before["state"], &before["attempts"][0]["outcome"]), (&"dead".into(), &"404".into()));
    let replay = || lariat(&["loops", "replay", "LR-4F7K-2M", "--config", config]);
    assert_eq!(result(&replay()), "waiting  referral.requested to partner:oak\n");
    assert_eq!(told(messages())["state"], "waiting");
    assert_eq!(code(&replay()), 6);
    assert_eq!(code(&lariat(&["loops", "messages", "LR-0000-00", "--config", config])), 5);
}
