//! The doors over real HTTP on loopback: a whole Lariat with two clinics and three partners, called as they would.
//!
//! Nothing here reaches into the record but to prove that nothing was written. Time is stepped by hand.

mod answers;
mod audited;
mod bad_input;
mod chases;
mod consents;
mod contained;
mod delivery;
mod desk;
mod emitted;
mod families;
mod house;
mod messages;
mod metadata;
mod native;
pub(crate) mod people;
mod receipts;
pub(crate) mod receiver;
mod refusals;
mod requests;
mod rest;
mod routing;
mod screenings;
mod searches;
mod self_referrals;
mod strangers;
mod told;
mod transactions;
mod transitions;
mod validated;
