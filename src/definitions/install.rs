//! A user's packages in a folder: one file each, slimmed, so that a start reads little.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::npm::{self, INSTALLED, PackageLimits};
use super::package_error::PackageError;
use super::shelf::PackageName;

/// A package in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its file, for [`Library::read`](super::Library::read).
    pub path: PathBuf,
}

/// Reads the package at `source`, a folder or a `.tgz`, and lays it down in `folder`, which is made when it is not
/// there. The same version again takes the old one's place.
pub fn install(source: &Path, folder: &Path, limits: PackageLimits) -> Result<PackageName, PackageError> {
    let shelf = npm::read(source, limits)?;
    let failed = |error: io::Error| PackageError::Read(folder.display().to_string(), error);
    fs::create_dir_all(folder).map_err(failed)?;
    let name = format!("{}#{}.{INSTALLED}", shelf.package.name, shelf.package.version);
    // Whole or not at all: a service may start meanwhile.
    let unfinished = folder.join(format!(".{name}.new"));
    fs::write(&unfinished, shelf.deflate().map_err(failed)?).map_err(failed)?;
    fs::rename(&unfinished, folder.join(name)).map_err(failed)?;
    Ok(shelf.package)
}

/// The packages in `folder`, sorted by name and version.
pub fn installed(folder: &Path) -> Result<Vec<Installed>, PackageError> {
    let failed = |error: io::Error| PackageError::Read(folder.display().to_string(), error);
    let mut packages = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let named = path.file_name().and_then(|name| name.to_str()).and_then(|name| {
            let (name, version) = name.strip_suffix(INSTALLED)?.strip_suffix('.')?.split_once('#')?;
            (!name.starts_with('.')).then(|| (name.to_owned(), version.to_owned()))
        });
        if let Some((name, version)) = named {
            packages.push(Installed { name, version, path });
        }
    }
    packages.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
    Ok(packages)
}

/// Takes a package out of its folder.
pub fn remove(package: &Installed) -> Result<(), PackageError> {
    fs::remove_file(&package.path).map_err(|error| PackageError::Read(package.path.display().to_string(), error))
}
