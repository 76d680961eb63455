//! `lariat send`: what it sends where, and how each answer ends it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

use crate::cli::{code, folder, lariat, result, said};

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
        ("409 Conflict", "{}", 6),
        ("412 Precondition Failed", "{}", 6),
        ("409 Conflict\r\nretry-after: 2", "{}", 7),
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

const BAD_BUNDLE: &str = r#"{"resourceType":"OperationOutcome","issue":[
    {"severity":"error","code":"value","details":{"text":"not a date"},
     "diagnostics":"R-VALUE-FORMAT: Write YYYY-MM-DD.","expression":["Bundle.entry[0].resource.birthDate"]},
    {"severity":"warning","code":"structure","details":{"text":"odd"},"diagnostics":"R-ODD: Look."}]}"#;
const BAD_RECORD: &str = r#"{"status":422,"errors":[{"rule":"R-JSON-ENUM","severity":"error","at":"/need",
    "message":"not one of those allowed","fix":"use one of them"}]}"#;

#[test]
fn what_the_server_says_is_wrong_is_passed_on_as_problems() {
    let (folder, _) = folder("");
    let file = folder.path().join("referral.json");
    fs::write(&file, "{}").unwrap();
    let cases = [
        (
            BAD_BUNDLE,
            json!([
                { "rule": "R-VALUE-FORMAT", "severity": "error", "at": "Bundle.entry[0].resource.birthDate",
                  "message": "not a date", "fix": "Write YYYY-MM-DD." },
                { "rule": "R-ODD", "severity": "warning", "at": "", "message": "odd", "fix": "Look." },
            ]),
        ),
        (
            BAD_RECORD,
            json!([{ "rule": "R-JSON-ENUM", "severity": "error", "at": "/need",
                     "message": "not one of those allowed", "fix": "use one of them" }]),
        ),
        ("<html>", json!([])),
    ];
    for (body, problems) in cases {
        let (url, server) = answering("422 Unprocessable Content", body);
        let output = lariat(&["send", file.to_str().unwrap(), "--to", &url, "--json"]);
        server.join().unwrap();
        let object: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!((code(&output), &object["exit"]), (3, &json!(3)));
        assert_eq!(object["message"], "the server answered 422");
        assert_eq!(object["problems"], problems);
    }
    let (url, server) = answering("422 Unprocessable Content", BAD_RECORD);
    let output = lariat(&["send", file.to_str().unwrap(), "--to", &url, "--quiet"]);
    server.join().unwrap();
    let expected = "error: the server answered 422
  --> /need                                               rule R-JSON-ENUM
      not one of those allowed
      fix: use one of them
fix: mend it and send it again
exit 3
";
    assert_eq!(said(&output), expected);
}

#[test]
fn a_receipt_is_one_object_for_programs() {
    let (folder, _) = folder("");
    let file = folder.path().join("referral.json");
    fs::write(&file, "{}").unwrap();
    let (url, server) = answering("201 Created", r#"{"receipt":"r-1"}"#);
    let arguments = ["send", file.to_str().unwrap(), "--to", &url, "--idempotency-key", "visit-1", "--json"];
    let output = lariat(&[&arguments[..], &["--wait", "stored"]].concat());
    server.join().unwrap();
    let expected = json!({
        "schema": "lariat/send/1", "status": 201, "idempotency_key": "visit-1", "answer": { "receipt": "r-1" },
    });
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), expected);
    assert_eq!((code(&output), said(&output)), (0, String::new()));
}

#[test]
fn a_receipt_that_cannot_be_written_to_its_file_is_shown() {
    let (folder, _) = folder("");
    let file = folder.path().join("referral.json");
    fs::write(&file, "{}").unwrap();
    let (url, server) = answering("201 Created", r#"{"receipt":"r-1"}"#);
    let nowhere = folder.path().join("absent/receipt.json");
    let output =
        lariat(&["send", file.to_str().unwrap(), "--to", &url, "--out", nowhere.to_str().unwrap(), "--quiet"]);
    server.join().unwrap();
    assert_eq!((code(&output), result(&output).as_str()), (5, "{\"receipt\":\"r-1\"}\n"));
}

#[test]
fn waiting_for_what_no_door_tells_is_wrong_usage_and_says_why() {
    let output = lariat(&["send", "referral.json", "--to", "http://127.0.0.1:9", "--wait", "delivered"]);
    assert_eq!(code(&output), 2);
    assert!(said(&output).contains("no door says that a message was delivered"), "{}", said(&output));
    let output = lariat(&["send", "referral.json", "--to", "http://127.0.0.1:9", "--wait", "never"]);
    assert_eq!(code(&output), 2);
}

#[cfg(unix)]
#[test]
fn an_interrupted_sender_ends_with_130_and_says_that_repeating_is_safe() {
    let (folder, _) = folder("");
    let file = folder.path().join("referral.json");
    fs::write(&file, "{}").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut command = crate::cli::program(&["send", file.to_str().unwrap(), "--to", &url, "--quiet"]);
    let process = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    // It has connected, and is never answered.
    let _stream = listener.accept().unwrap();
    crate::cli::interrupt(&process);
    let output = process.wait_with_output().unwrap();
    let expected = "error: interrupted
fix: it may be stored: send it again with the same key, it is stored once
exit 130
";
    assert_eq!((code(&output), said(&output).as_str()), (130, expected));
}
