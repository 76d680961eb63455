//! `lariat validate`: what is wrong with FHIR resources, offline. Nothing is stored and nothing is sent.

mod input;
mod report;
mod sarif;

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::exit::{Exit, Failure};
use crate::cli::help::ending;
use crate::cli::output::Output;
use crate::cli::{General, packages};
use crate::definitions::Library;
use crate::domain::clock::Clock;
use crate::domain::issue::Issue;
use crate::domain::level::Level;
use crate::domain::routing::Language;
use crate::fhir::json::locate;
use crate::validation::{self, Limits, Validator};
use input::Resource;
use report::{Checked, Report};

#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  lariat validate fixtures/broken-referral/0-received.json
  lariat validate bundle.json --profile sdohcc --package sdoh-clinical-care.tgz
  lariat validate export.ndjson --format sarif > export.sarif
  cat task.json | lariat validate - --lang fr",
    after_help = ending(
        &[Exit::Done, Exit::Usage, Exit::Input, Exit::Denied, Exit::NotFound],
        "README.md; the families and their packages: config/README.md",
    )
)]
pub(super) struct Args {
    /// FHIR R4 JSON: a resource, a Bundle, or one resource a line (.ndjson); `-` is standard input
    #[arg(value_name = "FILE", required = true, help_heading = "Input")]
    files: Vec<String>,
    /// A profile that each input must meet (its URL, or url|version), or a family that every resource in it must meet:
    /// base, lariat, sdohcc or ca. May be given more than once
    #[arg(long, value_name = "URL|FAMILY", help_heading = "Input")]
    profile: Vec<String>,
    /// A FHIR package that is not installed: a .tgz as published, or a folder of definitions. May be given more than once
    #[arg(long, value_name = "PATH", help_heading = "Input")]
    package: Vec<PathBuf>,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORM", help_heading = "Output")]
    format: Format,
    /// The language of sentences
    #[arg(long, value_enum, default_value_t = Lang::En, value_name = "LANGUAGE", help_heading = "Output")]
    lang: Lang,
    /// End with 3 for a warning too
    #[arg(long, help_heading = "Output")]
    warnings_as_errors: bool,
    /// Issues told of one resource, at most
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Output")]
    max_issues: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Human,
    /// One object, lariat/validate/1
    Json,
    /// SARIF 2.1.0, for editors and code hosts
    Sarif,
    /// FHIR: an OperationOutcome, of several inputs a Bundle of them
    OperationOutcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Lang {
    /// English
    En,
    /// French
    Fr,
}

impl Lang {
    fn language(self) -> Language {
        match self {
            Self::En => Language::English,
            Self::Fr => Language::French,
        }
    }
}

pub(super) fn run(general: &General, output: &Output, args: &Args) -> Result<(), Failure> {
    let library = packages::library_with(&general.settings()?, &args.package)?;
    let asked = Asked::read(&library, &args.profile)?;
    let validator = Validator {
        limits: Limits { issues: usize::from(args.max_issues), ..Limits::default() },
        level: asked.level,
        now: jiff::Timestamp::from_millisecond(Clock::System.now().as_millis()).ok(),
        ..Validator::new(&library)
    };
    let mut report = Report::new(args.lang.language());
    for file in &args.files {
        let text = input::text(file)?;
        for resource in input::resources(&text, file) {
            report.add(checked(&resource, &validator, &asked.profiles));
        }
    }
    output.result(&match args.format {
        _ if output.is_json() => report.json(),
        Format::Json => report.json(),
        Format::Human => report.human(),
        Format::Sarif => report.sarif(),
        Format::OperationOutcome => report.operation_outcome(),
    })?;
    report.ended(args.warnings_as_errors)
}

fn checked(resource: &Resource<'_>, validator: &Validator<'_>, profiles: &[&str]) -> Checked {
    let mut issues: Vec<Issue> = match &resource.value {
        Ok(value) => validation::resource(value, validator, profiles),
        Err(issue) => vec![issue.clone()],
    };
    if resource.value.is_ok() && !issues.is_empty() {
        locate(resource.text, &mut issues);
    }
    // Of one in a file of lines, the line is that of the file.
    for place in issues.iter_mut().filter_map(|issue| issue.position.as_mut()) {
        place.line = place.line.saturating_add(u32::try_from(resource.line - 1).unwrap_or(u32::MAX));
    }
    Checked { file: resource.file.to_owned(), line: resource.own_line(), issues }
}

/// What `--profile` asks for.
struct Asked<'a> {
    level: Level,
    profiles: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    fn read(library: &Arc<Library>, names: &'a [String]) -> Result<Self, Failure> {
        let mut asked = Self { level: Level::Base, profiles: Vec::new() };
        for name in names {
            match Level::from_code(name) {
                Ok(level) if asked.level == Level::Base || asked.level == level => asked.level = level,
                Ok(_) => {
                    let fix = "run the command once for each family";
                    return Err(Failure::new(Exit::Usage, "profile", "more than one family is named", fix));
                }
                Err(_) => asked.profiles.push(name),
            }
        }
        packages::require_level(library, asked.level, "give the package with --package, or install it")?;
        for url in &asked.profiles {
            usable(library, url)?;
        }
        Ok(asked)
    }
}

/// Whether a profile is loaded and can be used.
fn usable(library: &Library, url: &str) -> Result<(), Failure> {
    let is_type = url
        .strip_prefix("http://hl7.org/fhir/StructureDefinition/")
        .is_some_and(|name| library.core().resource(name).is_some());
    let Some(id) = library.find_profile(url) else {
        let families = Level::ALL.iter().map(|level| level.code()).collect::<Vec<_>>().join(", ");
        let fix = format!("give the package that holds it with --package, or name a family: {families}");
        let failure = Failure::new(Exit::NotFound, "profile", "there is no such profile among what is loaded", fix);
        return if is_type { Ok(()) } else { Err(failure.at(url)) };
    };
    library.profile(id).map(|_| ()).map_err(|error| {
        let message = format!("the profile cannot be used: {error}");
        Failure::new(Exit::Input, "profile", message, "give the package that holds what it builds on").at(url)
    })
}
