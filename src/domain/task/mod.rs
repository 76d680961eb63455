//! The referral Task: who may move it where, and what must go with it.
//!
//! The table of SDOH Clinical Care 3.0.0 (checking activity status, referral Task):
//!
//! | from | to | by | carries |
//! |---|---|---|---|
//! | (nothing) | draft, requested | requester | |
//! | draft | requested | requester | |
//! | requested | accepted | target | |
//! | requested | rejected | target | a reason, if it has one |
//! | accepted | in-progress | target | |
//! | accepted, in-progress | on-hold | target | a reason |
//! | on-hold | in-progress | target | |
//! | accepted, in-progress, on-hold | completed | target | an output, if it is a self-referral |
//! | accepted, in-progress, on-hold | failed | target | a reason |
//! | requested, accepted, in-progress, on-hold | cancelled | either | a reason |
//! | any but entered-in-error | entered-in-error | requester | |
//!
//! Completed, rejected, cancelled, failed and entered-in-error are the end: what is to be tried again is a new Task.
//!
//! In [`state`] every state is a type that has just the transitions of the table as methods, so that no other can be
//! written; [`ReferralTask`] holds any of them, for where the state is known only at run time.
//!
//! ```compile_fail,E0599
//! use lariat::domain::task::{Target, state::Rejected};
//! fn start_what_was_declined(task: Rejected, partner: &Target) {
//!     task.start(partner);
//! }
//! ```
//!
//! ```compile_fail,E0308
//! use lariat::domain::task::{Requester, state::Requested};
//! fn accept_in_the_name_of_the_partner(task: Requested, clinic: &Requester) {
//!     task.accept(clinic);
//! }
//! ```
//!
//! ```
//! use lariat::domain::task::{Target, state::{Accepted, InProgress, Requested}};
//! fn begin(task: Requested, partner: &Target) -> InProgress {
//!     let accepted: Accepted = task.accept(partner);
//!     accepted.start(partner)
//! }
//! ```

mod any;
mod command;
mod refusal;
mod role;
pub mod state;
mod status;

pub use any::{ReferralTask, TaskFacts};
pub use command::{Carried, Command};
pub use refusal::Refusal;
pub use role::{Participant, Requester, Role, Roles, Target};
pub use status::{ForeignStatus, NotAReferralStatus, Status};

/// Who began the referral: of a self-referral the completed Task must say what was done (refer-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A provider, a link worker or another professional.
    Professional,
    /// The client.
    SelfReferral,
}

/// How many outputs say what was done (`resulting-activity`); other outputs, uptake among them, do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Outputs(pub usize);

impl Outputs {
    /// None: allowed everywhere but in a completed self-referral.
    pub const NONE: Self = Self(0);
}
