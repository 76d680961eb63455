//! The link worker's desk: its verbs on a whole Lariat, and its pages through a socket.

mod browser;
mod claims;
mod closings;
mod conflicts;
mod consents;
mod contacts;
mod doubt;
mod heard;
mod honest;
mod house;
mod leaves;
mod pages;
mod services;
mod silence;
mod states;
mod taking;
mod verbs;
mod worklist;
