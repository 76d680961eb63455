//! The rules, each against a table written from the facts and not from the code.

mod chase;
mod codes;
mod consent;
mod disclosure;
mod loop_reference;
mod next_step;
mod referral;
mod summary;
mod task;
mod visible;
mod waiting;
