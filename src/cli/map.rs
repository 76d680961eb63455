//! `lariat map`: a source's record as the FHIR Bundle that Lariat would make of it.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::assemble::native;
use crate::cli::exit::{Exit, Failure};
use crate::cli::help::ending;
use crate::cli::output::Output;
use crate::cli::shipped::{concept_maps, example_mapping};
use crate::cli::{General, input};
use crate::config::MappingText;
use crate::domain::issue::Issue;
use crate::exchange::Native;
use crate::fhir::json::{self, Naming};
use crate::mapping::{Mapped, MappingError};

#[derive(Debug, clap::Args)]
#[command(
    before_help = "Examples:
  lariat map fixtures/json-referral/0-received.json --source riverbend --explain
  lariat map record.json --mapping my-source.toml
  cat record.json | lariat map - --out bundle.json",
    after_help = ending(
        &[Exit::Done, Exit::Usage, Exit::Input, Exit::Denied, Exit::NotFound],
        "config/mappings/README.md",
    )
)]
pub(super) struct Args {
    /// The record, or `-` for standard input
    #[arg(value_name = "FILE", help_heading = "Input")]
    file: String,
    /// Which of the configured mappings reads it (without any: the sandbox's `riverbend`); guessed when absent, and said
    #[arg(long, value_name = "NAME", conflicts_with = "mapping", help_heading = "Input")]
    source: Option<String>,
    /// A mapping file that is not in the settings
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    mapping: Option<PathBuf>,
    /// Where the Bundle goes, instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Print which field became what, instead of the Bundle
    #[arg(long, help_heading = "Output")]
    explain: bool,
}

pub(super) fn run(general: &General, output: &Output, args: &Args) -> Result<(), Failure> {
    let mappings = mappings(general, args)?;
    let bytes = input::read(&args.file)?;
    // What the schemas name may be told of a record that cannot be read.
    let names: HashSet<String> = mappings.iter().flat_map(|native| native.schema.names()).cloned().collect();
    let naming = Naming::Pointer(&names);
    let record = json::parse_named(&bytes, &json::Limits::default(), naming)
        .map_err(|issue| Failure::input(&args.file, vec![issue]))?;
    let mapped = match mappings.as_slice() {
        [only] => read(only, &record).map_err(|issues| Failure::input(&args.file, issues))?,
        several => guessed(output, several, &record)?,
    };
    let bundle = serde_json::to_string_pretty(&mapped.bundle).map_err(anyhow::Error::new)?;
    if let Some(path) = &args.out {
        input::write(path, format!("{bundle}\n").as_bytes())?;
        output.note(&format!("wrote the Bundle to {}", path.display()));
    }
    match (output.is_json(), args.explain) {
        (true, _) => output.result(&as_json(&mapped).to_string()),
        (false, true) => output.result(&table(&mapped)),
        (false, false) if args.out.is_some() => Ok(()),
        (false, false) => output.result(&bundle),
    }
}

/// The mappings that may read the record: the named one, or all that are configured.
fn mappings(general: &General, args: &Args) -> Result<Vec<Native>, Failure> {
    let texts = match &args.mapping {
        Some(path) => {
            let file = path.display().to_string();
            let text = fs::read_to_string(path).map_err(|error| Failure::file(&file, &error))?;
            vec![MappingText { name: file.clone(), file, text }]
        }
        None => match general.settings()?.mappings {
            none if none.is_empty() => vec![example_mapping()],
            configured => configured,
        },
    };
    let known = texts.iter().map(|text| text.name.as_str()).collect::<Vec<_>>().join(", ");
    let named = |text: &MappingText| args.source.as_deref().is_none_or(|name| text.name == name);
    let chosen: Vec<_> = texts.iter().filter(|text| named(text)).collect();
    if chosen.is_empty() {
        let fix = format!("known are: {known}; or name a file: --mapping FILE");
        return Err(Failure::new(Exit::NotFound, "mapping", "no such source is configured", fix));
    }
    let maps = concept_maps()?;
    chosen.iter().map(|text| native(&text.file, &text.text, &maps)).collect()
}

/// The one mapping that reads the record without an issue.
fn guessed(output: &Output, mappings: &[Native], record: &Value) -> Result<Mapped, Failure> {
    let mut fitting = mappings.iter().filter_map(|one| Some((one.mapping.source(), read(one, record).ok()?)));
    match (fitting.next(), fitting.next()) {
        (Some((source, mapped)), None) => {
            output.note(&format!("read as a record of `{source}`"));
            Ok(mapped)
        }
        (None, _) => {
            let known = mappings.iter().map(|one| one.mapping.source()).collect::<Vec<_>>().join(", ");
            let fix = format!("name it to see what is wrong: --source, one of {known}");
            Err(Failure::new(Exit::Input, "source", "no configured source writes records like this one", fix))
        }
        (Some((one, _)), Some((other, _))) => {
            let fix = format!("name it: --source {one}, or --source {other}");
            Err(Failure::new(Exit::Usage, "source", "more than one source writes records like this one", fix))
        }
    }
}

/// What the native door would make of the record: its schema first, then the mapping.
fn read(native: &Native, record: &Value) -> Result<Mapped, Vec<Issue>> {
    match native.schema.check(record) {
        issues if issues.is_empty() => native.mapping.explain(record),
        issues => Err(issues),
    }
}

fn as_json(mapped: &Mapped) -> Value {
    let trace = mapped
        .trace
        .iter()
        .map(|row| json!({ "from": row.from, "transform": row.transform, "to": row.to, "line": row.line }));
    json!({ "schema": "lariat/map/1", "bundle": mapped.bundle, "trace": trace.collect::<Vec<_>>() })
}

/// One row a value: where it stands, from which fields, by which rule. Paths only, never values.
fn table(mapped: &Mapped) -> String {
    let width = mapped.trace.iter().map(|row| row.to.len()).max().unwrap_or(0);
    let rows = mapped.trace.iter().map(|row| {
        let from = if row.from.is_empty() { "(constant)".to_owned() } else { row.from.join(", ") };
        format!("{:<width$}  {:<12}  line {:>4}  {from}\n", row.to, row.transform, row.line)
    });
    rows.collect()
}

impl From<MappingError> for Failure {
    fn from(error: MappingError) -> Self {
        let place = error.line.map_or_else(|| error.file.clone(), |line| format!("{}:{line}", error.file));
        Self::new(Exit::Usage, "mapping", error.message, error.remedy).at(place)
    }
}
