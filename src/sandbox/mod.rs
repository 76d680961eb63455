//! The sandbox: a whole Lariat on loopback with a pretend EMR, pretend partners and made-up people.
//!
//! Everything between the pretend parties is the real thing: real doors, a real record, real signed webhooks. Time is
//! stepped and ids are seeded, so that a run can be compared with the files of its scenario byte for byte.

mod house;
pub mod mailbox;
mod party;
mod scenario;
mod stage;

use std::path::PathBuf;

pub use scenario::{Scenario, all as scenarios};

/// How a sandbox is run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where the record is kept; a temporary folder that is deleted at the end when absent.
    pub keep: Option<PathBuf>,
    /// Only this scenario.
    pub scenario: Option<String>,
    /// The port to listen on; any free one when absent.
    pub port: Option<u16>,
    /// Write what happened into the scenarios' folders below this one instead of comparing.
    pub write_stages: Option<PathBuf>,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Scenarios whose loop closed.
    pub closed: usize,
    /// What was not as its file says, one line each.
    pub differences: Vec<String>,
}

/// Plays the scenarios to their ends; `say` hears a line for everything that happens.
///
/// # Errors
/// When the sandbox itself cannot run: a port, the disk, a party that does not answer as it must.
pub async fn once(options: Options, say: &mut (dyn FnMut(String) + Send)) -> anyhow::Result<Report> {
    let mut report = Report { closed: 0, differences: Vec::new() };
    let wanted = |scenario: &&Scenario| options.scenario.as_deref().is_none_or(|name| name == scenario.name);
    for scenario in scenarios().iter().filter(wanted) {
        let house = house::House::open(&options).await?;
        let played = scenario::play(scenario, &house, &options, say).await;
        house.close().await;
        let differences = played?;
        report.closed += usize::from(differences.is_empty());
        report.differences.extend(differences);
    }
    Ok(report)
}

/// Plays the scenarios, then stays open for an integrator: the pretend partners answer whatever is sent to them.
///
/// # Errors
/// As [`once`].
pub async fn serve(
    options: Options,
    say: &mut (dyn FnMut(String) + Send),
    stop: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    let report = once(Options { port: None, keep: None, ..options.clone() }, say).await?;
    for line in report.differences {
        say(line);
    }
    let house = house::House::open_live(&options).await?;
    for line in house.banner() {
        say(line);
    }
    house.answer_until(stop, say).await?;
    house.close().await;
    Ok(())
}
