//! Money from end to end: bills of real traffic against bills computed by hand, and where prices come from.

mod beyond;
mod bills;
mod cheaper;
mod high;
mod lists;
mod low;
mod pictures;
mod rules;
mod unpriced;

use crate::support::chat::ChatServer;
use crate::support::program::Program;
use serde_json::Value;

/// A program whose model `m` is that of a server, described by these lines of its table.
fn priced(server: &ChatServer, lines: &str) -> Program {
    let text = format!("model = \"m\"\n[models.m]\nbase_url = \"{}\"\n{lines}\n", server.base_url());
    Program::new().file("rhizo.toml", &text)
}

/// An amount of USD in a document, as nano-USD.
fn nanos(usd: &Value) -> u64 {
    let usd = usd.as_f64().unwrap_or_else(|| panic!("money, not {usd}"));
    format!("{:.0}", usd * 1e9).parse().expect("a whole number of nano-USD")
}
