//! Files that the settings name: their own, folders of partners and mappings, and secrets.

use std::fs;
use std::io;
use std::path::Path;

use crate::config::ConfigError;
use crate::config::reader::Value;

/// Bytes of a settings file or a secret that are read, at most. Chosen: far more than either needs.
const LIMIT_BYTES: u64 = 1 << 20;

/// A file of a folder.
pub(super) struct Found {
    /// Its name without `.toml`.
    pub(super) stem: String,
    /// Where it lies, as said in faults.
    pub(super) name: String,
    /// Its text.
    pub(super) text: String,
    /// The folder, from which paths in it count.
    pub(super) folder: std::path::PathBuf,
}

/// The text of the settings file `path`, said to be `name`, that no other file names.
pub(super) fn text(path: &Path, name: &str) -> Result<String, ConfigError> {
    read(path).map_err(|error| {
        let (what, fix) = match why(&error) {
            (what, COUNTS_FROM) => (what, "check the path: --config, or LARIAT_CONFIG"),
            other => other,
        };
        ConfigError::new(name, None, format!("the file {what}"), fix)
    })
}

/// All `*.toml` of the folder that `value` names relative to `base`, by name; none when it is empty.
pub(super) fn folder(value: &Value<'_>, base: &Path) -> Result<Vec<Found>, ConfigError> {
    let named = value.text()?;
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let folder = base.join(named);
    let failed = |error: &io::Error| {
        let (what, fix) = why(error);
        value.fault(&format!("names a folder that {what}"), fix)
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(&folder).map_err(|error| failed(&error))? {
        let path = entry.map_err(|error| failed(&error))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    let found = paths.into_iter().map(|path| {
        let name = path.display().to_string();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Found { stem, text: text(&path, &name)?, name, folder: folder.clone() })
    });
    found.collect()
}

/// The content of the secret file that `value` names relative to `base`: only its owner and group may read it.
pub(super) fn secret(value: &Value<'_>, base: &Path) -> Result<String, ConfigError> {
    let path = base.join(value.text()?);
    let failed = |error: io::Error| {
        let (what, fix) = why(&error);
        value.fault(&format!("names a secret file that {what}"), fix)
    };
    let metadata = fs::metadata(&path).map_err(failed)?;
    if is_open_to_all(&metadata) {
        return Err(value.fault("names a secret file that everyone on this machine may read", "chmod 600 the file"));
    }
    read(&path).map_err(failed)
}

#[cfg(unix)]
fn is_open_to_all(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o007 != 0
}

#[cfg(not(unix))]
fn is_open_to_all(_: &fs::Metadata) -> bool {
    false
}

fn read(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > LIMIT_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "over the limit"));
    }
    fs::read_to_string(path)
}

/// What to do about a path in a file that leads nowhere.
const COUNTS_FROM: &str = "check the path; it counts from the file that names it";

/// What is wrong with a file, and what to do: never its content.
fn why(error: &io::Error) -> (&'static str, &'static str) {
    match error.kind() {
        io::ErrorKind::NotFound => ("is not there", COUNTS_FROM),
        io::ErrorKind::PermissionDenied => {
            ("may not be read", "give the user that runs Lariat the right to read it")
        }
        io::ErrorKind::InvalidData => ("is not UTF-8 text", "save it as UTF-8"),
        io::ErrorKind::FileTooLarge => ("is larger than 1 MiB", "check that it is the right file"),
        io::ErrorKind::NotADirectory => ("is not a folder", "name the folder that holds the files"),
        io::ErrorKind::IsADirectory => ("is a folder", "name a file"),
        _ => ("cannot be read", "check that it is a plain file on a disk that works"),
    }
}
