//! Log lines: text on a terminal, one JSON object a line elsewhere, on standard error. Never names, bodies or keys:
//! what is logged is chosen where it is logged; here it only gets its form.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts logging. A second call changes nothing: tests and the sandbox may start several servers in one process.
pub fn start(log: &Log) {
    // The filter was checked when the settings were read.
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = io::stderr().is_terminal();
    let text = match log.format {
        LogFormat::Auto => terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let started = if text {
        lines.with_ansi(terminal).try_init()
    } else {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
    };
    drop(started);
}
