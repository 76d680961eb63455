//! The doors: they find out who calls, read bytes within limits, and hand the desk what was said.
//!
//! A door decides nothing and never touches the store. Only `http` names a status code.

pub mod http;
pub mod poll;
pub mod timer;
