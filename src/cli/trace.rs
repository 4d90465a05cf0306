//! Diagnostics for developers: `RHIZO_LOG=debug` writes what the program and its libraries trace to standard error.

use crate::cli::printer;
use crate::config::environment::Environment;
use tracing_subscriber::EnvFilter;

/// Starts tracing if `RHIZO_LOG` is set (a filter such as `debug` or `rhizo=trace,lance=warn`).
pub fn start(environment: &Environment) {
    let Some(filter) = environment.get("RHIZO_LOG") else {
        return;
    };
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(EnvFilter::new(filter)).with_writer(printer::diagnostics);
    // A second subscriber can only come from an embedding program, whose own choice stands.
    drop(subscriber.try_init());
}
