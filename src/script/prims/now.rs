//! `now`: the clock, as an effect.

use crate::core::request::Request;
use crate::script::desk::Desk;
use crate::script::prims::primitive::{Answer, Primitive, ask};
use rhai::{Dynamic, Engine};
use std::sync::Arc;

/// `now`.
pub const NOW: Primitive = Primitive {
    name: "now",
    usage: &["now()"],
    summary: "Returns the time in milliseconds since 1970; a resumed run sees the time of its first pass again.",
    params: &[],
    example: "print(now() > 1_700_000_000_000)",
    prints: "true\n",
    register,
};

fn register(engine: &mut Engine, _: &Arc<Desk>) {
    engine.register_fn("now", || ask(Request::Now));
    // Rhai's own `timestamp` would read the clock behind the log's back.
    engine.register_fn("timestamp", || -> Answer<Dynamic> { ask(Request::Now) });
}
