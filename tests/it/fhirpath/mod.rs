//! FHIRPath: our own table, and hostile input.

mod hostile;
mod table;
