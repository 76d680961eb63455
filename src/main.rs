//! The `lariat` binary.

use std::process::ExitCode;

/// Thousands of small JSON trees a second are made and dropped across threads: glibc spends a quarter of the time on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lariat::cli::run(std::env::args_os())
}
