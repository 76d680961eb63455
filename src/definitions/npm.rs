//! Reads a FHIR package, an NPM-style `.tgz` or a folder (FHIR Packages, "NPM Package Specification"), within stated
//! limits. Nothing is unpacked to disk; names that lead out of the archive, links and devices are refused all the same,
//! for a package that has them was not made by a publisher.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path};

use flate2::read::GzDecoder;
use serde_json::Value;
use tar::{Archive, Entry, EntryType};

use super::package_error::PackageError;
use super::shelf::{PackageName, Shelf, Writer};

/// How much of a package is read before it is refused.
#[derive(Clone, Copy, Debug)]
pub struct PackageLimits {
    /// Bytes of the archive as it lies there.
    pub archive_bytes: u64,
    /// Bytes of all it holds, inflated.
    pub inflated_bytes: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Files and folders.
    pub entries: usize,
}

impl Default for PackageLimits {
    /// Chosen: twice HL7's own core package, which is the largest that anyone needs here.
    fn default() -> Self {
        Self { archive_bytes: 64 << 20, inflated_bytes: 512 << 20, file_bytes: 32 << 20, entries: 50_000 }
    }
}

/// Letters of a package's name, and of its version.
const NAME_LETTERS: usize = 100;
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Bytes of a name that stands in an entry of its own.
const NAME_BYTES: u64 = 4096;
/// How the file of an installed package ends.
pub(super) const INSTALLED: &str = "shelf";
const MANIFEST: &str = "package.json";

/// Reads the package at `path`.
pub(super) fn read(path: &Path, limits: PackageLimits) -> Result<Shelf, PackageError> {
    let failed = |error| PackageError::Read(path.display().to_string(), error);
    let metadata = fs::metadata(path).map_err(failed)?;
    if path.extension().is_some_and(|extension| extension == INSTALLED) {
        return Shelf::inflate(File::open(path).map_err(failed)?);
    }
    let mut package = Collected::new(limits);
    if metadata.is_dir() {
        let inner = path.join("package");
        let folder = if inner.join(MANIFEST).is_file() { inner } else { path.to_owned() };
        package.folder(&folder)?;
    } else {
        if metadata.len() > limits.archive_bytes {
            return Err(PackageError::TooLarge("compressed", limits.archive_bytes));
        }
        package.archive(File::open(path).map_err(failed)?).map_err(|error| match error {
            Stop::Package(error) => error,
            Stop::Io(error) if is_overflow(&error) => PackageError::TooLarge("inflated", limits.inflated_bytes),
            Stop::Io(error) => failed(error),
        })?;
    }
    let whole = fs::canonicalize(path).map_err(failed)?;
    package.finish(&whole.file_name().unwrap_or_default().to_string_lossy())
}

/// Why reading an archive ends early.
enum Stop {
    Package(PackageError),
    Io(io::Error),
}

impl From<PackageError> for Stop {
    fn from(error: PackageError) -> Self {
        Self::Package(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn is_overflow(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Overflow>())
}

/// What has been read so far.
struct Collected {
    limits: PackageLimits,
    entries: usize,
    writer: Writer,
    definitions: usize,
    name: Option<PackageName>,
    /// The name that an ImplementationGuide gives, where there is no manifest.
    guide: Option<PackageName>,
}

impl Collected {
    fn new(limits: PackageLimits) -> Self {
        Self { limits, entries: 0, writer: Writer::new(), definitions: 0, name: None, guide: None }
    }

    fn count(&mut self) -> Result<(), PackageError> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(PackageError::TooMany(self.limits.entries));
        }
        Ok(())
    }

