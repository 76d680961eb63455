//! What is true: the rules of a referral, on small types read out of the record.
//!
//! No I/O, no serde, no async, nothing of ours imported. A rule is written here once and every door meets it.

pub mod access;
pub mod attention;
pub mod chase;
pub mod clock;
pub mod code;
pub mod consent;
pub mod disclosure;
pub mod id;
pub mod issue;
pub mod level;
pub mod loop_reference;
pub mod next_step;
pub mod party;
pub mod phrase;
pub mod reason;
pub mod referral;
pub mod routing;
pub mod screening;
pub mod search;
pub mod service;
pub mod spoken;
pub mod summary;
pub mod support_level;
pub mod task;
pub mod uptake;
pub mod urgency;
pub mod visibility;
pub mod visible;
pub mod waiting;
pub mod worklist;
