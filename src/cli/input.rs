//! Files that commands read and write; `-` is standard input.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::cli::exit::{Exit, Failure};

/// Bytes of an input, at most. Chosen: what the largest configurable request body is.
const LIMIT_BYTES: u64 = 1 << 30;

/// What `-` reads.
pub(super) const STDIN: &str = "-";

/// The bytes of `name`, or of standard input.
pub(super) fn read(name: &str) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| Failure::file(name, &error);
    let mut bytes = Vec::new();
    let read = match name {
        STDIN => io::stdin().lock().take(LIMIT_BYTES + 1).read_to_end(&mut bytes),
        _ => File::open(name).map_err(failed)?.take(LIMIT_BYTES + 1).read_to_end(&mut bytes),
    };
    read.map_err(failed)?;
    if bytes.len() as u64 > LIMIT_BYTES {
        return Err(Failure::new(Exit::Input, "input", "the file is larger than 1 GiB", "send less").at(name));
    }
    Ok(bytes)
}

/// Writes `bytes` to `path`, replacing what is there.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(path, bytes).map_err(|error| Failure::file(&path.display().to_string(), &error))
}
