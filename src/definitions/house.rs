//! Lariat's own definitions, which stand in `profiles/`: what it makes claims its profiles, and others may be held to
//! them without installing anything.

use super::package_error::PackageError;
use super::shelf::{PackageName, Shelf, Writer};

/// The texts of the files of these names.
macro_rules! texts {
    ($($name:literal,)+) => {
        [$(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles/", $name, ".json")),)+]
    };
}

/// Name of the package that they are told by.
const NAME: &str = "lariat";

/// All of them as a package.
pub(super) fn shelf() -> Result<Shelf, PackageError> {
    let mut writer = Writer::new();
    for text in TEXTS {
        let resource =
            serde_json::from_str(text).map_err(|error| PackageError::Json(NAME.to_owned(), error.line()))?;
        writer.add(resource)?;
    }
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Ok(writer.finish(PackageName { name: NAME.to_owned(), version, dependencies: Vec::new() }))
}

static TEXTS: [&str; 58] = texts![
    "structure-definitions/changed-by",
    "structure-definitions/closed",
    "structure-definitions/community-service",
    "structure-definitions/consent-to-disclose",
    "structure-definitions/contact-minutes",
    "structure-definitions/look-again-on",
    "structure-definitions/partner-request",
    "structure-definitions/partner-task",
    "structure-definitions/referral-outcome",
    "structure-definitions/referral-request",
    "structure-definitions/referral-task",
    "structure-definitions/screening-observation",
    "structure-definitions/self-referral-confirmed",
    "structure-definitions/service-ages",
    "structure-definitions/service-confirmed-on",
    "structure-definitions/service-room-said",
    "structure-definitions/social-prescription",
    "value-sets/activity",
    "value-sets/clinic-intent",
    "value-sets/closing-reason",
    "value-sets/communication-category",
    "value-sets/contact-medium",
    "value-sets/contact-result",
    "value-sets/decline-reason",
    "value-sets/navigation-topic",
    "value-sets/referral-business-status",
    "value-sets/referral-reason",
    "value-sets/referral-status-reason",
    "value-sets/referral-task-status",
    "value-sets/reminder-card",
    "value-sets/screening-code",
    "value-sets/screening-question",
    "value-sets/screening-status",
    "value-sets/sdoh-category",
    "value-sets/service-characteristic",
    "value-sets/social-prescription",
    "value-sets/support-level",
    "value-sets/task-output",
    "value-sets/unsuited-reason",
    "value-sets/uptake",
    "code-systems/activity",
    "code-systems/closing-reason",
    "code-systems/communication-category",
    "code-systems/contact-medium",
    "code-systems/contact-result",
    "code-systems/decline-reason",
    "code-systems/navigation-topic",
    "code-systems/referral-business-status",
    "code-systems/reminder-card",
    "code-systems/screening-question",
    "code-systems/service-characteristic",
    "code-systems/social-prescription",
    "code-systems/support-level",
    "code-systems/task-output",
    "code-systems/unsuited-reason",
    "code-systems/uptake",
    "questionnaires/navigation-script",
    "questionnaires/reminder-card",
];
