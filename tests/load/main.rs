//! A load generator for a running server: raw HTTP/1.1 over kept-alive connections, as little work of its own as can
//! be, because it shares the machine with what it measures. Made-up people only.
//!
//!     cargo run --release --example load -- doors --to 127.0.0.1:8080 --key-file key --connections 64 --seconds 10
//!
//! `tests/load/run` and `tests/load/pages` start a server and print the whole tables.

mod browse;
mod client;
mod doors;
mod fill;
mod pages;
mod work;

use clap::Parser;

/// The program's own; it matters where the record is filled.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
enum Command {
    /// Referrals, reads and searches at the FHIR door
    Doors(doors::Args),
    /// Fills the record of a server that does not run with open referrals
    Fill(fill::Args),
    /// Weighs and times the pages of a server whose record was filled
    Pages(pages::Args),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Doors(args) => doors::run(args).await,
        Command::Fill(args) => fill::run(args).await,
        Command::Pages(args) => pages::run(args).await,
    }
}
