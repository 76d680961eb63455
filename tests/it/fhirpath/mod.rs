//! FHIRPath: our own table, hostile input, HL7's suite, and every published expression.

mod corpus;
mod hostile;
mod judge;
mod suite;
mod table;
mod xml;
