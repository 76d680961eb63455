//! What is wrong with what came in, before anything is decided: by the level of who sent it, against what is loaded.

use serde_json::Value;

use crate::domain::clock::Timestamp;
use crate::domain::issue::{Issue, Severity};
use crate::exchange::{Caller, Desk, Refusal, Submission, Why};
use crate::validation::{self, Validator};

impl Desk {
    /// R4 structure, required codes, and the profiles of the caller's level; what does not refuse it.
    pub(super) fn well_formed(&self, resource: &Value, caller: &Caller) -> Result<Vec<Issue>, Refusal> {
        let validator = Validator {
            level: caller.level,
            now: instant(self.0.clock.now()),
            ..Validator::at_the_door(&self.0.library)
        };
        let issues = validation::resource(resource, &validator, &[]);
        if issues.iter().any(|issue| issue.severity == Severity::Error) {
            return Err(Refusal::all(Why::Malformed, issues));
        }
        Ok(issues)
    }

    /// The same of each resource in a submission, unless its Bundle was checked as a whole.
    pub(super) fn checked(&self, caller: &Caller, submission: &Submission) -> Result<Vec<Issue>, Refusal> {
        if let Some(remarks) = &submission.remarks {
            return Ok(remarks.clone());
        }
        let mut remarks = Vec::new();
        for entry in &submission.plan.entries {
            remarks.extend(self.well_formed(&entry.resource, caller)?);
        }
        Ok(remarks)
    }

    /// Everything that can be said of a resource: of its claims, of the caller's level and of `profiles` too. Asks the
    /// record nothing.
    pub fn validate(&self, caller: &Caller, resource: &Value, profiles: &[&str]) -> Vec<Issue> {
        let now = instant(self.0.clock.now());
        let validator = Validator { level: caller.level, now, ..Validator::new(&self.0.library) };
        validation::resource(resource, &validator, profiles)
    }

    /// Whether R4 has a resource type of this name, kept here or not.
    pub fn knows_type(&self, name: &str) -> bool {
        self.0.library.core().resource(name).is_some()
    }

    /// The profiles among these that nothing can be checked against, because they are not loaded or cannot be used.
    pub fn unknown_profiles<'p>(&self, profiles: &[&'p str]) -> Vec<&'p str> {
        let library = &self.0.library;
        let is_known = |url: &str| {
            let base = url.strip_prefix("http://hl7.org/fhir/StructureDefinition/");
            base.is_some_and(|name| library.core().resource(name).is_some())
                || library.find_profile(url).is_some_and(|id| library.profile(id).is_ok())
        };
        profiles.iter().copied().filter(|url| !is_known(url)).collect()
    }

    /// Whether a submission would be taken in now: everything that [`Desk::receive`] decides, and nothing of it is kept.
    ///
    /// # Errors
    /// Why nothing of it would be stored.
    pub async fn would_receive(&self, caller: &Caller, submission: &Submission) -> Result<(), Refusal> {
        super::receive::permitted(caller, submission)?;
        self.decide(caller, submission, false).await.map(|_| ())
    }
}

fn instant(now: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(now.as_millis()).ok()
}
