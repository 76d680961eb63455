//! Staff in the settings, and the command that makes the hash of a password.

use std::process::Stdio;

use lariat::config::{Config, ConfigError};
use lariat::security::password::PasswordHash;

use crate::cli::folder;

const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$Zm9yZ2VkIGhhc2ggb2YgdGhpcnR5LXR3byBieXRlcyE";

fn load(staff: &str) -> Result<Config, ConfigError> {
    let (_folder, path) = folder(&format!(
        "[[custodian]]\nname = \"riverbend\"\n[[custodian]]\nname = \"lakeside\"\n\
         [[team]]\nname = \"navigators\"\ntitle = \"Navigators\"\ncustodian = \"riverbend\"\nkind = \"link-worker\"\n\
         [[staff]]\n{staff}"
    ));
    Config::load(Some(&path))
}

fn entry(more: &str) -> String {
    format!(
        "name = \"sam\"\ntitle = \"Sam\"\ncustodian = \"riverbend\"\nrole = \"lead\"\npassword_hash = \"{HASH}\"\n{more}"
    )
}

#[test]
fn staff_are_read_with_their_team_and_language() {
    let config = load(&entry("teams = [\"navigators\"]\nlanguage = \"fr\"")).unwrap();
    let sam = &config.staff[0];
    assert_eq!((sam.name.as_str(), sam.role.as_str(), sam.language.code()), ("sam", "lead", "fr"));
    assert_eq!(sam.teams, ["navigators"]);
    assert!(!config.sandbox, "no file makes a sandbox");
}

#[test]
fn each_fault_is_told_with_its_key_and_remedy() {
    for (staff, message, fix) in [
        (entry("shoe_size = 44"), "there is no key `staff.shoe_size`", "known are: "),
        (entry("").replace("\"sam\"", "\"Sam\""), "`staff.name` is not a name that can stand here", "write small"),
        (entry("").replace("riverbend", "riverben"), "`staff.custodian` names a custodian that is not", "did you"),
        (
            entry("").replace("\"lead\"", "\"boss\""),
            "`staff.role` is not a role of staff",
            "write one of: link-worker",
        ),
        (
            entry("teams = [\"nobody\"]"),
            "`staff.teams` names a team that is not configured",
            "known are: navigators",
        ),
        (entry("language = \"de\""), "`staff.language` is not a language of pages", "write `en` or `fr`"),
        (entry("").replace(HASH, "secret"), "`staff.password_hash` is not a password's hash", "write what `lariat"),
        (entry(&format!("[[staff]]\n{}", entry(""))), "`staff.name` is given to two members of staff", "give each"),
        (
            entry("teams = [\"navigators\"]").replace("\"riverbend\"", "\"lakeside\""),
            "`staff.teams` names a team, and none is configured",
            "add the team",
        ),
    ] {
        let error = load(&staff).unwrap_err();
        assert!(error.message.starts_with(message), "{}", error.message);
        assert!(error.fix.starts_with(fix), "{}", error.fix);
        assert!(error.line.is_some() && !error.to_string().contains("secret"), "{error}");
    }
}

fn hash_password(password: &[u8]) -> std::process::Output {
    use std::io::Write;
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_lariat"))
        .args(["staff", "hash-password"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(password).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_password_from_standard_input_becomes_its_hash() {
    let output = hash_password(b"four words of mine\n");
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let hash: PasswordHash = text.trim_end().parse().unwrap();
    assert!(hash.verify(b"four words of mine"), "the end of the line is not part of it");
    for (wrong, said) in [
        (&b"short"[..], "too short"),
        (&[b'a'; 2000][..], "too long"),
        (&b"\xff\xfe not text at all, no"[..], "not UTF-8"),
    ] {
        let output = hash_password(wrong);
        assert_ne!(output.status.code(), Some(0));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(said), "{error}");
    }
}
