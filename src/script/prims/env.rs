//! `env`: a variable of the environment, as an effect; only those that the settings name.

use crate::core::request::Request;
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Primitive, ask};
use rhai::{Engine, ImmutableString};
use std::sync::Arc;

/// `env`.
pub const ENV: Primitive = Primitive {
    name: "env",
    usage: &["env(name)"],
    summary: "Returns a variable of the environment as text, () if it is not set; only those that `tools.env` lists; a resumed run gets that of its first pass again.",
    params: &[("name", "the variable; names of keys, tokens and passwords are refused")],
    example: "try { env(\"HOME\") } catch (e) { print(e.kind) }",
    prints: "denied\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("env", |name: ImmutableString| ask(Request::Env { name: name.to_string() }));
}
