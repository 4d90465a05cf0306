//! `SCRIPT` and `scripts`: calling and finding stored programs.

use crate::core::request::Request;
use crate::script::convert::to_value;
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Answer, Primitive, ask, done};
use rhai::{Dynamic, Engine, Map};
use std::sync::Arc;

/// `SCRIPT`.
pub const SCRIPT: Primitive = Primitive {
    name: "SCRIPT",
    usage: &["SCRIPT(name, #{..parameters})", "SCRIPT(name)"],
    summary: "Runs a stored program in a session of its own and returns its value; it sees `args` and this context.",
    params: &[("name", "the program, see scripts()"), ("parameters", "a map that the program sees as `args`")],
    example: "print(SCRIPT(\"grep_report\", #{pattern: \"harbour\"}).total)",
    prints: "2\n",
    register: register_script,
};

/// `scripts`.
pub const SCRIPTS: Primitive = Primitive {
    name: "scripts",
    usage: &["scripts()", "scripts(query)"],
    summary: "Lists the stored programs that fit a query, best first, each as #{name, summary, params, returns}.",
    params: &[("query", "words; all programs if it is absent")],
    example: "print(scripts(\"grep report\")[0].name)",
    prints: "grep_report\n",
    register: register_scripts,
};

fn register_script(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("SCRIPT", |name: &str| call(name, Map::new()));
    engine.register_fn("SCRIPT", call);
}

fn call(name: &str, args: Map) -> Answer<Dynamic> {
    let args = done(to_value(&Dynamic::from_map(args)))?;
    ask(Request::Script { name: name.to_owned(), args })
}

fn register_scripts(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("scripts", || ask(Request::Scripts { query: String::new() }));
    engine.register_fn("scripts", |query: &str| ask(Request::Scripts { query: query.to_owned() }));
}
