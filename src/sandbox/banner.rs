//! What the terminal says when a sandbox opens: where to go, and what to copy.

use crate::sandbox::house::House;
use crate::sandbox::pages::YOU;
use crate::sandbox::partner::Partner;
use crate::sandbox::settings::{DIRECT, EMR, OSCAR};
use crate::sandbox::ticker::clock_time;
use crate::sandbox::{Options, SPEED};

/// Seconds of a day.
const DAY: f64 = 86_400.0;

/// The lines.
pub(super) fn lines(house: &House, options: &Options) -> Vec<String> {
    let base = &house.base;
    let keep = if options.keep.is_some() { "kept" } else { "deleted when you stop; keep it with --keep ./demo" };
    let now = clock_time(house, house.clock.now());
    let zone = house.zone.iana_name().unwrap_or("local time");
    let mut lines = vec![
        format!("Lariat {} sandbox. Made-up people. Nothing leaves this computer.", env!("CARGO_PKG_VERSION")),
        format!("Data: {} ({keep})", house.folder.display()),
        format!("Clock: {}. Here it is {now} ({zone}).", pace(options.speed.unwrap_or(SPEED))),
        format!("Partners answer by themselves, except the one you play.{}", failing(house)),
        String::new(),
        format!("Open   {base}/sandbox           start here: the story in 4 steps"),
        format!("  Desk       {base}/desk             sign in on the page above"),
        format!("  Partner    {base}/sandbox/mail     the mailbox of {}", YOU.title()),
        format!("  Chart      {base}/sandbox/chart    what the EMR was told"),
        format!("  Public     {base}/refer/riverbend  the form by which people refer themselves"),
        format!("  FHIR       {base}/fhir/metadata    key: {}", EMR.key),
        format!("  Keys: {} straight to partners, {} as OSCAR;", DIRECT.key, OSCAR.key),
        format!("        of partners: {}", Partner::ALL.map(Partner::key).join(", ")),
        String::new(),
        "Send a referral as the EMR would (copy this into a second terminal):".to_owned(),
    ];
    lines.extend(house.play.command().lines().map(|line| format!("  {line}")));
    lines.extend([String::new(), "Stop: Ctrl-C".to_owned()]);
    lines
}

/// How fast days pass, as one says it.
fn pace(speed: u32) -> String {
    let secs = DAY / f64::from(speed.max(1));
    match speed {
        0 | 1 => "time passes as it does outside".to_owned(),
        1440 => "1 minute here = 1 day".to_owned(),
        _ if secs < 1.0 => format!("1 second here = {:.0} days", 1.0 / secs),
        _ if secs < 120.0 => format!("{secs:.0} seconds here = 1 day"),
        _ if secs < 7200.0 => format!("{:.0} minutes here = 1 day", secs / 60.0),
        _ => format!("{:.1} hours here = 1 day", secs / 3600.0),
    }
}

/// Whose systems fail on purpose.
fn failing(house: &House) -> String {
    let failing = house.play.failing.all();
    let failing: Vec<_> =
        failing.iter().map(|(partner, status)| format!("{} ({status})", partner.name())).collect();
    match failing.is_empty() {
        true => String::new(),
        false => format!(" Broken on purpose: {}.", failing.join(", ")),
    }
}
