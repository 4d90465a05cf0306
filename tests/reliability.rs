//! Reliability of a call from the command line to the wire: limits, breaker, kept answers, faults, memory.

mod breaker;
mod cache;
mod faults;
mod limits;
mod memory;
mod models_test;

use crate::support::chat::ChatServer;
use crate::support::program::Program;

/// A program with a paid model `far` at a server, and more settings of that model.
fn far(server: &ChatServer, more: &str) -> Program {
    let text = format!(
        "model = \"far\"\n[models.far]\nbase_url = \"{}\"\ninput_price = 0.001\noutput_price = 0.001\n{more}",
        server.base_url()
    );
    Program::new().file("rhizo.toml", text)
}
