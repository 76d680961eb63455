//! `[smtp]`, `[email]` and `[push]` as an operator writes them: what is taken, and each fault with its place.

use std::fs;

use lariat::config::{Config, ConfigError};
use tempfile::TempDir;

/// Loads settings with these lines, and a partner with those.
fn load(main: &str, partner: &str) -> Result<Config, ConfigError> {
    let folder = TempDir::with_prefix("lariat-channels-").unwrap();
    fs::create_dir(folder.path().join("partners")).unwrap();
    for (name, mode) in [("secret", 0o600), ("open", 0o644)] {
        fs::write(folder.path().join(name), "s3cret").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
    }
    let file = folder.path().join("lariat.toml");
    fs::write(&file, format!("[files]\npartners = \"partners\"\n{main}")).unwrap();
    let text = format!(
        "name = \"rose\"\ntitle = \"Rose\"\nclass = \"non-custodian\"\n\
         identifier = {{ system = \"https://x.example\", value = \"rose\" }}\n{partner}"
    );
    fs::write(folder.path().join("partners/rose.toml"), text).unwrap();
    Config::load(Some(&file))
}

const RELAY: &str = "[smtp]\nhost = \"mail.example\"\n";
const LOOPBACK: &str = "[delivery]\nallow_loopback = true\n";

#[test]
fn addresses_are_brought_into_their_ascii_form() {
    for (written, read) in [
        ("desk@rose.example", "desk@rose.example"),
        ("desk@b\u{fc}cher.example", "desk@xn--bcher-kva.example"),
        ("First.Last+referrals@ROSE.example", "First.Last+referrals@rose.example"),
    ] {
        let config = load(RELAY, &format!("[email]\nto = \"{written}\"\n")).unwrap();
        assert_eq!(config.partners[0].email.as_ref().unwrap().to.to_string(), read);
    }
}

#[test]
fn what_is_wrong_is_said_with_its_key() {
    let mail = "[email]\nto = \"desk@rose.example\"\n";
    let cases = [
        ("", mail, "`email.to` cannot be written to"),
        (RELAY, "[email]\nto = \"rose\"\n", "`email.to` is not an address"),
        (RELAY, "[email]\nto = \"a b@rose.example\"\n", "`email.to` is not an address"),
        (RELAY, "[email]\nto = \"desk@rose.example>\\r\\nRCPT TO:<x\"\n", "`email.to` is not an address"),
        (RELAY, "[email]\nto = \"d\u{e9}sk@rose.example\"\n", "`email.to` is not an address"),
        (RELAY, "[email]\nto = \"desk@rose.example:25\"\n", "`email.to` is not an address"),
        (RELAY, "[email]\nto = \"desk@rose.example/x\"\n", "`email.to` is not an address"),
        (RELAY, "[email]\nto = \"desk@rose.example\"\nlanguage = \"de\"\n", "`email.language` is not a language"),
        (RELAY, "[email]\nto = \"desk@rose.example\"\nphone = \"a\\nb\"\n", "`email.phone` is not a line of text"),
        (RELAY, "[email]\nto = \"desk@rose.example\"\ncc = \"x\"\n", "there is no key `email.cc`"),
        (
            "[smtp]\nhost = \"mail.example\"\nsecurity = \"none\"\n",
            "",
            "`smtp.security` would send mail in plain text",
        ),
        (
            "[delivery]\nallow_loopback = true\n[smtp]\nhost = \"mail.example\"\nsecurity = \"none\"\n",
            "",
            "`smtp.security` would send mail in plain text",
        ),
        (
            "[smtp]\nhost = \"mail.example\"\nsecurity = \"ssl\"\n",
            "",
            "`smtp.security` is not a way to secure mail",
        ),
        ("[smtp]\nhost = \"mail.example\"\nusername = \"x\"\n", "", "`smtp.password_file` is missing"),
        ("[smtp]\nhost = \"mail.example\"\npassword_file = \"secret\"\n", "", "`smtp.username` is missing"),
        (
            "[smtp]\nhost = \"mail.example\"\nusername = \"x\"\npassword_file = \"open\"\n",
            "",
            "`smtp.password_file` names a secret file that everyone",
        ),
        ("[smtp]\nhost = \"mail.example/x\"\n", "", "`smtp.host` is not a host's name"),
        ("[smtp]\nhost = \"mail.example\"\nfrom = \"nobody\"\n", "", "`smtp.from` is not an address"),
        ("[smtp]\nhost = \"mail.example\"\nport = 0\n", "", "`smtp.port` is not a number"),
        ("", "[push]\nbase_url = \"http://x.example/fhir\"\n", "`push.base_url` is not an address"),
        ("", "[push]\nbase_url = \"https://10.0.0.1/fhir\"\n", "`push.base_url` is not an address"),
        ("", "[push]\nbase_url = \"https://x.example/fhir/\"\n", "`push.base_url` is not a base URL"),
        ("", "[push]\nbase_url = \"https://x.example/fhir?a=b\"\n", "`push.base_url` is not a base URL"),
        ("", "[push]\nbase_url = \"https://x.example/fhir\"\npoll_secs = 60\n", "`push.poll_secs` is not a number"),
        (
            RELAY,
            "[email]\nto = \"desk@rose.example\"\n[push]\nbase_url = \"https://x.example/fhir\"\n",
            "`push` is a second way to reach the same party",
        ),
    ];
    for (main, partner, fault) in cases {
        let error = load(main, partner).unwrap_err();
        assert!(error.message.starts_with(fault), "{main}{partner}\n{error}\nexpected: {fault}");
        assert!(error.line.is_some() && !error.fix.is_empty());
    }
}

#[test]
fn what_is_right_is_read() {
    let push = "[push]\nbase_url = \"https://x.example/fhir\"\ntoken_file = \"../secret\"\n";
    let config = load("", push).unwrap();
    let read = config.partners[0].push.as_ref().unwrap();
    assert_eq!((read.every.as_secs(), read.token.as_ref().unwrap().expose()), (900, &b"s3cret"[..]));
    assert!(config.smtp.is_none());
    let config = load(&format!("{LOOPBACK}[smtp]\nhost = \"localhost\"\nsecurity = \"none\"\n"), "").unwrap();
    assert_eq!(config.smtp.unwrap().port, 587);
    let relay = "[smtp]\nhost = \"mail.example\"\nusername = \"x\"\npassword_file = \"secret\"\n";
    let (user, password) = load(relay, "").unwrap().smtp.unwrap().login.unwrap();
    assert_eq!((user.as_str(), password.expose()), ("x", &b"s3cret"[..]));
    let sparse = "[push]\nbase_url = \"https://x.example/fhir\"\npoll_secs = 86400\n";
    assert_eq!(load("", sparse).unwrap().partners[0].push.as_ref().unwrap().every.as_secs(), 86_400);
}
