//! Who a caller is, what it may do, and what may leave: keys, scopes, signatures, the guard on addresses.
//!
//! Knows `domain` only and does no I/O: doors, post room and desk ask it and act.

pub mod api_key;
pub mod mac;
pub mod password;
pub mod proxies;
pub mod scope;
pub mod secret;
pub mod signature;
pub mod url_guard;
