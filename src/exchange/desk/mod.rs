//! The link worker's desk: what a member of staff sees of a referral, and does with it. One verb a file.
//!
//! Every verb takes the version of what it was drawn from and a submission key: the same form again has one effect,
//! and whoever comes second is told who was first, when and with what. What is written goes the road of every
//! submission (`receive`), so that partner and source hear of it by the same rules.

mod act;
mod answer;
mod apart;
mod by_hand;
mod card;
mod close;
mod communication;
mod consent;
mod contact;
mod delivered;
mod find;
mod fresh;
mod hold;
mod inform;
mod latest;
mod leaves;
mod person;
mod reachable;
mod referral;
mod screening;
mod send;
mod services;
mod six_months;
mod steps;
mod story;
mod take;
mod themself;
mod timeline;
mod told;
mod worklist;

pub use act::{Act, By, Conflict, NotDone, Recorded};
pub use apart::{Apart, Unsuited};
pub use by_hand::{Answered as HandAnswered, ByHand, HandAnswer, HandedOn};
pub use card::{Choice, Room, ServiceCard, Spoken, Way};
pub use close::{Closing, ClosingCheck};
pub use consent::{AT_DESK, ConsentGiven};
pub use contact::{Contact, ContactResult, FollowedUp, How as ContactHow, Reported};
pub use find::{Found, Sought};
pub use inform::{Information, Sheet};
pub use person::Person;
pub use referral::{Asked, ConsentLine, ReferralPage, SixMonths, Stands, Tried};
pub use screening::{Answer, Answered};
pub use send::{AlreadyOpen, Preview, SeenField, Sending};
pub use services::{Condition, ServiceFilter, Services, Word};
pub use timeline::{Delivery, Entry, Told, Who};
pub use worklist::{Filter, GroupRows, PageMark, Row, Shown, Worklist};

pub(super) use act::Edit;
