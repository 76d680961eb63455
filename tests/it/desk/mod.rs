//! The link worker's desk: its verbs on a whole Lariat, and its pages through a socket.

mod house;
mod verbs;
