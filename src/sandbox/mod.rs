//! The sandbox: a whole Lariat on loopback with a pretend EMR, pretend partners and made-up people.
//!
//! Everything between the pretend parties is the real thing: real doors, a real record, real signed webhooks. Time is
//! stepped and ids are seeded, so that a run can be compared with the files of its scenario byte for byte.

mod arrivals;
mod banner;
mod failing;
mod folder;
mod house;
mod kept;
mod live;
pub mod mailbox;
mod outside;
mod pages;
mod partner;
mod party;
mod people;
mod play;
mod scenario;
mod settings;
mod stage;
mod surfer;
mod ticker;

use std::path::PathBuf;

pub use failing::{Fail, NoFail};
pub use outside::{Cleaned, Outside, clean, tags};
pub use scenario::{Scenario, all as scenarios};

/// How fast days pass: a day a minute.
pub const SPEED: u32 = 1440;

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
    /// Where random numbers begin; anywhere when absent.
    pub seed: Option<u8>,
    /// How many times faster than real time days pass; a day a minute when absent.
    pub speed: Option<u32>,
    /// Partners whose systems fail from the start.
    pub fail: Vec<Fail>,
    /// Whether no referrals lie there at the start.
    pub empty: bool,
    /// A partner's FHIR server outside.
    pub outside: Option<Outside>,
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

/// Opens a sandbox with made-up referrals in which days pass, and stays open until `stop`.
///
/// # Errors
/// When the sandbox cannot run.
pub async fn serve(
    options: Options,
    say: &mut (dyn FnMut(String) + Send),
    stop: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    let kept = options.keep.as_deref().and_then(kept::begin);
    let house = house::House::open_live(&options, kept.unwrap_or_else(|| live::begin(options.empty))).await?;
    kept::restore(&house, &options.fail).await;
    let speed = options.speed.unwrap_or(SPEED);
    let mut live = live::Live::new(&house, say, options.keep.is_some(), speed);
    if kept.is_none() && !options.empty {
        live.furnish().await?;
        house.play.try_again().await?;
    }
    house.play.begin().await?;
    // Said only now: whoever comes at once must not find the made-up past still running.
    live.begin(banner::lines(&house, &options)).await?;
    let ran = live.run(stop).await;
    house.close().await;
    ran
}

/// Closes one loop with a partner whose FHIR server is outside, and answers in the partner's place there.
///
/// # Errors
/// When the server outside does not do what a FHIR server must, or the loop does not close.
pub async fn outside(options: Options, say: &mut (dyn FnMut(String) + Send)) -> anyhow::Result<()> {
    let house = house::House::open_live(&options, live::begin(true)).await?;
    let closed = outside::play(&house, &options, say).await;
    house.close().await;
    closed
}
