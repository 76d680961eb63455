//! The command line through its own door: the built program, its words, its exit codes; and the settings it reads.

mod map;
mod packages;
mod parts;
mod routing;
mod sandbox;
mod send;
mod serve;
mod settings;
mod staff;
mod validate;
mod words;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The program, not started yet, away from the settings of whoever runs the tests.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lariat"));
    command.args(arguments).env_remove("LARIAT_CONFIG").env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

fn lariat(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
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
/// A secret file that only its owner reads.
fn secret(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// Sends Ctrl-C to a process of these tests.
#[cfg(unix)]
fn interrupt(process: &std::process::Child) {
    let sent = Command::new("kill").args(["-INT", &process.id().to_string()]).status().unwrap();
    assert!(sent.success());
}
