//! What the terminal says when a sandbox opens: where to go, and what to copy.

use crate::sandbox::house::House;
use crate::sandbox::pages::{YOU, command};
use crate::sandbox::partner::Partner;
use crate::sandbox::settings::{DIRECT, EMR, OSCAR};
use crate::sandbox::{Options, SPEED};

/// The lines.
pub(super) fn lines(house: &House, options: &Options) -> Vec<String> {
    let base = &house.base;
    let keep = if options.keep.is_some() { "kept" } else { "deleted when you stop; keep it with --keep ./demo" };
    let speed = options.speed.unwrap_or(SPEED);
    let mut lines = vec![
        format!("Lariat {} sandbox. Made-up people. Nothing leaves this computer.", env!("CARGO_PKG_VERSION")),
        format!("Data: {} ({keep})", house.folder.display()),
        format!("Clock: {speed} times real time. Partners answer by themselves, except the one you play."),
        String::new(),
        format!("Open   {base}/sandbox        start here: the story in 4 steps"),
        format!("  Desk       {base}/desk          sign in on the page above"),
        format!("  Partner    {base}/sandbox/mail  the mailbox of {}", YOU.title()),
        format!("  Chart      {base}/sandbox/chart what the EMR was told"),
        format!("  FHIR       {base}/fhir/metadata key: {}", EMR.key),
        format!("  Keys: {} straight to partners, {} as OSCAR;", DIRECT.key, OSCAR.key),
        format!("        of partners: {}", Partner::ALL.map(Partner::key).join(", ")),
        String::new(),
        "Send a referral as the EMR would (copy this into a second terminal):".to_owned(),
    ];
    lines.extend(command(base).lines().map(|line| format!("  {line}")));
    lines.extend([String::new(), "Stop: Ctrl-C".to_owned()]);
    lines
}
