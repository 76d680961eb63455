//! `lariat sandbox` as a command: where it listens, where it lies.

use std::net::TcpListener;

use tempfile::TempDir;

use super::{code, program, said};

#[test]
fn a_taken_port_leads_to_the_next_free_one_also_for_one_run() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let once = ["sandbox", "--once", "--scenario", "signposting", "--port", &port.to_string()];
    let output = program(&once).output().unwrap();
    assert_eq!(code(&output), 0, "{}", said(&output));
    assert!(
        said(&output).contains(&format!("port {port} is in use by another program: using ")),
        "{}",
        said(&output)
    );
}

#[test]
fn the_settings_of_a_kept_sandbox_are_good_in_every_folder() {
    let (here, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let once = ["sandbox", "--once", "--scenario", "signposting", "--keep", "./demo"];
    let output = program(&once).current_dir(here.path()).output().unwrap();
    assert_eq!(code(&output), 0, "{}", said(&output));
    let settings = here.path().join("demo/lariat.toml").display().to_string();
    let output =
        program(&["endpoints", "list", "--config", &settings]).current_dir(elsewhere.path()).output().unwrap();
    assert_eq!(code(&output), 0, "{}", said(&output));
}
