//! The folder of a sandbox: one that goes with it, or one that is kept and that nobody else uses.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::cli::{Exit, Failure};
use crate::sandbox::kept;

/// The right to use the folder. Never removed: whoever removed it could remove another sandbox's.
const LOCK: &str = "sandbox.lock";

/// Where a sandbox's data lies.
#[derive(Debug)]
pub(super) struct Folder {
    /// Its path.
    pub(super) path: PathBuf,
    _temporary: Option<TempDir>,
    _lock: Option<File>,
}

impl Folder {
    /// The folder to keep, or one that is deleted at the end.
    ///
    /// # Errors
    /// When it cannot be made, another sandbox uses it, or it holds what no sandbox has written.
    pub(super) fn open(keep: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = keep else {
            let temporary = TempDir::with_prefix("lariat-sandbox-")
                .map_err(|error| Failure::file(&std::env::temp_dir().display().to_string(), &error))?;
            return Ok(Self { path: temporary.path().to_owned(), _temporary: Some(temporary), _lock: None });
        };
        let name = path.display().to_string();
        // Settings are written with it, and are read from anywhere.
        let absolute = std::path::absolute(path).map_err(|error| Failure::file(&name, &error))?;
        std::fs::create_dir_all(path).map_err(|error| Failure::folder(&name, &error))?;
        let (lock, holds) = (path.join(LOCK), |file: &str| path.join(file).exists());
        let is_ours = lock.exists() || holds(kept::FILE);
        if !is_ours && (holds("lariat.toml") || holds("lariat.db")) {
            let message = "this folder holds a Lariat that is no sandbox's";
            let fix = "name a folder that is empty or not there yet:  lariat sandbox --keep ./demo";
            return Err(Failure::new(Exit::Usage, "keep", message, fix).at(name));
        }
        let lock = File::options().create(true).truncate(false).write(true).open(lock);
        let lock = lock.map_err(|error| Failure::folder(&name, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: absolute, _temporary: None, _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => {
                let message = "another sandbox uses this folder";
                let fix = "stop that one, or name another folder:  lariat sandbox --keep ./demo-2";
                Err(Failure::new(Exit::Usage, "keep", message, fix).at(name))
            }
            Err(TryLockError::Error(error)) => Err(Failure::file(&name, &error)),
        }
    }
}