    fn folder(&mut self, folder: &Path) -> Result<(), PackageError> {
        let failed = |error| PackageError::Read(folder.display().to_string(), error);
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            self.count()?;
            if entry.file_type().map_err(failed)?.is_file() && is_json(&entry.path()) {
                files.push(entry.path());
            }
        }
        files.sort();
        let mut bytes_left = self.limits.inflated_bytes;
        for file in files {
            let failed = |error| PackageError::Read(file.display().to_string(), error);
            let bytes = read_limited(File::open(&file).map_err(failed)?, self.limits.file_bytes).map_err(failed)?;
            let bytes = bytes.ok_or(PackageError::TooLarge("one file", self.limits.file_bytes))?;
            bytes_left = bytes_left
                .checked_sub(bytes.len() as u64)
                .ok_or(PackageError::TooLarge("inflated", self.limits.inflated_bytes))?;
            self.file(&file, &bytes)?;
        }
        Ok(())
    }

    fn archive(&mut self, mut file: File) -> Result<(), Stop> {
        let mut magic = [0; 2];
        if file.read_exact(&mut magic).is_err() || magic != GZIP {
            return Err(PackageError::Kind.into());
        }
        let inflated = GzDecoder::new(magic.chain(file));
        let mut archive = Archive::new(Counted { inner: inflated, left: self.limits.inflated_bytes });
        let mut long_name = None;
        // Raw: entries that only carry a name are read here, within a limit, and not by the archive, without one.
        for entry in archive.entries()?.raw(true) {
            let mut entry = entry?;
            self.count()?;
            match entry.header().entry_type() {
                EntryType::GNULongName | EntryType::XHeader => long_name = Some(name_entry(&mut entry)?),
                EntryType::XGlobalHeader => {}
                EntryType::Directory => {
                    let name = name(&entry, long_name.take())?;
                    safe(&name)?;
                }
                EntryType::Regular | EntryType::Continuous => {
                    let name = name(&entry, long_name.take())?;
                    let path = safe(&name)?;
                    if path.components().count() == 2 && path.starts_with("package") && is_json(path) {
                        let bytes = read_limited(&mut entry, self.limits.file_bytes)?;
                        let too_large = PackageError::TooLarge("one file", self.limits.file_bytes);
                        self.file(path, &bytes.ok_or(too_large)?)?;
                    }
                }
                _ => {
                    return Err(
                        PackageError::Entry(shown(&name(&entry, None)?), "is neither file nor folder").into()
                    );
                }
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, bytes: &[u8]) -> Result<(), PackageError> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') {
            return Ok(());
        }
        let json: Value =
            serde_json::from_slice(bytes).map_err(|error| PackageError::Json(shown(&name), error.line()))?;
        if name == MANIFEST {
            self.name = Some(manifest(&json)?);
        } else if json["resourceType"] == "ImplementationGuide" {
            let text = |name: &str| json[name].as_str().map(str::to_owned);
            let named = text("packageId").zip(text("version"));
            self.guide = named.map(|(name, version)| PackageName { name, version, dependencies: Vec::new() });
        } else if self.writer.add(json)? {
            self.definitions += 1;
        }
        Ok(())
    }

    fn finish(self, file_name: &str) -> Result<Shelf, PackageError> {
        if self.definitions == 0 {
            return Err(PackageError::Empty);
        }
        let unnamed = || {
            let name: String = file_name.chars().filter(|letter| may_name(*letter)).take(NAME_LETTERS).collect();
            let name = name.trim_start_matches('.').to_owned();
            PackageName { name, version: "0".to_owned(), dependencies: Vec::new() }
        };
        let package = self.name.or(self.guide).unwrap_or_else(unnamed);
        let fits = |text: &str| {
            !text.is_empty() && text.len() <= NAME_LETTERS && !text.starts_with('.') && text.chars().all(may_name)
        };
        match (fits(&package.name), fits(&package.version)) {
            (false, _) => Err(PackageError::Name("name")),
            (_, false) => Err(PackageError::Name("version")),
            _ => Ok(self.writer.finish(package)),
        }
    }
}

/// Whether a letter may stand in the name of an installed package's file.
fn may_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || ".-_+@".contains(letter)
}

fn manifest(json: &Value) -> Result<PackageName, PackageError> {
    let text = |name: &'static str| json[name].as_str().map(str::to_owned).ok_or(PackageError::Name(name));
    let versions = ["fhirVersions", "fhir-version-list"].iter().find_map(|name| json[*name].as_array());
    let versions: Vec<&str> = versions.into_iter().flatten().filter_map(Value::as_str).collect();
    if !versions.is_empty() && !versions.iter().any(|version| version.starts_with("4.0")) {
        return Err(PackageError::Fhir(shown(&versions.join(", "))));
    }
    let dependencies = json["dependencies"].as_object().into_iter().flatten();
    let dependency =
        |(name, version): (&String, &Value)| (name.clone(), version.as_str().unwrap_or_default().to_owned());
    Ok(PackageName {
        name: text("name")?,
        version: text("version")?,
        dependencies: dependencies.map(dependency).collect(),
    })
}

/// The name in an entry that only carries one, for the entry after it.
fn name_entry<R: Read>(entry: &mut Entry<'_, R>) -> Result<String, Stop> {
    let is_pax = entry.header().entry_type() == EntryType::XHeader;
    let bytes = read_limited(&mut *entry, NAME_BYTES)?;
    let bytes =
        bytes.ok_or_else(|| PackageError::Entry("with a long name".to_owned(), "has one that is too long"))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if !is_pax {
        return Ok(text.trim_end_matches('\0').to_owned());
    }
    // "27 path=package/long.json\n": the number counts the line's bytes.
    let path = text.lines().find_map(|line| line.split_once(' ')?.1.strip_prefix("path="));
    Ok(path.unwrap_or_default().to_owned())
}

fn name<R: Read>(entry: &Entry<'_, R>, long_name: Option<String>) -> Result<String, Stop> {
    match long_name.filter(|name| !name.is_empty()) {
        Some(name) => Ok(name),
        None => Ok(String::from_utf8_lossy(&entry.header().path_bytes()).into_owned()),
    }
}

/// A path that stays in the archive.
fn safe(name: &str) -> Result<&Path, PackageError> {
    let path = Path::new(name);
    let stays = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    match stays && !name.contains(['\\', '\0']) && !name.contains(':') {
        true => Ok(path.strip_prefix(".").unwrap_or(path)),
        false => Err(PackageError::Entry(shown(name), "leads out of the package")),
    }
}

/// A name as far as it can be shown.
fn shown(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(100).collect()
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

/// All bytes, or `None` where there are more than `limit`.
fn read_limited(reader: impl Read, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// A reader that ends in a fault when more is inflated than is allowed.
struct Counted<R> {
    inner: R,
    left: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("more than is read")]
struct Overflow;

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| io::Error::other(Overflow))?;
        Ok(count)
    }
}
