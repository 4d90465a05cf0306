//! `out`: earlier results, in full.

use crate::script::desk::Desk;
use crate::script::prims::primitive::{Primitive, done};
use rhai::Engine;
use std::sync::Arc;

/// `out`.
pub const OUT: Primitive = Primitive {
    name: "out",
    usage: &["out(n)", "out(-1)"],
    summary: "Returns the value of an earlier evaluation in full, however much of it was cut from the screen or the prompt.",
    params: &[("n", "its number, from 1; -1 is the last, -2 the one before")],
    example: "print(\"out(1) is the first result\")",
    prints: "out(1) is the first result\n",
    register,
};

fn register(engine: &mut Engine, desk: &Arc<Desk>) {
    let desk = Arc::clone(desk);
    engine.register_fn("out", move |number: i64| done(desk.result(number)));
}
