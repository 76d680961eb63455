//! Pages for people, as a browser sees them: what all of them share.

pub(crate) mod browser;
mod catalogue;
mod forms;
mod french;
mod guard;
mod headers;
mod house;
mod passwords;
mod sessions;
mod words;
